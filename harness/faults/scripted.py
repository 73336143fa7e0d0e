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

from abc import ABC
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, ClassVar

from harness.faults.connection import FaultedConnection
from harness.faults.errors import ScriptError
from harness.faults.message_selector import MessageKind, MessageSelector
from harness.x11 import encoding
from harness.x11.names import ERROR_NAMES

if TYPE_CHECKING:
    from harness.faults.fault_state import FaultState

_CHOICE = {"nth", "every", "client", "when"}


def _shown(value: object) -> str:
    return "..." if callable(value) else repr(value)


def _with_article(kind: MessageKind) -> str:
    return f"an {kind}" if kind in (MessageKind.EVENT, MessageKind.ERROR) else f"a {kind}"


@dataclass(frozen=True, slots=True)
class Scripted(ABC):
    """What happens to messages called ``name``.  Raises ScriptError for what cannot be."""

    KINDS: ClassVar[tuple[MessageKind, ...]]

    name: str
    nth: int | None = field(default=None, kw_only=True)
    every: int = field(default=1, kw_only=True)
    client: int | None = field(default=None, kw_only=True)
    when: Callable[[Any], bool] | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        kind = self.subject.kind
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

    def __str__(self) -> str:
        """As it is written in a script."""
        return f"{type(self).__name__}({', '.join([repr(self.name), *self._words()])})"

    def _words(self) -> list[str]:
        """What stands behind the name, the choice last."""
        own = [one for one in fields(self) if one.name not in _CHOICE | {"name"}]
        choice = [one for one in fields(self) if one.name in _CHOICE]
        return [
            f"{one.name}={_shown(value)}" if one.kw_only else _shown(value)
            for one in (*own, *choice)
            if (value := getattr(self, one.name)) != one.default
        ]

    @property
    def subject(self) -> MessageSelector:
        return MessageSelector.parse(self.name)

    async def ask(
        self, course: "FaultState", link: FaultedConnection, request: bytes
    ) -> bytes | None:
        """What becomes of a chosen request: as ``Fault.ask``."""
        return request

    def tell(self, course: "FaultState", link: FaultedConnection, message: bytes) -> list[bytes]:
        """What becomes of a chosen message: as ``Fault.tell``."""
        return [message]


@dataclass(frozen=True, slots=True)
class Ignore(Scripted):
    """The request does nothing; whoever waits for its reply waits for ever."""

    KINDS = (MessageKind.REQUEST,)

    async def ask(
        self, course: "FaultState", link: FaultedConnection, request: bytes
    ) -> bytes | None:
        return link.nothing


@dataclass(frozen=True, slots=True)
class Refuse(Scripted):
    """The request does nothing and is answered by ``error``: ``"Alloc"``, ``"RANDR:Crtc"``.

    ``value`` is the bad value or id that the error tells.
    """

    KINDS = (MessageKind.REQUEST,)

    error: str
    value: int = field(default=0, kw_only=True)

    def __post_init__(self) -> None:
        # Slots give dataclasses a new class, which the bare super() does not know.
        Scripted.__post_init__(self)
        if self.error not in ERROR_NAMES:
            raise ScriptError(
                f"{self}: {self.error!r} is no error: expected one of "
                f"{', '.join(sorted(ERROR_NAMES))}"
            )

    async def ask(
        self, course: "FaultState", link: FaultedConnection, request: bytes
    ) -> bytes | None:
        codes = {name: code for code, name in link.layer.naming.errors.items()}
        if self.error not in codes:
            raise ScriptError(f"{self}: the server has no such error, for it lacks the extension")
        link.link.refuse(codes[self.error], self.value, request, link.layer)
        return None


@dataclass(frozen=True, slots=True)
class Hang(Scripted):
    """From this request or event on the server says and does nothing more, for anybody.

    It still accepts connections.
    """

    KINDS = (MessageKind.REQUEST, MessageKind.EVENT)

    async def ask(
        self, course: "FaultState", link: FaultedConnection, request: bytes
    ) -> bytes | None:
        course.script.hang()
        return request

    def tell(self, course: "FaultState", link: FaultedConnection, message: bytes) -> list[bytes]:
        course.script.hang()
        return []


@dataclass(frozen=True, slots=True)
class Drop(Scripted):
    """The event, reply or error does not come."""

    KINDS = (MessageKind.EVENT, MessageKind.REPLY, MessageKind.ERROR)

    def tell(self, course: "FaultState", link: FaultedConnection, message: bytes) -> list[bytes]:
        return []


