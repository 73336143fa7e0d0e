# SPDX-License-Identifier: MIT
"""Messages of clients of the other byte order, rewritten as this machine's clients have them.

X protocol, chapter 8 and appendix B: a client chooses its byte order, which holds for all numbers
that it and the server send, but not for images, nor for strings of two-byte characters.
"""

import struct
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from harness.errors import HarnessError
from harness.recordings.messages import RecordedKind, RecordedMessage
from harness.recordings.recording import RecordingHead
from harness.recordings.references.finding import References
from harness.recordings.references.tables import PROPERTY_CHANGES, PROPERTY_READS
from harness.x11 import encoding
from harness.x11.definitions.catalogue import installed
from harness.x11.definitions.fields import Item
from harness.x11.definitions.naming import Naming
from harness.x11.encoding import ByteOrder

_SEND_EVENT, _EVENT_IN_SEND_EVENT, _EVENT_SIZE = 25, 12, 32
_HIDDEN = (
    *("RENDER:CompositeGlyphs", "GLX:Render", "GLX:VendorPrivate", "XKEYBOARD:SetMap"),
    *("XKEYBOARD:SetCompatMap", "XKEYBOARD:SetDeviceInfo", "RECORD:", "X-Resource:"),
)
"""Beginnings of the names of requests with numbers in fields that are described as bytes."""
_RANDR_NOTIFY = ("IIIIH2xhhHH", "IIIIIHBB", "IIIIB", "III", "IIIIB", "II", "IIIB")
"""Layouts of RANDR's Notify by its subcode, from its second word on (randrproto 1.6, 7)."""


class NotRewritable(HarnessError):
    """The numbers in a request cannot be told from its other bytes."""


def foreign_clients(messages: Iterable[RecordedMessage]) -> set[int]:
    """The clients whose byte order is not this machine's."""
    return {one.client for one in messages if one.order != encoding.NATIVE}


def in_native_order(
    head: RecordingHead, messages: Sequence[RecordedMessage]
) -> list[RecordedMessage]:
    """The messages, each in its place, with all clients of this machine's byte order.

    ``head`` is that of the recording.  Fields of replies and events that are not described keep
    their bytes.  Raises NotRewritable for such a request, DescriptionMissing.
    """
    rewriter = _Rewriter(head)
    return [one if one.order == encoding.NATIVE else rewriter.rewritten(one) for one in messages]


