# SPDX-License-Identifier: MIT
"""For each rule of RANDR, timelines that break it and timelines that only look as if they did."""

from collections.abc import Callable

from harness.x11.randr import Rotation
from tests.timeline.cases import Case
from tests.timeline.randr_script import (
    OTHER_CRTC,
    OTHER_OUTPUT,
    crtc,
    encode,
    geometry,
    moved,
    output,
    property_of,
    raw,
    resized,
    resources,
    screen,
    select,
    tell,
    two,
    watching,
)
from tests.timeline.script import OTHER_WINDOW, ROOT, WINDOW, Actor, Script

QUARTER = Rotation.ROTATE_90
SENT = 0x80


def broken(label: str, rule: str, build: Callable[[], Actor]) -> Case:
    return Case(f"randr-{label}", build, rule, None)


def legal(label: str, build: Callable[[], Actor]) -> Case:
    return Case(f"randr-{label}", build)


def told(*events, mask: int = 0x7F) -> Callable[[], Actor]:
    """A selection that hears of these events."""
    return lambda: tell(watching(mask), *events)


def _cut() -> Actor:
    return raw(watching(), "RANDR:Notify", encode(crtc())[:20])


def _unknown(at: int, value: int) -> Callable[[], Actor]:
    def build() -> Actor:
        data = bytearray(encode(output()))
        data[at] = value
        return raw(watching(), "RANDR:Notify", bytes(data))

    return build


def _destroyed_by_another() -> Actor:
    a = watching(window=WINDOW).client("b").destroy().sync().client("a").sync()
    return tell(a, screen(window=WINDOW))


def _deaf(window: int) -> Actor:
    """Two windows hear of a change; of the next one only ``window`` does."""
    a = select(watching(), 0x7F, WINDOW).sync()
    tell(a, *moved(1), screen(window=WINDOW), crtc(window=WINDOW, x=1)).sync()
    return tell(a, screen(window=window), crtc(window=window, x=2)).sync()


def _heard_by_one() -> Actor:
    a = tell(two(), *moved(1)).sync()
    return a.client("b").sync().sync()


def _heard_by_both() -> Actor:
    a = tell(two(), *moved(1))
    return tell(a.client("b"), *moved(1)).sync()


def _property_heard_by_one() -> Actor:
    a = tell(two(), property_of()).sync()
    return a.client("b").sync().sync()


