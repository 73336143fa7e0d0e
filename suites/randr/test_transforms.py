# SPDX-License-Identifier: MIT
"""Transforms of CRTCs: read on every server, taken by some, refused by those that have none."""

import struct

import pytest

from harness.capture.get_image import capture_root
from harness.clients.randr.head import Head
from harness.clients.randr.monitors import Monitors
from harness.clients.randr.session import RandrSession
from harness.clients.randr.transform import Transform
from harness.x11.randr import CrtcChangeNotify
from suites.marks import FOREIGN

pytestmark = [pytest.mark.needs("RANDR"), pytest.mark.xserver(swapped=True)]

SET, GET = 26, 27
ONE = 1 << 16

IDENTITY = Transform()
DOUBLE = Transform((2 * ONE, 0, 0, 0, 2 * ONE, 0, 0, 0, ONE))

SINGULAR = {
    "zero": Transform((0,) * 9),
    "a line": Transform((ONE, ONE, 0, ONE, ONE, 0, 0, 0, ONE)),
    "no height": Transform((ONE, 0, 0, 0, 0, 0, 0, 0, ONE)),
    "no scale": Transform((ONE, 0, 0, 0, ONE, 0, 0, 0, 0)),
}

UNSUPPORTED = {
    "identity": IDENTITY,
    "identity with filter": Transform(IDENTITY.matrix, "nearest"),
    "larger": DOUBLE,
    "with filter": Transform(DOUBLE.matrix, "bilinear"),
    "with unknown filter": Transform(DOUBLE.matrix, "no such filter"),
    "with parameters": Transform(DOUBLE.matrix, "convolution", (ONE, ONE, ONE)),
    "with parameters alone": Transform(DOUBLE.matrix, "", (ONE,)),
    "projective": Transform((ONE, 0, 0, 0, ONE, 0, 1, 1, ONE)),
}


