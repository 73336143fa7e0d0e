# SPDX-License-Identifier: MIT
"""A layer that hides extensions: clients go the way that they have without them."""

from harness.errors import HarnessError
from harness.proxy.layer import Layer
from harness.proxy.link import Link
from harness.proxy.proxy import Proxy
from harness.x11 import encoding
from harness.x11.extensions import decode_list


class UnknownExtension(HarnessError):
    """An extension is to be hidden that the server does not have."""


class HiddenExtensions(Layer):
    """Answers as a server without the extensions ``names`` does.

    QueryExtension says that they are not present, ListExtensions leaves them out, and their
    requests are Request errors.  (Servers take ``-extension NAME`` for most of them, and only warn
    that others, Present among them, cannot be disabled.)  It stands between the clients and the
    layers that need these extensions.
    """

    def __init__(self, *names: str) -> None:
        super().__init__()
        self.names = frozenset(names)
        self._listing: set[tuple[int, int]] = set()

    def start(self, proxy: Proxy) -> None:
        """Raises UnknownExtension for a name that the server lacks."""
        for name in sorted(self.names):
            if name not in proxy.extensions:
                raise UnknownExtension(
                    f"there is no extension {name!r} to hide; the server has "
                    f"{', '.join(sorted(proxy.extensions))}"
                )
            self.handlers[proxy.extensions[name].major, None] = self._refuse
        self.handlers[encoding.QUERY_EXTENSION, None] = self._query
        self.handlers[encoding.LIST_EXTENSIONS, None] = self._list
        self.watches = {encoding.REPLY, encoding.ERROR}

    async def _refuse(self, link: Link, data: bytes) -> bytes | None:
        link.refuse(encoding.BAD_REQUEST, 0, data, self)
        return None

    async def _query(self, link: Link, data: bytes) -> bytes | None:
        (length,) = link.unpack("H", data) if len(data) >= 8 else (0,)
        if data[8 : 8 + length].decode("latin-1") not in self.names:
            return data
        link.answer(bytes([encoding.REPLY]) + bytes(31), self)
        return None

    async def _list(self, link: Link, data: bytes) -> bytes | None:
        self._listing.add((link.number, link.sequence & 0xFFFF))
        return data

    def message(self, link: Link, data: bytes) -> list[bytes]:
        (sequence,) = link.unpack("H", data, 2)
        if (link.number, sequence) not in self._listing:
            return [data]
        self._listing.remove((link.number, sequence))
        if data[0] == encoding.ERROR:
            return [data]
        names = [one.encode("latin-1") for one in decode_list(data) if one not in self.names]
        body = encoding.padded(b"".join(bytes([len(one)]) + one for one in names))
        head = bytes([encoding.REPLY, len(names)]) + data[2:4] + link.pack("I", len(body) // 4)
        return [head + data[8:32] + body]

    def closed(self, link: Link) -> None:
        self._listing = {one for one in self._listing if one[0] != link.number}
