# SPDX-License-Identifier: MIT
"""Each way in which windows and clients end: what may follow it, and what may not.

A window that ends takes its contexts along.  A missed ending blames a good server; an ending
that is seen where none is lets a bad one pass.
"""

import struct
from collections.abc import Callable

from harness.timeline.record import Event
from harness.timeline.rules import Family
from tests.timeline.cases import Case
from tests.timeline.script import FENCE, OTHER_WINDOW, ROOT, WINDOW, Actor, Script, started

OVERLAY = 0x55
RETAIN_PERMANENT, RETAIN_TEMPORARY = 1, 2


def get_overlay(actor: Actor, window: int = OVERLAY) -> Actor:
    actor.request("Composite:GetOverlayWindow", struct.pack("=I", ROOT))
    return actor.reply("Composite:GetOverlayWindow", struct.pack("=8xI20x", window))


def release_overlay(actor: Actor) -> Actor:
    return actor.request("Composite:ReleaseOverlayWindow", struct.pack("=I", ROOT))


def reparent(actor: Actor, parent: int, window: int = WINDOW) -> Actor:
    return actor.request("ReparentWindow", struct.pack("=IIhh", window, parent, 0, 0))


def save(actor: Actor, window: int = WINDOW, *, delete: bool = False) -> Actor:
    return actor.request("ChangeSaveSet", struct.pack("=I", window), minor=delete)


def close_down_mode(actor: Actor, mode: int) -> Actor:
    return actor.request("SetCloseDownMode", minor=mode)


def kill(actor: Actor, resource: int = WINDOW) -> Actor:
    return actor.request("KillClient", struct.pack("=I", resource))


def absent(actor: Actor, window: int = WINDOW) -> Actor:
    """A request finds no such window."""
    return actor.request("GetWindowAttributes", struct.pack("=I", window)).error(
        "Window", value=window
    )


def told(actor: Actor, window: int = WINDOW, *, sent_by_client: bool = False) -> Actor:
    """The client receives DestroyNotify."""
    code = 17 | 0x80 * sent_by_client
    data = struct.pack("=BxHII20x", code, actor.sequence & 0xFFFF, window, window)
    event = Event(
        time=actor.script.tick(),
        client=actor.name,
        sequence=actor.sequence,
        name="DestroyNotify",
        data=data,
    )
    actor.timeline.append(event)
    return actor


def on_overlay() -> Actor:
    """As ``started``, on the overlay."""
    a = get_overlay(Script().client("a")).select(window=OVERLAY)
    return a.notify_msc(900, window=OVERLAY).msc(900, 10, window=OVERLAY)


def shown(actor: Actor, serial: int, msc: int, window: int = WINDOW) -> Actor:
    """Its answers come to this actor."""
    return actor.idle(serial, window=window).complete(serial, msc, window=window)


def ahead(actor: Actor, serial: int = 7, window: int = WINDOW) -> Actor:
    """A presentation for MSC 16, its frame not yet begun when it was handled."""
    actor.present(serial, target=16, window=window).notify_msc(901, window=window)
    return actor.msc(901, 10, window=window)


def late(actor: Actor, window: int = WINDOW, context: int = 0x77) -> Actor:
    """The window's clock runs on, beyond what was presented ahead."""
    actor.notify_msc(902, target=80, window=window)
    return actor.msc(902, 80, window=window, context=context).sync().sync()


def _overlay_again(*, select: bool, proof: bool = False, window: int = OVERLAY) -> Actor:
    a = on_overlay()
    release_overlay(a)
    if proof:
        absent(a, OVERLAY)
    get_overlay(a)
    if select:
        a.select(window=OVERLAY, context=0x77)
    return a.present(1, window=window)


def _presented_ahead() -> Actor:
    """A client presents some frames ahead, and takes the overlay away and back (a habit of
    compositing window managers when they start)."""
    a = ahead(on_overlay(), window=OVERLAY)
    get_overlay(release_overlay(a)).select(window=OVERLAY, context=0x77).present(1, window=OVERLAY)
    a.idle(1, window=OVERLAY, context=0x77).complete(1, 12, window=OVERLAY, context=0x77)
    return late(a, OVERLAY)


def _piped() -> Actor:
    """All requests are sent before the first reply is read."""
    a = ahead(on_overlay(), window=OVERLAY)
    release_overlay(a).request("Composite:GetOverlayWindow", struct.pack("=I", ROOT))
    get = a.sequence
    release_overlay(a).request("Composite:GetOverlayWindow", struct.pack("=I", ROOT))
    again = a.sequence
    for a.sequence in (get, again):
        a.reply("Composite:GetOverlayWindow", struct.pack("=8xI20x", OVERLAY))
    a.select(window=OVERLAY, context=0x77).present(1, window=OVERLAY)
    a.idle(1, window=OVERLAY, context=0x77).complete(1, 12, window=OVERLAY, context=0x77)
    return late(a, OVERLAY)


