# SPDX-License-Identifier: MIT
"""Faults that need no code: each is a value that says what happens to which messages.

    Drop("PresentIdleNotify", nth=2)
    Delay("PresentCompleteNotify", until="PresentIdleNotify")
    Alter("PresentCompleteNotify", msc=lambda msc: msc - 1)
    Refuse("CreatePixmap", "Alloc", nth=3)
    Cut("reply to GetImage", after=100)

Names are those of timelines.  All take the same choice: of the messages with that name,
``when`` keeps those for which it is true (it gets Present's requests and events decoded,
anything else as bytes), ``client`` those of one client (counted from 1 as they connect), and
of these ``nth`` takes a single one, ``every`` each second, third, ...
"""

from collections.abc import Awaitable, Callable
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any, ClassVar

from harness.faults.connection import FaultedConnection
from harness.faults.errors import ScriptError
from harness.faults.message_selector import MessageKind, MessageSelector
from harness.x11 import encoding
from harness.x11.names import ERROR_NAMES

_CHOICE = {"nth", "every", "client", "when"}


def _shown(value: object) -> str:
    return "..." if callable(value) else repr(value)


def _with_article(kind: MessageKind) -> str:
    return f"an {kind}" if kind in (MessageKind.EVENT, MessageKind.ERROR) else f"a {kind}"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A message that a fault has chosen, and what the fault may do beside replacing it.

    ``hang`` silences the server for all clients.  ``hold`` keeps the event, and ``wait`` is done,
    until the message comes that releases them, or for so many seconds.
    """

    link: FaultedConnection
    data: bytes
    hang: Callable[[], None]
    hold: Callable[[float | None], None]
    wait: Callable[[float | None], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Scripted:
    """What happens to messages called ``name``.

    ``KINDS`` are the kinds of messages to which it can be done.  With ``SWAPS`` an event that
    is held back comes behind the next one that could have been chosen.

    Raises ScriptError for a name that the protocol does not have, or of another kind.
    """

    KINDS: ClassVar[tuple[MessageKind, ...]]
    SWAPS: ClassVar[bool] = False

    name: str
    nth: int | None = field(default=None, kw_only=True)
    every: int = field(default=1, kw_only=True)
    client: int | None = field(default=None, kw_only=True)
    when: Callable[[Any], bool] | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        kind = self.selector.kind
        if kind not in self.KINDS:
            kinds = " or ".join(map(_with_article, self.KINDS))
            others = {one.__name__ for one in Scripted.__subclasses__() if kind in one.KINDS}
            raise ScriptError(
                f"{self}: expected {kinds}, got {_with_article(kind)}, "
                f"to which one can do: {', '.join(sorted(others))}"
            )
        for name in ("nth", "every", "client"):
            number = getattr(self, name)
            if number is not None and number < 1:
                raise ScriptError(f"{self}: {name} counts from 1")
        if self.nth is not None and self.every != 1:
            raise ScriptError(f"{self}: give nth or every, not both")
        self._check()

    def _check(self) -> None:
        """Raise ScriptError for values of its own that make no sense."""

    def __str__(self) -> str:
        """As it is written in a script."""
        words = [repr(self.name), *self._own_words(), *self._words(_CHOICE)]
        return f"{type(self).__name__}({', '.join(words)})"

    def _own_words(self) -> list[str]:
        """Arguments other than the name and the choice, as they are written."""
        return self._words({one.name for one in fields(self)} - _CHOICE - {"name"})

    def _words(self, names: set[str]) -> list[str]:
        return [
            f"{one.name}={_shown(value)}" if one.kw_only else _shown(value)
            for one in fields(self)
            if one.name in names and (value := getattr(self, one.name)) != one.default
        ]

    @property
    def selector(self) -> MessageSelector:
        """The messages among which it chooses."""
        return MessageSelector.parse(self.name)

    @property
    def released_by(self) -> MessageSelector | None:
        """The messages that release what it holds back."""
        return None

    async def on_request(self, chosen: Chosen) -> bytes | None:
        """The request that the server gets in place of a chosen one; None for none at all."""
        return chosen.data

    def on_message(self, chosen: Chosen) -> list[bytes]:
        """The messages that the client gets in place of a chosen one."""
        return [chosen.data]


@dataclass(frozen=True, slots=True)
class Ignore(Scripted):
    """The request does nothing, and no reply comes."""

    KINDS = (MessageKind.REQUEST,)

    async def on_request(self, chosen: Chosen) -> bytes | None:
        return chosen.link.no_operation


@dataclass(frozen=True, slots=True)
class Refuse(Scripted):
    """The request does nothing and is answered by ``error``: ``"Alloc"``, ``"RANDR:Crtc"``.

    ``value`` is the bad value or id in the error.
    """

    KINDS = (MessageKind.REQUEST,)

    error: str
    value: int = field(default=0, kw_only=True)

    def _check(self) -> None:
        if self.error not in ERROR_NAMES:
            raise ScriptError(
                f"{self}: {self.error!r} is no error: expected one of "
                f"{', '.join(sorted(ERROR_NAMES))}"
            )

    async def on_request(self, chosen: Chosen) -> bytes | None:
        """Answer by the error.  Raises ScriptError when the server lacks its extension."""
        link = chosen.link
        codes = {name: code for code, name in link.naming.errors.items()}
        if self.error not in codes:
            raise ScriptError(f"{self}: the server has no such error, for it lacks the extension")
        link.link.refuse(codes[self.error], self.value, chosen.data, link.layer)
        return None


@dataclass(frozen=True, slots=True)
class Hang(Scripted):
    """From this request or event on the server does and sends nothing more, for any client.

    It still accepts connections.
    """

    KINDS = (MessageKind.REQUEST, MessageKind.EVENT)

    async def on_request(self, chosen: Chosen) -> bytes | None:
        chosen.hang()
        return chosen.data

    def on_message(self, chosen: Chosen) -> list[bytes]:
        chosen.hang()
        return []


@dataclass(frozen=True, slots=True)
class Drop(Scripted):
    """The event, reply or error does not come."""

    KINDS = (MessageKind.EVENT, MessageKind.REPLY, MessageKind.ERROR)

    def on_message(self, chosen: Chosen) -> list[bytes]:
        return []


@dataclass(frozen=True, slots=True)
class Duplicate(Scripted):
    """The event comes ``times`` times in a row."""

    KINDS = (MessageKind.EVENT,)

    times: int = field(default=2, kw_only=True)

    def _check(self) -> None:
        if self.times < 2:
            raise ScriptError(f"{self}: an event is duplicated by times=2 or more; see also Drop")

    def on_message(self, chosen: Chosen) -> list[bytes]:
        return [chosen.data] * self.times


@dataclass(frozen=True, slots=True)
class Delay(Scripted):
    """The event comes behind the next one called ``until``, or after so many ``seconds``.

    A request reaches the server as late; all that its client sends behind it waits too.
    Of events that wait for the same, the first comes first.
    """

    KINDS = (MessageKind.REQUEST, MessageKind.EVENT)

    until: str | None = field(default=None, kw_only=True)
    seconds: float | None = field(default=None, kw_only=True)

    def _check(self) -> None:
        if (self.until is None) == (self.seconds is None):
            raise ScriptError(f"{self}: give until=EVENT or seconds=N, and not both")
        if self.seconds is not None and not self.seconds > 0:
            raise ScriptError(f"{self}: expected more than 0 seconds")
        if self.released_by is not None and self.released_by.kind is not MessageKind.EVENT:
            raise ScriptError(f"{self}: expected an event to wait for, {self.until!r} is none")

    @property
    def released_by(self) -> MessageSelector | None:
        return None if self.until is None else MessageSelector.parse(self.until)

    async def on_request(self, chosen: Chosen) -> bytes | None:
        await chosen.wait(self.seconds)
        return chosen.data

    def on_message(self, chosen: Chosen) -> list[bytes]:
        chosen.hold(self.seconds)
        return []


@dataclass(frozen=True, slots=True)
class Swap(Scripted):
    """The event changes places with the next one of its name to the same client."""

    KINDS = (MessageKind.EVENT,)
    SWAPS = True

    def on_message(self, chosen: Chosen) -> list[bytes]:
        chosen.hold(None)
        return []


@dataclass(frozen=True, slots=True, init=False)
class Alter(Scripted):
    """Other values in the message.

    ``Alter("PresentIdleNotify", serial=7, pixmap=lambda pixmap: pixmap + 1)`` gives fields of
    Present's requests and events a value, or a function from the old one to the new one.
    ``Alter("ConfigureNotify", At(12, "I", 0))`` changes bytes, with ``At`` of
    ``harness.faults.at``, as does any function of bytes and byte order (``"<"``, ``">"``) to
    bytes; header and length are part of them.
    """

    KINDS = (MessageKind.REQUEST, MessageKind.EVENT, MessageKind.REPLY, MessageKind.ERROR)

    changes: tuple[Callable[[bytes, encoding.ByteOrder], bytes], ...] = ()
    values: dict[str, Any] = field(default_factory=dict)

    def __init__(
        self, name: str, *changes: Callable[[bytes, encoding.ByteOrder], bytes], **values: Any
    ) -> None:
        choice = {one: values.pop(one) for one in _CHOICE & values.keys()}
        for one in fields(self):
            default = None if one.default is MISSING else one.default
            object.__setattr__(self, one.name, choice.get(one.name, default))
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "changes", changes)
        object.__setattr__(self, "values", values)
        Scripted.__post_init__(self)

    def _check(self) -> None:
        if not self.changes and not self.values:
            raise ScriptError(f"{self}: nothing is altered; give fields, At(...) or a function")
        layout = self.selector.layout
        if self.values and layout is None:
            raise ScriptError(f"{self}: only Present's are known by fields; give At(...) instead")
        known = [one.name for one in fields(layout)] if layout else []
        if unknown := sorted(self.values.keys() - set(known)):
            raise ScriptError(
                f"{self}: {self.name} has no {' and no '.join(unknown)}; "
                f"its fields are {', '.join(known)}"
            )

    def _own_words(self) -> list[str]:
        values = (f"{name}={_shown(value)}" for name, value in self.values.items())
        return [*map(_shown, self.changes), *values]

    async def on_request(self, chosen: Chosen) -> bytes | None:
        return self._altered(chosen)

    def on_message(self, chosen: Chosen) -> list[bytes]:
        return [self._altered(chosen)]

    def _altered(self, chosen: Chosen) -> bytes:
        link, data = chosen.link, chosen.data
        content = link.decode(data, self.selector.kind) if self.values else None
        if content is not None:
            new = {
                name: value(getattr(content, name)) if callable(value) else value
                for name, value in self.values.items()
            }
            data = link.encode(replace(content, **new))
        for change in self.changes:
            data = change(data, link.order)
        return data


@dataclass(frozen=True, slots=True)
class Cut(Scripted):
    """The client's connection ends here, ``after`` so many bytes of the message.

    All that came before is still done and delivered.  Of a request the bytes reach the server,
    of anything else the client.
    """

    KINDS = (MessageKind.REQUEST, MessageKind.EVENT, MessageKind.REPLY, MessageKind.ERROR)

    after: int = field(default=0, kw_only=True)

    async def on_request(self, chosen: Chosen) -> bytes | None:
        link = chosen.link.link
        await link.caught_up()
        link.server.put(chosen.data[: self.after])
        link.server.flush()
        link.lose_server()
        return None

    def on_message(self, chosen: Chosen) -> list[bytes]:
        chosen.link.link.lose_server()
        return [chosen.data[: self.after]] if self.after else []
