# SPDX-License-Identifier: MIT
"""Messages as dataclasses whose annotations state the wire layout, once for both directions.

A field is annotated with its type and with what stands on the wire, as ``struct`` writes it:

    window: CARD32                                  a number of four bytes
    target_msc: Annotated[int, "4xQ"]               one of eight, behind four unused ones
    state: Annotated[PropertyState, "B"]            an enum or flags, which must have the number
    kind: Annotated[int, "B", CompleteKind]         an enum, or the number if it has no such
    screen: Annotated[tuple[int, int], "HH"]        several numbers
    outputs: Annotated[tuple[int, ...], "H"]        how many there are; they lie elsewhere
    area: XRectangle                                another structure
    notifies: tuple[Notify, ...]                    structures up to the end of the message

The order of the fields is that on the wire.
"""

import struct
from collections.abc import Callable, Collection
from enum import Enum
from inspect import get_annotations
from itertools import chain
from typing import Annotated, Any, ClassVar, Generic, Self, TypeVar, get_args, get_origin

from harness.x11 import encoding
from harness.x11.encoding import NATIVE, ByteOrder

CARD8 = Annotated[int, "B"]
CARD16 = Annotated[int, "H"]
CARD32 = Annotated[int, "I"]
CARD64 = Annotated[int, "Q"]
INT16 = Annotated[int, "h"]


class BadLength(ValueError):
    """A message is shorter than its fields need, or not as long as it has to be."""


class Layout:
    """The fields of ``cls`` on the wire, in either byte order; ``without`` leaves some out.

    ``make`` gets the decoded fields by their names, ``cls`` itself by default.  ``size`` is the
    number of bytes, at least ``least``, without the list at the end.

    Raises TypeError for a field whose annotation states no layout.
    """

    def __init__(
        self,
        cls: type[Any],
        least: int = 0,
        without: Collection[str] = (),
        make: Callable[..., Any] | None = None,
    ) -> None:
        self.name = cls.__name__
        self._format, self._count = "", 0
        self._list: tuple[str, Layout] | None = None
        self._getters: list[str] = []
        self._arguments: list[str] = []
        self._names: dict[str, Any] = {"make": make or cls}
        for name, annotation in get_annotations(cls).items():
            if name not in without and ClassVar not in (annotation, get_origin(annotation)):
                self._add(name, annotation)
        self._format += "x" * (least - struct.calcsize(f"={self._format}"))
        self._structs = {order: struct.Struct(order + self._format) for order in ("<", ">", "=")}
        self.size = self._structs["="].size
        # Compiled from text, as dataclasses do with their constructors, for speed.
        getters, arguments = ", ".join([*self._getters, ""]), ", ".join(self._arguments)
        self._to_numbers = self._function("message", f"({getters})")
        self._to_object = self._function(f"rest, {self._numbers(0)}", f"make({arguments})")

    def _numbers(self, first: int) -> str:
        return ", ".join(f"n{at}" for at in range(first, self._count))

    def _function(self, parameters: str, result: str) -> Callable[..., Any]:
        function: Callable[..., Any] = eval(f"lambda {parameters}: {result}", self._names)
        return function

    def _add(self, name: str, annotation: Any) -> None:
        getter, first = f"message.{name}", self._count
        enum: list[type[Enum]] = []
        if get_origin(annotation) is tuple:
            self._list = name, get_args(annotation)[0].LAYOUT
            self._arguments.append(f"{name}=rest")
            return
        if get_origin(annotation) is Annotated:
            kind, fragment, *enum = get_args(annotation)
        elif isinstance(annotation, type) and issubclass(annotation, Structure):
            kind, fragment = annotation, annotation.LAYOUT._format
        else:
            raise TypeError(f"{self.name}.{name}: its annotation states no layout")
        self._format += fragment
        self._count += len(struct.unpack(f"={fragment}", bytes(struct.calcsize(f"={fragment}"))))
        argument = self._numbers(first)
        if kind is annotation:
            self._names[f"numbers_{name}"] = kind.LAYOUT._to_numbers
            self._names[f"object_{name}"] = kind.LAYOUT._to_object
            getter, argument = f"*numbers_{name}({getter})", f"object_{name}((), {argument})"
        elif self._count > first + 1:
            getter, argument = f"*{getter}", f"({argument})"
        elif get_origin(kind) is not None:
            getter = f"len({getter})"
        elif enum or kind is not int:
            self._names[f"kind_{name}"] = _lenient(enum[0]) if enum else kind
            argument = f"kind_{name}({argument})"
        self._getters.append(getter)
        self._arguments.append(f"{name}={argument}")

    def encode(self, message: Any, byte_order: ByteOrder) -> bytes:
        """The bytes of ``message``, its list included."""
        data = self._structs[byte_order].pack(*self._to_numbers(message))
        if self._list is None:
            return data
        name, items = self._list
        return data + b"".join([items.encode(item, byte_order) for item in getattr(message, name)])

    def decode(self, data: bytes, offset: int, byte_order: ByteOrder) -> Any:
        """What ``make`` makes of the fields in ``data`` from ``offset`` on.

        Raises BadLength, and ValueError for a number that an enum lacks.
        """
        try:
            numbers = self._structs[byte_order].unpack_from(data, offset)
        except struct.error:
            raise BadLength(
                f"{self.name}: {self.size} bytes expected, got {len(data) - offset}"
            ) from None
        rest: tuple[Any, ...] = ()
        if self._list is not None and len(data) > (start := offset + self.size):
            items = self._list[1]
            whole = data[start : len(data) - (len(data) - start) % items.size]
            rest = tuple(
                items._to_object((), *one) for one in items._structs[byte_order].iter_unpack(whole)
            )
        return self._to_object(rest, *numbers)


