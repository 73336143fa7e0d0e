# SPDX-License-Identifier: MIT
"""The driver of xorg-flip: how it is compiled, what it does on command, what it scans out."""

import math
import os
import signal
import socket
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from harness.capture.crtc import capture_crtc, turned
from harness.capture.get_image import capture_root
from harness.capture.scanned_out import capture_scanned_out, frame_of
from harness.capture.zpixmap import CaptureError
from harness.clients.present.presenter import Presenter
from harness.clients.randr.monitors import Monitors
from harness.pixels.chart import chart_pixels
from harness.servers.builds import find_on_path
from harness.servers.errors import DriverNotMade, ServerDied, ServerNotInstalled
from harness.servers.flip import driver, own_pixmaps
from harness.servers.flip.control import FlipControl, FlipOption
from harness.servers.flip.driver import compiled
from harness.servers.flip.headers import Headers
from harness.servers.flip.kept import KEPT
from harness.servers.kinds.table import ServerKind
from harness.servers.kinds.xorg_flip import CRTCS, DRIVER
from harness.servers.monitors import scanned_out
from harness.servers.monitors.control import SOCKET, MonitorControlError
from harness.servers.monitors.scanned_out import ScanoutUnreadable
from harness.servers.process.launch import launch
from harness.servers.server import Ending
from harness.servers.spec import ServerSpec
from harness.timeline.rules import Family, check
from harness.x11.present import CompleteMode
from harness.x11.randr import OutputChangeNotify, OutputConnection, Rotation

WIDTH, HEIGHT = 160, 120
GENEROUS = 10.0


def folders(cache):
    return [path.name for path in (cache / "drivers").iterdir() if path.is_dir()]


@pytest.fixture
def spec():
    return ServerSpec(build=find_on_path(ServerKind.XORG_FLIP), width=WIDTH, height=HEIGHT)


@pytest.fixture
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
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XHARNESS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_driver_is_compiled_once_for_the_same_headers(cache):
    """A second wish finds it; other flags or another interface make another."""
    headers = Headers.of_machine()
    made = compiled(headers) / DRIVER
    first = made.stat()
    assert (compiled(headers) / DRIVER).stat() == first
    others = (replace(headers, version="0"), replace(headers, abi="0"), replace(headers, flags=()))
    assert len({headers.digest, *(one.digest for one in others)}) == 4
    assert made.parent.name.startswith(headers.abi)
    assert folders(cache) == [made.parent.name]


@pytest.mark.parametrize("content", [b"", b"\x7fELF"], ids=["empty", "cut off"])
def test_a_damaged_driver_is_compiled_again(cache, content):
    """As one that a full disk has cut off: a server would only say that it has no screens."""
    made = compiled(Headers.of_machine()) / DRIVER
    whole = made.read_bytes()
    made.write_bytes(content)
    assert compiled(Headers.of_machine()) / DRIVER == made
    assert len(made.read_bytes()) == len(whole)


def test_what_a_killed_process_left_is_removed(cache):
    """With the next driver that is compiled."""
    left = cache / "drivers/.making-left/25.2-0"
    left.mkdir(parents=True)
    made = compiled(Headers.of_machine())
    assert folders(cache) == [made.name]


