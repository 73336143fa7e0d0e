# SPDX-License-Identifier: MIT
"""Names of events and errors by the numbers that one server gave its extensions."""

from collections.abc import Callable, Iterable

from harness.x11 import present
from harness.x11.encoding import NATIVE, ByteOrder, read_evtype
from harness.x11.extensions import Extension
from harness.x11.names import (
    CORE_ERRORS,
    CORE_EVENTS,
    EXTENSION_ERRORS,
    EXTENSION_EVENTS,
    GENERIC_EVENTS,
    UNKNOWN_GENERIC,
)

PRESENT_EVENT = "PresentGenericEvent"
"""An event of Present, of whatever type."""


class ExtensionNumbers:
    """The extensions of a server that one client knows.

    ``announced`` gives all that the server has; it is called once, for the first number that no
    known extension explains.  What even these do not explain is named by its number.
    """

    def __init__(self, announced: Callable[[], Iterable[Extension]] = tuple) -> None:
        self._announced = announced
        self._complete = False
        self._majors: dict[int, str] = {}
        self._events, self._errors = dict(CORE_EVENTS), dict(CORE_ERRORS)

    def know(self, extensions: Iterable[Extension]) -> None:
        """Name the events and errors of these, too."""
        for one in extensions:
            self._majors[one.major] = one.name
            for table, first, found in (
                (EXTENSION_EVENTS, one.first_event, self._events),
                (EXTENSION_ERRORS, one.first_error, self._errors),
            ):
                if first:
                    for number, name in table.get(one.name, {}).items():
                        found[first + number] = f"{one.name}:{name}"

    def event(self, code: int) -> str:
        """``MapNotify``, ``RANDR:Notify``, ``99``."""
        return self._named(self._events, code) or str(code)

    def error(self, code: int) -> str:
        """``Match``, ``XFIXES:Region``, ``199``."""
        return self._named(self._errors, code) or str(code)

    def generic_event(self, data: bytes, order: ByteOrder = NATIVE) -> str:
        """``PresentGenericEvent``, ``DPMS:InfoNotify``, ``GenericEvent`` if unknown."""
        extension = self._named(self._majors, data[1])
        if extension == present.EXTENSION:
            return PRESENT_EVENT
        name = GENERIC_EVENTS.get(extension or "", {}).get(read_evtype(data, order))
        return UNKNOWN_GENERIC if name is None else f"{extension}:{name}"

    def _named(self, table: dict[int, str], number: int) -> str | None:
        if number not in table and not self._complete:
            self._complete = True
            self.know(self._announced())
        return table.get(number)
