# SPDX-License-Identifier: MIT
"""Xorg in a kernel of its own: what its monitors show, plugs, consoles, and how it ends.

The kernel takes minutes to build, hence no set-up builds it: without it these tests are skipped.
"""

import os
import signal
import struct
import subprocess
import sys
from contextlib import suppress

import numpy as np
import psutil
import pytest
from xcffib.xproto import CW

from harness.capture.crtc import capture_crtc, turned
from harness.capture.get_image import capture_root
from harness.capture.scanned_out import frame_of
from harness.clients.present.presenter import Presenter
from harness.clients.randr.monitors import Monitors
from harness.clients.randr.observer import Observer
from harness.deadlines import Deadline
from harness.pixels.chart import chart_pixels
from harness.servers.builds import find_on_path
from harness.servers.errors import KernelNotBuilt
from harness.servers.kinds.table import ServerKind
from harness.servers.kinds.xorg_kms import CRTCS
from harness.servers.monitors.control import MonitorControlError
from harness.servers.process.launch import launch
from harness.servers.process.reaper_process import ended
from harness.servers.server import Ending
from harness.servers.spec import ServerSpec
from harness.x11.address import Address
from harness.x11.present import CompleteMode
from harness.x11.randr import OutputChangeNotify, OutputConnection, Rotation

WIDTH, HEIGHT = 320, 200
GENEROUS = 20.0


@pytest.fixture(scope="module")
def spec():
    try:
        return ServerSpec(build=find_on_path(ServerKind.XORG_KMS), width=WIDTH, height=HEIGHT)
    except KernelNotBuilt as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def server(spec):
    with launch(spec) as running:
        yield running


@pytest.fixture
def client(server):
    with Presenter(server) as connected:
        yield connected


@pytest.fixture
def monitors(client):
    return Monitors(client)


@pytest.fixture
def control(server):
    control = server.monitor_control
    yield control
    for output in range(1, CRTCS):
        control.unplug(output)
    control.switch_back()


def uml_processes_of(pid: int) -> set[int]:
    """The processes below this one that are such kernels, or programs in one."""
    found = set()
    for process in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            if any("harness.servers.kms" in word for word in process.cmdline()):
                found.add(process.pid)
    return found


def test_a_window_over_the_screen_flips_and_is_scanned_out(client, server, monitors):
    """The monitor shows the pixmap when its completion arrives."""
    window = client.screen_window()
    pixmap = window.pixmap()
    assert window.present(pixmap).wait_complete().mode is CompleteMode.FLIP
    shown = frame_of(server.monitor_control.scanout())
    assert (shown.pixels == chart_pixels(WIDTH, HEIGHT, 24)).all()


@pytest.mark.parametrize("rotation", [Rotation.ROTATE_90, Rotation.ROTATE_0 | Rotation.REFLECT_X])
def test_a_turned_monitor_shows_the_screen_turned(client, monitors, rotation):
    """The capture is what the kernel scans out: the screen, turned."""
    window = client.screen_window()
    window.present(window.pixmap()).wait_complete()
    crtc = monitors.crtc(monitors.resources().crtcs[0])
    monitors.set_screen_size(WIDTH, WIDTH, 100, 100)
    monitors.set_crtc(crtc.id, crtc.mode, crtc.outputs, rotation=rotation)
    screen = capture_root(client).pixels
    state = monitors.crtc(crtc.id)
    expected = turned(screen[: state.height, : state.width], rotation)
    assert np.array_equal(capture_crtc(monitors, crtc.id).pixels, expected)
    monitors.set_crtc(crtc.id, crtc.mode, crtc.outputs)
    monitors.set_screen_size(WIDTH, HEIGHT, 100, 100)


def test_clients_have_heard_of_a_plug_when_it_is_done(client, control, monitors):
    """The events are there after one round trip of the client."""
    observer = Observer(monitors)
    outputs = monitors.resources(current=True).outputs
    for act, connection in (
        (control.plug, OutputConnection.CONNECTED),
        (control.unplug, OutputConnection.DISCONNECTED),
    ):
        act(1)
        told = [e for e in observer.take() if isinstance(e, OutputChangeNotify)]
        # At the first plug the server looks for modes of all outputs anew, and may find more.
        assert (outputs[1], connection) in [(one.output, one.connection) for one in told]
        act(1)
        assert observer.take() == []


