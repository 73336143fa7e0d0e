# SPDX-License-Identifier: MIT
"""PresentPixmap's arguments: what is refused, with which error, and without any effect."""

from dataclasses import replace

import pytest

from harness.capture.get_image import capture
from harness.clients.present import specimens
from harness.clients.resources.window import Window, WindowClass
from harness.x11 import present
from harness.x11.present import CompleteMode, NotifyMsc, Option, PresentPixmap
from suites.marks import SHOWN

pytestmark = pytest.mark.xserver(fps=600, any_depth=True)

_FREED_NOTIFIES = {
    "reference": "CVE-2025-62229: present_create_notifies() frees notifies that stay linked",
    # Dead by SIGSEGV, or walking in a circle for ever.
    "evidence": ("crashed: ServerDied", "hung: ServerHung"),
    "strict": False,
    "fatal": True,
}
FREED_NOTIFIES = [
    # TigerVNC is built with a copy of the server of its own, which outlives the fix.
    pytest.mark.known_bug(
        fixed={"X.Org": "21.1.19"}, servers=("xvnc", "x2gokdrive"), **_FREED_NOTIFIES
    ),
    pytest.mark.known_bug(
        fixed={"Xwayland": "24.1.9"}, servers=("xwayland", "sway"), **_FREED_NOTIFIES
    ),
    # Sources of 21.1.7 are those of a distribution, with the fix.
    *(
        pytest.mark.known_bug(
            **bounds,
            servers=("xvfb", "xephyr", "xorg", "xorg-flip", "xorg-kms"),
            own_builds=True,
            **_FREED_NOTIFIES,
        )
        for bounds in (
            {"fixed": {"X.Org": "21.1.7", "XLibre": "25.1"}},
            {"since": {"X.Org": "21.1.8"}, "fixed": {"X.Org": "21.1.19"}},
        )
    ),
]

FAR = 1 << 28
"""Frames (MSC) that no test lives to see."""

WORDS = 18
"""The length of a request without notifies."""

RESOURCES = {
    "window": ("Window", specimens.WINDOWS),
    "pixmap": ("Pixmap", specimens.PIXMAPS),
    "valid": ("XFIXES:Region", specimens.REGIONS),
    "update": ("XFIXES:Region", specimens.REGIONS),
    "target_crtc": ("RANDR:Crtc", specimens.CRTCS),
    "wait_fence": ("SYNC:Fence", specimens.FENCES),
    "idle_fence": ("SYNC:Fence", specimens.FENCES),
}
"""By argument: the error that other things give, and what is right."""

OPTIONAL = ("valid", "update", "target_crtc", "wait_fence", "idle_fence")

TOO_LARGE_REMAINDERS = {
    "without divisor": (0, 1, 1),
    "large without divisor": (0, (1 << 33) + 5, 5),
    "only high bits without divisor": (0, 1 << 33, 0),
    "equal": (3, 3, 3),
    "above": (3, 4, 4),
    "equal to 1": (1, 1, 1),
    "above by its high bits only": (3, 1 << 33, 0),
    "below in its low bits": (5, (1 << 32) + 1, 1),
    "negative if signed": (3, 1 << 63, 0),
    "largest": (3, (1 << 64) - 1, 0xFFFFFFFF),
    "equal and negative if signed": (1 << 63, 1 << 63, 0),
    "both largest": ((1 << 64) - 1, (1 << 64) - 1, 0xFFFFFFFF),
}
"""(divisor, remainder, bad value of the error)."""

LEGAL_REMAINDERS = {
    "none": (0, 0),
    "divisor 1": (1, 0),
    "smallest": (2, 0),
    "just below": (2, 1),
    "just below 600": (600, 599),
    "divisor with high bits only": (1 << 32, 5),
    "just below with high bits": (1 << 33, (1 << 33) - 1),
    "negative if signed": (1 << 63, (1 << 63) - 1),
    "largest": ((1 << 64) - 1, (1 << 64) - 2),
    "divisor negative if signed": ((1 << 64) - 1, 1),
}