@dataclass(frozen=True, slots=True)
class Duplicate(Scripted):
    """The event comes ``times`` times in a row."""

    KINDS = (MessageKind.EVENT,)

    times: int = field(default=2, kw_only=True)

    def __post_init__(self) -> None:
        Scripted.__post_init__(self)
        if self.times < 2:
            raise ScriptError(f"{self}: an event is duplicated by times=2 or more; see also Drop")

    def tell(self, course: "FaultState", link: FaultedConnection, message: bytes) -> list[bytes]:
        return [message] * self.times


@dataclass(frozen=True, slots=True)
class Delay(Scripted):
    """The event comes behind the next one called ``until``, or after so many ``seconds``.

    A request reaches the server as late; all that its client sends behind it waits too.
    Of events that wait for the same, the first comes first.
    """

    KINDS = (MessageKind.REQUEST, MessageKind.EVENT)

    until: str | None = field(default=None, kw_only=True)
    seconds: float | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        Scripted.__post_init__(self)
        if (self.until is None) == (self.seconds is None):
            raise ScriptError(f"{self}: give until=EVENT or seconds=N, and not both")
        if self.seconds is not None and not self.seconds > 0:
            raise ScriptError(f"{self}: expected more than 0 seconds")
        if (
            self.until is not None
            and MessageSelector.parse(self.until).kind is not MessageKind.EVENT
        ):
            raise ScriptError(f"{self}: expected an event to wait for, {self.until!r} is none")

    @property
    def awaited(self) -> MessageSelector | None:
        return None if self.until is None else MessageSelector.parse(self.until)

    async def ask(
        self, course: "FaultState", link: FaultedConnection, request: bytes
    ) -> bytes | None:
        await course.wait(link, self.seconds)
        return request

    def tell(self, course: "FaultState", link: FaultedConnection, message: bytes) -> list[bytes]:
        course.hold(link, message, self.seconds)
        return []


@dataclass(frozen=True, slots=True)
class Swap(Scripted):
    """The event changes places with the next one of its name to the same client."""

    KINDS = (MessageKind.EVENT,)

    def tell(self, course: "FaultState", link: FaultedConnection, message: bytes) -> list[bytes]:
        course.hold(link, message)
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
        if not changes and not values:
            raise ScriptError(f"{self}: nothing is altered; give fields, At(...) or a function")
        layout = self.subject.layout
        if values and layout is None:
            raise ScriptError(f"{self}: only Present's are known by fields; give At(...) instead")
        known = [one.name for one in fields(layout)] if layout else []
        if unknown := sorted(values.keys() - set(known)):
            raise ScriptError(
                f"{self}: {name} has no {' and no '.join(unknown)}; "
                f"its fields are {', '.join(known)}"
            )

    def _words(self) -> list[str]:
        own = [*map(_shown, self.changes), *(f"{n}={_shown(v)}" for n, v in self.values.items())]
        return [
            *own,
            *(word for word in Scripted._words(self) if word.partition("=")[0] in _CHOICE),
        ]

    async def ask(
        self, course: "FaultState", link: FaultedConnection, request: bytes
    ) -> bytes | None:
        return self._altered(link, request, MessageKind.REQUEST)

    def tell(self, course: "FaultState", link: FaultedConnection, message: bytes) -> list[bytes]:
        return [self._altered(link, message, self.subject.kind)]

    def _altered(self, link: FaultedConnection, data: bytes, kind: MessageKind) -> bytes:
        content = link.decode(data, kind) if self.values else None
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

    All that came before is still done and told.  Of a request the bytes reach the server, of
    anything else the client.
    """

    KINDS = (MessageKind.REQUEST, MessageKind.EVENT, MessageKind.REPLY, MessageKind.ERROR)

    after: int = field(default=0, kw_only=True)

    async def ask(
        self, course: "FaultState", link: FaultedConnection, request: bytes
    ) -> bytes | None:
        await link.link.caught_up()
        link.link.server.put(request[: self.after])
        link.link.server.flush()
        link.link.lose_server()
        return None

    def tell(self, course: "FaultState", link: FaultedConnection, message: bytes) -> list[bytes]:
        link.link.lose_server()
        return [message[: self.after]] if self.after else []
