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
    receive,
    resized,
    resources,
    screen,
    select,
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


def received(*events, mask: int = 0x7F) -> Callable[[], Actor]:
    """A selection that receives these events."""
    return lambda: receive(watching(mask), *events)


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
    return receive(a, screen(window=WINDOW))


def _deaf(window: int) -> Actor:
    """Two windows hear of a change; of the next one only ``window`` does."""
    a = select(watching(), 0x7F, WINDOW).sync()
    receive(a, *moved(1), screen(window=WINDOW), crtc(window=WINDOW, x=1)).sync()
    return receive(a, screen(window=window), crtc(window=window, x=2)).sync()


def _heard_by_one() -> Actor:
    a = receive(two(), *moved(1)).sync()
    return a.client("b").sync().sync()


def _heard_by_both() -> Actor:
    a = receive(two(), *moved(1))
    return receive(a.client("b"), *moved(1)).sync()


def _property_heard_by_one() -> Actor:
    a = receive(two(), property_of()).sync()
    return a.client("b").sync().sync()


BROKEN = (
    broken("cut-event", "randr-encoding", _cut),
    broken("unknown-kind", "randr-encoding", _unknown(1, 9)),
    broken("unknown-connection", "randr-encoding", _unknown(30, 7)),
    broken(
        "never-selected", "randr-selected", lambda: receive(Script().client("a").sync(), screen())
    ),
    broken("other-window", "randr-selected", received(screen(window=WINDOW))),
    broken("kind-not-selected", "randr-selected", received(screen(), crtc(), mask=1)),
    broken("property-not-selected", "randr-selected", received(property_of(), mask=7)),
    broken("after-mask-0", "randr-selected", lambda: receive(select(watching(), 0), screen())),
    broken(
        "refused-selection",
        "randr-selected",
        lambda: receive(select(Script().client("a"), 0x80).error("Value"), screen()),
    ),
    broken(
        "after-destroy",
        "randr-window-alive",
        lambda: receive(watching(window=WINDOW).destroy(), screen(window=WINDOW)),
    ),
    broken("destroyed-by-another", "randr-window-alive", _destroyed_by_another),
    broken("off-with-size", "randr-contents", received(screen(), crtc(mode=0, width=640))),
    broken("off-with-place", "randr-contents", received(screen(), crtc(mode=0, y=3))),
    broken("on-without-size", "randr-contents", received(screen(), crtc(height=0))),
    broken("mode-without-crtc", "randr-contents", received(screen(), output(crtc=0, mode=5))),
    broken("empty-screen", "randr-contents", received(screen(0, 480))),
    broken("no-rotation", "randr-contents", received(screen(), crtc(rotation=Rotation(0)))),
    broken("two-rotations", "randr-contents", received(screen(), output(rotation=Rotation(3)))),
    broken("unknown-rotation", "randr-contents", received(screen(rotation=Rotation(65)))),
    broken(
        "mode-of-two-sizes",
        "randr-mode-size",
        received(screen(), crtc(), screen(), crtc(OTHER_CRTC, width=480, height=640)),
    ),
    broken("created-root", "randr-root", received(screen(root=WINDOW))),
    broken("two-roots", "randr-root", received(screen(), screen(root=ROOT + 1))),
    broken(
        "another-screen's-root",
        "randr-root",
        lambda: receive(geometry(watching(window=WINDOW), WINDOW, 7), screen(window=WINDOW)),
    ),
    broken("crtc-first", "randr-order", received(crtc(), screen())),
    broken("output-before-crtc", "randr-order", received(screen(), output(), crtc())),
    broken("resources-before-output", "randr-order", received(screen(), resources(), output())),
    broken("crtc-twice", "randr-order", received(screen(), crtc(), crtc())),
    broken("output-twice", "randr-order", received(screen(), output(), output())),
    broken("resources-twice", "randr-order", received(screen(), resources(), resources())),
    broken(
        "crtcs-in-two-orders",
        "randr-order",
        received(
            *(screen(), crtc(), crtc(OTHER_CRTC)),
            *(screen(), crtc(OTHER_CRTC, x=1), crtc(x=1)),
        ),
    ),
    broken(
        "config-time-backwards", "randr-timestamps", received(screen(), screen(config_timestamp=2))
    ),
    broken(
        "config-time-backwards-in-outputs",
        "randr-timestamps",
        received(output(), output(config_timestamp=2), mask=4),
    ),
    broken("two-timestamps", "randr-timestamps", received(screen(), crtc(timestamp=6))),
    broken(
        "two-config-timestamps", "randr-timestamps", received(screen(), output(config_timestamp=4))
    ),
    broken(
        "output-of-another-mode",
        "randr-crtc-of-output",
        received(screen(), crtc(), output(mode=0x49)),
    ),
    broken(
        "output-otherwise-rotated",
        "randr-crtc-of-output",
        received(screen(), crtc(), output(rotation=QUARTER)),
    ),
    broken(
        "output-leaves-silent-crtc",
        "randr-crtc-of-output",
        received(screen(), output(), screen(), output(crtc=0)),
    ),
    broken(
        "output-joins-silent-crtc",
        "randr-crtc-of-output",
        received(screen(), output(), screen(), crtc(mode=0), output(crtc=OTHER_CRTC)),
    ),
    broken("other-size", "randr-size", lambda: resized(received(screen(640, 480))(), 480, 640)),
    broken(
        "not-swapped",
        "randr-size",
        lambda: resized(received(screen(480, 640, rotation=QUARTER))(), 480, 640),
    ),
    broken(
        "size-before-screen",
        "randr-size",
        lambda: receive(resized(received(screen())(), 320, 240), screen(320, 240)),
    ),
    broken("nothing-new", "randr-repeat", lambda: received(*moved(5), *moved(5))().sync()),
    broken(
        "nothing-new-later",
        "randr-repeat",
        lambda: received(*moved(5), screen(), *moved(5))().sync(),
    ),
    broken("deaf-client", "randr-every-selection", _heard_by_one),
    broken("deaf-client-to-properties", "randr-every-selection", _property_heard_by_one),
    broken("deaf-window", "randr-every-selection", lambda: _deaf(ROOT)),
    broken("deaf-root", "randr-every-selection", lambda: _deaf(WINDOW)),
)


