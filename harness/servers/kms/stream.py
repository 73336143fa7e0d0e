# SPDX-License-Identifier: MIT
"""Many connections over one stream of bytes, between a kernel that runs as a program and its host.

The stream is a serial line of the guest, whose driver stalls for good when the host sends more
than its buffer holds: the host has at most ``CREDIT`` bytes on the way that the guest has not
acknowledged.  Each connection has a window of its own, so that a client that reads nothing holds
up no other one.

It imports little: both ends run it in programs of their own.
"""

import os
import selectors
import socket
import struct
from collections.abc import Callable
from enum import IntEnum
from functools import partial

CREDIT = 2048
"""Half of the buffer of a terminal line (N_TTY_BUF_SIZE)."""

WINDOW = 256 * 1024
"""What may be on the way for one connection (bytes)."""

CHUNK = 16 * 1024
"""A part of one connection's data, and what may wait in front of another one's (bytes)."""

HEADER = struct.Struct("=BHI")
"""A frame: its kind, its channel, a number; behind that of DATA so many bytes."""

LARGEST_CHANNEL = 0xFFFF


class Kind(IntEnum):
    """OPEN: the channel is one to the service of this number.  WINDOW: so many bytes more.

    ACKNOWLEDGE: so many bytes of the stream have been read so far, modulo 2**32.  TELL: a message
    about no connection; its channel says which, its number what.
    """

    OPEN = 1
    DATA = 2
    CLOSE = 3
    WINDOW = 4
    ACKNOWLEDGE = 5
    TELL = 6


class StreamClosed(Exception):
    """The other end is no more."""


class StreamDamaged(Exception):
    """What came is no frame."""


class _Channel:
    """One connection: its end here, what is to be written to it, and what may be sent of it."""

    __slots__ = ("arrived", "ending", "events", "id", "socket", "taken", "window")

    def __init__(self, id: int, end: socket.socket) -> None:
        self.id, self.socket = id, end
        self.arrived, self.taken = bytearray(), 0
        self.window, self.ending, self.events = WINDOW, False, 0