HALF = Transform((ONE // 2, 0, 0, 0, ONE // 2, 0, 0, 0, ONE), "bilinear")

WILLING = pytest.mark.needs("RANDR", transform=True)

TAKEN = {
    "larger": DOUBLE,
    "smaller with filter": HALF,
    "with parameters": Transform(DOUBLE.matrix, "convolution", (ONE, ONE, ONE)),
    "identity with filter": Transform(IDENTITY.matrix, "nearest"),
    "projective": Transform((ONE, 0, 0, 0, ONE, 0, 1, 1, ONE)),
    "parameter of a filter without any": Transform(DOUBLE.matrix, "nearest", (ONE,)),
    "more parameters than needed": Transform(DOUBLE.matrix, "convolution", (ONE,) * 4),
}
"""Of the last two RENDER says that they give Match; servers keep the parameters."""

UNFIT = {
    "unknown filter": ("Name", Transform(DOUBLE.matrix, "no such filter")),
    "unknown filter of the identity": ("Name", Transform(IDENTITY.matrix, "no such filter")),
    "parameters without a filter": ("Match", Transform(DOUBLE.matrix, "", (ONE,))),
    "one parameter": ("Match", Transform(DOUBLE.matrix, "convolution", (ONE,))),
    "too few parameters": ("Match", Transform(DOUBLE.matrix, "convolution", (ONE, ONE))),
}


class TransformSession(RandrSession):
    """Transforms are part of the state."""

    def state(self):
        crtcs = [self.monitors.crtc(id) for id in self.crtcs]
        return crtcs, [self.monitors.transforms(id) for id in self.crtcs]


def encoded(crtc, transform):
    return struct.pack("=4xI", crtc) + transform.encode()


@pytest.fixture
def desk(connect):
    """With the transforms of CRTCs."""
    return TransformSession(connect("desk"))


@pytest.fixture
def willing(desk):
    """A CRTC that is on and takes transforms."""
    heads = Head.all(desk.monitors)
    return next(
        head for head in heads if head.info.mode and desk.monitors.transforms(head.crtc).supported
    )


@pytest.mark.xserver(fresh=True)
def test_every_crtc_starts_with_the_identity(desk):
    """Current and pending, without a filter; 96 bytes (RND-058)."""
    for crtc in desk.crtcs:
        transforms = desk.monitors.transforms(crtc)
        assert transforms.current == transforms.pending == IDENTITY
        assert desk.monitors.requests.GetCrtcTransform(crtc).reply().length == (96 - 32) // 4


@pytest.mark.parametrize("transform", UNSUPPORTED.values(), ids=list(UNSUPPORTED))
def test_a_crtc_that_supports_none_refuses_every_transform(desk, transform):
    """Value, be the transform the identity or the filter unknown (RND-054)."""
    without = [crtc for crtc in desk.crtcs if not desk.monitors.transforms(crtc).supported]
    if not without:
        pytest.skip("every CRTC takes transforms")
    for crtc in without:
        assert desk.refused_bytes(SET, encoded(crtc, transform))[0] == "Value"


@WILLING
@pytest.mark.parametrize(("error", "transform"), UNFIT.values(), ids=list(UNFIT))
def test_a_filter_that_cannot_be_is_refused(willing, desk, error, transform):
    """Name for one that nobody knows, Match for too few parameters, or any without a filter; what
    was pending stays (RND-056)."""
    desk.monitors.set_transform(willing.crtc, HALF)
    assert desk.refused_bytes(SET, encoded(willing.crtc, transform))[0] == error
    assert desk.monitors.transforms(willing.crtc).pending == HALF


@WILLING
@pytest.mark.parametrize("transform", TAKEN.values(), ids=list(TAKEN))
def test_a_transform_is_pending_at_first(willing, desk, transform, presenter):
    """It is read as it was set, in place of an earlier one, and changes nothing: neither the
    current transform, nor the CRTC, nor what is shown, and nobody is told (RND-056, RND-057)."""
    presenter.window(30, 20, x=40, y=50, background="red", events=0)
    presenter.sync()
    before, shown = willing.info, capture_root(presenter)
    for pending in (HALF, transform):
        desk.monitors.set_transform(willing.crtc, pending)
        transforms = desk.monitors.transforms(willing.crtc)
        assert (transforms.current, transforms.pending) == (IDENTITY, pending)
    assert willing.info == before
    assert capture_root(presenter).pixels.tolist() == shown.pixels.tolist()
    assert desk.observer.take() == []


@WILLING
def test_a_pending_transform_outlives_its_client(willing, connect):
    """It belongs to the CRTC (RND-057)."""
    other = connect("other")
    Monitors(other).set_transform(willing.crtc, DOUBLE)
    other.sync()
    other.close()
    assert willing.monitors.transforms(willing.crtc).pending == DOUBLE


@WILLING
def test_a_transform_that_was_taken_back_changes_nothing(willing, desk):
    """With the identity pending again, SetCrtcConfig of what is set is none (RND-057)."""
    for pending in (DOUBLE, IDENTITY):
        desk.monitors.set_transform(willing.crtc, pending)
    before = willing.info
    assert willing.set(before.mode, before.x, before.y).status == 0
    transforms = desk.monitors.transforms(willing.crtc)
    assert transforms.current == transforms.pending == IDENTITY
    assert desk.observer.take() == []


@WILLING
@pytest.mark.known_bug(
    reference="Xwayland takes transforms of CRTCs, and applies none",
    since={"Xwayland": "24.1"},
    evidence="failed: AssertionError",
    strict=True,
)
@pytest.mark.parametrize(
    "transform", [Transform(DOUBLE.matrix, "bilinear"), HALF], ids=["larger", "smaller"]
)
def test_set_crtc_config_applies_the_pending_transform(willing, desk, transform):
    """It becomes the current one; the CRTC tells of the size that it now shows
    (RND-057, RND-059)."""
    before = willing.info
    mode = desk.monitors.resources(current=True).modes[before.mode]
    desk.monitors.set_transform(willing.crtc, transform)
    assert willing.set(before.mode, before.x, before.y).status == 0
    transforms = desk.monitors.transforms(willing.crtc)
    assert transforms.current == transforms.pending == transform
    scale = transform.matrix[0] / ONE
    shown = round(mode.width * scale), round(mode.height * scale)
    assert (willing.info.width, willing.info.height) == shown
    changes = [event for event in desk.observer.take() if isinstance(event, CrtcChangeNotify)]
    assert [change.crtc for change in changes] == [willing.crtc]


@pytest.mark.parametrize("transform", SINGULAR.values(), ids=list(SINGULAR))
def test_a_matrix_without_an_inverse_is_refused(desk, transform):
    """Match, before anything is said about support or filters (RND-055)."""
    filtered = Transform(transform.matrix, "no such filter", (1, 2))
    for matrix in (transform, filtered):
        assert desk.refused_bytes(SET, encoded(desk.crtcs[0], matrix))[0] == "Match"


@pytest.mark.parametrize("kind", ["none", "window", "output", "mode", "unknown"])
def test_what_is_no_crtc_is_refused(desk, kind):
    """RANDR's Crtc error with the id, before the matrix is looked at (RND-054, RND-055,
    RND-058)."""
    resources = desk.monitors.resources()
    wrong = {
        "none": 0,
        "window": desk.client.root,
        "output": resources.outputs[0],
        "mode": next(iter(resources.modes)),
        "unknown": 0x1FFFFFF,
    }[kind]
    for transform in (IDENTITY, SINGULAR["zero"]):
        assert desk.refused_bytes(SET, encoded(wrong, transform)) == ("RANDR:Crtc", wrong)
    assert desk.refused_bytes(GET, struct.pack("=4xI", wrong)) == ("RANDR:Crtc", wrong)


def test_a_request_of_a_wrong_length_is_refused(desk):
    """Length; a filter longer than its request too, after the matrix (RND-054, RND-058)."""
    right = encoded(desk.crtcs[0], IDENTITY)
    for opcode, data in [(SET, right[:-4]), (SET, right[:8]), (GET, bytes(4)), (GET, bytes(12))]:
        assert desk.refused_bytes(opcode, data)[0] == "Length"
    for matrix, error in ((IDENTITY, "Length"), (SINGULAR["zero"], "Match")):
        head = encoded(desk.crtcs[0], matrix)[:-4]
        assert desk.refused_bytes(SET, head + struct.pack("=H2x", 1))[0] == error
        assert desk.refused_bytes(SET, head + struct.pack("=H2x4x", 5))[0] == error


@WILLING
@pytest.mark.parametrize(
    "transform",
    [
        Transform(DOUBLE.matrix, "convolution", (3 * ONE, ONE, ONE, -2 * ONE, 2 * ONE)),
        Transform((ONE, 5, 6, 7, 2 * ONE, 8, 0, 0, ONE), "nearest"),
    ],
    ids=["parameters", "name"],
)
def test_filters_are_told_in_the_clients_byte_order(willing, desk, connect_wire, transform):
    """The lengths of names, and the parameters, of pending and current transform (RND-058,
    RND-126)."""
    wire, crtc = connect_wire(FOREIGN), willing.crtc
    desk.monitors.set_transform(crtc, transform)
    if transform.filter == "convolution":
        before = willing.info
        assert willing.set(before.mode, before.x, before.y).status == 0
    current = desk.monitors.transforms(crtc).current
    reply = wire.reply(wire.request(wire.major("RANDR"), GET, wire.pack("I", crtc)))
    assert wire.unpack("9i", reply, 8) == transform.matrix
    assert wire.unpack("9i", reply, 48) == current.matrix
    lengths = wire.unpack("4H", reply, 88)
    place = 96
    for one, name, count in ((transform, *lengths[:2]), (current, *lengths[2:])):
        assert (name, count) == (len(one.filter), len(one.parameters))
        assert reply[place : place + name] == one.filter.encode()
        place += name + -name % 4
        assert wire.unpack(f"{count}i", reply, place) == one.parameters
        place += 4 * count
    assert place == len(reply)


def test_a_filter_that_is_longer_than_its_request_is_refused_in_the_other_byte_order(
    desk, connect_wire
):
    """Length (RND-054, RND-126)."""
    wire = connect_wire(FOREIGN)
    major = wire.major("RANDR")
    for length in (1, 4, 0x100, 0xFFFF):
        body = wire.pack("I9iH2x", desk.crtcs[0], *IDENTITY.matrix, length)
        assert wire.error_of(wire.request(major, SET, body)).name == "Length"


@WILLING
def test_the_identity_is_applied_without_its_filter(willing, desk):
    """There is nothing to filter: the current transform is the plain identity, as at the start,
    and the one that is pending stays as it was set (RND-057)."""
    filtered, before = Transform(IDENTITY.matrix, "nearest"), willing.info
    desk.monitors.set_transform(willing.crtc, filtered)
    assert willing.set(before.mode, before.x, before.y).status == 0
    transforms = desk.monitors.transforms(willing.crtc)
    assert (transforms.current, transforms.pending) == (IDENTITY, filtered)
    assert (willing.info.width, willing.info.height) == (before.width, before.height)


def test_transforms_are_turned_round(desk, connect_wire):
    """The identity for a client of the other byte order; its matrices and bad values are its
    own (RND-055, RND-058, RND-126)."""
    wire, crtc = connect_wire(FOREIGN), desk.crtcs[0]
    major, supported = wire.major("RANDR"), desk.monitors.transforms(desk.crtcs[0]).supported
    reply = wire.reply(wire.request(major, GET, wire.pack("I", crtc)))
    assert len(reply) == 96
    assert wire.unpack("9i", reply, 8) == IDENTITY.matrix
    assert reply[44] == supported
    assert wire.unpack("9i4x4H", reply, 48) == (*IDENTITY.matrix, 0, 0, 0, 0)

    def error(crtc, matrix):
        body = wire.pack("I9iH2x", crtc, *matrix, 0)
        return wire.error_of(wire.request(major, SET, body))

    assert error(crtc, SINGULAR["a line"].matrix).name == "Match"
    if not supported:
        # Turned round wrongly, this one would have no inverse.
        assert error(crtc, (ONE, 0, 0, 0, ONE, 0, 0, 0, ONE)).name == "Value"
    wrong = error(0x123456, IDENTITY.matrix)
    assert (wrong.code, wrong.value) == (
        desk.client.numbers("RANDR").first_error + 1,
        0x123456,
    )