def _sent_by_a_client() -> Actor:
    data = bytearray(encode(crtc(mode=0, width=5)))
    data[0] |= SENT
    return raw(Script().client("a").sync(), "RANDR:Notify", bytes(data))


def _selected_again() -> Actor:
    """It receives everything at once: the configuration has changed since it connected."""
    a = receive(watching(), *moved(5)).sync()
    a = select(select(a, 0), 0x7F)
    a = receive(a, screen(), crtc(x=5), crtc(OTHER_CRTC, mode=0), output(), output(OTHER_OUTPUT, 0))
    return receive(select(a, 0x7F), screen(), crtc(x=5), crtc(OTHER_CRTC, mode=0)).sync()


def _reselected(old: int, new: int, *events) -> Callable[[], Actor]:
    """A second SelectInput, and servers differ in what that does."""
    return lambda: receive(select(watching(old), new).sync(), *events)


def _late_event() -> Actor:
    """Made before the selection ended, received after the request was sent."""
    a = watching()
    handled = a.sequence
    return receive(select(a, 0), screen(), crtc(), sequence=handled)


def _selected_meanwhile() -> Actor:
    """Client b selects during the change: it may receive it, or not."""
    a = watching()
    b = select(a.client("b"))
    return receive(a, *moved(3)).sync() and b.sync().sync()


def _answer_only_to_one() -> Actor:
    """What answers a selection reaches no other client."""
    a = two()
    return receive(select(a, 0x7F, WINDOW), screen(window=WINDOW), crtc(window=WINDOW)).sync()


def _heard_before_death() -> Actor:
    a = two()
    a.client("b").close()
    return receive(a, *moved(1)).sync()


def _reborn_window() -> Actor:
    a = watching(window=WINDOW).destroy().create()
    return receive(select(a, 0x7F, WINDOW).sync(), screen(window=WINDOW))


def _transformed(name: str) -> Actor:
    a = receive(watching(), *moved(5)).request(name, b"\0" * 12)
    return receive(a, *moved(5)).sync()


def _resized_without_selection() -> Actor:
    """Since the last ScreenChangeNotify, it was not selected."""
    a = select(received(screen(640, 480))(), 0).sync()
    return resized(a, 320, 240)


