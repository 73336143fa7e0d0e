# SPDX-License-Identifier: MIT
"""xcffib's connection as the harness's clients use it."""

import os
import socket
from typing import Any, Protocol

import xcffib
from xcffib import ffi, lib

from harness.clients.connection.recording import ClientRecording
from harness.x11.authority import PROTOCOL

_FOREIGN = type(ffi)()
_FOREIGN.include(ffi)
_FOREIGN.cdef("void xcb_prefetch_extension_data(xcb_connection_t *, struct xcb_extension_t *);")
_PREFETCHING = _FOREIGN.dlopen(xcffib.soname)
"""The function of libxcb that xcffib leaves out."""


class WaitingClient(Protocol):
    """The client whose connection it is: it waits, with deadlines."""

    def wait_for_reply(self, sequence: int) -> Any: ...
    def sync(self) -> None: ...


class XcbConnection(xcffib.Connection):  # type: ignore[misc]  # xcffib is untyped
    """xcffib's connection with recording, raw events, and a deadline on every wait."""

    def __init__(
        self,
        client: WaitingClient,
        recording: ClientRecording,
        stream: socket.socket,
        cookie: bytes,
    ) -> None:
        self._client = client
        self._recording = recording
        self._conn = None
        auth = ffi.NULL
        if cookie:
            auth = ffi.new("xcb_auth_info_t *")
            auth.name = auth_name = ffi.new("char[]", PROTOCOL)
            auth.namelen = len(PROTOCOL)
            auth.data = auth_data = ffi.new("char[]", cookie)
            auth.datalen = len(cookie)
            self._auth_memory = (auth_name, auth_data)
        self._conn = lib.xcb_connect_to_fd(os.dup(stream.fileno()), auth)
        self.pref_screen = 0
        try:
            self.invalid()
        except xcffib.XcffibException:
            lib.xcb_disconnect(self._conn)
            raise
        self._init_x()

    def _setup_extensions(self) -> None:
        # Not xcffib's tables of events and errors, which are read raw here; but the queries
        # behind them, all at once, before the first answer is waited for.
        for key in xcffib.extensions:
            _PREFETCHING.xcb_prefetch_extension_data(self._conn, key.c_key)

    def send_request(self, flags: int, xcb_parts: Any, xcb_req: Any) -> int:
        # xcb writes the header into this memory and moves the vector behind it.
        base, length = xcb_parts[0].iov_base, xcb_parts[0].iov_len
        sequence: int = super().send_request(flags, xcb_parts, xcb_req)
        data = bytes(ffi.buffer(base, length))
        extension = (
            None if xcb_req.ext == ffi.NULL else ffi.string(xcb_req.ext.name).decode("ascii")
        )
        self._recording.sent(sequence, extension, xcb_req.opcode, data)
        return sequence

    def wait_for_reply(self, sequence: int) -> Any:
        return self._client.wait_for_reply(sequence)

    def request_check(self, sequence: int) -> None:
        self._client.sync()