class RequestStage:
    """A window with known contents, and a request that is right in every argument."""

    def __init__(self, presenter):
        self.presenter = presenter
        self.window = presenter.window(32, 24, background="blue")
        self.pixmap = self.window.pixmap("red")
        self.region = presenter.region((0, 0, 32, 24))
        self.wait_fence = presenter.fence(triggered=True)
        self.idle_fence = presenter.fence()
        self.request = PresentPixmap(
            window=self.window.id,
            pixmap=self.pixmap.id,
            serial=1000,
            valid=self.region.id,
            update=self.region.id,
            target_crtc=specimens.crtc(presenter),
            wait_fence=self.wait_fence.id,
            idle_fence=self.idle_fence.id,
        )
        self.before = capture(self.window).digest

    def send(self, tail=b"", **changes):
        data = replace(self.request, **changes).encode() + tail
        self.presenter.send_raw("Present", PresentPixmap.OPCODE, data)

    def refusal(self, tail=b"", **changes):
        """The error that a changed request causes, as (name, value); None if accepted."""
        with self.presenter.catch_errors() as errors:
            self.send(tail, **changes)
        return self._only(errors, PresentPixmap.OPCODE)

    def cut_refusal(self, words, **changes):
        """As ``refusal``, for a request that was cut to ``words``."""
        with self.presenter.catch_errors() as errors:
            data = replace(self.request, **changes).encode()[: 4 * words]
            self.presenter.send_raw("Present", PresentPixmap.OPCODE, data)
        return self._only(errors, PresentPixmap.OPCODE)

    def _only(self, errors, minor):
        for error in errors:
            major = self.presenter.numbers("Present").major
            assert (error.major, error.minor) == (major, minor)
        assert len(errors) <= 1
        return next(((error.name, error.value) for error in errors), None)

    def assert_nothing_happened(self):
        """No event came, nothing was drawn, no fence changed, and the window still works."""
        now = self.window.msc()
        self.window.wait_msc(now + 4)
        kinds = {getattr(event, "kind", event) for event in self.window.context.events()}
        assert kinds == {present.CompleteKind.NOTIFY_MSC}
        assert capture(self.window).digest == self.before
        assert not self.idle_fence.triggered
        assert self.wait_fence.triggered
        self.assert_accepted()

    def assert_accepted(self, **changes):
        """The request, with ``changes``, is accepted and shown."""
        presentation = self.window.present(
            self.pixmap, update=self.region, idle_fence=self.idle_fence, **changes
        )
        completed = presentation.wait_complete()
        assert completed.mode in SHOWN
        assert capture(self.window).pixel(31, 23) == capture(self.pixmap).pixel(31, 23)
        if completed.mode is CompleteMode.FLIP:
            # A flipped pixmap is in use until another one is shown.
            self.window.present(self.window.pixmap("green"), options=Option.COPY)
            presentation.wait_idle()
        assert self.idle_fence.triggered


@pytest.fixture
def stage(presenter):
    return RequestStage(presenter)


def test_a_request_that_is_right_in_every_argument_is_accepted(stage):
    """What the other tests spoil is good as it stands: it is copied, and releases its fence
    (PRE-038, PRE-039, PRE-040, PRE-041, PRE-042 from their good side)."""
    assert stage.refusal() is None
    stage.window.wait_msc(stage.window.msc() + 3)
    shown = [e for e in stage.window.context.events() if getattr(e, "serial", 0) == 1000]
    assert [type(event).__name__ for event in shown] == ["IdleNotify", "CompleteNotify"]
    assert capture(stage.window).pixel(31, 23) == capture(stage.pixmap).pixel(31, 23)
    assert stage.idle_fence.triggered


