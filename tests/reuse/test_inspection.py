# SPDX-License-Identifier: MIT
"""A server serves on only if nothing that a test did is left."""

import os
import signal
from contextlib import closing

import pytest
import xcffib.randr
import xcffib.shape
import xcffib.xfixes
from xcffib.xproto import CW, Atom, GrabMode, InputFocus, PropMode

from harness.clients.present.presenter import Presenter
from harness.clients.randr.monitors import Monitors
from harness.clients.randr.observer import Observer
from harness.clients.randr.output_properties import OutputProperties
from harness.clients.raw.raw_client import RawClient
from harness.deadlines import Deadline
from harness.reuse.inspection import Inspection
from harness.reuse.requests import HARMLESS
from harness.reuse.restoration import Restoration
from harness.reuse.screen import RESOURCES, output_of
from harness.reuse.snapshot import Snapshots, differences
from harness.reuse.wire import Wire
from harness.x11 import names
from harness.x11.plain_connection import query_extensions

RETAIN_PERMANENT = 1


@pytest.fixture
def inspection(server):
    with_two_connections = Inspection(server)
    yield with_two_connections
    with_two_connections.close()


@pytest.fixture
def client(server):
    with Presenter(server) as client:
        yield client


@pytest.fixture
def look(server):
    """Compare the server with what it was when this was made: what differs, in words."""
    extensions = query_extensions(server.display, server.cookie)
    wire = Wire(server, Deadline.after(5))
    snapshots = Snapshots(wire, extensions, Deadline.after(5))
    before = snapshots.take(Deadline.after(5))
    yield lambda: next(iter(differences(before, snapshots.take(Deadline.after(5)))), None)
    wire.close()


def test_a_server_serves_on_after_usual_tests(server, inspection):
    """Windows, pixmaps, presentations, grabs, properties of windows: again and again."""
    for _ in range(5):
        with Presenter(server) as client, RawClient(server, "<") as raw:
            window = client.window(40, 40)
            window.present(window.pixmap("red")).wait_complete()
            client.core.ChangeProperty(
                *(PropMode.Replace, window.id, Atom.WM_NAME, Atom.STRING, 8, 1, b"x")
            )
            client.core.GrabServer()
            client.core.ChangeWindowAttributes(window.id, CW.BackPixel, [7])
            raw.create_window(20, 20)
        assert inspection.verdict() is None


def test_clients_may_still_be_going(server, inspection):
    """Those that have just closed their connection are waited for."""
    for _ in range(20):
        clients = [RawClient(server) for _ in range(5)]
        for client in clients:
            client.create_window(30, 30)
            client.close()
        assert inspection.verdict() is None


def test_each_request_that_may_leave_something_is_noticed(server, inspection):
    """Whatever comes of it: here all are too short."""
    extensions = query_extensions(server.display, server.cookie)
    missed = []
    for extension in [None, *extensions.values()]:
        known = names.EXTENSION_REQUESTS.get(extension.name, {}) if extension else {}
        for code in sorted(known) or range(1, 120) if extension is None else sorted(known):
            name = names.request_name(extension and extension.name, code)
            if name in HARMLESS:
                continue
            inspection._witness.retired_by = None
            with RawClient(server) as client:
                major, minor = (code, 0) if extension is None else (extension.major, code)
                client.send(client.pack("BBHI", major, minor, 2, 0))
                client.sync()
            inspection._witness.catch_up(Deadline.after(5))
            if inspection._witness.retired_by != name:
                missed.append((name, inspection._witness.retired_by))
    assert not missed


def test_requests_of_the_other_byte_order_are_understood(server, spec, tmp_path, inspection):
    """Also what they name."""
    try:
        client = RawClient(server, ">")
    except Exception:
        pytest.skip("this server lets no client of the other byte order in")
    client.request(2, 0, client.pack("III", client.root, CW.BackPixel, 0))
    client.sync()
    client.close()
    assert inspection.verdict() == "ChangeWindowAttributes may leave something behind"


def test_what_was_set_back_is_not_left(server, inspection):
    """A primary output, a monitor: the server serves on."""
    with Presenter(server) as client:
        monitors = Monitors(client)
        primary, *_ = monitors.primary(), primary_output(client)
        monitors.set_primary(primary)
        monitor(client)
        monitors.delete_monitor(client.atom("new"))
        client.sync()
    assert inspection.verdict() is None


