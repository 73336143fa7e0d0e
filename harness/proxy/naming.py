# SPDX-License-Identifier: MIT
"""Names of messages on one server, by the numbers that it gave its extensions; their strings."""

from collections.abc import Iterable

from harness.x11 import encoding, present
from harness.x11.extensions import Extension
from harness.x11.names import (
    CORE_ERRORS,
    CORE_EVENTS,
    EXTENSION_ERRORS,
    EXTENSION_EVENTS,
    request_name,
)

_STRINGS = {
    encoding.INTERN_ATOM: (4, 8),
    encoding.QUERY_EXTENSION: (4, 8),
    **dict.fromkeys((49, 50), (6, 8)),
    **dict.fromkeys((45, 85, 92), (8, 12)),
    91: (12, 16),
}
"""Where length and string stand in core requests (X11 protocol, appendix B), by the opcode.

ListFonts and ListFontsWithInfo; OpenFont, AllocNamedColor, LookupColor; StoreNamedColor.
"""
_IMAGE_TEXT_8 = 76
"""Its length is the second byte."""


class Naming:
    """Names requests, events and errors as timelines do.

    ``errors`` are the names of errors by their codes.
    """

    def __init__(self, extensions: Iterable[Extension]) -> None:
        self._extensions: dict[int, str] = {}
        self._events, self.errors = dict(CORE_EVENTS), dict(CORE_ERRORS)
        for one in extensions:
            self._extensions[one.major] = one.name
            for number, event in EXTENSION_EVENTS.get(one.name, {}).items():
                self._events[one.first_event + number] = f"{one.name}:{event}"
            for number, error in EXTENSION_ERRORS.get(one.name, {}).items():
                self.errors[one.first_error + number] = f"{one.name}:{error}"

    def extension(self, major: int) -> str | None:
        """The name of the extension with this major opcode, None when there is none."""
        return self._extensions.get(major)

    def request(self, data: bytes) -> str:
        """``CreateWindow``, ``PresentPixmap``, ``SYNC:TriggerFence``, ``request 200.3``."""
        extension = self.extension(data[0])
        if extension is None and data[0] >= encoding.FIRST_EXTENSION:
            return f"request {data[0]}.{data[1]}"
        return request_name(extension, data[1] if extension else data[0])

    def event(self, data: bytes, order: encoding.ByteOrder) -> str:
        """``MapNotify``, ``RANDR:Notify``, ``PresentIdleNotify``, ``event 99``."""
        kind = data[0] & 0x7F
        if kind != encoding.GENERIC_EVENT:
            return self._events.get(kind, f"event {kind}")
        extension = self.extension(data[1]) or str(data[1])
        evtype = int.from_bytes(data[8:10], "little" if order == "<" else "big")
        if extension == present.EXTENSION and evtype in present.MESSAGES.events:
            return present.MESSAGES.events[evtype].NAME
        return f"{extension}:generic event {evtype}"


def string_in(request: bytes, order: encoding.ByteOrder) -> str | None:
    """The string that a core request of this byte order is about, without padding.

    None for a request without one, or with one that is longer than the request.
    """
    if request[2:4] == bytes(2):
        # The longer form of BIG-REQUESTS.
        request = request[:4] + request[8:]
    if request[0] == _IMAGE_TEXT_8:
        length, start = request[1], 16
    elif request[0] in _STRINGS:
        at, start = _STRINGS[request[0]]
        length = int.from_bytes(request[at : at + 2], "little" if order == "<" else "big")
    else:
        return None
    string = request[start : start + length]
    return string.decode("latin-1") if len(string) == length else None