def _last_holder_closes() -> Actor:
    """Another client held the overlay on which a context is selected."""
    script = Script()
    a, b = script.client("a").sync(), script.client("b")
    get_overlay(b).sync()
    a.select(window=OVERLAY).notify_msc(900, window=OVERLAY).msc(900, 10, window=OVERLAY)
    ahead(a, window=OVERLAY).sync()
    b.close()
    get_overlay(a).select(window=OVERLAY, context=0x77)
    return late(a, OVERLAY)


def _child_of_the_overlay() -> Actor:
    a = get_overlay(Script().client("a")).create(WINDOW, OVERLAY).select()
    return release_overlay(ahead(a.notify_msc(900).msc(900, 10)))


def _child_again() -> Actor:
    return late(_child_of_the_overlay().create().select(context=0x77))


def _held_by_another(*, released: bool = False, closed: bool = False) -> Actor:
    """Another client holds the overlay meanwhile, or does so no more."""
    a = on_overlay()
    b = get_overlay(a.client("b")).sync()
    a.sync()
    if released:
        release_overlay(b).sync()
    if closed:
        b.close()
    a.sync()
    release_overlay(a).sync()
    get_overlay(a).select(window=OVERLAY, context=0x77).present(1, window=OVERLAY)
    a.idle(1, window=OVERLAY, context=0x77).complete(1, 12, window=OVERLAY, context=0x77)
    return a.sync()


def _got_twice() -> Actor:
    """One of two uses is released: the context stays, and is left out."""
    a = get_overlay(on_overlay())
    release_overlay(a).select(window=OVERLAY, context=0x77).present(1, window=OVERLAY)
    a.idle(1, window=OVERLAY, context=0x77).complete(1, 12, window=OVERLAY, context=0x77)
    return a.sync()


def _frame(*, mode: int | None = None, saved: str = "") -> tuple[Actor, Actor]:
    """ "a" and its window, which "b" has taken into a frame, mapped for long.

    ``saved``: "b" has it in its save set, or "deleted" it from there.
    """
    script = Script()
    script.client("a")
    script.client("c").sync()
    b = script.client("b").create(OTHER_WINDOW).sync()
    a = script.client("a").create().select().notify_msc(900).msc(900, 10).sync()
    if saved:
        save(b)
    if saved == "deleted":
        save(b, delete=True)
    reparent(b, OTHER_WINDOW)
    if mode is not None:
        close_down_mode(b, mode)
    b.sync()
    return a, b


def _frame_ends(**how: object) -> Actor:
    """What was presented before is not answered afterwards; the window may be a new one."""
    a, b = _frame(**how)
    ahead(a, 1).sync()
    b.close()
    return late(a.sync().create().select(context=0x77))


def _frame_ends_alone(**how: object) -> Actor:
    """What was presented before is not answered afterwards, the window being the same."""
    a, b = _frame(**how)
    ahead(a, 1).sync()
    b.close()
    return late(a.sync(), context=a.context)


def _contexts_around_the_end(**how: object) -> Actor:
    """A second context is selected before "b" ends; only the other is answered afterwards."""
    a, b = _frame(**how)
    a.select(context=0x77).sync()
    b.close()
    return shown(a.sync().present(1), 1, 11).sync()


def _killed(mode: int | None = None, *, by_name: bool = True, inside: bool = False) -> Actor:
    """ "b" is killed by "c"; "a" watches its window, or one inside."""
    script = Script()
    a, b, c = script.client("a"), script.client("b"), script.client("c")
    if inside:
        b.create(OTHER_WINDOW).sync()
        a.create(WINDOW, OTHER_WINDOW)
    else:
        b.create()
    if mode is not None:
        close_down_mode(b, mode)
    b.sync()
    a.select().notify_msc(900).msc(900, 10).present(1, target=30).sync()
    kill(c, (OTHER_WINDOW if inside else WINDOW) if by_name else 0).sync()
    return a.sync()


def _retained_then_killed(mode: int, resource: int) -> Actor:
    """A retained window ends with KillClient, its id comes back."""
    script = Script()
    a, b, c = script.client("a"), script.client("b"), script.client("c")
    close_down_mode(b.create(), mode).sync()
    ahead(a.select().notify_msc(900).msc(900, 10)).sync()
    b.close()
    kill(c, resource).sync()
    a.sync()
    d = script.client("d").create()
    late(a.select(context=0x77))
    return d.sync()


def _retained_fence(mode: int) -> Actor:
    """The fence of a client that closed its connection; the presentation waits for it."""
    a = started()
    b = a.client("b").create_fence()
    close_down_mode(b, mode).sync()
    a.present(1, wait_fence=FENCE)
    b.close()
    return a.idle(1).complete(1, 0, ust=0)


def _reset() -> Actor:
    """The last client is closed; the next one meets another generation under the same ids."""
    a = started()
    close_down_mode(ahead(a), RETAIN_PERMANENT).close()
    b = a.client("b").create().select()
    return late(b, context=b.context)


def _other_clock() -> Actor:
    """On a server where each window has a clock of its own, a new window begins with a new one."""
    a = started().present(1, target=5000).notify_msc(2).msc(2, 4000).destroy().create().select()
    return a.notify_msc(3).msc(3, 2).sync()


