# SPDX-License-Identifier: MIT
"""For each rule, timelines that break it and timelines that only look as if they did."""

from collections.abc import Callable
from dataclasses import dataclass

from harness.timeline.rules import Family
from harness.x11.present import CompleteMode, Notify, Option
from tests.timeline.script import FENCE, OTHER_WINDOW, PIXMAP, WINDOW, Actor, Script, started

COPY, XORG, XWAYLAND = Family.COPY, Family.XORG_FLIP, Family.XWAYLAND_FLIP
SKIP, FLIP = CompleteMode.SKIP, CompleteMode.FLIP


@dataclass(frozen=True)
class Case:
    """A timeline and its judgement: ``rule`` speaks and names ``serial``, or no rule does."""

    label: str
    build: Callable[[], Actor]
    rule: str = ""
    serial: int | None = 1
    family: Family = COPY


def _two(mask: int = 7) -> Actor:
    """As ``started``, with client "b" watching the same window, its selection handled."""
    return started().client("b").select(mask).sync().client("a")


def _child() -> Actor:
    a = Script().client("a").create(OTHER_WINDOW).create(WINDOW, OTHER_WINDOW).select()
    return a.present(1, target=30).sync()


def _waiting() -> Actor:
    return started().present(1, target=20).notify_msc(3).msc(3, 10).notify_msc(2, target=80)


def _notified() -> Actor:
    a = started().create(OTHER_WINDOW).select(window=OTHER_WINDOW, context=0x77)
    return a.present(1, notifies=(Notify(OTHER_WINDOW, 5),)).idle(1)


def _truncated() -> Actor:
    a = started().present(1).idle(1).complete(1, 11)
    event = a.timeline.entries.pop()
    return a.event(event.content, data=event.data[:36])


