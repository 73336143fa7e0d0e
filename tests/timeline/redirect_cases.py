# SPDX-License-Identifier: MIT
"""Timelines of redirected presentations, broken and legal."""

from collections.abc import Callable

from harness.x11.drafts.present_redirect import PixmapDestroyNotify, PresentIdle
from harness.x11.present import CompleteMode, Notify, RedirectNotify, XRectangle
from tests.timeline.cases import Case
from tests.timeline.script import FENCE, OTHER_WINDOW, PIXMAP, WINDOW, Actor, Script

SKIP = CompleteMode.SKIP
ALIAS, OTHER_ALIAS = 0x700001, 0x700002
PARENT, SCREEN = 0x300001, 0x300002


class Player:
    """An application "a" that presents on WINDOW, and a client "c" that redirects its parent.

    Methods return the player; those of either client end with its ``sync`` where that is
    needed to prove what was handled.
    """

    def __init__(self) -> None:
        self.a: Actor = Script().client("a")
        self.c = self.a.client("c")
        self.c.create(PARENT).create(SCREEN).select(8, PARENT).sync()
        self.a.create(WINDOW, PARENT).select().sync()

    def present(self, serial: int, **more: object) -> "Player":
        self.a.present(serial, **more).sync()
        return self

    def hand(self, serial: int, pixmap: int = ALIAS, **changes: object) -> "Player":
        """The RedirectNotify of a presentation with nothing but a serial."""
        values: dict[str, object] = {
            "update_window": False,
            "event": self.c.context,
            "event_window": PARENT,
            "window": WINDOW,
            "pixmap": pixmap,
            "serial": serial,
            "valid_region": 0,
            "update_region": 0,
            "valid_rect": XRectangle(0, 0, 10, 10),
            "update_rect": XRectangle(0, 0, 10, 10),
            "x_off": 0,
            "y_off": 0,
            "target_crtc": 0,
            "wait_fence": 0,
            "idle_fence": 0,
            "options": 0,
            "target_msc": 0,
            "divisor": 0,
            "remainder": 0,
        }
        self.c.event(RedirectNotify(**(values | changes)))
        return self

    def give_back(self, pixmap: int = ALIAS, *, refused: bool = False) -> "Player":
        self.c.request("PresentIdle", content=PresentIdle(pixmap))
        if refused:
            self.c.error()
        self.c.sync()
        return self

    def idle(self, serial: int, **more: int) -> "Player":
        self.a.idle(serial, **more)
        return self

    def complete(self, serial: int, msc: int = 11, **more: int) -> "Player":
        self.a.complete(serial, msc, **more)
        return self

    def frame(self, serial: int, *completed: int, **more: object) -> "Player":
        """What "c" presents itself, and the serials of WINDOW that this completes."""
        values = {"window": SCREEN, "pixmap": 0x300010} | more
        self.c.present(serial, notifies=tuple(Notify(WINDOW, one) for one in completed), **values)
        self.c.sync()
        return self

    def sync(self) -> "Player":
        for actor in (self.c, self.a, self.c, self.a):
            actor.sync()
        return self

    @property
    def timeline(self):
        return self.a.timeline


def _play() -> Player:
    return Player()


def _handed(*serials: int) -> Player:
    player = Player()
    for serial in serials:
        player.present(serial).hand(serial)
    return player


def broken(label: str, rule: str, build: Callable[[], Player], serial: int | None = 1) -> Case:
    return Case(f"redirect-{label}", build, rule, serial)


def legal(label: str, build: Callable[[], Player]) -> Case:
    return Case(f"redirect-{label}", build)


def _changed(**changes: object) -> Callable[[], Player]:
    return lambda: _play().present(1).hand(1, **changes)


BROKEN = (
    broken("second-event", "redirect-asked", lambda: _handed(1).hand(1, OTHER_ALIAS)),
    broken("unasked-event", "redirect-asked", lambda: _play().hand(1)),
    broken("refused-event", "redirect-asked", lambda: _refused().hand(1)),
    broken("early-event", "redirect-asked", lambda: _play().hand(1).present(1)),
    broken("other-options", "redirect-fields", _changed(options=2)),
    broken("other-target", "redirect-fields", _changed(target_msc=5)),
    broken("other-offset", "redirect-fields", _changed(y_off=1)),
    broken("other-notifies", "redirect-fields", _changed(notifies=(Notify(WINDOW, 3),))),
    broken(
        "overtaking",
        "redirect-order",
        lambda: _play().present(1).present(2).hand(2, OTHER_ALIAS).hand(1),
    ),
    broken("never-handed", "redirect-owed", lambda: _play().give_back(), None),
    broken("given-back-twice", "redirect-owed", lambda: _handed(1).give_back().give_back(), None),
    broken("owed-and-refused", "redirect-owed", lambda: _handed(1).give_back(refused=True)),
    broken("early-idle", "redirect-idle-after", lambda: _handed(1).idle(1).sync().give_back()),
    broken(
        "second-idle-too-early",
        "redirect-idle-after",
        lambda: _handed(1, 2).give_back().idle(1).idle(2).sync(),
        2,
    ),
    broken(
        "alias-told", "redirect-idle-pixmap", lambda: _handed(1).give_back().idle(1, pixmap=ALIAS)
    ),
    broken("no-idle", "redirect-idle-missing", lambda: _handed(1).give_back().sync()),
    broken("carried-out", "redirect-executed", lambda: _handed(1).complete(1)),
    broken(
        "completed-before-its-frame",
        "redirect-executed",
        lambda: _handed(1).complete(1).sync().frame(5, 1),
    ),
    broken("skipped-while-owed", "redirect-executed", lambda: _handed(1).complete(1, mode=SKIP)),
    broken("idle-twice", "redirect-told-once", lambda: _handed(1).give_back().idle(1).idle(1)),
    broken(
        "completed-and-skipped",
        "redirect-told-once",
        lambda: _handed(1).frame(5, 1).complete(1).give_back().idle(1).complete(1, 12, mode=SKIP),
    ),
    broken(
        "wrong-parent",
        "event-context",
        lambda: _play().present(1).hand(1, event_window=OTHER_WINDOW),
    ),
)