@pytest.mark.parametrize("argument", OPTIONAL)
def test_every_resource_but_window_and_pixmap_may_be_left_out(stage, argument):
    """The id 0 means none (PRE-038, PRE-039, PRE-040, PRE-041, PRE-042 from their good
    side)."""
    assert stage.refusal(**{argument: 0}) is None
    stage.window.wait_msc(stage.window.msc() + 3)
    assert capture(stage.window).pixel(31, 23) == capture(stage.pixmap).pixel(31, 23)


@pytest.mark.parametrize("words", range(1, WORDS))
def test_a_request_that_is_too_short_is_refused(stage, words):
    """Fewer than 18 words give Length, before anything else is looked at, and have no effect
    (PRE-032, PRE-050)."""
    nothing = stage.presenter.new_id()
    for changes in ({}, {"window": nothing}, {"pixmap": nothing}):
        name, _ = stage.cut_refusal(words, **changes)
        assert name == "Length"
    stage.assert_nothing_happened()


@pytest.mark.parametrize("argument", RESOURCES)
def test_a_wrong_resource_is_refused(stage, argument):
    """In place of a window, a pixmap, a region, a CRTC or a fence nothing else is taken: not
    an unused id, not one that was destroyed, not another type of resource.  The error is that
    of the type, with the id, and nothing happens (PRE-033, PRE-034, PRE-038, PRE-039, PRE-040,
    PRE-041, PRE-042, PRE-050)."""
    name, right = RESOURCES[argument]
    wrong = specimens.specimens(
        stage.presenter, but=right, nothing=argument in ("window", "pixmap")
    )
    assert {kind: stage.refusal(**{argument: id}) for kind, id in wrong.items()} == {
        kind: (name, id) for kind, id in wrong.items()
    }
    stage.assert_nothing_happened()


@pytest.mark.parametrize("argument", RESOURCES)
def test_an_id_with_high_bits_is_refused(stage, argument):
    """Ids are compared whole (PRE-033, PRE-034, PRE-038, PRE-039, PRE-040, PRE-041, PRE-042,
    PRE-050)."""
    name, _ = RESOURCES[argument]
    for bit in (29, 30, 31):
        id = getattr(stage.request, argument) | 1 << bit
        assert stage.refusal(**{argument: id}) == (name, id)
    stage.assert_nothing_happened()


@pytest.mark.known_bug(
    reference="Xwayland names a format of 32 bits for the buffer of a pixmap of depth 15",
    servers=("sway",),
    effect="ServerDied",
)
def test_a_pixmap_of_another_depth_is_refused(stage):
    """Every depth of the server but the window's gives Match (PRE-036, PRE-050)."""
    presenter = stage.presenter
    depths = sorted(set(presenter.formats) - {stage.window.depth})
    got = {}
    for depth in depths:
        pixmap = presenter.new_id()
        presenter.core.CreatePixmap(depth, pixmap, presenter.root, 32, 24)
        got[depth] = stage.refusal(pixmap=pixmap)[0]
    assert 1 in got
    assert got == dict.fromkeys(depths, "Match")
    stage.assert_nothing_happened()


def test_a_pixmap_of_the_screens_depth_is_refused_for_a_window_of_another(stage):
    """The window's own depth counts, not the screen's (PRE-036, PRE-050)."""
    presenter = stage.presenter
    depths = {
        allowed.depth: allowed.visuals[0].visual_id
        for allowed in presenter.screen.allowed_depths
        if allowed.visuals_len and allowed.depth != presenter.depth
    }
    if not depths:
        pytest.skip("needs windows of a depth other than the screen's")
    for depth in depths:
        window = presenter.window(32, 24, depth=depth, parent=stage.window)
        name, _ = stage.refusal(window=window.id)
        assert name == "Match"
        shown = window.present(window.pixmap("green", 32, 24))
        assert shown.wait_complete().mode in SHOWN
        window.destroy()
    stage.assert_nothing_happened()