@contextmanager
def user_of(driver):
    """A process that has the driver in this folder."""
    code = (
        "import pathlib, sys\n"
        "from harness.servers.flip.kept import hold\n"
        "hold(pathlib.Path(sys.argv[1]))\n"
        "print(flush=True)\n"
        "sys.stdin.read()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen([sys.executable, "-c", code, driver], **pipes) as process:
        process.stdout.readline()
        yield
        process.stdin.close()


def test_of_drivers_that_nobody_uses_a_few_stay(cache):
    """Those that were used last: a new driver brings older ones to their end, as many as there
    are; one that a process has stays however old it is."""
    drivers = cache / "drivers"
    for number in range(2 * KEPT):
        driver = drivers / f"25.2-{number:016x}"
        driver.mkdir(parents=True)
        os.utime(driver, (number, number))
    (drivers / "not-a-driver").mkdir()
    held, freed, used = (drivers / f"25.2-{number:016x}" for number in (1, 2, 3))
    with user_of(held):
        for driver in (freed, used):
            with user_of(driver):
                pass
        for driver in (held, freed):
            os.utime(driver, (1, 1))
        made = compiled(Headers.of_machine())
    newest = {f"25.2-{number:016x}" for number in range(KEPT + 2, 2 * KEPT)}
    assert {*folders(cache)} == {made.name, held.name, used.name, "not-a-driver", *newest}


def test_of_two_that_want_a_driver_one_compiles_it(cache):
    """And the other takes it."""
    code = (
        "from harness.servers.flip.driver import compiled\n"
        "from harness.servers.flip.headers import Headers\n"
        "print(compiled(Headers.of_machine()))"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    told = {one.communicate()[0].strip() for one in started}
    assert told == {str(compiled(Headers.of_machine()))}


def test_a_missing_compiler_is_named_with_its_package(monkeypatch, cache):
    """CC counts, as everywhere."""
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(ServerNotInstalled, match=r"^no-such-compiler not found.*gcc libc6-dev"):
        compiled(Headers.of_machine())


def test_a_compiler_may_have_words_of_its_own(monkeypatch, cache):
    """As CC="ccache gcc" has."""
    monkeypatch.setenv("CC", "env LC_ALL=C cc")
    assert (compiled(Headers.of_machine()) / DRIVER).exists()


def test_a_driver_that_is_there_needs_no_compiler(monkeypatch, cache, tmp_path):
    """As on a machine that got it with its cache."""
    made = compiled(Headers.of_machine())
    headers = Headers.of_machine()
    monkeypatch.setenv("PATH", str(tmp_path))
    assert compiled(headers) == made


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("CC", "'cc", "No closing quotation"),
        ("XHARNESS_CACHE", "{folder}/a,b", "comma .* XHARNESS_CACHE"),
    ],
)
def test_what_no_driver_can_be_made_with_is_told(monkeypatch, cache, tmp_path, name, value, said):
    """What it is, and what to do."""
    monkeypatch.setenv(name, value.format(folder=tmp_path))
    with pytest.raises(DriverNotMade, match=said):
        compiled(Headers.of_machine())


def test_what_the_compiler_says_is_told(cache):
    """Headers that do not go with the driver: its first lines are in the error."""
    with pytest.raises(DriverNotMade, match=r"cannot compile it\n(.|\n)*xorg-server.h"):
        compiled(replace(Headers.of_machine(), flags=()))
    assert folders(cache) == []


def test_a_cache_that_cannot_be_written_is_named(cache):
    """With the reason."""
    cache.parent.mkdir(exist_ok=True)
    cache.write_text("")
    with pytest.raises(
        DriverNotMade,
        match=r"cannot be put into .*: Not a directory; name another folder in XHARNESS_CACHE",
    ):
        compiled(Headers.of_machine())


def test_a_stopped_clock_has_the_frames_that_are_asked_for(server):
    """Each is as long as one of its rate, and no other comes."""
    before = server.flip.stop()
    assert server.flip.clock(0) == before
    after = server.flip.step(frames=3)
    assert after.msc == before.msc + 3
    assert after.ust - before.ust == pytest.approx(3 * 1_000_000 / 60, rel=0.01)
    assert server.flip.clock(0) == after


def test_a_clock_runs_at_the_rate_that_is_asked_for(client, server):
    """Frames come again, after the last one that was stepped."""
    stepped = (server.flip.stop(), server.flip.step())[1]
    server.flip.run(500)
    window = client.window(8, 8)
    first = window.notify_msc().wait_complete()
    assert first.msc >= stepped.msc
    last = window.notify_msc(first.msc + 50).wait_complete()
    assert (last.ust - first.ust) / (last.msc - first.msc) == pytest.approx(2000, rel=0.01)


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (lambda flip: flip.step(), "CRTC 0: its clock runs: stop it before it is stepped"),
        (lambda flip: flip.step(CRTCS), f"there is no CRTC {CRTCS}, only 0 to {CRTCS - 1}"),
        (lambda flip: flip.plug(-1), "there is no CRTC -1"),
        (lambda flip: flip.stop(2**32), f"there is no CRTC {2**32}, only"),
        (lambda flip: flip.run(0), "expected a rate of 0.001 to 1000 .*, got 0"),
        (lambda flip: flip.run(math.nan), "expected a rate of .*, got nan"),
        (lambda flip: flip.step(0, -1), "step takes 1 to 1000000, not -1"),
        (lambda flip: flip.set(FlipOption.ASYNC, -1), "async takes 0 or more, not -1"),
        (lambda flip: flip.step(0, 10**7), "step takes 1 to 1000000, not 10000000"),
        (lambda flip: flip.set("no-such-option", 1), "unknown command: no-such-option 1"),
        (lambda flip: flip.set("x" * 200, 1), "a command has at most 127 bytes"),
    ],
    ids=[
        "running",
        "no-crtc",
        "negative",
        "large",
        "no-rate",
        "nan",
        "backwards",
        "negative-option",
        "too-many",
        "unknown",
        "long",
    ],
)
def test_what_cannot_be_done_is_refused(server, command, message):
    """In words; the driver goes on."""
    with pytest.raises(MonitorControlError, match=message):
        command(server.flip)
    server.flip.close()
    assert server.flip.clock(0).serial > 0