@pytest.mark.parametrize("what", ["attributes", "shape"])
def test_what_cannot_be_read_back_retires_of_the_root_only(server, inspection, what):
    """Its background and its shape."""

    def change(client, window):
        if what == "attributes":
            client.core.ChangeWindowAttributes(window, CW.BackPixel, [0xFF0000])
        else:
            client.extension(xcffib.shape).Mask(0, 0, window, 0, 0, 0)

    with Presenter(server) as client:
        change(client, client.window(20, 20).id)
        client.sync()
    assert inspection.verdict() is None
    with Presenter(server) as client:
        change(client, client.root)
        client.sync()
    assert "may leave something behind" in inspection.verdict()


def test_a_provider_that_is_not_there_keeps_nothing(server, inspection):
    """Of one that the server has, a request retires it."""
    for known in (False, True):
        with Presenter(server) as client:
            extension = client.extension(xcffib.randr)
            with client.catch_errors() as errors:
                extension.DeleteProviderProperty(0x77, Atom.WM_NAME)
            assert errors
        name = "RANDR:DeleteProviderProperty"
        expected = f"{name} may leave something behind" if known else None
        assert inspection.verdict() == expected
        inspection._witness._lasting.add(0x77)


def test_a_client_that_stays_retires(server, inspection, client, monkeypatch):
    """It may have a grab, or anything else."""
    monkeypatch.setattr("harness.reuse.inspection.CLIENTS_GO_SECONDS", 0.2)
    client.core.GrabPointer(False, client.root, 0, GrabMode.Async, GrabMode.Async, 0, 0, 0).reply()
    assert inspection.verdict() == "a client is still connected"


def test_a_server_that_hangs_retires(server, inspection, monkeypatch):
    """Its answer is waited for only so long."""
    monkeypatch.setattr("harness.reuse.inspection.ANSWER_SECONDS", 0.2)
    os.kill(server.pid, signal.SIGSTOP)
    try:
        assert inspection.verdict() == "it did not answer in time"
    finally:
        os.kill(server.pid, signal.SIGCONT)


def test_a_server_that_ended_or_complained_retires(server, inspection):
    """What it wrote to its log is a complaint."""
    with server.log_path.open("a") as log:
        log.write("AddressSanitizer\n")
    assert inspection.verdict() == "it wrote to its log"
    os.kill(server.pid, signal.SIGKILL)
    server.check_alive if server._process.wait(5) else pytest.fail("SIGKILL")
    assert inspection.verdict() == "it has ended"


def retained_window(client):
    client.core.SetCloseDownMode(RETAIN_PERMANENT)
    client.window(20, 20)
    client.sync()
    client.close()


def property_of_the_root(client):
    client.core.ChangeProperty(PropMode.Replace, client.root, 39, Atom.STRING, 8, 1, b"x")


def pixels_of_the_root(client):
    client.root_window().fill("red")


def crtc_switched_off(client):
    monitors = Monitors(client)
    monitors.switch_off(monitors.resources().crtcs[0])


def monitor(client):
    info = xcffib.randr.MonitorInfo.synthetic(
        client.atom("new"), False, False, 0, 0, 0, 5, 5, 5, 5, []
    )
    client.extension(xcffib.randr).SetMonitor(client.root, info)


def primary_output(client):
    monitors = Monitors(client)
    others = {0, *monitors.resources().outputs} - {monitors.primary()}
    monitors.set_primary(max(others))


def property_of_an_output(client):
    properties = OutputProperties(client, Monitors(client).resources().outputs[0])
    properties.change(client.atom("new"), Atom.STRING, 8, b"x")


def focus(client):
    client.core.SetInputFocus(InputFocus._None, InputFocus._None, 0)


def pointer(client):
    client.core.WarpPointer(0, client.root, 0, 0, 0, 0, 9, 9)


def events_of_the_root(client):
    client.core.ChangeWindowAttributes(client.root, CW.EventMask, [1 << 19])


def screen_saver(client):
    client.core.SetScreenSaver(77, 0, 0, 0)


def keyboard_control(client):
    client.core.ChangeKeyboardControl(1, [30])