@pytest.mark.parametrize("depth", [1, 24])
def test_an_input_only_window_is_refused(stage, depth):
    """It has no depth, so that no pixmap matches (PRE-037, PRE-050)."""
    presenter = stage.presenter
    window = presenter.window(32, 24, x=100, window_class=WindowClass.INPUT_ONLY)
    pixmap = presenter.pixmap(32, 24, depth, "black")
    name, _ = stage.refusal(window=window.id, pixmap=pixmap.id)
    assert name == "Match"
    assert window.context.events() == []
    stage.assert_nothing_happened()


def knows_tearing(stage):
    """Whether the option AsyncMayTear is known: from 1.3 on; 21.1.16 knows it and says 1.2."""
    if stage.presenter.present_version() >= (1, 3):
        return True
    refusal = stage.refusal(options=Option.ASYNC_MAY_TEAR, target_msc=stage.window.msc() + FAR)
    assert refusal in (None, ("Value", Option.ASYNC_MAY_TEAR))
    stage.window.destroy()
    return refusal is None


def test_unknown_options_are_refused(presenter):
    """Every bit that the version does not have gives Value with the whole options, alone or
    beside known ones: 32 and above, 16 too where it is not known (PRE-043, PRE-050)."""
    first = 5 if knows_tearing(RequestStage(presenter)) else 4
    stage = RequestStage(presenter)
    alone = [1 << bit for bit in range(first, 32)]
    options = [*alone, *(bit | Option.ASYNC for bit in alone), alone[0] | 15, 0xFFFFFFFF]
    assert {value: stage.refusal(options=value) for value in options} == {
        value: ("Value", value) for value in options
    }
    stage.assert_nothing_happened()


def test_known_options_are_accepted_in_every_combination(presenter):
    """0 to 15, and to 31 where AsyncMayTear is known, whatever the capabilities: the pixmap is
    shown (PRE-044, PRE-043)."""
    count = 32 if knows_tearing(RequestStage(presenter)) else 16
    window = presenter.window(16, 16)
    for options in range(count):
        pixmap = window.pixmap("red" if options % 2 else "green")
        completed = window.present(pixmap, options=options).wait_complete()
        assert completed.mode in SHOWN
        assert capture(window).pixel(0, 0) == capture(pixmap).pixel(0, 0)


@pytest.mark.parametrize("name", TOO_LARGE_REMAINDERS)
def test_a_remainder_not_below_the_divisor_is_refused(stage, name):
    """Compared as unsigned 64-bit numbers; divisor 0 allows remainder 0 alone.  The error is
    Value with the low 32 bits of the remainder (PRE-045, PRE-046, PRE-050)."""
    divisor, remainder, value = TOO_LARGE_REMAINDERS[name]
    assert stage.refusal(divisor=divisor, remainder=remainder) == ("Value", value)
    later = (1 << 64) - 1
    assert stage.refusal(divisor=divisor, remainder=remainder, target_msc=later) == (
        "Value",
        value,
    )
    stage.assert_nothing_happened()


@pytest.mark.parametrize("name", LEGAL_REMAINDERS)
def test_a_remainder_below_the_divisor_is_accepted(stage, name):
    """Up to divisor - 1, whatever their size (PRE-045 and PRE-046 from their good side)."""
    divisor, remainder = LEGAL_REMAINDERS[name]
    window = stage.presenter.window(16, 16)
    pixmap = window.pixmap("red")
    with stage.presenter.catch_errors() as errors:
        presentation = window.present(pixmap, divisor=divisor, remainder=remainder)
    assert errors == []
    if divisor <= 2:
        assert presentation.wait_complete().mode in SHOWN
    window.destroy()


@pytest.mark.parametrize(
    ("offsets"),
    [(-32768, -32768), (32767, 32767), (-1, 1), (0, 0)],
    ids=["lowest", "highest", "mixed", "none"],
)
def test_every_offset_is_accepted(stage, offsets):
    """Offsets have no limits of their own (PRE-052)."""
    x_off, y_off = offsets
    presentation = stage.window.present(stage.pixmap, x_off=x_off, y_off=y_off)
    assert presentation.wait_complete().mode in SHOWN