def _lenient(kind: type[Enum]) -> Callable[[int], Any]:
    members = {member.value: member for member in kind}
    return lambda number: members.get(number, number)


class Message:
    """Anything whose fields have a layout."""

    __slots__ = ()

    LAYOUT: ClassVar[Layout]
    __dataclass_fields__: ClassVar[dict[str, Any]]
    LEAST: ClassVar[int] = 0
    """Bytes that the fields fill at least, with unused ones behind them."""

    def __init_subclass__(cls) -> None:
        cls.LAYOUT = Layout(cls, cls.LEAST)


class Structure(Message):
    """A part of a message."""

    __slots__ = ()

    def encode(self, byte_order: ByteOrder = NATIVE) -> bytes:
        """Its bytes, as they stand in a message."""
        return self.LAYOUT.encode(self, byte_order)

    @classmethod
    def decode(cls, data: bytes, offset: int = 0, byte_order: ByteOrder = NATIVE) -> Self:
        """The one that stands at ``offset`` of a message.  Raises BadLength."""
        structure: Self = cls.LAYOUT.decode(data, offset, byte_order)
        return structure


class ExtensionRequest(Message):
    """A request of an extension; ``OPCODE`` is its minor one, ``NAME`` that of timelines.

    ``EXACT`` is set where a longer request cannot be this one.
    """

    __slots__ = ()

    OPCODE: ClassVar[int]
    NAME: ClassVar[str]
    EXACT: ClassVar[bool] = False

    def encode(self, major: int = 0, byte_order: ByteOrder = NATIVE) -> bytes:
        """The whole request; ``major`` is the extension's opcode, 0 where xcb fills it in."""
        body = self.LAYOUT.encode(self, byte_order)
        return encoding.request(byte_order, major, self.OPCODE, body)

    @classmethod
    def decode(cls, data: bytes, byte_order: ByteOrder = NATIVE) -> Self:
        """The request in ``data``, header included.  Raises BadLength."""
        request: Self = cls.LAYOUT.decode(data, 4, byte_order)
        if cls.EXACT and len(data) != 4 + cls.LAYOUT.size:
            raise BadLength(
                f"{cls.__name__}: {4 + cls.LAYOUT.size} bytes expected, got {len(data)}"
            )
        return request


class GenericEvent(Message):
    """An event of the Generic Event Extension; ``NAME`` is that of timelines.

    ``LENGTH`` is the number of its words beyond the first eight, without the list at its end.
    """

    __slots__ = ()

    EVTYPE: ClassVar[int]
    NAME: ClassVar[str]
    LENGTH: ClassVar[int]
    LEAST = 22

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.LENGTH = (10 + cls.LAYOUT.size - 32) // 4

    def encode(self, major: int, sequence: int = 0, byte_order: ByteOrder = NATIVE) -> bytes:
        """The event as a server sends it; ``major`` is the extension's opcode."""
        body = self.LAYOUT.encode(self, byte_order)
        length = (10 + len(body) - 32) // 4
        head = (encoding.GENERIC_EVENT, major, sequence & 0xFFFF, length, self.EVTYPE)
        return struct.pack(f"{byte_order}BBHIH", *head) + body

    @classmethod
    def decode(cls, data: bytes, byte_order: ByteOrder = NATIVE) -> Self:
        """The event in ``data`` as it stood on the wire.  Raises BadLength."""
        event: Self = cls.LAYOUT.decode(data, 10, byte_order)
        return event


E = TypeVar("E", bound=GenericEvent)


class ExtensionMessages(Generic[E]):
    """What is known of an extension: its own messages, and those that drafts add to it.

    A draft registers when its module is imported; before, its messages are unknown ones.
    ``requests`` has by opcode all that can have it, in the order in which they are tried.
    """

    def __init__(self) -> None:
        self.requests: dict[int, list[type[ExtensionRequest]]] = {}
        self.events: dict[int, type[E]] = {}

    def register_requests(self, *kinds: type[ExtensionRequest]) -> None:
        """Decode requests to these."""
        for kind in kinds:
            self.register_opcode(kind.OPCODE, kind)

    def register_opcode(self, opcode: int, kind: type[ExtensionRequest]) -> None:
        """Decode to ``kind`` what has ``opcode`` and is nothing that was registered before."""
        self.requests.setdefault(opcode, []).append(kind)

    def register_events(self, *kinds: type[E]) -> None:
        """Decode events to these."""
        self.events |= {kind.EVTYPE: kind for kind in kinds}

    def named(self, name: str) -> type[ExtensionRequest] | type[E] | None:
        """The kind of request or event that has this name."""
        kinds: list[type[ExtensionRequest] | type[E]] = [
            *chain.from_iterable(self.requests.values()),
            *self.events.values(),
        ]
        return next((kind for kind in kinds if name == kind.NAME), None)

    def request_name(self, opcode: int) -> str | None:
        """The name of the first kind of request that has this opcode."""
        known = self.requests.get(opcode)
        return known[0].NAME if known else None

    def decode_request(
        self, data: bytes, byte_order: ByteOrder = NATIVE
    ) -> ExtensionRequest | None:
        """The request in ``data``, header included; None for an unknown or cut one."""
        for kind in self.requests.get(data[1], ()) if len(data) > 1 else ():
            try:
                return kind.decode(data, byte_order)
            except BadLength:
                continue
        return None

    def decode_event(self, data: bytes, byte_order: ByteOrder = NATIVE) -> E | None:
        """The event in ``data``, a generic event; None for an unknown or cut one."""
        try:
            (evtype,) = struct.unpack_from(f"{byte_order}H", data, 8)
            return self.events[evtype].decode(data, byte_order)
        except (KeyError, struct.error, BadLength):
            return None