def test_a_number_that_is_not_whole_is_refused(server):
    """Not cut off; half a frame is none."""
    with pytest.raises(TypeError):
        server.flip.step(0, 2.5)


def test_several_command_it_at_once(server):
    """Each gets the answers to its own commands; one that leaves in the middle of a command, and
    one that never ends its own, disturb no other."""
    folder = server.flip._folder
    idle = socket.socket(socket.AF_UNIX)
    idle.connect(str(folder / SOCKET))
    idle.sendall(b"clo")
    controls = [FlipControl(folder, server) for _ in range(CRTCS)]

    def work(crtc):
        control = controls[crtc]
        start = control.stop(crtc).msc
        for step in range(1, 41):
            assert control.step(crtc).msc == start + step
            if step % 10 == 0:
                assert control.scanout(crtc).msc == start + step
                with socket.socket(socket.AF_UNIX) as leaving:
                    leaving.connect(str(folder / SOCKET))
                    leaving.sendall(b"scanout 0\nst")
        return crtc

    with ThreadPoolExecutor(CRTCS) as pool:
        assert list(pool.map(work, range(CRTCS))) == list(range(CRTCS))
    for control in controls:
        control.close()
    idle.sendall(b"ck 0\n")
    assert idle.recv(100).startswith(b"ok ")
    idle.close()
    server.check_alive()


def test_clients_hear_of_monitors(client, server, monitors):
    """A monitor that is plugged has modes, one that is unplugged has none; the CRTC stays on."""
    output = monitors.resources().outputs[1]
    monitors.select()
    client.sync()
    since = len(client.events)
    server.flip.plug(1)
    assert monitors.output(output).modes
    server.flip.unplug(1)
    assert not monitors.output(output).modes
    server.flip.unplug(0)
    told = [one for one in monitors.events(since) if isinstance(one, OutputChangeNotify)]
    assert [(one.output, one.connection) for one in told] == [
        (output, OutputConnection.CONNECTED),
        (output, OutputConnection.DISCONNECTED),
        (monitors.resources().outputs[0], OutputConnection.DISCONNECTED),
    ]
    assert monitors.crtc(monitors.resources().crtcs[0]).mode


@pytest.mark.parametrize(
    "rotation",
    [
        *(Rotation.ROTATE_90, Rotation.ROTATE_180, Rotation.ROTATE_270),
        *(Rotation.ROTATE_0 | Rotation.REFLECT_X, Rotation.ROTATE_90 | Rotation.REFLECT_Y),
    ],
    ids=str,
)
def test_a_turned_monitor_shows_the_screen_turned(client, monitors, rotation):
    """Pixel for pixel what is computed from the root window elsewhere."""
    crtc = monitors.crtc(monitors.resources().crtcs[0])
    size = max(WIDTH, HEIGHT)
    monitors.set_screen_size(size, size, 100, 100)
    client.window(size, size, events=0).put(chart_pixels(size, size, 24))
    monitors.set_crtc(crtc.id, crtc.mode, crtc.outputs, rotation=rotation)
    across, down = (HEIGHT, WIDTH) if rotation & 0b1010 else (WIDTH, HEIGHT)
    shown = capture_crtc(monitors, crtc.id)
    expected = turned(capture_root(client).pixels[:down, :across], rotation)
    assert np.array_equal(shown.pixels, expected)


def test_a_capture_is_of_its_crtc_whatever_the_order_of_the_list(client, server, monitors):
    """RANDR lists the CRTC of the primary output first."""
    first, second = monitors.resources().crtcs[:2]
    output = monitors.resources().outputs[1]
    mode = monitors.create_mode(32, 24, "small")
    monitors.add_mode(output, mode.id)
    monitors.set_crtc(second, mode.id, [output])
    monitors.set_primary(output)
    assert monitors.resources().crtcs[:2] == (second, first)
    frames = [capture_crtc(monitors, crtc) for crtc in (second, first)]
    assert [(one.width, one.height) for one in frames] == [(32, 24), (WIDTH, HEIGHT)]