BROKEN = (
    broken("cut-event", "randr-encoding", _cut),
    broken("unknown-kind", "randr-encoding", _unknown(1, 9)),
    broken("unknown-connection", "randr-encoding", _unknown(30, 7)),
    broken("never-selected", "randr-selected", lambda: tell(Script().client("a").sync(), screen())),
    broken("other-window", "randr-selected", told(screen(window=WINDOW))),
    broken("kind-not-selected", "randr-selected", told(screen(), crtc(), mask=1)),
    broken("property-not-selected", "randr-selected", told(property_of(), mask=7)),
    broken("after-mask-0", "randr-selected", lambda: tell(select(watching(), 0), screen())),
    broken(
        "refused-selection",
        "randr-selected",
        lambda: tell(select(Script().client("a"), 0x80).error("Value"), screen()),
    ),
    broken(
        "after-destroy",
        "randr-window-alive",
        lambda: tell(watching(window=WINDOW).destroy(), screen(window=WINDOW)),
    ),
    broken("destroyed-by-another", "randr-window-alive", _destroyed_by_another),
    broken("off-with-size", "randr-contents", told(screen(), crtc(mode=0, width=640))),
    broken("off-with-place", "randr-contents", told(screen(), crtc(mode=0, y=3))),
    broken("on-without-size", "randr-contents", told(screen(), crtc(height=0))),
    broken("mode-without-crtc", "randr-contents", told(screen(), output(crtc=0, mode=5))),
    broken("empty-screen", "randr-contents", told(screen(0, 480))),
    broken("no-rotation", "randr-contents", told(screen(), crtc(rotation=Rotation(0)))),
    broken("two-rotations", "randr-contents", told(screen(), output(rotation=Rotation(3)))),
    broken("unknown-rotation", "randr-contents", told(screen(rotation=Rotation(65)))),
    broken(
        "mode-of-two-sizes",
        "randr-mode-size",
        told(screen(), crtc(), screen(), crtc(OTHER_CRTC, width=480, height=640)),
    ),
    broken("created-root", "randr-root", told(screen(root=WINDOW))),
    broken("two-roots", "randr-root", told(screen(), screen(root=ROOT + 1))),
    broken(
        "another-screen's-root",
        "randr-root",
        lambda: tell(geometry(watching(window=WINDOW), WINDOW, 7), screen(window=WINDOW)),
    ),
    broken("crtc-first", "randr-order", told(crtc(), screen())),
    broken("output-before-crtc", "randr-order", told(screen(), output(), crtc())),
    broken("resources-before-output", "randr-order", told(screen(), resources(), output())),
    broken("crtc-twice", "randr-order", told(screen(), crtc(), crtc())),
    broken("output-twice", "randr-order", told(screen(), output(), output())),
    broken("resources-twice", "randr-order", told(screen(), resources(), resources())),
    broken(
        "crtcs-in-two-orders",
        "randr-order",
        told(
            *(screen(), crtc(), crtc(OTHER_CRTC)),
            *(screen(), crtc(OTHER_CRTC, x=1), crtc(x=1)),
        ),
    ),
    broken("config-time-backwards", "randr-timestamps", told(screen(), screen(config_timestamp=2))),
    broken(
        "config-time-backwards-in-outputs",
        "randr-timestamps",
        told(output(), output(config_timestamp=2), mask=4),
    ),
    broken("two-timestamps", "randr-timestamps", told(screen(), crtc(timestamp=6))),
    broken("two-config-timestamps", "randr-timestamps", told(screen(), output(config_timestamp=4))),
    broken(
        "output-of-another-mode", "randr-crtc-of-output", told(screen(), crtc(), output(mode=0x49))
    ),
    broken(
        "output-otherwise-rotated",
        "randr-crtc-of-output",
        told(screen(), crtc(), output(rotation=QUARTER)),
    ),
    broken(
        "output-leaves-silent-crtc",
        "randr-crtc-of-output",
        told(screen(), output(), screen(), output(crtc=0)),
    ),
    broken(
        "output-joins-silent-crtc",
        "randr-crtc-of-output",
        told(screen(), output(), screen(), crtc(mode=0), output(crtc=OTHER_CRTC)),
    ),
    broken("other-size", "randr-size", lambda: resized(told(screen(640, 480))(), 480, 640)),
    broken(
        "not-swapped",
        "randr-size",
        lambda: resized(told(screen(480, 640, rotation=QUARTER))(), 480, 640),
    ),
    broken(
        "size-before-screen",
        "randr-size",
        lambda: tell(resized(told(screen())(), 320, 240), screen(320, 240)),
    ),
    broken("nothing-new", "randr-repeat", told(*moved(5), *moved(5))),
    broken("nothing-new-later", "randr-repeat", told(*moved(5), screen(), *moved(5))),
    broken("deaf-client", "randr-every-selection", _heard_by_one),
    broken("deaf-client-to-properties", "randr-every-selection", _property_heard_by_one),
    broken("deaf-window", "randr-every-selection", lambda: _deaf(ROOT)),
    broken("deaf-root", "randr-every-selection", lambda: _deaf(WINDOW)),
)


def _sent_by_a_client() -> Actor:
    data = bytearray(encode(crtc(mode=0, width=5)))
    data[0] |= SENT
    return raw(Script().client("a").sync(), "RANDR:Notify", bytes(data))


def _selected_anew() -> Actor:
    """At once told of everything, again, for the configuration changed since it connected."""
    a = tell(watching(), *moved(5)).sync()
    a = select(select(a, 0), 0x7F)
    a = tell(a, screen(), crtc(x=5), crtc(OTHER_CRTC, mode=0), output(), output(OTHER_OUTPUT, 0))
    return tell(select(a, 0x7F), screen(), crtc(x=5), crtc(OTHER_CRTC, mode=0)).sync()


def _asked_in_vain(old: int, new: int, *events) -> Callable[[], Actor]:
    """The selection is asked to change, and servers differ in what that does."""
    return lambda: tell(select(watching(old), new).sync(), *events)


def _late_event() -> Actor:
    """Made before the selection ended, received after the request was sent."""
    a = watching()
    handled = a.sequence
    return tell(select(a, 0), screen(), crtc(), sequence=handled)


def _selected_meanwhile() -> Actor:
    """Client b selects while the change is told: it may hear of it, or not."""
    a = watching()
    b = select(a.client("b"))
    return tell(a, *moved(3)).sync() and b.sync().sync()


def _answer_only_to_one() -> Actor:
    """What answers a selection is told to nobody else."""
    a = two()
    return tell(select(a, 0x7F, WINDOW), screen(window=WINDOW), crtc(window=WINDOW)).sync()


def _heard_before_death() -> Actor:
    a = two()
    a.client("b").close()
    return tell(a, *moved(1)).sync()