def _resized_window() -> Actor:
    a = receive(watching(window=WINDOW), screen(window=WINDOW))
    return resized(resized(a, 10, 10, WINDOW), 320, 240)


LEGAL = (
    legal("selection-in-vain", _reselected(1, 0x7F, screen())),
    legal("selection-grows", _reselected(1, 0x7F, screen(), crtc())),
    legal("selection-shrinks", _reselected(0x7F, 2, crtc())),
    legal("selection-stays", _reselected(0x7F, 2, screen(), crtc(), output(), resources())),
    legal("selection-twice-in-vain", lambda: receive(select(_reselected(1, 2)(), 4), crtc())),
    legal("sent-by-a-client", _sent_by_a_client),
    legal("selected-anew", _selected_again),
    legal("late-event", _late_event),
    legal("selected-meanwhile", _selected_meanwhile),
    legal("answer-to-one", _answer_only_to_one),
    legal("cut-in-a-change", received(*moved(5), *moved(5))),
    legal("closed-in-a-change", lambda: received(*moved(5), *moved(5))().close()),
    legal("heard-by-both", _heard_by_both),
    legal("heard-before-death", _heard_before_death),
    legal("reborn-window", _reborn_window),
    legal("start-up-leftovers", received(screen(), crtc(), output(), resources(), *moved(3))),
    legal("off", received(screen(), crtc(), output(), screen(), crtc(mode=0), output(crtc=0))),
    legal("off-keeps-rotation", received(screen(), crtc(mode=0, rotation=QUARTER))),
    legal("off-moved", received(screen(), crtc(mode=0), screen(), crtc(mode=0))),
    legal("off-and-connected", received(screen(), output(crtc=0), screen(), output(crtc=0))),
    legal("negative-place", received(screen(), crtc(x=-5, y=-3))),
    legal("reflected", received(screen(rotation=Rotation(18)), crtc(rotation=Rotation(18)))),
    legal("clones", received(screen(), crtc(), output(), output(OTHER_OUTPUT))),
    legal(
        "output-moves",
        received(
            *(screen(), crtc(), crtc(OTHER_CRTC, mode=0), output()),
            *(screen(), crtc(mode=0), crtc(OTHER_CRTC), output(crtc=OTHER_CRTC)),
        ),
    ),
    legal(
        "clone-leaves",
        received(
            *(screen(), crtc(), output(), output(OTHER_OUTPUT)),
            *(screen(), crtc(), output(OTHER_OUTPUT, 0)),
        ),
    ),
    legal("repeat-with-output", received(*moved(5), *moved(5), output(), screen(), output())),
    legal("repeat-without-outputs", received(*moved(5), *moved(5), mask=3)),
    legal("repeat-after-transform", lambda: _transformed("RANDR:SetCrtcTransform")),
    legal("repeat-after-panning", lambda: _transformed("RANDR:SetPanning")),
    legal("screen-again", received(screen(), screen(), screen(timestamp=6))),
    legal("time-set-back", received(screen(), screen(timestamp=1), crtc(timestamp=1))),
    legal(
        "times-wrap", received(screen(config_timestamp=0xFFFFFFF0), screen(config_timestamp=0x10))
    ),
    legal("properties-between", received(screen(), property_of(), crtc(), property_of(), output())),
    legal("no-screen", received(output(), crtc(), output(), crtc(), mask=6)),
    legal("no-crtcs", received(screen(), output(), screen(), output(crtc=0), mask=5)),
    legal("sizes-agree", lambda: resized(received(screen(640, 480))(), 640, 480)),
    legal(
        "quarter-turn", lambda: resized(received(screen(480, 640, rotation=QUARTER))(), 640, 480)
    ),
    legal("half-turn", lambda: resized(received(screen(rotation=Rotation(4)))(), 640, 480)),
    legal("size-without-selection", _resized_without_selection),
    legal("size-of-windows", _resized_window),
    legal("size-never-told", lambda: resized(watching(), 320, 240)),
    legal(
        "root-of-two-windows",
        lambda: receive(
            geometry(select(watching(), 0x7F, OTHER_WINDOW), OTHER_WINDOW, 7),
            *(screen(), screen(window=OTHER_WINDOW, root=7)),
        ),
    ),
)