class _Rewriter:
    def __init__(self, head: RecordingHead) -> None:
        catalogue = installed()
        # It raises DescriptionMissing.
        self._references = References(head.extensions, catalogue)
        assert catalogue is not None
        self._naming = Naming(head.extensions, catalogue)
        self._setup = catalogue.core.setup

    def rewritten(self, message: RecordedMessage) -> RecordedMessage:
        """The message with all numbers in this machine's byte order."""
        data, order = bytearray(message.data), message.order
        answers = message.answers
        match message.kind:
            case RecordedKind.GREETING:
                _swap(data, _numbers(self._setup["SetupRequest"].items(message.data, order)))
                data[0] = ord("l" if encoding.NATIVE == "<" else "B")
            case RecordedKind.SETUP:
                name = "Setup" if message.data[0] == 1 else "SetupFailed"
                _swap(data, _numbers(self._setup[name].items(message.data, order)))
            case RecordedKind.REQUEST:
                data = self._request(message)
            case RecordedKind.REPLY:
                _swap(data, self._reply(message))
                # Of requests all that is looked at of replies stands in their first words.
                answers = bytes(self._request_words(bytearray(answers), order))
            case RecordedKind.ERROR:
                _swap(data, [(2, 2), (4, 4), (8, 2)])
                answers = bytes(self._request_words(bytearray(answers), order))
            case RecordedKind.EVENT:
                _swap(data, self._event(message.data, order, 0))
        return replace(message, order=encoding.NATIVE, data=bytes(data), answers=answers)

    def _request(self, message: RecordedMessage) -> bytearray:
        name = self._references.request_name(message.data)
        where = f"request {message.sequence} of client {message.client}, {name},"
        long = message.data[2:4] == bytes(2) and len(message.data) > 8
        form = self._naming.request_form(message.data)
        if name.startswith(_HIDDEN) or (form is None and len(message.data) > 4 + 4 * long):
            raise NotRewritable(
                f"{where} cannot be written in another byte order: its fields are not described"
            )
        return self._request_words(bytearray(message.data), message.order)

    def _request_words(self, data: bytearray, order: ByteOrder) -> bytearray:
        """A request, or the beginning of one, in this machine's byte order."""
        if len(data) < 4:
            return data
        shift = 4 if data[2:4] == bytes(2) and len(data) > 8 else 0
        plain = bytes(data[:4] + data[4 + shift :])
        form = self._naming.request_form(plain)
        items = form.items(plain, order) if form is not None else ()
        places = [(2, 2), *_numbers(items)]
        if self._references.request_name(plain) in PROPERTY_CHANGES and len(plain) > 16:
            places += _property(items, plain[16])
        elif plain[0] == _SEND_EVENT and len(plain) >= _EVENT_IN_SEND_EVENT + _EVENT_SIZE:
            places += self._event(plain[_EVENT_IN_SEND_EVENT:], order, _EVENT_IN_SEND_EVENT)
        moved = [(at + shift if at >= 4 else at, size) for at, size in places]
        _swap(data, moved + [(4, 4)] * bool(shift))
        return data

    def _reply(self, message: RecordedMessage) -> Iterator[tuple[int, int]]:
        yield from ((2, 2), (4, 4))
        form = self._naming.reply_form(message.answers) if message.answers else None
        if form is not None:
            items = form.items(message.data, message.order)
            yield from _numbers(items)
            if self._references.request_name(message.answers) in PROPERTY_READS:
                yield from _property(items, message.data[1])

    def _event(self, data: bytes, order: ByteOrder, start: int) -> Iterator[tuple[int, int]]:
        """Where numbers stand in the event ``data``, which begins ``start`` bytes on."""
        code = data[0] & 0x7F
        places = [] if code == encoding.KEYMAP_NOTIFY else [(2, 2)]
        if code == encoding.GENERIC_EVENT:
            places += [(4, 4), (8, 2)]
        form = self._naming.event_form(data, order)
        places += _numbers(form.items(data, order)) if form is not None else ()
        name = self._naming.event(data, order)
        if name == "ClientMessage" and data[1] in (16, 32):
            size = data[1] // 8
            places += [(at, size) for at in range(12, _EVENT_SIZE, size)]
        elif name == "RANDR:Notify" and data[1] < len(_RANDR_NOTIFY):
            places += _laid_out(_RANDR_NOTIFY[data[1]], 4)
        for at, size in places:
            yield start + at, size


def _numbers(items: Iterable[Item]) -> Iterator[tuple[int, int]]:
    """Place and size (bytes) of each number of more than a byte, at any depth."""
    for one in items:
        if isinstance(one.value, tuple):
            yield from _numbers(one.value)
        elif one.size > 1:
            yield one.offset, one.size


def _property(items: Iterable[Item], bits: int) -> Iterator[tuple[int, int]]:
    """The elements of a property of this format."""
    for one in items:
        if one.name in ("data", "value") and isinstance(one.value, bytes) and bits in (16, 32):
            size = bits // 8
            for at in range(0, len(one.value) - size + 1, size):
                yield one.offset + at, size


def _laid_out(layout: str, at: int) -> Iterator[tuple[int, int]]:
    for end in range(1, len(layout) + 1):
        part = layout[:end]
        if not part[-1].isdigit():
            size = struct.calcsize(f"={part[-1]}")
            if size > 1:
                yield at + struct.calcsize(f"={part}") - size, size


def _swap(data: bytearray, places: Iterable[tuple[int, int]]) -> None:
    for at, size in places:
        if at + size <= len(data):
            data[at : at + size] = data[at : at + size][::-1]