def selection(client):
    client.core.SetSelectionOwner(client.window(5, 5).id, Atom.PRIMARY, 0)


@pytest.mark.parametrize(
    ("leave", "found"),
    [
        (retained_window, "the windows"),
        (property_of_the_root, "the names of the root's properties"),
        (pixels_of_the_root, "the pixels of the root"),
        (crtc_switched_off, "the monitors"),
        (monitor, "the monitors"),
        (primary_output, "the primary output"),
        (property_of_an_output, "the names of the properties of output"),
        (focus, "the focus"),
        (pointer, "the pointer"),
        (events_of_the_root, "the root's attributes"),
        (screen_saver, "the screen saver"),
        (keyboard_control, "the keyboard control"),
        (selection, ""),
    ],
)
def test_what_is_left_is_found(server, look, client, leave, found):
    """Whether or not the request that did it is known."""
    assert look() is None
    leave(client)
    if not client.closed:
        client.sync()
    deadline = Deadline.after(5)
    while (seen := look()) is None and not deadline.passed:
        """A connection that was closed ends a little later."""
    assert found in seen


def two_monitors(client):
    for name in ("one", "two"):
        info = xcffib.randr.MonitorInfo.synthetic(
            client.atom(name), name == "two", False, 0, 0, 1, 5, 5, 5, 5, []
        )
        client.extension(xcffib.randr).SetMonitor(client.root, info)


def smaller_screen(client):
    """On a mode of its own, which stays behind on the output and the CRTC."""
    monitors = Monitors(client)
    (crtc, *_), (output, *_) = monitors.resources().crtcs, monitors.resources().outputs
    monitors.switch_off(crtc)
    monitors.set_screen_size(100, 80, 20, 10)
    mode = monitors.create_mode(100, 80)
    monitors.add_mode(output, mode.id)
    assert monitors.set_crtc(crtc, mode.id, [output]).status == 0


def screen_in_millimeters(client):
    """Of the same size in pixels."""
    root = client.geometry(client.root)
    Monitors(client).set_screen_size(root.width, root.height, 7, 9)


def randr_events_selected(client):
    """A selection ends with its client; the list that it stood in does not."""
    Monitors(client).select()


def unused_mode(client):
    Monitors(client).create_mode(33, 44)


def changed_property_of_an_output(client):
    """Of those that were there, and one more."""
    properties = OutputProperties(client, Monitors(client).resources().outputs[0])
    for name in (*properties.names(), client.atom("new")):
        properties.change(name, Atom.INTEGER, 32, bytes(8))


@pytest.mark.parametrize(
    "leave",
    [
        *(pixels_of_the_root, crtc_switched_off, monitor, two_monitors, primary_output),
        *(property_of_an_output, changed_property_of_an_output, pointer, focus, screen_saver),
        *(smaller_screen, screen_in_millimeters, unused_mode, randr_events_selected),
    ],
)
def test_what_can_be_put_back_is(server, look, inspection, leave):
    """The server serves on, and the next client finds it as the first one did."""
    with Presenter(server) as client:
        millimeters = client.screen.width_in_millimeters, client.screen.height_in_millimeters
        properties = OutputProperties(client, Monitors(client).resources().outputs[0]).names()
    assert inspection.verdict() is None
    for _ in range(2):
        with Presenter(server) as client:
            leave(client)
            client.sync()
        assert inspection.verdict() is None
        assert look() is None
        with Presenter(server) as client:
            screen = client.screen
            assert (screen.width_in_millimeters, screen.height_in_millimeters) == millimeters
            names = OutputProperties(client, Monitors(client).resources().outputs[0]).names()
            assert names == properties


def test_screens_are_put_back_to_what_another_left(server, client):
    """Modes, monitors and properties of before are made again, as they were, in their order."""
    two_monitors(client)
    smaller_screen(client)
    changed_property_of_an_output(client)
    client.sync()
    deadline = Deadline.after(5)
    extensions = query_extensions(server.display, server.cookie)
    with closing(Wire(server, deadline)) as wire:
        found = Restoration(server, wire, extensions, deadline, gamma=True)
        monitors = Monitors(client)
        (crtc, *_), (output, *_) = monitors.resources().crtcs, monitors.resources().outputs
        monitors.delete_monitor(client.atom("one"))
        monitors.switch_off(crtc)
        for mode in monitors.output(output).modes:
            with client.catch_errors():
                monitors.delete_mode(output, mode)
        properties = OutputProperties(client, output)
        for name in properties.names():
            properties.delete(name)
        client.sync()
        assert found.differences(deadline)
        found.put_back_screen(deadline)
        assert found.differences(deadline) == []


