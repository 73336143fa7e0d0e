# SPDX-License-Identifier: MIT
"""The primary output: set, cleared, refused, and told."""

import struct

import pytest

from harness.clients.randr.monitors import Monitors
from harness.clients.randr.observer import Observer, root_configured
from harness.clients.randr.session import RandrSession
from harness.x11.randr import NotifyMask, OutputChangeNotify, ScreenChangeNotify
from suites.marks import FOREIGN

pytestmark = pytest.mark.needs("RANDR")

SET, GET = 30, 31


class PrimarySession(RandrSession):
    """A screen without a primary output."""

    def __init__(self, client):
        super().__init__(client)
        self.monitors.set_primary(0)
        self.observer.forget()

    def check_events(self, *outputs):
        """Exactly one change was told, with an OutputChange for each of ``outputs``."""
        root = self.client.geometry(self.client.root)
        screen, *changes, configured = self.observer.take()
        assert isinstance(screen, ScreenChangeNotify)
        assert (screen.root, screen.window) == (self.client.root, self.client.root)
        assert (screen.width, screen.height) == (root.width, root.height)
        assert configured == root_configured(self.client)
        known = {id: self.monitors.output(id) for id in outputs}
        assert all(isinstance(change, OutputChangeNotify) for change in changes)
        assert [(c.output, c.crtc, c.connection) for c in changes] == [
            (id, output.crtc, output.connection) for id, output in known.items()
        ]
        resources = self.monitors.resources(current=True)
        for event in (screen, *changes):
            assert event.timestamp == resources.timestamp
            assert event.config_timestamp == resources.config_timestamp


@pytest.fixture
def desk(connect):
    """No output is primary at first."""
    return PrimarySession(connect("desk"))


def test_the_primary_output_is_set_and_cleared(desk):
    """The output that was set is told, and 0 when it was cleared (RND-067)."""
    assert desk.monitors.primary() == 0
    for output in (desk.outputs[0], 0, desk.outputs[0], desk.outputs[-1], 0):
        desk.monitors.set_primary(output)
        assert desk.monitors.primary() == output


def test_a_change_is_told(desk):
    """ScreenChange, OutputChange of the output that is or was primary, ConfigureNotify, and
    nothing else (RND-068, RND-127)."""
    output = desk.outputs[0]
    for primary in (output, 0, output):
        desk.monitors.set_primary(primary)
        desk.check_events(output)


@pytest.mark.needs("RANDR", crtcs=2)
@pytest.mark.parametrize(("old", "new"), [(0, 1), (1, 0)])
def test_both_outputs_of_a_change_are_told(desk, old, new):
    """OutputChange for the old and the new one, in the server's order (RND-068)."""
    desk.monitors.set_primary(desk.outputs[old])
    desk.check_events(desk.outputs[old])
    desk.monitors.set_primary(desk.outputs[new])
    desk.check_events(*desk.outputs[:2])


def test_setting_what_is_set_is_not_told(desk):
    """Neither the same output again nor clearing what is clear (RND-067)."""
    desk.monitors.set_primary(0)
    assert desk.observer.take() == []
    desk.monitors.set_primary(desk.outputs[0])
    desk.observer.take()
    desk.monitors.set_primary(desk.outputs[0])
    assert desk.observer.take() == []


def test_only_what_was_selected_is_told(connect, desk):
    """Each listener gets the events of its mask; the change belongs to all clients
    (RND-068)."""
    masks = {
        NotifyMask.SCREEN_CHANGE: [ScreenChangeNotify],
        NotifyMask.OUTPUT_CHANGE: [OutputChangeNotify],
        NotifyMask.CRTC_CHANGE | NotifyMask.OUTPUT_PROPERTY | NotifyMask.RESOURCE_CHANGE: [],
    }
    heard = {mask: Observer(Monitors(connect()), mask, root=False) for mask in masks}
    for listener in heard.values():
        listener.take()
    desk.monitors.set_primary(desk.outputs[0])
    desk.client.sync()
    for mask, listener in heard.items():
        assert [type(event) for event in listener.take()] == masks[mask]
        assert listener.monitors.primary() == desk.outputs[0]