@pytest.mark.parametrize("size", [4, 12, 20, 4 * 101], ids=lambda size: f"{size}-bytes")
def test_a_broken_notify_list_is_refused(stage, size):
    """What follows the 18 words must be whole notifies of 8 bytes: else Length (PRE-048,
    PRE-050)."""
    name, _ = stage.refusal(bytes(size))
    assert name == "Length"
    stage.assert_nothing_happened()


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(0, id="first"),
        pytest.param(1, marks=FREED_NOTIFIES, id="second"),
        pytest.param(3, marks=FREED_NOTIFIES, id="fourth"),
    ],
)
@pytest.mark.parametrize("after", [0, 2], ids=["last", "not-last"])
def test_a_wrong_window_in_the_notify_list_is_refused(stage, before, after):
    """A notify names a window; anything else gives Window with the id, wherever it stands in
    the list, and nothing is presented (PRE-049, PRE-050)."""
    presenter = stage.presenter
    good = [presenter.window(8, 8, x=100) for _ in range(3)]
    wrong = specimens.specimens(presenter, but=specimens.WINDOWS)
    got = {}
    for kind, id in wrong.items():
        listed = [*(w.id for w in good[:before]), id, *(w.id for w in good[:after])]
        notifies = tuple(present.Notify(window, 2000 + n) for n, window in enumerate(listed))
        got[kind] = stage.refusal(notifies=notifies)
    assert got == {kind: ("Window", id) for kind, id in wrong.items()}
    stage.assert_nothing_happened()
    for window in good:
        assert window.context.events() == []
        window.destroy()
    presenter.sync()


def test_the_first_wrong_window_of_the_notify_list_is_named(stage):
    """The list is read from its start (PRE-049)."""
    first, second = stage.presenter.new_id(), stage.presenter.new_id()
    notifies = (present.Notify(first, 1), present.Notify(second, 2))
    assert stage.refusal(notifies=notifies) == ("Window", first)
    stage.assert_nothing_happened()


@pytest.mark.parametrize("count", [1, 3, 40])
def test_windows_that_nobody_selected_on_may_be_listed(stage, count):
    """Each is found, and none is told while the presentation waits (PRE-187)."""
    presenter = stage.presenter
    window = presenter.window(32, 24)
    listed = [Window.create(presenter, 8, 8) for _ in range(count)]
    notifies = tuple(present.Notify(one.id, 4000 + n) for n, one in enumerate(listed))
    assert stage.refusal(window=window.id, target_msc=FAR, notifies=notifies) is None
    # A presentation that completes kills servers without the fix of May 2026.
    window.destroy()
    for one in listed:
        one.destroy()
    stage.assert_nothing_happened()


ORDER = (
    "window",
    "pixmap",
    "depth",
    "valid",
    "update",
    "target_crtc",
    "wait_fence",
    "idle_fence",
    "options",
    "remainder",
    "tail",
    "notify",
)


class Faults:
    """Every fault of a request, with the error that tells of it."""

    def __init__(self, stage):
        presenter = stage.presenter
        self._stage = stage
        self._bitmap = presenter.pixmap(32, 24, 1, "black").id
        self._input_only = presenter.window(32, 24, window_class=WindowClass.INPUT_ONLY).id
        self._ids = {name: presenter.new_id() for name in (*RESOURCES, "notify")}

    def expected(self, fault):
        if fault in RESOURCES:
            return RESOURCES[fault][0], self._ids[fault]
        return {
            "depth": ("Match", None),
            "options": ("Value", 0x80000000),
            "remainder": ("Value", 7),
            "tail": ("Length", None),
            "notify": ("Window", self._ids["notify"]),
        }[fault]

    def refusal(self, faults):
        """What the server says to a request with all of ``faults``, two at least."""
        changes = {fault: self._ids[fault] for fault in faults if fault in RESOURCES}
        if "depth" in faults:
            if "window" in faults:
                changes.setdefault("pixmap", self._bitmap)
            elif "pixmap" in faults:
                changes["window"] = self._input_only
            else:
                changes["pixmap"] = self._bitmap
        if "options" in faults:
            changes["options"] = 0x80000000
        if "remainder" in faults:
            changes |= {"divisor": 5, "remainder": 7}
        if "notify" in faults:
            changes["notifies"] = (present.Notify(self._ids["notify"], 3000),)
        name, value = self._stage.refusal(bytes(4) if "tail" in faults else b"", **changes)
        return name, None if name in ("Match", "Length") else value


