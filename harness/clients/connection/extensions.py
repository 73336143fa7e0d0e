# SPDX-License-Identifier: MIT
"""The extensions of a server, as one connection uses them."""

from typing import Any

import xcffib
import xcffib.composite
import xcffib.damage
import xcffib.dpms
import xcffib.dri3
import xcffib.present
import xcffib.randr
import xcffib.render
import xcffib.res
import xcffib.shape
import xcffib.shm
import xcffib.sync
import xcffib.xfixes
import xcffib.xinerama
from xcffib import ffi, lib

from harness.clients.connection.endpoint import Endpoint
from harness.clients.connection.errors import ExtensionMissing
from harness.x11.extensions import Extension
from harness.x11.plain_connection import ExtensionsUnknown, query_extensions

# xcffib knows the extensions whose modules were imported: what a server has must not depend on it.

_OTHERS: dict[str, xcffib.ExtensionKey] = {}
"""The keys of extensions that xcffib does not have."""

_NO_VERSION = ("SHAPE", "MIT-SHM")
"""Their QueryVersion takes no version from the client."""


class Extensions:
    """The extensions that the harness can speak, by name; each is negotiated on first use."""

    def __init__(self, connection: xcffib.Connection, display: str) -> None:
        self._connection = connection
        self._display = display
        self._negotiated: set[str] = set()
        self.sync_version = (0, 0)
        self.known: dict[str, Extension] = {}
        for key in xcffib.extensions:
            data = self._data(key)
            if data is not None:
                self.known[key.name] = Extension(
                    key.name, data.major_opcode, data.first_event, data.first_error
                )

    def requests(self, module: Any) -> Any:
        """The requests of an xcffib extension module.  Raises ExtensionMissing."""
        name: str = module.key.name
        requests = self._connection(module.key)
        if name not in self.known:
            raise ExtensionMissing(self._display, name)
        if name not in self._negotiated:
            self._negotiated.add(name)
            if name == "SYNC":
                reply = requests.Initialize(3, 1).reply()
                self.sync_version = reply.major_version, reply.minor_version
            elif hasattr(requests, "QueryVersion") and module is not xcffib.present:
                version = (
                    () if name in _NO_VERSION else (module.MAJOR_VERSION, module.MINOR_VERSION)
                )
                requests.QueryVersion(*version).reply()
        return requests

    def key(self, name: str) -> Any:
        """The key of libxcb for any extension of the server.  Raises ExtensionMissing."""
        key = next((key for key in xcffib.extensions if key.name == name), None)
        key = key or _OTHERS.setdefault(name, xcffib.ExtensionKey(name))
        if name not in self.known and self._data(key) is None:
            raise ExtensionMissing(self._display, name)
        return key.c_key

    def _data(self, key: xcffib.ExtensionKey) -> Any:
        data = lib.xcb_get_extension_data(self._connection._conn, key.c_key)
        return data if data != ffi.NULL and data.present else None


def announced(server: Endpoint) -> tuple[Extension, ...]:
    """Every extension of the server, by a connection of its own; none if it does not answer."""
    try:
        return tuple(query_extensions(server.display, server.cookie).values())
    except ExtensionsUnknown:
        return ()
