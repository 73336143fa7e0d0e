# SPDX-License-Identifier: MIT
"""Messages in words: their names, and their fields where no timeline decodes them."""

from collections.abc import Iterable

from harness.x11 import encoding, present
from harness.x11.codec import ExtensionRequest
from harness.x11.definitions.catalogue import Catalogue
from harness.x11.definitions.fields import EnumNames
from harness.x11.definitions.messages import MessageForm
from harness.x11.definitions.naming import Naming
from harness.x11.definitions.text import items_text
from harness.x11.encoding import ByteOrder
from harness.x11.extensions import Extension
from harness.x11.present import PresentEvent
from harness.x11.randr import EXTENSION as RANDR


class Describing:
    """Describes the messages of one server; without a ``catalogue`` there are no fields."""

    def __init__(self, extensions: Iterable[Extension], catalogue: Catalogue | None) -> None:
        self.extensions = tuple(extensions)
        self._naming = Naming(self.extensions, catalogue)
        self._atoms = catalogue.core.enums["Atom"] if catalogue else EnumNames({})

    def request(self, data: bytes, order: ByteOrder) -> tuple[str, ExtensionRequest | None, str]:
        """Name, content if it is Present's, and else the fields in words."""
        name = self._naming.request(data)
        if self._naming.extension(data[0]) == present.EXTENSION:
            content = present.decode_request(data, order)
            if content is not None:
                return name, content, ""
        if data[2:4] == bytes(2) and len(data) > 8:
            # The longer form of BIG-REQUESTS.
            data = data[:4] + data[8:]
        return name, None, self._fields(self._naming.request_form(data), data, order)

    def reply(self, request: bytes, data: bytes, order: ByteOrder) -> str:
        """The fields of the reply to a request, of which the first two bytes count."""
        return self._fields(self._naming.reply_form(request), data, order)

    def event(self, data: bytes, order: ByteOrder) -> tuple[str, PresentEvent | None, str]:
        """Name, content if it is Present's, and else the fields in words."""
        name = self._naming.event(data, order)
        generic = data[0] & 0x7F == encoding.GENERIC_EVENT
        if generic and self._naming.extension(data[1]) == present.EXTENSION:
            content = present.decode_event(data, order)
            if content is not None:
                return name, content, ""
        if order == encoding.NATIVE and name.startswith(f"{RANDR}:"):
            # Timelines decode them, and know which member their union has.
            return name, None, ""
        return name, None, self._fields(self._naming.event_form(data, order), data, order)

    def error(self, code: int) -> str:
        """The name of an error, its code where it has none."""
        return self._naming.errors.get(code, str(code))

    def _fields(self, form: MessageForm | None, data: bytes, order: ByteOrder) -> str:
        return items_text(form.items(data, order), self._atoms) if form else ""