def test_a_monitor_that_is_off_shows_nothing(client, server, monitors):
    """Which is said."""
    crtc = monitors.resources().crtcs[0]
    monitors.switch_off(crtc)
    assert not server.flip.scanout().on
    with pytest.raises(CaptureError, match="it is off"):
        capture_scanned_out(monitors, crtc)


def test_the_driver_survives_resets(spec):
    """The server starts over when its last client leaves; clocks and commands go on."""
    with launch(replace(spec, reset=True)) as server:
        last = 0
        for _ in range(3):
            with Presenter(server, patience=GENEROUS) as client:
                window = client.screen_window()
                pixmap = window.pixmap("red")
                window.present(window.pixmap("green"), target_msc=2**20)
                complete = window.present(pixmap).wait_complete()
                assert complete.mode is CompleteMode.FLIP
                assert server.flip.scanout().pixmap == pixmap.id
                assert complete.msc > last
                last = complete.msc
        server.check_alive()


def test_a_terminal_that_is_away_at_a_reset_is_back_after_it(spec):
    """The server starts over with its screen; a second switch back, or away, changes nothing."""
    with launch(replace(spec, reset=True)) as server:
        for switch in (server.flip.switch_away, server.flip.switch_back):
            with Presenter(server, patience=GENEROUS) as client:
                window = client.screen_window()
                assert (
                    window.present(window.pixmap("red")).wait_complete().mode is CompleteMode.FLIP
                )
                switch()
                switch()
        server.check_alive()


def entry(crtc, pixmap, rotation=1, x=0, y=0):
    return struct.pack("=" + own_pixmaps.ENTRY, crtc, pixmap, x, y, rotation)


def show(client, *entries):
    client.send_raw(own_pixmaps.EXTENSION, own_pixmaps.SHOW, bytes(4) + b"".join(entries))
    client.sync()


@pytest.mark.parametrize(
    "rotation", [1 << turn | flip << 4 for turn in range(4) for flip in (0, 1)]
)
def test_a_crtc_scans_out_a_pixmap_of_its_own(client, server, monitors, rotation):
    """From the next frame on, reflected and turned; black beyond the pixmap; the screen's own
    when the pixmap is freed."""
    server.flip.stop()
    chart = chart_pixels(200, 190, 24)
    pixmap = client.pixmap(200, 190)
    pixmap.put(chart)
    before = frame_of(server.flip.scanout())
    show(client, entry(monitors.resources().crtcs[0], pixmap.id, rotation, 60, 75))
    assert frame_of(server.flip.scanout()).digest == before.digest
    server.flip.step()
    shown = server.flip.scanout()
    assert (shown.own, shown.pixmap, shown.x, shown.y) == (True, pixmap.id, 60, 75)
    size = (HEIGHT, WIDTH) if rotation & 0b1010 else (WIDTH, HEIGHT)
    part = np.zeros(size[::-1], np.uint32)
    inside = chart[75 : 75 + size[1], 60 : 60 + size[0]]
    part[: inside.shape[0], : inside.shape[1]] = inside
    assert np.array_equal(frame_of(shown).pixels, turned(part, Rotation(rotation)))
    pixmap.free()
    client.sync()
    assert frame_of(server.flip.scanout()).digest == before.digest


def test_a_wrong_own_pixmap_is_refused(client, server, monitors):
    """And nothing of the request is done."""
    crtc, pixmap = monitors.resources().crtcs[0], client.pixmap(WIDTH, HEIGHT)
    bitmap = client.pixmap(8, 8, depth=8)
    good = entry(crtc, pixmap.id)
    for entries, error in (
        ((good, entry(client.root, pixmap.id)), "Value"),
        ((good, entry(crtc, client.root)), "Pixmap"),
        ((good, entry(crtc, bitmap.id)), "Match"),
        ((good, b"1234"), "Length"),
        ((good,) * 17, "Length"),
    ):
        with client.catch_errors() as errors:
            show(client, *entries)
        assert [one.name for one in errors] == [error]
    with client.catch_errors() as errors:
        client.send_raw(own_pixmaps.EXTENSION, 2, bytes(4))
    assert [one.name for one in errors] == ["Request"]
    assert not server.flip.scanout().own


