# SPDX-License-Identifier: MIT
"""A client of an X server that records everything and waits with deadlines only."""

import select
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from operator import methodcaller
from typing import Any, NoReturn, Self

import xcffib
import xcffib.sync
import xcffib.xproto
from xcffib import ffi, lib

from harness.clients.connection import watchdog
from harness.clients.connection.endpoint import DEATH_SECONDS, REPLY_SECONDS, Endpoint, open_socket
from harness.clients.connection.errors import (
    ConnectionLost,
    ExtensionMissing,
    MessageTruncated,
    ProtocolError,
    ReplyMissing,
    Unsupported,
    WaitTimeout,
)
from harness.clients.connection.extensions import Extensions, announced
from harness.clients.connection.recording import ClientRecording
from harness.clients.connection.requests import ImageReply, Requests
from harness.clients.connection.xcb_connection import XcbConnection
from harness.deadlines import Deadline
from harness.errors import HarnessError
from harness.timeline import record
from harness.x11 import present
from harness.x11.codec import ExtensionRequest
from harness.x11.encoding import ByteOrder
from harness.x11.extensions import Extension

__tracebackhide__ = methodcaller("errisinstance", HarnessError)

_CHECKED = 1
"""XCB_REQUEST_CHECKED: the error comes in place of the reply."""

EVENT_SECONDS = 10.0
"""The default deadline for an event."""

REST_SECONDS = 10.0
"""How long the rest of a message that has begun may take."""