def broken(label: str, rule: str, build: Callable[[], Actor], serial: int | None = 1) -> Case:
    return Case(f"ending-{label}", build, rule, serial)


def legal(label: str, build: Callable[[], Actor], family: Family = Family.COPY) -> Case:
    return Case(f"ending-{label}", build, family=family)


BROKEN = (
    broken(
        "context-survives-its-window",
        "event-context",
        lambda: shown(started().destroy().create().present(1), 1, 11),
    ),
    broken(
        "context-survives-the-overlay",
        "event-context",
        lambda: shown(_overlay_again(select=False, proof=True), 1, 12, OVERLAY),
    ),
    broken(
        "overlay-released-and-absent",
        "window-alive",
        lambda: absent(release_overlay(on_overlay().present(1, window=OVERLAY)), OVERLAY).idle(
            1, window=OVERLAY
        ),
    ),
    broken(
        "overlay-destroyed",
        "window-alive",
        lambda: on_overlay().present(1, window=OVERLAY).destroy(OVERLAY).idle(1, window=OVERLAY),
    ),
    broken(
        "context-of-a-held-overlay-forgotten", "every-context", lambda: _held_by_another(), None
    ),
    broken("context-of-an-overlay-held-twice-forgotten", "every-context", _got_twice),
    broken("absent", "window-alive", lambda: absent(started().present(1)).idle(1)),
    broken(
        "absent-for-another",
        "window-alive",
        lambda: absent(started().present(1).client("b")).client("a").sync().idle(1),
    ),
    broken("told", "window-alive", lambda: told(started().present(1)).idle(1)),
    broken(
        "told-another",
        "window-alive",
        lambda: told(started().present(1).client("b")).client("a").sync().idle(1),
    ),
    broken("killed", "window-alive", lambda: _killed().idle(1)),
    broken("killed-parent", "window-alive", lambda: _killed(inside=True).idle(1)),
    broken(
        "saved-window-loses-a-context",
        "every-context",
        lambda: _contexts_around_the_end(saved="kept"),
    ),
    broken(
        "retained-parent-loses-a-context",
        "every-context",
        lambda: _contexts_around_the_end(mode=RETAIN_PERMANENT),
    ),
    broken(
        "presentation-lost-with-its-frame-though-saved",
        "overdue",
        lambda: _frame_ends_alone(saved="kept"),
    ),
    broken(
        "presentation-lost-with-its-retained-frame",
        "overdue",
        lambda: _frame_ends_alone(mode=RETAIN_TEMPORARY),
    ),
    broken("retained-fence-holds", "wait-fence", lambda: _retained_fence(RETAIN_PERMANENT)),
)

LEGAL = (
    legal("overlay-presented-ahead", _presented_ahead),
    legal("overlay-piped", _piped),
    legal("overlay-of-another-client", _last_holder_closes),
    legal("overlay-released-by-another-before", lambda: _held_by_another(released=True)),
    legal("overlay-of-a-client-that-closed", lambda: _held_by_another(closed=True)),
    legal(
        "overlay-selected-again",
        lambda: (
            _overlay_again(select=True, proof=True)
            .idle(1, window=OVERLAY, context=0x77)
            .complete(1, 12, window=OVERLAY, context=0x77)
        ),
    ),
    legal(
        "overlay-never-ended",
        lambda: shown(
            release_overlay(get_overlay(on_overlay())).present(1, window=OVERLAY), 1, 12, OVERLAY
        ),
    ),
    legal("child-of-the-overlay", _child_again),
    legal("absent-later", lambda: absent(shown(started().present(1), 1, 11).destroy())),
    legal(
        "absent-before-it-was-created",
        lambda: shown(absent(Script().client("a")).create().select().present(1), 1, 11),
    ),
    legal("told-of-another-window", lambda: shown(told(started(), 5).present(1), 1, 11)),
    legal(
        "told-by-a-client",
        lambda: shown(told(started(), sent_by_client=True).present(1), 1, 11),
    ),
    legal(
        "made-before-it-was-told",
        lambda: told(shown(started().present(1).sync(), 1, 11)),
    ),
    legal(
        "told-another-and-made-before",
        lambda: shown(told(started().present(1).client("b").destroy()).client("a"), 1, 11),
    ),
    legal("window-in-a-frame-ends-with-it", _frame_ends),
    legal("presentation-lost-with-its-frame", _frame_ends_alone),
    legal(
        "deleted-from-the-save-set",
        lambda: _contexts_around_the_end(saved="deleted"),
    ),
    legal("not-in-the-save-set", _contexts_around_the_end),
    legal("killed-but-retained", lambda: _killed(RETAIN_PERMANENT).idle(1).complete(1, 30)),
    legal("others-killed", lambda: _killed(by_name=False).idle(1).complete(1, 30)),
    legal("retained-then-killed", lambda: _retained_then_killed(RETAIN_PERMANENT, WINDOW)),
    legal("temporary-then-killed", lambda: _retained_then_killed(RETAIN_TEMPORARY, 0)),
    legal("fence-of-a-closed-client", lambda: _retained_fence(0)),
    legal("reset", _reset),
    legal("other-clock", _other_clock, Family.XWAYLAND_FLIP),
)