def test_monitors_are_not_frozen_for_ever(client, server, monitors):
    """They thaw when the client that froze them leaves, or by a restart; a change does it in the
    frame in which it is reached, and frames come meanwhile."""
    server.flip.stop()
    window = client.window(WIDTH, HEIGHT, events=0, background="green")
    client.sync()

    def shown():
        return set(frame_of(server.flip.scanout()).pixels.ravel().tolist())

    colours = {"red": 0xFF0000, "blue": 0x0000FF, "white": 0xFFFFFF}
    before = 0x00FF00
    for colour, thaw in zip(colours, ("leave", "restart", "show"), strict=True):
        with Presenter(server) as other:
            other.send_raw(own_pixmaps.EXTENSION, own_pixmaps.FREEZE, bytes(4))
            other.sync()
            window.fill(colour)
            client.sync()
            assert shown() == {before}
            assert server.flip.scanout().msc == server.flip.step().msc - 1
            assert shown() == {before}
            if thaw == "restart":
                server.flip.restart()
                server.flip.stop()
            elif thaw == "show":
                show(other, entry(monitors.resources().crtcs[0], 0))
                assert shown() == {before}
                server.flip.step()
        client.sync()
        before = colours[colour]
        assert shown() == {before}


def test_a_lost_vertical_blank_never_comes(client, server):
    """What waited for it waits on, and the next one is as usual."""
    window = client.window(8, 8)
    server.flip.stop()
    server.flip.set(FlipOption.LOST_VBLANKS, 1)
    now = window.msc()
    lost, other = window.notify_msc(now + 1), window.notify_msc(now + 1)
    client.sync()
    server.flip.step(frames=9)
    assert (len(lost.completes()), len(other.completes())) == (0, 1)


def test_two_flips_in_one_frame_are_noticed(client, server):
    """As of drivers that complete two at one MSC, which no test need look for: a rule does."""
    window = client.screen_window()
    client.sync()
    server.flip.stop()
    for hurried in (0, 2):
        server.flip.set(FlipOption.HURRIED_FLIPS, hurried)
        for colour in ("red", "green"):
            shown = window.present(window.pixmap(colour))
            client.sync()
            if not hurried:
                server.flip.step()
            assert shown.wait_complete().mode is CompleteMode.FLIP
        broken = {one.rule for one in check(client.timeline, Family.XORG_FLIP)}
        assert broken == ({"flip-per-frame"} if hurried else set())


def test_a_restart_withdraws_faults_and_lets_clocks_run(client, server):
    """As they were at the start; a terminal that is away is back."""
    server.flip.stop()
    server.flip.switch_away()
    server.flip.set(FlipOption.FAILING_FLIPS, 100)
    server.flip.restart()
    window = client.screen_window()
    assert window.present(window.pixmap("red")).wait_complete().mode is CompleteMode.FLIP


def test_a_command_to_a_server_that_died_says_so(server):
    """And not that a socket is closed."""
    server.flip.clock(0)
    os.kill(server.pid, signal.SIGKILL)
    with pytest.raises(ServerDied):
        server.flip.clock(0)
    assert server.stop().ending is Ending.DIED


@pytest.mark.parametrize("depth", [8, 15, 16, 24, 30])
def test_every_depth_is_scanned_out(spec, depth):
    """As it is in the root window."""
    with launch(replace(spec, depth=depth)) as server, Presenter(server) as client:
        client.window(30, 20, x=3, y=4, events=0, background="green")
        client.sync()
        shown = frame_of(server.flip.scanout())
        assert shown.depth == depth
        assert shown.digest == replace(capture_root(client), source=shown.source).digest


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "cannot read .*: No such file"),
        (b"", "is not what the driver of xorg-flip writes"),
        (b"XHFLIP1\0" + bytes(30000), ""),
    ],
    ids=["missing", "empty", "off"],
)
def test_a_file_that_the_driver_did_not_write_is_refused(tmp_path, content, message):
    """With its name."""
    path = tmp_path / "scanout.0"
    if content is not None:
        path.write_bytes(content)
    if not message:
        assert not scanned_out.read(path).on
        return
    with pytest.raises(ScanoutUnreadable, match=message):
        scanned_out.read(path)


def test_a_file_that_ends_early_is_refused(tmp_path, server):
    """A picture is whole or none."""
    server.flip.scanout()
    [path] = server.flip._folder.glob("scanout.*")
    short = tmp_path / "short"
    short.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(ScanoutUnreadable, match=f"expected {WIDTH * HEIGHT * 4} bytes of pixels"):
        scanned_out.read(short)


def test_sources_are_those_of_the_driver():
    """All of them, and nothing else: the key is made of them."""
    assert {path.suffix for path in driver.SOURCES.iterdir()} == {".c", ".h"}
