# SPDX-License-Identifier: MIT
"""For the rules about every message, timelines that break them and such as only seem to."""

import struct
from collections.abc import Callable
from dataclasses import replace

from harness.timeline.record import Error
from tests.timeline.cases import Case
from tests.timeline.randr_script import raw
from tests.timeline.script import MAJOR, ROOT, WINDOW, Actor, Script, started

GENERIC, XINPUT, MAP_NOTIFY, KEYMAP_NOTIFY = 35, 131, 19, 11


def broken(label: str, rule: str, build: Callable[[], Actor]) -> Case:
    return Case(f"message-{label}", build, rule, None)


def legal(label: str, build: Callable[[], Actor]) -> Case:
    return Case(f"message-{label}", build)


def core(actor: Actor, name: str, code: int, sequence: int | None = None) -> Actor:
    number = actor.sequence if sequence is None else sequence
    return raw(actor, name, struct.pack("=BxH28x", code, number & 0xFFFF), sequence)


def generic(actor: Actor, name: str, major: int, words: int, size: int) -> Actor:
    head = struct.pack("=BBHIH", GENERIC, major, actor.sequence, words, 9)
    return raw(actor, name, head.ljust(size, b"\0"))


def replied(name: str, length: int, fields: str = "", *values: int) -> Callable[[], Actor]:
    """A request of this name, and its reply with these fields from byte 8 on."""
    head = struct.pack("=BxHI", 1, 1, length) + struct.pack(f"={fields}", *values)
    return lambda: Script().client("a").sync(name, head.ljust(32, b"\0"))


def refused(**changes: int | str) -> Callable[[], Actor]:
    """A refused presentation, whose error is changed."""

    def build() -> Actor:
        a = started().present(1).error()
        error = a.timeline.entries.pop()
        assert isinstance(error, Error)
        a.timeline.append(replace(error, **changes))
        return a

    return build


BROKEN = (
    broken("unknown-event", "message-type", lambda: core(started(), "77", 77)),
    broken("unknown-error", "message-type", refused(name="199", code=199)),
    broken(
        "unknown-extension", "message-type", lambda: generic(started(), "GenericEvent", 201, 0, 32)
    ),
    broken(
        "short-event",
        "message-length",
        lambda: raw(started(), "MapNotify", bytes([MAP_NOTIFY]) + bytes(27)),
    ),
    broken(
        "long-generic-event",
        "message-length",
        lambda: generic(started(), "XInputExtension:GenericEvent", XINPUT, 2, 32),
    ),
    broken("long-reply", "message-length", replied("GetInputFocus", 1)),
    broken("short-reply", "message-length", replied("GetWindowAttributes", 2)),
    broken("short-list", "message-length", replied("QueryTree", 1, "IIH", ROOT, 0, 2)),
    broken("long-property", "message-length", replied("GetAtomName", 2, "H", 4)),
    broken(
        "short-resources",
        "message-length",
        replied("RANDR:GetScreenResources", 9, "IIHHHH", 1, 1, 1, 1, 1, 1),
    ),
    broken(
        "event-from-the-future",
        "message-sequence",
        lambda: core(started(), "MapNotify", MAP_NOTIFY, 4).sync(),
    ),
    broken(
        "error-from-the-future",
        "message-sequence",
        lambda: _moved(started().present(1).error().sync()),
    ),
    broken(
        "event-steps-back",
        "message-sequence",
        lambda: core(core(started(), "MapNotify", MAP_NOTIFY), "MapNotify", MAP_NOTIFY, 1).sync(),
    ),
    broken("other-opcode", "error-request", refused(major=MAJOR + 1)),
    broken("other-minor-opcode", "error-request", refused(minor=2)),
    broken(
        "minor-opcode-of-a-core-request",
        "error-request",
        lambda: _minor(started().request("GetGeometry", minor=0).error("Drawable")),
    ),
)


def _moved(a: Actor) -> Actor:
    """The error is as of the request behind it."""
    at = next(i for i, one in enumerate(a.timeline.entries) if isinstance(one, Error))
    error = a.timeline.entries[at]
    a.timeline.entries[at] = replace(error, sequence=error.sequence + 1, minor=0, major=1)
    return a


def _minor(a: Actor) -> Actor:
    a.timeline.append(replace(a.timeline.entries.pop(), minor=3))
    return a


def _internal_requests() -> Actor:
    """The client's library sends requests of its own, which are not recorded."""
    a = started()
    core(a, "MapNotify", MAP_NOTIFY, a.sequence + 2)
    a.sequence += 3
    return a.sync()


def _reply_behind_events() -> Actor:
    """Events are read before a reply that stood before them."""
    a = started().request("GetInputFocus").request("NoOperation")
    core(a, "MapNotify", MAP_NOTIFY)
    a.sequence -= 1
    a.reply("GetInputFocus")
    a.sequence += 1
    return a.sync()


LEGAL = (
    legal("announced-event", lambda: core(started(), "DAMAGE:Notify", 91)),
    legal("sent-by-a-client", lambda: core(started(), "ClientMessage", 33 | 0x80)),
    legal(
        "generic-event",
        lambda: generic(started(), "XInputExtension:GenericEvent", XINPUT, 2, 40),
    ),
    legal("keymap-notify", lambda: core(started(), "KeymapNotify", KEYMAP_NOTIFY)),
    legal("library's-requests", _internal_requests),
    legal("reply-behind-events", _reply_behind_events),
    legal("list", replied("QueryTree", 2, "IIH", ROOT, 0, 2)),
    legal("image-of-any-length", replied("GetImage", 4096)),
    legal("resources", replied("RANDR:GetScreenResources", 11, "IIHHHH", 1, 1, 1, 1, 1, 1)),
    legal(
        "data-of-a-core-request-is-no-opcode",
        lambda: started().request("ChangeSaveSet", struct.pack("=I", WINDOW), minor=1).error(),
    ),
    legal("unasked", lambda: started().present(1).error().sync()),
)