def _reborn_window() -> Actor:
    a = watching(window=WINDOW).destroy().create()
    return tell(select(a, 0x7F, WINDOW).sync(), screen(window=WINDOW))


def _transformed(name: str) -> Actor:
    a = tell(watching(), *moved(5)).request(name, b"\0" * 12)
    return tell(a, *moved(5)).sync()


def _resized_without_selection() -> Actor:
    """Since the screen was told last, it was not selected."""
    a = select(told(screen(640, 480))(), 0).sync()
    return resized(a, 320, 240)


def _resized_window() -> Actor:
    a = tell(watching(window=WINDOW), screen(window=WINDOW))
    return resized(resized(a, 10, 10, WINDOW), 320, 240)


LEGAL = (
    legal("selection-in-vain", _asked_in_vain(1, 0x7F, screen())),
    legal("selection-grows", _asked_in_vain(1, 0x7F, screen(), crtc())),
    legal("selection-shrinks", _asked_in_vain(0x7F, 2, crtc())),
    legal("selection-stays", _asked_in_vain(0x7F, 2, screen(), crtc(), output(), resources())),
    legal("selection-twice-in-vain", lambda: tell(select(_asked_in_vain(1, 2)(), 4), crtc())),
    legal("sent-by-a-client", _sent_by_a_client),
    legal("selected-anew", _selected_anew),
    legal("late-event", _late_event),
    legal("selected-meanwhile", _selected_meanwhile),
    legal("answer-to-one", _answer_only_to_one),
    legal("heard-by-both", _heard_by_both),
    legal("heard-before-death", _heard_before_death),
    legal("reborn-window", _reborn_window),
    legal("start-up-leftovers", told(screen(), crtc(), output(), resources(), *moved(3))),
    legal("off", told(screen(), crtc(), output(), screen(), crtc(mode=0), output(crtc=0))),
    legal("off-keeps-rotation", told(screen(), crtc(mode=0, rotation=QUARTER))),
    legal("off-moved", told(screen(), crtc(mode=0), screen(), crtc(mode=0))),
    legal("off-and-connected", told(screen(), output(crtc=0), screen(), output(crtc=0))),
    legal("negative-place", told(screen(), crtc(x=-5, y=-3))),
    legal("reflected", told(screen(rotation=Rotation(18)), crtc(rotation=Rotation(18)))),
    legal("clones", told(screen(), crtc(), output(), output(OTHER_OUTPUT))),
    legal(
        "output-moves",
        told(
            *(screen(), crtc(), crtc(OTHER_CRTC, mode=0), output()),
            *(screen(), crtc(mode=0), crtc(OTHER_CRTC), output(crtc=OTHER_CRTC)),
        ),
    ),
    legal(
        "clone-leaves",
        told(
            *(screen(), crtc(), output(), output(OTHER_OUTPUT)),
            *(screen(), crtc(), output(OTHER_OUTPUT, 0)),
        ),
    ),
    legal("repeat-with-output", told(*moved(5), *moved(5), output(), screen(), output())),
    legal("repeat-without-outputs", told(*moved(5), *moved(5), mask=3)),
    legal("repeat-after-transform", lambda: _transformed("RANDR:SetCrtcTransform")),
    legal("repeat-after-panning", lambda: _transformed("RANDR:SetPanning")),
    legal("screen-again", told(screen(), screen(), screen(timestamp=6))),
    legal("time-set-back", told(screen(), screen(timestamp=1), crtc(timestamp=1))),
    legal("times-wrap", told(screen(config_timestamp=0xFFFFFFF0), screen(config_timestamp=0x10))),
    legal("properties-between", told(screen(), property_of(), crtc(), property_of(), output())),
    legal("no-screen", told(output(), crtc(), output(), crtc(), mask=6)),
    legal("no-crtcs", told(screen(), output(), screen(), output(crtc=0), mask=5)),
    legal("sizes-agree", lambda: resized(told(screen(640, 480))(), 640, 480)),
    legal("quarter-turn", lambda: resized(told(screen(480, 640, rotation=QUARTER))(), 640, 480)),
    legal("half-turn", lambda: resized(told(screen(rotation=Rotation(4)))(), 640, 480)),
    legal("size-without-selection", _resized_without_selection),
    legal("size-of-windows", _resized_window),
    legal("size-never-told", lambda: resized(watching(), 320, 240)),
    legal(
        "root-of-two-windows",
        lambda: tell(
            geometry(select(watching(), 0x7F, OTHER_WINDOW), OTHER_WINDOW, 7),
            *(screen(), screen(window=OTHER_WINDOW, root=7)),
        ),
    ),
)
