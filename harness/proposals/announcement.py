# SPDX-License-Identifier: MIT
"""The marker extension of a draft: QueryExtension, ListExtensions and a version query."""

from harness.proposals import requests
from harness.proposals.requests import RequestError, refusing
from harness.proxy.layer import Layer
from harness.proxy.link import Link
from harness.proxy.proxy import Proxy
from harness.x11 import encoding
from harness.x11.extensions import Extension


def announce(layer: Layer, proxy: Proxy, name: str, version: tuple[int, int]) -> int:
    """Add the extension ``name`` to those of the server; returns its major opcode.

    To be called in ``start`` of ``layer``.  Request 0 is a version query shaped as Present's,
    answered by ``version``; every other one is a Request error until ``layer`` has a handler
    for it.  The extension has no events and no errors.  One of this name that the server has
    is hidden.
    """
    major, encoded = proxy.free_major(), name.encode("latin-1")

    async def query_version(link: Link, data: bytes) -> bytes | None:
        if len(data) != 12:
            raise RequestError(encoding.BAD_LENGTH)
        link.answer(requests.reply(link, link.pack("II", *version)), layer)
        return None

    async def refuse(link: Link, data: bytes) -> bytes | None:
        raise RequestError(encoding.BAD_REQUEST)

    async def query_extension(link: Link, data: bytes) -> bytes | None:
        length = len(encoded)
        if len(data) != 8 + len(encoding.padded(encoded)) or link.unpack("H", data) != (length,):
            return data
        if data[8 : 8 + length] != encoded:
            return data
        link.answer(requests.reply(link, bytes([1, major, 0, 0])), layer)
        return None

    async def list_extensions(link: Link, data: bytes) -> bytes | None:
        if len(data) != 4:
            return data
        reply = await link.ask(data)
        if reply[0] == encoding.REPLY:
            reply = _extended(link, reply, proxy)
        link.answer(reply, layer)
        return None

    proxy.extensions[name] = Extension(name, major, 0, 0)
    layer.handlers |= refusing(
        layer,
        {
            (major, 0): query_version,
            (major, None): refuse,
            (encoding.QUERY_EXTENSION, None): query_extension,
            (encoding.LIST_EXTENSIONS, None): list_extensions,
        },
    )
    return major


def _extended(link: Link, reply: bytes, proxy: Proxy) -> bytes:
    """A ListExtensions reply with the extensions that all layers of ``proxy`` added."""
    names, at = [], 32
    for _ in range(reply[1]):
        names.append(reply[at + 1 : at + 1 + reply[at]])
        at += 1 + reply[at]
    added = [one for name in proxy.extensions if (one := name.encode("latin-1")) not in names]
    tail = reply[32:at] + b"".join(bytes([len(one)]) + one for one in added)
    return requests.reply(link, bytes(24) + encoding.padded(tail), reply[1] + len(added))