@pytest.mark.parametrize("fault", ORDER[:-1])
def test_a_fault_is_told_before_the_later_ones(stage, fault):
    """Window, pixmap, depth, valid-area, update-area, CRTC, wait-fence, idle-fence, options,
    divisor and remainder, length of the notify list, notifies: of two faults the earlier is
    told, and nothing happens (PRE-035, PRE-036, PRE-040, PRE-047, PRE-050)."""
    faults = Faults(stage)
    later = ORDER[ORDER.index(fault) + 1 :]
    got = {other: faults.refusal({fault, other}) for other in later}
    assert got == dict.fromkeys(later, faults.expected(fault))
    assert faults.refusal({fault, *later}) == faults.expected(fault)
    stage.assert_nothing_happened()


def test_other_clients_resources_may_be_used(presenter, connect):
    """Window, pixmap, regions and fences may belong to other clients (PRE-051)."""
    owner = connect("owner")
    window = owner.window(32, 24)
    painter = connect("painter")
    pixmap = painter.pixmap(32, 24, colour="green")
    region, wait, idle = painter.region((0, 0, 20, 24)), painter.fence(True), painter.fence()
    painter.sync()
    borrowed = presenter.borrow_window(window)
    presentation = borrowed.present(
        presenter.borrow_pixmap(pixmap),
        valid=region,
        update=region,
        wait_fence=wait,
        idle_fence=idle,
    )
    assert presentation.wait_complete().mode in SHOWN
    shown = capture(borrowed)
    assert shown.pixel(19, 23) == capture(pixmap).pixel(0, 0)
    assert shown.pixel(20, 23) == 0
    assert idle.triggered


@pytest.mark.parametrize(
    ("width", "height"),
    [(10, 10), (1, 1), (200, 100), (32, 1), (1, 24), (2000, 3)],
    ids=["smaller", "smallest", "larger", "flat", "narrow", "wider-than-the-screen"],
)
def test_the_pixmap_may_have_another_size_than_the_window(presenter, width, height):
    """It is drawn where both are; the rest of the window keeps its pixels (PRE-052)."""
    window = presenter.window(32, 24, background="blue")
    pixmap = window.pixmap("red", width, height)
    background, red = capture(window).pixel(0, 0), capture(pixmap).pixel(0, 0)
    assert window.present(pixmap).wait_complete().mode in SHOWN
    shown = capture(window)
    for x, y in [(0, 0), (31, 0), (0, 23), (31, 23), (width - 1, height - 1), (width, height)]:
        if x < 32 and y < 24:
            inside = x < width and y < height
            assert shown.pixel(x, y) == (red if inside else background)
    assert capture(pixmap).width == width


class Asker:
    """Sends NotifyMSC requests and tells how they were refused."""

    def __init__(self, presenter):
        self.presenter = presenter
        self.window = presenter.window(16, 16)

    def refusal(self, **changes):
        request = replace(NotifyMsc(window=self.window.id, serial=500), **changes)
        with self.presenter.catch_errors() as errors:
            self.presenter.send(request)
        for error in errors:
            major = self.presenter.numbers("Present").major
            assert (error.major, error.minor) == (major, NotifyMsc.OPCODE)
        return next(((error.name, error.value) for error in errors), None)

    def assert_nothing_happened(self):
        self.window.wait_msc(self.window.msc() + 4)
        assert 500 not in {event.serial for event in self.window.context.events()}