def _refused() -> Player:
    player = _play()
    player.a.present(1).error().sync()
    return player


def _passed_back() -> Player:
    player = _handed(1)
    player.c.select(7, WINDOW, 0x99).sync()
    player.frame(1, window=WINDOW, pixmap=ALIAS)
    player.c.idle(1, pixmap=ALIAS, context=0x99).complete(1, 11, context=0x99)
    return player.complete(1).sync().give_back().idle(1)


def _held_by_the_server() -> Player:
    player = _handed(1).frame(5, window=SCREEN, pixmap=ALIAS)
    return player.give_back().sync().idle(1).complete(1, mode=SKIP)


def _died() -> Player:
    player = _handed(1, 2)
    player.c.close()
    return player.idle(1).complete(1, mode=SKIP).idle(2).complete(2, mode=SKIP)


def _died_unread() -> Player:
    player = _play().present(1).present(2)
    player.c.close()
    return player.idle(1).complete(1, mode=SKIP).present(3).idle(3).complete(3)


def _destroyed() -> Player:
    player = _handed(1)
    player.a.destroy().sync()
    return player.give_back().sync()


def _destroyed_alias() -> Player:
    player = _handed(1)
    player.c.select(0, PARENT).select(1, PARENT).sync()
    player.c.event(PixmapDestroyNotify(event=player.c.context, window=PARENT, pixmap=ALIAS))
    return player.give_back().idle(1).complete(1, mode=SKIP)


def _deaf() -> Player:
    player = _play()
    player.a.select(2).sync()
    return player.present(1).hand(1).give_back().complete(1, mode=SKIP).sync()


def _burst() -> Player:
    player = _handed(1, 2).give_back().sync().give_back()
    return player.idle(1).idle(2).complete(1, mode=SKIP).complete(2, mode=SKIP).sync()


def _fenced() -> Player:
    player = _play()
    player.a.create_fence()
    player.present(1, wait_fence=FENCE, target=1 << 40, options=2)
    player.hand(1, wait_fence=FENCE, target_msc=1 << 40, options=2)
    return player.frame(5, 1).complete(1, ust=5, msc=3).give_back().idle(1)


def _slow_frame() -> Player:
    player = _handed(1).frame(5, 1)
    player.a.notify_msc(9).msc(9, 50)
    return player.complete(1, 20).sync().give_back().idle(1)


def _same_serial() -> Player:
    player = _handed(1).present(1).hand(1, OTHER_ALIAS).give_back(OTHER_ALIAS).idle(1)
    return player.complete(1, mode=SKIP).give_back().idle(1).complete(1, 12, mode=SKIP)


def _never_answered() -> Player:
    player = _handed(1)
    player.a.notify_msc(9).msc(9, 500)
    return player.sync()


def _refused_early() -> Player:
    player = _play().present(1)
    player.c.request("PresentIdle", content=PresentIdle(ALIAS)).error()
    return player.hand(1).sync().give_back().idle(1).complete(1, mode=SKIP)


LEGAL = (
    legal("skipped", lambda: _handed(1).give_back().idle(1).complete(1, mode=SKIP).sync()),
    legal(
        "composited",
        lambda: _handed(1).frame(5, 1).complete(1).sync().give_back().idle(1).sync(),
    ),
    legal("passed-back", _passed_back),
    legal("held-by-the-server", _held_by_the_server),
    legal("redirector-died", _died),
    legal("redirector-died-before-it-read", _died_unread),
    legal("window-destroyed", _destroyed),
    legal("id-ended-after-deselecting", _destroyed_alias),
    legal("nobody-hears-idle", _deaf),
    legal("idle-in-a-burst", _burst),
    legal("fenced-and-far-but-shown", _fenced),
    legal("told-of-an-older-frame", _slow_frame),
    legal("same-serial-twice", _same_serial),
    legal("never-answered", _never_answered),
    legal("given-back-before-it-was-handed", _refused_early),
    legal("identity-ids", lambda: _play().present(1).hand(1, PIXMAP).give_back(PIXMAP).idle(1)),
)