class Client(Requests):
    """One client of an X server.

    Every request, reply, event and error goes into ``timeline`` under ``name``.  A wait
    that takes too long raises what the server says of its death or silence, or WaitTimeout
    when it answers but the event never came.  Raises ConnectionLost when it refuses the
    connection, and MessageTruncated when it sends less than a message says.

    A server that resets itself after its last client drops connections meanwhile: connecting
    is tried again for ``patience`` (s).
    """

    def __init__(
        self,
        server: Endpoint,
        timeline: record.Timeline | None = None,
        name: str = "client",
        patience: float = 0.0,
    ) -> None:
        self.server = server
        self.timeline = record.Timeline() if timeline is None else timeline
        self.name = name
        self._recording = ClientRecording(self.timeline, name, lambda: announced(server))
        self._expecting = 0
        self._closed = False
        self.picture_depth: int | None = None
        """The depth of the screen that what the script expects of pixels is for; None: any."""
        self.cleanup = ExitStack()
        """What is to be done when the connection ends."""
        self._connect(Deadline.after(patience))
        self._poll = select.poll()
        self._poll.register(self._socket, select.POLLIN)
        try:
            self._extensions = Extensions(self._x, server.display)
        except BaseException:
            self.close()
            raise
        self._recording.know(self._extensions.known.values())
        self.core = self._x.core
        self.setup = self._x.setup
        self.screen = self.setup.roots[0]
        self.root: int = self.screen.root
        self.depth: int = self.screen.root_depth
        """That of the screen, and of windows and pixmaps unless another is stated."""
        self.byte_order: ByteOrder = "<" if self.setup.image_byte_order == 0 else ">"
        self.formats: dict[int, tuple[int, int]] = {
            f.depth: (f.bits_per_pixel, f.scanline_pad) for f in self.setup.pixmap_formats
        }

    def _connect(self, deadline: Deadline) -> None:
        while True:
            self._socket = open_socket(self.server, self.name)
            with watchdog.guard(self._socket, Deadline.after(REPLY_SECONDS)):
                try:
                    self._x = XcbConnection(self, self._recording, self._socket, self.server.cookie)
                    return
                except xcffib.XcffibException as error:
                    self._socket.close()
                    if not deadline.passed:
                        self.server.check_alive("a new connection")
                        continue
                    self._closed = True
                    self.server.check_alive("a new connection", DEATH_SECONDS)
                    raise ConnectionLost(
                        f"{self.name} could not connect to {self.server.display}: {error}\n"
                        f"  The server refused the connection or sent no setup "
                        f"within {REPLY_SECONDS:g} s; its log says why."
                    ) from error

    @property
    def events(self) -> list[record.Event]:
        """The events received so far, oldest first."""
        return self._recording.events

    @property
    def errors(self) -> list[record.Error]:
        """The errors received so far that no block caught."""
        return self._recording.errors

    def extension(self, module: Any) -> Any:
        """The requests of an xcffib extension module, such as ``xcffib.xfixes``.

        SYNC, XFIXES, Composite, DAMAGE and RANDR are negotiated on first use.
        Raises ExtensionMissing when the server lacks the extension.
        """
        return self._extensions.requests(module)

    @property
    def sync_version(self) -> tuple[int, int]:
        """Major and minor version of SYNC, up to 3.1.  Raises ExtensionMissing."""
        self.extension(xcffib.sync)
        return self._extensions.sync_version

    def require_picture(self, depth: int) -> None:
        """Raise Unsupported when the script cannot judge pixels of ``depth``.

        That is when the screen has this depth, and ``picture_depth`` is another.
        """
        expected = self.picture_depth
        if expected not in (None, depth) and depth == self.depth:
            words = f"screen of depth {expected}"
            raise Unsupported(self.server.display, words, "screen_depths", (expected,))

    def read_image(self, drawable: int, x: int, y: int, width: int, height: int) -> ImageReply:
        """As ``get_image``.  Raises Unsupported where the root cannot be read."""
        try:
            return self.get_image(drawable, x, y, width, height)
        except ProtocolError as error:
            if drawable != self.root or error.error.name != "Match":
                raise
            words = "root window whose pixels can be read"
            raise Unsupported(self.server.display, words, "root_pixels", True) from None

    @property
    def extensions(self) -> frozenset[str]:
        """The names of the server's extensions that the harness can speak."""
        return frozenset(self._extensions.known)

    def has_extension(self, name: str) -> bool:
        return name in self._extensions.known

    def numbers(self, name: str) -> Extension:
        """Opcode, first event and first error of extension ``name``.

        Raises ExtensionMissing when the server lacks it.
        """
        if name not in self._extensions.known:
            raise ExtensionMissing(self.server.display, name)
        return self._extensions.known[name]

    def send(self, request: ExtensionRequest) -> int:
        """Send a Present request; returns its sequence number."""
        return self.send_raw(present.EXTENSION, request.OPCODE, request.encode())

    def send_raw(self, extension: str | None, opcode: int, data: bytes) -> int:
        """Send ``data`` as one request (libxcb fills opcode, minor and length in).

        ``opcode`` is the minor one of an extension.  The length is that of ``data``, so a
        request of a wrong length can be sent; no reply is expected.
        """
        return self._send(extension, opcode, data, void=True)

    def ask_raw(self, extension: str, opcode: int, data: bytes) -> bytes:
        """Send ``data`` as one request of ``extension`` that has a reply; the reply's bytes.

        Raises ProtocolError, and ExtensionMissing when the server lacks the extension.
        """
        return bytes(self._reply_bytes(self._send(extension, opcode, data, void=False)))

    def reply(self, cookie: xcffib.Cookie) -> memoryview:
        """The bytes of the reply to a request that xcffib has built, not copied.

        Raises ProtocolError.
        """
        return self._reply_bytes(cookie.sequence)

    def _reply_bytes(self, sequence: int) -> memoryview:
        unpacker = self.wait_for_reply(sequence)
        return memoryview(ffi.buffer(unpacker.cdata, unpacker.known_max)).cast("B")

    def _send(self, extension: str | None, opcode: int, data: bytes, *, void: bool) -> int:
        request = ffi.new("xcb_protocol_request_t *")
        request.count = 1
        request.ext = ffi.NULL if extension is None else self._extensions.key(extension)
        request.opcode = opcode
        request.isvoid = void
        parts = ffi.new("struct iovec[4]")
        memory = ffi.from_buffer(bytearray(data))
        parts[2].iov_base = memory
        parts[2].iov_len = len(data)
        try:
            return self._x.send_request(0 if void else _CHECKED, parts + 2, request)
        except xcffib.XcffibException:
            self._lost()

    def ask(self, request: present.QueryVersion | present.QueryCapabilities) -> bytes:
        """Send a Present request that has a reply; returns the reply's bytes."""
        return self.ask_raw(present.EXTENSION, request.OPCODE, request.encode())[:32]

    def new_id(self) -> int:
        """An unused resource id of this client."""
        return int(self._x.generate_id())

    def flush(self) -> None:
        """Write everything sent so far to the socket."""
        with watchdog.guard(self._socket, Deadline.after(REPLY_SECONDS)):
            connection = self._x._conn
            flushed = connection is not None and lib.xcb_flush(connection) > 0
        if not flushed:
            self._lost()

    def sync(self) -> None:
        """A round trip: the server has handled every request of this client.

        Raises ProtocolError for an error that no block catches.
        """
        self.wait_for_reply(self._x.core.GetInputFocus().sequence)
        self._complain()

    @contextmanager
    def catch_errors(self) -> Iterator[list[record.Error]]:
        """The errors that the requests in the block cause, any or none; known when it ends."""
        self.sync()
        caught: list[record.Error] = []
        before = len(self.errors)
        self._expecting += 1
        try:
            yield caught
            self.sync()
        except ProtocolError:
            pass
        finally:
            self._expecting -= 1
        caught += self.errors[before:]
        del self.errors[before:]

    def _complain(self) -> None:
        if self.errors and not self._expecting:
            error = self.errors.pop(0)
            raise ProtocolError(error, self._recording.request_name(error.sequence))

    def wait_for(
        self,
        predicate: Callable[[record.Event], bool],
        what: str,
        seconds: float = EVENT_SECONDS,
        since: int = 0,
    ) -> record.Event:
        """The first event from number ``since`` on that satisfies ``predicate``.

        ``seconds`` are stretched by XHARNESS_TIMEOUT_SCALE, as all deadlines.

        Raises WaitTimeout, which names ``what`` was pending and what did arrive.
        """
        deadline = Deadline.after(seconds)
        self.flush()
        at = since
        with self._reading(seconds) as guard:
            while True:
                while at < len(self.events):
                    if predicate(self.events[at]):
                        return self.events[at]
                    at += 1
                if self._receive(guard):
                    continue
                self._complain()
                if deadline.passed:
                    break
                self._poll.poll(deadline.remaining * 1000 + 1)
        self.sync()
        for event in self.events[at:]:
            if predicate(event):
                return event
        arrived = [e.content or e.name for e in self.events[since:]]
        listing = "".join(f"\n    {event}" for event in arrived[-12:]) or " nothing"
        raise WaitTimeout(
            f"{what} never came (waited {deadline.seconds:g} s).\n"
            f"  server   {self.server.display}, alive and answering {self.name}\n"
            f"  arrived {listing}"
        )

    def poll_events(self) -> list[record.Event]:
        """All events so far, including those that can be read without waiting."""
        with self._reading() as guard:
            self._receive(guard)
        return self.events

    def close(self) -> None:
        """End the connection; the server frees what this client owns."""
        if self._closed:
            return
        self._closed = True
        self._recording.end()
        guard = watchdog.guard(self._socket, Deadline.after(REPLY_SECONDS))
        with closing(self._socket), self.cleanup, guard:
            self._x.disconnect()

    @property
    def closed(self) -> bool:
        return self._closed

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def wait_for_reply(self, sequence: int) -> Any:
        """The reply to the request with this number.

        Raises ProtocolError for an error in its place, ReplyMissing when later messages have come
        without it, and as ``Client`` does for a server that is dead or silent.
        """
        deadline = Deadline.after(REPLY_SECONDS)
        reply_p = ffi.new("void **")
        error_p = ffi.new("xcb_generic_error_t **")
        self.flush()
        with self._reading(REPLY_SECONDS) as guard:
            while not lib.xcb_poll_for_reply(self._x._conn, sequence, reply_p, error_p):
                if lib.xcb_connection_has_error(self._x._conn):
                    self._lost(guard)
                if deadline.passed:
                    raise self.server.silent(self._recording.unanswered(), deadline.seconds)
                self._poll.poll(deadline.remaining * 1000 + 1)
            if lib.xcb_connection_has_error(self._x._conn) and reply_p[0] == ffi.NULL:
                self._lost(guard)
            # What the server sent before the reply stands before it in the timeline.
            self._receive(guard)
        self._recording.handled(sequence)
        if error_p[0] != ffi.NULL:
            error = self._recording.error(error_p[0])
            self.errors.remove(error)
            xcffib.c_free(error_p[0])
            if self._expecting:
                self.errors.append(error)
            raise ProtocolError(error, self._recording.request_name(sequence))
        if reply_p[0] == ffi.NULL:
            raise ReplyMissing(
                f"{self.name} got no reply to {self._recording.request_name(sequence)}, though "
                f"{self.server.display} has sent messages that belong after it: the server left "
                f"it out, or wrote something into the middle of an earlier reply"
            )
        reply = ffi.gc(reply_p[0], xcffib.c_free)
        length = ffi.cast("xcb_generic_reply_t *", reply).length
        self._recording.reply(sequence, ffi.buffer(reply, 32 + length * 4))
        return xcffib.CffiUnpacker(reply, known_max=32 + length * 4)

    def _reading(self, seconds: float = 0.0) -> watchdog.guard:
        """A guard for reading during ``seconds``, and for the rest of a message that has begun.

        libxcb waits for that rest without end.
        """
        return watchdog.guard(self._socket, Deadline.after(seconds + REST_SECONDS))

    def _receive(self, guard: watchdog.guard) -> bool:
        """Record what can be read without waiting; True if there was anything."""
        received = False
        while True:
            event = lib.xcb_poll_for_event(self._x._conn)
            if event == ffi.NULL:
                if lib.xcb_connection_has_error(self._x._conn):
                    self._lost(guard)
                return received
            received = True
            try:
                if event.response_type == 0:
                    self._recording.error(ffi.cast("xcb_generic_error_t *", event))
                else:
                    self._recording.event(event)
            finally:
                xcffib.c_free(event)

    def _lost(self, guard: watchdog.guard | None = None) -> NoReturn:
        self._recording.end()
        unanswered = self._recording.unanswered()
        self.server.check_alive(unanswered, DEATH_SECONDS)
        if guard is not None and guard.overrun:
            raise MessageTruncated(
                f"{self.name} waited for the rest of a message of {self.server.display} that never "
                f"came, though the server is alive: its length field says more than was sent; "
                f"unanswered: {unanswered}"
            )
        raise ConnectionLost(
            f"{self.name} lost its connection to {self.server.display}, which is alive; "
            f"unanswered: {unanswered}"
        )
