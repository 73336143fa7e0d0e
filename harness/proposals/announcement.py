# SPDX-License-Identifier: MIT
"""An extension that a layer adds to the server's: it is found, listed, and tells its version."""

import struct

from harness.proxy.layer import Layer
from harness.proxy.link import Link
from harness.proxy.proxy import Proxy
from harness.x11 import encoding
from harness.x11.extensions import Extension

_BAD_REQUEST = 1


def announce(layer: Layer, proxy: Proxy, name: str, version: tuple[int, int]) -> int:
    """Let ``layer`` bring the extension ``name``; its major opcode.  To be called in ``start``.

    Request 0 is a version query shaped as Present's, answered by ``version``; every other
    one is a Request error until ``layer`` has a handler for it.  It has no events and no
    errors.  An extension of this name that the server has is hidden.
    """
    major = proxy.free_major()
    extension = Extension(name, major, 0, 0)

    async def query_version(link: Link, request: bytes) -> bytes | None:
        if len(request) != 12:
            link.refuse(encoding.BAD_LENGTH, 0, request, layer)
        else:
            link.answer(_reply(link, 0, b"", *version), layer)
        return None

    async def refuse(link: Link, request: bytes) -> bytes | None:
        link.refuse(_BAD_REQUEST, 0, request, layer)
        return None

    async def query_extension(link: Link, request: bytes) -> bytes | None:
        if _asked(link, request) != name.encode("latin-1"):
            return request
        link.answer(_reply(link, 0, b"")[:8] + bytes([1, major, 0, 0]) + bytes(20), layer)
        return None

    async def list_extensions(link: Link, request: bytes) -> bytes | None:
        if len(request) != 4:
            return request
        reply = await link.ask(request)
        if reply[0] == encoding.REPLY:
            reply = _longer(link, reply, proxy)
        link.answer(reply, layer)
        return None

    proxy.extensions[name] = extension
    layer.handlers[major, 0] = query_version
    layer.handlers[major, None] = refuse
    layer.handlers[encoding.QUERY_EXTENSION, None] = query_extension
    layer.handlers[encoding.LIST_EXTENSIONS, None] = list_extensions
    return major


def _asked(link: Link, request: bytes) -> bytes | None:
    """The name in a QueryExtension; None when the request is cut."""
    if len(request) < 8:
        return None
    (length,) = link.unpack("H", request, 4)
    exact = len(request) == 8 + length + -length % 4
    return request[8 : 8 + length] if exact else None


def _longer(link: Link, reply: bytes, proxy: Proxy) -> bytes:
    """A ListExtensions reply with what all layers of ``proxy`` added."""
    names, at = [], 32
    for _ in range(reply[1]):
        names.append(reply[at + 1 : at + 1 + reply[at]])
        at += 1 + reply[at]
    added = [one for name in proxy.extensions if (one := name.encode("latin-1")) not in names]
    tail = encoding.padded(reply[32:at] + b"".join(bytes([len(one)]) + one for one in added))
    return _reply(link, reply[1] + len(added), tail)


def _reply(link: Link, second: int, tail: bytes, *words: int) -> bytes:
    head = struct.pack(f"{link.order}BBHI", encoding.REPLY, second, 0, len(tail) // 4)
    body = struct.pack(f"{link.order}{len(words)}I", *words)
    return head + body.ljust(24, b"\0") + tail