BROKEN = (
    Case("cut-event", _truncated, "encoding"),
    Case(
        "unknown-context",
        lambda: started().present(1).idle(1, context=9).complete(1, 11),
        "event-context",
    ),
    Case(
        "other-window",
        lambda: started().present(1).idle(1, window=OTHER_WINDOW).complete(1, 11),
        "event-context",
    ),
    Case(
        "deleted-context",
        lambda: started().present(1).select(0).idle(1).complete(1, 11),
        "event-context",
    ),
    Case("mask-lacks-idle", lambda: started().select(2).present(1).idle(1), "selected-mask"),
    Case(
        "after-destroy",
        lambda: started().present(1).destroy().idle(1).complete(1, 11),
        "window-alive",
    ),
    Case("after-parent-destroy", lambda: _child().destroy(OTHER_WINDOW).idle(1), "window-alive"),
    Case(
        "after-subwindows-destroy",
        lambda: _child().destroy_children(OTHER_WINDOW).idle(1),
        "window-alive",
    ),
    Case(
        "after-destroy-by-another",
        lambda: (
            _two().present(1, target=30).client("b").destroy().sync().client("a").sync().idle(1)
        ),
        "window-alive",
    ),
    Case("configure-offset", lambda: started().configure(off_x=3), "configure-values", None),
    Case("configure-flags", lambda: started().configure(pixmap_flags=2), "configure-values", None),
    Case("configure-pixmap", lambda: started().configure(pixmap_width=9), "configure-values", None),
    Case(
        "unknown-mode",
        lambda: started().present(1).idle(1).complete(1, 11, mode=9),
        "complete-values",
    ),
    Case(
        "unknown-kind",
        lambda: started().present(1).idle(1).complete(1, 11, kind=9),
        "complete-values",
    ),
    Case("msc-with-mode", lambda: started().notify_msc(1).msc(1, 10, mode=SKIP), "complete-values"),
    Case(
        "two-flips-in-a-frame",
        lambda: (
            started()
            .present(1)
            .complete(1, 11, mode=FLIP)
            .present(2, target=11)
            .idle(1)
            .complete(2, 11, mode=FLIP)
        ),
        "flip-per-frame",
        family=XORG,
    ),
    Case("flip-on-a-copier", lambda: started().present(1).complete(1, 11, mode=FLIP), "no-flip"),
    Case(
        "msc-backwards", lambda: started().notify_msc(1).msc(1, 9, ust=999999999), "clock-forward"
    ),
    Case("ust-backwards", lambda: started().notify_msc(1).msc(1, 11, ust=5), "clock-forward"),
    Case(
        "before-request",
        lambda: started().sync().idle(1).complete(1, 11).present(1),
        "request-first",
    ),
    Case(
        "idle-wrong-pixmap",
        lambda: started().present(1).idle(1, pixmap=5).complete(1, 11),
        "idle-pixmap",
    ),
    Case(
        "idle-wrong-fence",
        lambda: (
            started().create_fence().present(1, idle_fence=FENCE).idle(1, fence=7).complete(1, 11)
        ),
        "idle-fence",
    ),
    Case(
        "idle-no-fence",
        lambda: started().create_fence().present(1, idle_fence=FENCE).idle(1).complete(1, 11),
        "idle-fence",
    ),
    Case(
        "held-by-fence",
        lambda: started().create_fence().present(1, wait_fence=FENCE).idle(1).complete(1, 11),
        "wait-fence",
    ),
    Case(
        "held-after-reset",
        lambda: (
            started()
            .create_fence()
            .fence("Trigger")
            .fence("Reset")
            .present(1, wait_fence=FENCE)
            .idle(1)
            .complete(1, 11)
        ),
        "wait-fence",
    ),
    Case("zero-clock", lambda: started().present(1).idle(1).complete(1, 0, ust=0), "zero-clock"),
    Case(
        "before-target",
        lambda: started().present(1, target=20).idle(1).complete(1, 19),
        "target-reached",
    ),
    Case(
        "msc-before-target", lambda: started().notify_msc(1, target=20).msc(1, 12), "target-reached"
    ),
    Case("this-frame", lambda: started().present(1).idle(1).complete(1, 10), "past-target"),
    Case(
        "wrong-divisor",
        lambda: started().present(1, divisor=10, remainder=3).idle(1).complete(1, 12),
        "past-target",
    ),
    Case(
        "msc-wrong-divisor",
        lambda: started().notify_msc(1, divisor=10, remainder=3).msc(1, 11),
        "past-target",
    ),
    Case(
        "skip-alone",
        lambda: started().present(1).idle(1).complete(1, 11, mode=SKIP),
        "skip-superseded",
    ),
    Case(
        "skip-other-target",
        lambda: (
            started().present(1, target=20).present(2, target=30).idle(1).complete(1, 20, mode=SKIP)
        ),
        "skip-superseded",
    ),
    Case(
        "skip-by-update",
        lambda: (
            started()
            .present(1, target=20)
            .present(2, target=20, update=5)
            .idle(1)
            .complete(1, 20, mode=SKIP)
        ),
        "skip-superseded",
    ),
    Case(
        "skip-by-earlier",
        lambda: (
            started().present(2, target=20).present(1, target=20).idle(1).complete(1, 20, mode=SKIP)
        ),
        "skip-superseded",
    ),
    Case(
        "flip-with-copy",
        lambda: started().present(1, options=Option.COPY).complete(1, 11, mode=FLIP),
        "flip-allowed",
        family=XORG,
    ),
    Case(
        "suboptimal-unasked",
        lambda: started().present(1).complete(1, 11, mode=CompleteMode.SUBOPTIMAL_COPY),
        "suboptimal-asked",
        family=XWAYLAND,
    ),
    Case(
        "rejected", lambda: started().present(1).error().idle(1).complete(1, 11), "rejected-request"
    ),
    Case("unknown-serial", lambda: started().idle(1), "unknown-serial"),
    Case("idle-of-msc", lambda: started().notify_msc(1).msc(1, 10).idle(1), "unknown-serial"),
    Case(
        "complete-twice",
        lambda: started().present(1).idle(1).complete(1, 11).complete(1, 11),
        "complete-once",
    ),
    Case("idle-twice", lambda: started().present(1).idle(1).idle(1).complete(1, 11), "idle-once"),
    Case(
        "three-for-two",
        lambda: (
            started()
            .present(1)
            .idle(1)
            .complete(1, 11)
            .present(1)
            .idle(1)
            .complete(1, 12)
            .complete(1, 12)
        ),
        "complete-once",
    ),
    Case("complete-first", lambda: started().present(1).complete(1, 11).idle(1), "idle-first"),
    Case(
        "copy-of-a-flipper-completes-first",
        lambda: started().present(1).complete(1, 11).idle(1),
        "idle-first",
        family=XWAYLAND,
    ),
    Case(
        "skip-of-a-flipper-never-idle",
        lambda: (
            started()
            .present(1, target=20)
            .present(2, target=20)
            .complete(1, 20, mode=SKIP)
            .complete(2, 21, mode=FLIP)
            .sync()
        ),
        "idle-missing",
        family=XORG,
    ),
    Case(
        "flip-before-its-target",
        lambda: started().present(1, target=20).complete(1, 19, mode=FLIP),
        "target-reached",
        family=XWAYLAND,
    ),
    Case("idle-never", lambda: started().present(1).complete(1, 11).sync(), "idle-missing"),
    Case(
        "one-idle-for-two",
        lambda: started().present(1).idle(1).complete(1, 11).present(1).complete(1, 12),
        "idle-missing",
    ),
    Case("complete-never", lambda: started().present(1).idle(1).sync(), "complete-missing"),
    Case("lost-presentation", lambda: _waiting().msc(2, 80).sync().sync(), "overdue"),
    Case(
        "lost-msc",
        lambda: (
            started()
            .notify_msc(1, target=20)
            .notify_msc(3)
            .msc(3, 10)
            .notify_msc(2, target=80)
            .msc(2, 80)
            .sync()
            .sync()
        ),
        "overdue",
    ),
    Case(
        "one-of-two-lost",
        lambda: (
            started()
            .present(1, target=20)
            .present(1, target=21)
            .notify_msc(2, target=80)
            .idle(1)
            .complete(1, 21)
            .msc(2, 80)
            .sync()
            .sync()
        ),
        "overdue",
    ),
    Case(
        "notify-other-msc",
        lambda: _notified().complete(1, 11).complete(5, 12, window=OTHER_WINDOW, context=0x77),
        "notify-agrees",
    ),
    Case(
        "notify-first",
        lambda: _notified().complete(5, 11, window=OTHER_WINDOW, context=0x77).complete(1, 11),
        "notify-agrees",
    ),
    Case(
        "second-context-forgotten",
        lambda: started().select(context=0x77).present(1).idle(1).complete(1, 11).sync(),
        "every-context",
    ),
    Case(
        "second-client-forgotten",
        lambda: _two().present(1).idle(1).complete(1, 11).client("b").sync(),
        "every-context",
    ),
    Case(
        "idle-fence-untriggered",
        lambda: (
            started()
            .create_fence()
            .present(1, idle_fence=FENCE)
            .idle(1, fence=FENCE)
            .complete(1, 11)
            .query_fence(triggered=False)
        ),
        "idle-fence-triggered",
    ),
)