def test_the_cursor_is_in_the_sum_and_in_captures_with_the_pointer(client, control, monitors):
    """It is a plane of its own: the buffer that the CRTC scans out is without it."""
    crtc = monitors.resources().crtcs[0]
    sums, plain, pointed = [], [], []
    font, cursor, black, white = client.new_id(), client.new_id(), (0,) * 3, (65535,) * 3
    client.core.OpenFont(font, len("cursor"), "cursor")
    client.core.CreateGlyphCursor(cursor, font, font, 0, 1, *white, *black)
    client.core.ChangeWindowAttributes(client.root, CW.Cursor, [cursor])
    for place in ((40, 20), (120, 90)):
        client.core.WarpPointer(0, client.root, 0, 0, 0, 0, *place)
        client.sync()
        sums.append(control.check_sum())
        plain.append(capture_crtc(monitors, crtc).pixels)
        pointed.append(capture_crtc(monitors, crtc, pointer=True).pixels)
    assert sums[0] != sums[1]
    assert np.array_equal(*plain)
    assert not np.array_equal(*pointed)


def test_presentations_go_on_while_another_terminal_is_in_front(client, control):
    """They are copied, frame by frame, and flip again after the return."""
    window = client.screen_window()
    for away in (False, True, False):
        if away:
            control.switch_away()
        else:
            control.switch_back()
        for _ in range(3):
            shown = window.present(window.pixmap("red")).wait_complete()
        assert shown.mode is (CompleteMode.COPY if away else CompleteMode.FLIP)


def test_two_servers_have_displays_and_monitors_of_their_own(spec, server, monitors):
    """What is plugged at one is not at the other."""
    with launch(spec) as other, Presenter(other) as client:
        assert other.display != server.display
        other.monitor_control.plug(1)
        states = [one.output(one.resources().outputs[1]) for one in (monitors, Monitors(client))]
        assert [one.connection for one in states] == [
            OutputConnection.DISCONNECTED,
            OutputConnection.CONNECTED,
        ]
        assert other.stop().ending is Ending.CLEAN


def test_who_has_no_cookie_is_refused(server):
    """The server itself decides, as if the client were beside it."""
    with Address.parse(server.display).connect(Deadline.after(GENEROUS)) as stream:
        stream.sendall(struct.pack("=BxHHHHxx", ord("l"), 11, 0, 0, 0))
        stream.settimeout(GENEROUS)
        with stream.makefile("rb") as answer:
            head = answer.read(8)
            reason = answer.read(4 * struct.unpack("=H", head[6:])[0])
    assert head[0] == 0
    assert b"Authorization required" in reason


def test_a_client_that_reads_nothing_holds_up_no_other(client, server):
    """Its answers wait for it alone."""
    name = b"MIT-MAGIC-COOKIE-1"
    setup = struct.pack("=BxHHHHxx", ord("l"), 11, 0, len(name), len(server.cookie))
    # GetImage of the root, as a pixmap of all its bits.
    image = struct.pack("=BBHIhhHHI", 73, 2, 5, client.root, 0, 0, WIDTH, HEIGHT, 0xFFFFFFFF)
    with Address.parse(server.display).connect(Deadline.after(GENEROUS)) as idle:
        idle.sendall(setup + name + bytes(2) + server.cookie + 20 * image)
        client.sync()
        assert capture_root(client).width == WIDTH


@pytest.mark.parametrize(
    ("number", "said"), [(CRTCS, f"0 to {CRTCS - 1}, not {CRTCS}"), (-1, "not -1")]
)
def test_what_there_is_not_is_refused(control, number, said):
    """As the driver of xorg-flip does."""
    with pytest.raises(MonitorControlError, match=rf"the guest of xorg-kms refused .*{said}"):
        control.plug(number)


def test_a_killed_harness_leaves_no_kernel_running(spec):
    """The reaper ends the program of the host, and all that is of its group."""
    code = (
        "import sys\n"
        "from harness.servers.builds import find_on_path\n"
        "from harness.servers.kinds.table import ServerKind\n"
        "from harness.servers.process.launch import launch\n"
        "from harness.servers.spec import ServerSpec\n"
        "launch(ServerSpec(build=find_on_path(ServerKind.XORG_KMS)))\n"
        "print('up', flush=True)\n"
        "sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as harness:
        assert harness.stdout is not None
        assert harness.stdout.readline() == b"up\n"
        running = [os.pidfd_open(pid) for pid in uml_processes_of(harness.pid)]
        assert len(running) >= 2
        harness.send_signal(signal.SIGKILL)
    assert all(ended(handle, GENEROUS) for handle in running)
    for handle in running:
        os.close(handle)


def test_a_kernel_dies_with_its_host_even_if_it_looks_at_nothing(spec):
    """It has a session of its own, so that nobody else could end it: no signal to a group does."""
    with launch(spec) as running:
        with launch(spec) as server:
            kernels = [os.pidfd_open(pid) for pid in uml_processes_of(server.pid)]
            assert kernels
            for kernel in kernels:
                signal.pidfd_send_signal(kernel, signal.SIGSTOP)
            os.kill(server.pid, signal.SIGKILL)
            assert all(ended(kernel, GENEROUS) for kernel in kernels)
            assert server.stop().ending is Ending.DIED
        for kernel in kernels:
            os.close(kernel)
        running.check_alive()