@pytest.fixture
def asker(presenter):
    return Asker(presenter)


def test_notify_msc_for_no_window_is_refused(asker):
    """Anything but a window gives Window with the id, and no event (PRE-119)."""
    wrong = specimens.specimens(asker.presenter, but=specimens.WINDOWS)
    assert {kind: asker.refusal(window=id) for kind, id in wrong.items()} == {
        kind: ("Window", id) for kind, id in wrong.items()
    }
    asker.assert_nothing_happened()


@pytest.mark.parametrize("name", TOO_LARGE_REMAINDERS)
def test_notify_msc_with_a_remainder_not_below_the_divisor_is_refused(asker, name):
    """As for PresentPixmap: Value with the low 32 bits of the remainder, and no event
    (PRE-119)."""
    divisor, remainder, value = TOO_LARGE_REMAINDERS[name]
    assert asker.refusal(divisor=divisor, remainder=remainder) == ("Value", value)
    asker.assert_nothing_happened()


@pytest.mark.parametrize("name", LEGAL_REMAINDERS)
def test_notify_msc_with_a_remainder_below_the_divisor_is_accepted(asker, name):
    """Up to divisor - 1, whatever their size (PRE-119 from its good side)."""
    divisor, remainder = LEGAL_REMAINDERS[name]
    with asker.presenter.catch_errors() as errors:
        notification = asker.window.notify_msc(divisor=divisor, remainder=remainder)
    assert errors == []
    if divisor <= 2:
        assert notification.wait_complete().kind == present.CompleteKind.NOTIFY_MSC
    asker.window.destroy()


def test_notify_msc_checks_the_window_before_the_remainder(asker):
    """Both wrong gives Window (PRE-119)."""
    nothing = asker.presenter.new_id()
    assert asker.refusal(window=nothing, divisor=3, remainder=3) == ("Window", nothing)


@pytest.mark.known_bug(
    reference="xwl_present_get_exec_msc() answers NotifyMSC a frame before its target",
    since={"Xwayland": "24.1"},
    evidence="failed: AssertionError",
    strict=True,
)
def test_notify_msc_works_on_every_window(presenter, connect):
    """Mapped or not, InputOnly, off the screen, another client's, the root (PRE-120)."""
    other = connect("other").window(16, 16, events=0)
    windows = {
        "mapped": presenter.window(16, 16),
        "unmapped": presenter.window(16, 16, mapped=False),
        "InputOnly": presenter.window(16, 16, window_class=WindowClass.INPUT_ONLY),
        "unmapped InputOnly": presenter.window(
            16, 16, mapped=False, window_class=WindowClass.INPUT_ONLY
        ),
        "off the screen": presenter.window(16, 16, x=-1000, y=-1000),
        "child of an unmapped one": presenter.window(
            8, 8, parent=presenter.window(16, 16, mapped=False)
        ),
        "another client's": presenter.borrow_window(other),
        "root": presenter.root_window(),
    }
    for kind, window in windows.items():
        now = window.msc()
        assert now > 0, kind
        assert window.wait_msc(now + 3) >= now + 3, kind


@pytest.mark.parametrize("words", [*range(1, 10), 11, 12])
def test_notify_msc_of_a_wrong_length_is_refused(asker, words):
    """NotifyMSC has 10 words; any other length gives Length and no event (PRE-123)."""
    data = (NotifyMsc(window=asker.window.id, serial=500).encode() + bytes(8))[: 4 * words]
    with asker.presenter.expect_error("Length") as caught:
        asker.presenter.send_raw("Present", NotifyMsc.OPCODE, data)
    assert caught.error.minor == NotifyMsc.OPCODE
    asker.assert_nothing_happened()