@pytest.mark.parametrize("kind", ["window", "crtc", "mode", "unknown"])
def test_what_is_no_output_is_refused(desk, kind):
    """RANDR's Output error with the id (RND-067)."""
    desk.monitors.set_primary(desk.outputs[0])
    desk.check_events(desk.outputs[0])
    resources = desk.monitors.resources()
    wrong = {
        "window": desk.client.root,
        "crtc": resources.crtcs[0],
        "mode": next(iter(resources.modes)),
        "unknown": 0x1FFFFFF,
    }[kind]
    assert desk.refusal(lambda: desk.monitors.set_primary(wrong)) == ("RANDR:Output", wrong)


def test_what_is_no_window_is_refused(desk):
    """Window with the id, before the output is looked at; Length before either (RND-067)."""
    wrong = desk.outputs[0]
    data = struct.pack("=4xII", wrong, 0x1FFFFFF)
    for opcode, request in ((SET, data), (GET, data[:8])):
        send = lambda o=opcode, r=request: desk.client.send_raw("RANDR", o, r)  # noqa: E731
        assert desk.refusal(send) == ("Window", wrong)
        for broken in (request + bytes(4), request[:-4]):
            send = lambda o=opcode, r=broken: desk.client.send_raw("RANDR", o, r)  # noqa: E731
            assert desk.refusal(send)[0] == "Length"


def test_it_outlives_the_client_that_set_it(desk, connect):
    """The primary output belongs to the screen (RND-067)."""
    guest = connect("guest")
    Monitors(guest).set_primary(desk.outputs[0])
    guest.sync()
    guest.close()
    assert desk.monitors.primary() == desk.outputs[0]


@pytest.mark.xserver(swapped=True)
def test_it_is_set_and_read_in_the_other_byte_order(desk, connect_wire):
    """SetOutputPrimary names window and output, GetOutputPrimary the window, and the reply the
    output; errors name what was wrong (RND-067, RND-126)."""
    wire = connect_wire(FOREIGN)
    major, output = wire.major("RANDR"), desk.outputs[-1]
    for primary in (output, 0, output):
        sequence = wire.request(major, SET, wire.pack("II", wire.root, primary))
        assert wire.error_of(sequence) is None
        assert desk.monitors.primary() == primary
        reply = wire.reply(wire.request(major, GET, wire.pack("I", wire.root)))
        assert wire.unpack("HII", reply, 2)[1:] == (0, primary)
    for opcode, layout in ((SET, "II"), (GET, "I")):
        body = wire.pack(layout, *(0x00345678, output)[: len(layout)])
        error = wire.error_of(wire.request(major, opcode, body))
        assert (error.name, error.value) == ("Window", 0x00345678)


# XLibre 25.2 frees something twice when a server of two screens ends: its end is not judged.
@pytest.mark.needs("RANDR", servers=("xvfb",), reason="a second screen of the same server")
@pytest.mark.xserver(args=("-screen", "1", "640x480x24"), throwaway=True)
def test_an_output_of_another_screen_is_refused(desk):
    """Match with the window; each screen has a primary output of its own (RND-069)."""
    roots = [screen.root for screen in desk.client.setup.roots]
    requests = desk.monitors.requests
    outputs = [requests.GetScreenResources(root).reply().outputs[0] for root in roots]
    for root, other in zip(roots, reversed(outputs), strict=True):
        send = lambda r=root, o=other: requests.SetOutputPrimary(r, o)  # noqa: E731
        assert desk.refusal(send) == ("Match", root)
    requests.SetOutputPrimary(roots[1], outputs[1])
    assert desk.monitors.primary() == 0
    assert requests.GetOutputPrimary(roots[1]).reply().output == outputs[1]