def test_further_modes_of_a_driver_are_accepted(server, client):
    """And nothing else: no mode that went, and none that an output lacks."""
    monitors = Monitors(client)
    (output, *_) = monitors.resources().outputs
    first = monitors.create_mode(100, 80)
    monitors.add_mode(output, first.id)
    client.sync()
    deadline = Deadline.after(5)
    extensions = query_extensions(server.display, server.cookie)
    with closing(Wire(server, deadline)) as wire:
        found = Restoration(server, wire, extensions, deadline)
        second = monitors.create_mode(100, 81)
        monitors.add_mode(output, second.id)
        client.sync()
        changed = {output_of(output), RESOURCES}
        assert changed <= {*found.differences(deadline)}
        found.accept_new_modes(deadline)
        assert not changed & {*found.differences(deadline)}
        monitors.delete_mode(output, first.id)
        monitors.destroy_mode(first.id)
        monitors.add_mode(output, monitors.create_mode(100, 82).id)
        client.sync()
        found.accept_new_modes(deadline)
        assert changed <= {*found.differences(deadline)}


def test_properties_that_stay_are_not_made_again(server, client):
    """Servers make some that nobody can set: beside them only what is new is deleted."""
    properties = OutputProperties(client, Monitors(client).resources().outputs[0])
    properties.change(client.atom("old"), Atom.STRING, 8, b"x")
    names = properties.names()
    assert len(names) > 1
    deadline = Deadline.after(5)
    extensions = query_extensions(server.display, server.cookie)
    with closing(Wire(server, deadline)) as wire:
        found = Restoration(server, wire, extensions, deadline)
        new = client.atom("new")
        properties.change(new, Atom.STRING, 8, b"x")
        observer = Observer(Monitors(client), root=False)
        found.put_back_screen(deadline)
        assert [event.atom for event in observer.take()] == [new]
        properties.delete(names[1])
        properties.change(names[1], Atom.STRING, 8, b"y")
        observer.take()
        found.put_back_screen(deadline)
        assert {event.atom for event in observer.take()} == set(names[:2])
        assert found.differences(deadline) == []


class FakeWire:
    """A screen of one pixel, all of whose replies are ``reply``."""

    root, width, height = 1, 1, 1
    reply = bytes(32)

    def exchange(self, requests, deadline):
        return [bytearray(self.reply) for _ in requests]


def test_what_servers_leave_unset_in_the_list_of_hosts_is_no_difference():
    """The second byte of a host, and its padding."""
    wire = FakeWire()
    snapshots = Snapshots(wire, {}, Deadline.after(5))
    wire.reply = bytes(32) + b"\x05\x00\x03\x00abc\x00" + b"\x05\x00\x02\x00de\x00\x00"
    before = snapshots.take(Deadline.after(5))["the hosts"]
    wire.reply = bytes(32) + b"\x05\x01\x03\x00abc\xf6" + b"\x05\x01\x02\x00de\xf6\xf7"
    assert snapshots.take(Deadline.after(5))["the hosts"] == before
    wire.reply = bytes(32) + b"\x05\x00\x03\x00abf\x00" + b"\x05\x00\x02\x00de\x00\x00"
    assert snapshots.take(Deadline.after(5))["the hosts"] != before


def test_what_servers_leave_unset_in_core_replies_is_no_difference():
    """Xtightvnc leaves what was on its stack in the list of the root's properties."""
    wire = FakeWire()
    snapshots = Snapshots(wire, {}, Deadline.after(5))
    wire.reply = b"\x01" + bytes(47)
    before = snapshots.take(Deadline.after(5))
    wire.reply = b"\x01" + bytes(9) + b"\x08" + bytes(37)
    now = snapshots.take(Deadline.after(5))
    assert now["the names of the root's properties"] == before["the names of the root's properties"]
    assert now["the font path"] == before["the font path"]
    assert now["the owner of selection 1"] != before["the owner of selection 1"]