def _fenced() -> Actor:
    return started().create_fence().present(1, wait_fence=FENCE)


LEGAL = (
    Case("plain", lambda: started().present(1).idle(1).complete(1, 11).sync(), "encoding"),
    Case(
        "late-by-many-frames",
        lambda: started().present(1, target=20, divisor=7, remainder=3).idle(1).complete(1, 60),
        "past-target",
    ),
    Case(
        "reused-context-id",
        lambda: (
            started()
            .select(0)
            .create(OTHER_WINDOW)
            .select(window=OTHER_WINDOW)
            .present(1, window=OTHER_WINDOW)
            .idle(1, window=OTHER_WINDOW)
            .complete(1, 11, window=OTHER_WINDOW)
        ),
        "event-context",
    ),
    Case(
        "mask-dropped-after-sending",
        lambda: started().present(1).select(0).idle(1, sequence=4).complete(1, 11, sequence=4),
        "selected-mask",
    ),
    Case(
        "refused-selection-changes-nothing",
        lambda: started().select(8).error("Value").present(1).idle(1).complete(1, 11),
        "selected-mask",
    ),
    Case(
        "made-before-destroy",
        lambda: (
            started().present(1).destroy().idle(1, sequence=4).complete(1, 11, sequence=4).sync()
        ),
        "window-alive",
    ),
    Case(
        "told-of-destruction",
        lambda: started().present(1, target=50).destroy().configure(pixmap_flags=1).sync(),
        "window-alive",
    ),
    Case(
        "window-id-reused",
        lambda: started().destroy().create().select().present(1).idle(1).complete(1, 11),
        "window-alive",
    ),
    Case(
        "refused-destroy",
        lambda: started().destroy().error("Access").present(1).idle(1).complete(1, 11),
        "window-alive",
    ),
    Case(
        "another-may-have-destroyed-later",
        lambda: _two().present(1).client("b").destroy().client("a").idle(1).complete(1, 11),
        "window-alive",
    ),
    Case(
        "unflip-idle-in-destroy",
        lambda: started().present(1).complete(1, 11, mode=FLIP).destroy().idle(1),
        "window-alive",
        family=XORG,
    ),
    Case("configured", lambda: started().configure(300, 200), "configure-values"),
    Case(
        "flip",
        lambda: (
            started()
            .present(1)
            .complete(1, 11, mode=FLIP)
            .present(2)
            .idle(1)
            .complete(2, 12, mode=FLIP)
            .sync()
        ),
        "idle-missing",
        family=XORG,
    ),
    Case(
        "early-notification-beside-flips",
        lambda: started().notify_msc(1, target=20).msc(1, 19),
        "target-reached",
        family=XWAYLAND,
    ),
    Case(
        "reused-serial-flipped-then-copied",
        lambda: (
            started()
            .present(1)
            .complete(1, 11, mode=FLIP)
            .present(1)
            .idle(1)
            .idle(1)
            .complete(1, 12)
            .sync()
        ),
        "idle-first",
        family=XWAYLAND,
    ),
    Case(
        "suboptimal-asked",
        lambda: (
            started()
            .present(1, options=Option.SUBOPTIMAL)
            .complete(1, 11, mode=CompleteMode.SUBOPTIMAL_COPY)
            .idle(1)
        ),
        "suboptimal-asked",
        family=XORG,
    ),
    Case(
        "early-skip-of-a-flip",
        lambda: (
            started()
            .present(1, target=20)
            .present(2, target=20)
            .idle(1)
            .complete(1, 19, mode=SKIP)
            .complete(2, 20, mode=FLIP)
        ),
        "target-reached",
        family=XORG,
    ),
    Case(
        "flips-between-frames",
        lambda: (
            started()
            .present(1)
            .complete(1, 11, mode=FLIP)
            .present(2, options=Option.ASYNC)
            .idle(1)
            .complete(2, 11, mode=FLIP)
        ),
        "flip-per-frame",
        family=XORG,
    ),
    Case(
        "zero-after-fence",
        lambda: _fenced().fence("Trigger").idle(1).complete(1, 0, ust=0).notify_msc(2).msc(2, 12),
        "clock-forward",
    ),
    Case(
        "fence-destroyed",
        lambda: _fenced().fence("Destroy").idle(1).complete(1, 0, ust=0),
        "wait-fence",
    ),
    Case(
        "fence-triggered-by-another",
        lambda: _fenced().client("b").fence("Trigger").client("a").idle(1).complete(1, 0, ust=0),
        "wait-fence",
    ),
    Case(
        "fence-reset-too-late",
        lambda: _fenced().fence("Trigger").fence("Reset").idle(1).complete(1, 0, ust=0),
        "wait-fence",
    ),
    Case(
        "fence-owner-gone",
        lambda: (
            started()
            .client("b")
            .create_fence()
            .sync()
            .client("a")
            .present(1, wait_fence=FENCE)
            .client("b")
            .close()
            .client("a")
            .idle(1)
            .complete(1, 0, ust=0)
        ),
        "wait-fence",
    ),
    Case(
        "fence-of-a-presentation",
        lambda: (
            started()
            .create_fence()
            .present(2, idle_fence=FENCE)
            .present(1, wait_fence=FENCE, target=20)
            .idle(2, fence=FENCE)
            .complete(2, 11)
            .idle(1)
            .complete(1, 20)
        ),
        "wait-fence",
    ),
    Case(
        "skipped-behind-a-fence",
        lambda: _fenced().present(2).idle(1).idle(2).complete(2, 11).sync(),
        "complete-missing",
    ),
    Case(
        "idle-fence-destroyed",
        lambda: (
            started()
            .create_fence()
            .present(1, idle_fence=FENCE, target=30)
            .fence("Destroy")
            .idle(1)
            .complete(1, 30)
        ),
        "idle-fence",
    ),
    Case(
        "idle-fence-reset",
        lambda: (
            started()
            .create_fence()
            .present(1, idle_fence=FENCE)
            .idle(1, fence=FENCE)
            .complete(1, 11)
            .fence("Reset")
            .query_fence(triggered=False)
        ),
        "idle-fence-triggered",
    ),
    Case(
        "skip",
        lambda: (
            started()
            .present(1, target=20)
            .present(2, target=20)
            .idle(1)
            .complete(1, 20, mode=SKIP)
            .idle(2)
            .complete(2, 20)
        ),
        "skip-superseded",
    ),
    Case(
        "skip-of-two-past-targets",
        lambda: (
            started()
            .present(1, target=3)
            .present(2, target=0)
            .idle(1)
            .complete(1, 11, mode=SKIP)
            .idle(2)
            .complete(2, 11)
        ),
        "skip-superseded",
    ),
    Case(
        "skip-across-clients",
        lambda: (
            _two()
            .present(1, target=20)
            .client("b")
            .present(2, target=20)
            .idle(1)
            .client("a")
            .idle(1)
            .complete(1, 20, mode=SKIP)
            .idle(2)
            .complete(2, 20)
            .client("b")
            .complete(1, 20, mode=SKIP)
            .idle(2)
            .complete(2, 20)
        ),
        "skip-superseded",
    ),
    Case(
        "wrapped-target",
        lambda: started().present(1, target=(10 + 2**63)).idle(1).complete(1, 12),
        "target-reached",
    ),
    Case(
        "ust-option",
        lambda: started().present(1, target=10**12, options=Option.UST).idle(1).complete(1, 11),
        "target-reached",
    ),
    Case(
        "async-now",
        lambda: started().present(1, options=Option.ASYNC).idle(1).complete(1, 10),
        "past-target",
    ),
    Case(
        "async-divisor-now",
        lambda: started().present(1, options=Option.ASYNC, divisor=5).idle(1).complete(1, 10),
        "past-target",
    ),
    Case(
        "huge-divisor",
        lambda: (
            started()
            .present(1, divisor=2**64 - 1, remainder=2**64 - 2)
            .idle(1)
            .complete(1, 10 + 1)
            .sync()
            .sync()
        ),
        "overdue",
    ),
    Case(
        "same-serial-out-of-order",
        lambda: (
            started()
            .present(0, target=30, pixmap=7)
            .present(0, target=20, pixmap=8)
            .idle(0, pixmap=8)
            .complete(0, 20)
            .idle(0, pixmap=7)
            .complete(0, 30)
            .sync()
        ),
        "idle-pixmap",
    ),
    Case(
        "same-serial-for-both-kinds",
        lambda: started().present(1).notify_msc(1).msc(1, 10).idle(1).complete(1, 11),
        "complete-once",
    ),
    Case(
        "equal-notify-mscs",
        lambda: started().notify_msc(1, target=20).notify_msc(1, target=20).msc(1, 20).msc(1, 20),
        "complete-once",
    ),
    Case(
        "rejected-then-accepted",
        lambda: started().present(1).error().present(1).idle(1).complete(1, 11),
        "rejected-request",
    ),
    Case(
        "foreign-window",
        lambda: Script().client("a").select(window=0x900001).idle(1, window=0x900001),
        "unknown-serial",
    ),
    Case("ends-pending", lambda: started().present(1, target=500).sync().sync(), "overdue"),
    Case(
        "pending-behind-a-fence",
        lambda: _fenced().notify_msc(2, target=80).msc(2, 80).sync().sync(),
        "overdue",
    ),
    Case("not-drained", lambda: _waiting().msc(2, 80).sync(), "overdue"),
    Case(
        "destroyed-while-pending",
        lambda: _waiting().msc(2, 80).destroy().sync().sync(),
        "overdue",
    ),
    Case(
        "selected-too-late",
        lambda: (
            Script()
            .client("a")
            .create()
            .present(1)
            .select()
            .complete(1, 11)
            .notify_msc(2)
            .msc(2, 80)
            .sync()
            .sync()
        ),
        "idle-missing",
    ),
    Case(
        "context-died-with-its-window",
        lambda: (
            started()
            .destroy()
            .create()
            .present(1)
            .select()
            .notify_msc(2)
            .msc(2, 30)
            .notify_msc(3)
            .msc(3, 80)
            .sync()
            .sync()
        ),
        "overdue",
    ),
    Case(
        "skip-that-releases-itself",
        lambda: (
            started()
            .create_fence()
            .present(1, wait_fence=FENCE, idle_fence=FENCE)
            .present(2)
            .complete(1, 0, ust=0, mode=SKIP)
            .idle(1, fence=FENCE)
            .idle(2)
            .complete(2, 11)
        ),
        "idle-first",
    ),
    Case(
        "only-complete-selected",
        lambda: started().select(2).present(1).complete(1, 11).sync(),
        "idle-missing",
    ),
    Case(
        "only-idle-selected",
        lambda: started().select(4).present(1).idle(1).sync(),
        "complete-missing",
    ),
    Case(
        "second-client-selected-late",
        lambda: (
            started()
            .present(1)
            .client("b")
            .select()
            .client("a")
            .idle(1)
            .complete(1, 11)
            .client("b")
            .sync()
        ),
        "every-context",
    ),
    Case(
        "second-client-gone",
        lambda: _two().present(1).client("b").close().client("a").idle(1).complete(1, 11).sync(),
        "every-context",
    ),
    Case(
        "second-client-wants-less",
        lambda: _two(mask=2).present(1).idle(1).complete(1, 11).client("b").complete(1, 11).sync(),
        "every-context",
    ),
    Case(
        "notifies",
        lambda: (
            _notified().complete(1, 11).complete(5, 11, window=OTHER_WINDOW, context=0x77).sync()
        ),
        "notify-agrees",
    ),
    Case(
        "presenter-died",
        lambda: (
            started()
            .client("b")
            .present(1, pixmap=PIXMAP, window=WINDOW)
            .close()
            .client("a")
            .idle(1)
            .complete(1, 11)
            .sync()
        ),
        "unknown-serial",
    ),
    Case(
        "name-connects-again",
        lambda: _again(started().present(1).idle(1).complete(1, 11).close()),
        "request-first",
    ),
)


def _again(actor: Actor) -> Actor:
    actor.sequence = 0
    return actor.create().select().present(1).idle(1).complete(1, 12).sync()