class Multiplexer:
    """One end of the stream ``descriptor``, which it makes non-blocking.

    ``connect`` gives the connection to a service that the other end opens, or raises OSError;
    ``told`` takes what the other end tells.  ``credit`` limits the bytes (0: without limit) that
    are on the way unacknowledged; an end that ``acknowledges`` is the other side of that.
    ``selector`` serves callers too: its keys have callables as their data, which take events.
    """

    def __init__(
        self,
        descriptor: int,
        *,
        connect: Callable[[int], socket.socket] | None = None,
        told: Callable[[int, int], None] | None = None,
        credit: int = 0,
        acknowledges: bool = False,
    ) -> None:
        self.selector = selectors.DefaultSelector()
        self._descriptor, self._connect, self._told = descriptor, connect, told
        self._credit, self._acknowledges = credit, acknowledges
        self._written = self._acknowledged = self._read = 0
        self._incoming, self._outgoing = bytearray(), bytearray()
        self._channels: dict[int, _Channel] = {}
        self._last_channel = 0
        self._choked = False
        os.set_blocking(descriptor, False)
        self.selector.register(descriptor, selectors.EVENT_READ, self._stream_ready)

    def tell(self, what: int, number: int = 0) -> None:
        """Tell the other end, behind all that was sent before."""
        self._send(Kind.TELL, what, number)

    def open(self, service: int, end: socket.socket) -> None:
        """Carry the connection ``end`` to the ``service`` of the other end."""
        id = self._free_channel()
        if id is None:
            end.close()
            return
        self._send(Kind.OPEN, id, service)
        self._add(id, end)

    def turn(self, seconds: float | None = None) -> bool:
        """Carry what can be carried; wait ``seconds`` for it, None: until there is something.

        Whether there was.  Raises StreamClosed and StreamDamaged.
        """
        ready = self.selector.select(seconds)
        for key, events in ready:
            key.data(events)
        return bool(ready)

    @property
    def idle(self) -> bool:
        """Whether nothing waits to be written into the stream."""
        return not self._outgoing

    def close(self) -> None:
        """Close all connections; the stream itself is the caller's."""
        for channel in list(self._channels.values()):
            self._drop(channel)
        self.selector.close()

    def _free_channel(self) -> int | None:
        for _ in range(LARGEST_CHANNEL):
            self._last_channel = self._last_channel % LARGEST_CHANNEL + 1
            if self._last_channel not in self._channels:
                return self._last_channel
        return None

    def _add(self, id: int, end: socket.socket) -> None:
        end.setblocking(False)
        channel = self._channels[id] = _Channel(id, end)
        self._want(channel)

    def _want(self, channel: _Channel) -> None:
        """Wait for what can be done with the end of ``channel``."""
        events = 0
        if channel.window > 0 and not self._choked and not channel.ending:
            events |= selectors.EVENT_READ
        if channel.arrived:
            events |= selectors.EVENT_WRITE
        if events == channel.events:
            return
        if channel.events:
            self.selector.unregister(channel.socket)
        if events:
            self.selector.register(channel.socket, events, partial(self._end_ready, channel))
        channel.events = events

    def _end_ready(self, channel: _Channel, events: int) -> None:
        if self._channels.get(channel.id) is not channel:
            return
        if events & selectors.EVENT_WRITE and channel.arrived:
            self._deliver(channel)
        if events & selectors.EVENT_READ and channel.window > 0 and not channel.ending:
            self._collect(channel)

    def _collect(self, channel: _Channel) -> None:
        """Send what came from the end of ``channel``."""
        try:
            data = channel.socket.recv(min(CHUNK, channel.window))
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._send(Kind.CLOSE, channel.id, 0)
            self._drop(channel)
            return
        channel.window -= len(data)
        self._send(Kind.DATA, channel.id, len(data), data)
        if self._channels.get(channel.id) is channel:
            self._want(channel)

    def _deliver(self, channel: _Channel) -> None:
        """Write what arrived for ``channel`` to its end, as far as that takes it."""
        try:
            while channel.arrived:
                done = channel.socket.send(memoryview(channel.arrived)[: 4 * CHUNK])
                del channel.arrived[:done]
                channel.taken += done
        except BlockingIOError:
            pass
        except OSError:
            if not channel.ending:
                self._send(Kind.CLOSE, channel.id, 0)
            self._drop(channel)
            return
        if channel.ending and not channel.arrived:
            self._drop(channel)
            return
        if channel.taken >= WINDOW // 2 and not channel.ending:
            self._send(Kind.WINDOW, channel.id, channel.taken)
            channel.taken = 0
        self._want(channel)

    def _drop(self, channel: _Channel) -> None:
        if self._channels.get(channel.id) is channel:
            del self._channels[channel.id]
        if channel.events:
            self.selector.unregister(channel.socket)
            channel.events = 0
        channel.socket.close()

    def _send(self, kind: Kind, channel: int, number: int, data: bytes = b"") -> None:
        self._outgoing += HEADER.pack(kind, channel, number) + data
        self._push()

    def _push(self) -> None:
        """Write as much as the stream and the credit allow."""
        while self._outgoing and self._allowed:
            try:
                done = os.write(self._descriptor, memoryview(self._outgoing)[: self._allowed])
            except BlockingIOError:
                break
            except OSError as error:
                raise StreamClosed(error.strerror or str(error)) from None
            del self._outgoing[:done]
            self._written += done
        events = selectors.EVENT_READ
        if self._outgoing and self._allowed:
            events |= selectors.EVENT_WRITE
        self.selector.modify(self._descriptor, events, self._stream_ready)
        self._choke(len(self._outgoing) > CHUNK)

    @property
    def _allowed(self) -> int:
        if not self._credit:
            return 4 * CHUNK
        return self._credit - (self._written - self._acknowledged)

    def _choke(self, choked: bool) -> None:
        """Read no connection while much waits to be sent."""
        if choked is not self._choked:
            self._choked = choked
            for channel in self._channels.values():
                self._want(channel)

    def _stream_ready(self, events: int) -> None:
        if events & selectors.EVENT_READ:
            try:
                data = os.read(self._descriptor, 4 * CHUNK)
            except BlockingIOError:
                data = None
            except OSError:
                data = b""
            if data == b"":
                raise StreamClosed("the other end closed it")
            if data:
                self._take(data)
        self._push()

    def _take(self, data: bytes) -> None:
        self._incoming += data
        self._read += len(data)
        if self._acknowledges:
            self._outgoing += HEADER.pack(Kind.ACKNOWLEDGE, 0, self._read & 0xFFFFFFFF)
        at = 0
        while len(self._incoming) - at >= HEADER.size:
            kind, channel, number = HEADER.unpack_from(self._incoming, at)
            end = at + HEADER.size + (number if kind == Kind.DATA else 0)
            if kind not in set(Kind) or (kind == Kind.DATA and number > WINDOW):
                raise StreamDamaged(f"no frame: {bytes(self._incoming[at : at + 16])!r}")
            if len(self._incoming) < end:
                break
            self._handle(kind, channel, number, bytes(self._incoming[at + HEADER.size : end]))
            at = end
        del self._incoming[:at]

    def _handle(self, kind: int, id: int, number: int, data: bytes) -> None:
        channel = self._channels.get(id)
        if kind == Kind.TELL:
            if self._told is not None:
                self._told(id, number)
        elif kind == Kind.ACKNOWLEDGE:
            self._acknowledged = self._written - (self._written - number & 0xFFFFFFFF)
        elif kind == Kind.OPEN:
            self._open(id, number)
        elif channel is None:
            # Both ends closed it at the same time.
            return
        elif kind == Kind.DATA:
            channel.arrived += data
            self._deliver(channel)
        elif kind == Kind.WINDOW:
            channel.window += number
            self._want(channel)
        else:
            channel.ending = True
            self._deliver(channel)

    def _open(self, id: int, service: int) -> None:
        try:
            if self._connect is None:
                raise ConnectionRefusedError
            end = self._connect(service)
        except OSError:
            self._send(Kind.CLOSE, id, 0)
            return
        if id in self._channels:
            # It is closed at the other end, and not yet all delivered here.
            self._drop(self._channels[id])
        self._add(id, end)
