# SPDX-License-Identifier: MIT
"""An X server that misbehaves: a real Xvfb behind a proxy that applies one fault.

It answers ``-help`` as Xvfb does, serves a display of its own, and passes every message
between its clients and the Xvfb behind it, except for what the fault changes.  File
descriptors do not pass.  Everything happens in one thread, one message at a time.
"""

import contextlib
import os
import re
import resource
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
from pathlib import Path

from harness.protocol import present
from harness.protocol.names import CORE_EVENTS, EXTENSION_EVENTS, request_name

SOCKETS = Path("/tmp/.X11-unix")
CHUNK = 1 << 18

NO_OPERATION = 127

ERROR, REPLY = 0, 1


class Fault:
    """Passes everything on unchanged; each subclass changes one thing.

    There is one instance per connection.  With ``outlived`` set the real server never learns
    that a client has gone.
    """

    outlived = False

    def __init__(self, link: "Link") -> None:
        self.link = link

    @classmethod
    def name(cls) -> str:
        """``drops-idle`` for DropsIdle."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    @staticmethod
    def start(double: "Double") -> None:
        """Called before the display number is told."""

    def request(self, request: present.Request) -> bytes | present.Request:
        """What the real server gets in place of a Present request: one request."""
        return request

    def other_request(self, name: str, data: bytes) -> bytes:
        """What the real server gets in place of any other request: one request.

        ``name`` is as in timelines: ``CreateWindow``, ``SYNC:TriggerFence``.
        """
        return data

    def event(self, event: present.Event) -> list[present.Event]:
        """What the client gets in place of a Present event."""
        return [event]

    def message(self, name: str, message: bytes) -> list[bytes]:
        """What the client gets in place of a reply, an error, or another event.

        ``name`` is that of the event, or of the request that is answered or refused.
        """
        return [message]


class Ignores(Fault):
    """Requests with these names do nothing."""

    names: tuple[str, ...]

    def other_request(self, name: str, data: bytes) -> bytes:
        return self.link.nothing if name in self.names else data


class Accepts(Fault):
    """Requests with these names are never refused."""

    names: tuple[str, ...]

    def message(self, name: str, message: bytes) -> list[bytes]:
        return [] if message[0] == ERROR and name in self.names else [message]


class Loses(Fault):
    """Events with these names do not come."""

    names: tuple[str, ...]

    def message(self, name: str, message: bytes) -> list[bytes]:
        return [] if name in self.names else [message]


class Link:
    """A client's connection to us and ours to the real server on its behalf.

    ``sequence`` numbers the last request, ``heard`` is the number in the last message.
    ``contexts`` maps windows to the event id last selected on them, ``presented`` and
    ``asked`` sequence numbers to presentations and to the bytes of any request, ``majors``
    extensions to their opcodes.
    """

    def __init__(self, double: "Double", client: socket.socket, server: socket.socket) -> None:
        self.double = double
        self.client, self.server = client, server
        self.order = "<"
        self.major = -1
        self.sequence = self.heard = 0
        self.contexts: dict[int, int] = {}
        self.presented: dict[int, present.PresentPixmap] = {}
        self.asked: dict[int, bytes] = {}
        self.fault = double.fault(self)
        self.to_client, self.to_server = bytearray(), bytearray()
        self._asked, self._told = bytearray(), bytearray()
        self._greeted = self._welcomed = False
        self.majors: dict[str, int] = {}
        self._extensions: dict[int, str] = {}
        self._events = dict(CORE_EVENTS)

    def encode(self, event: present.Event) -> bytes:
        """The event as if it were made now."""
        return event.encode(self.major, self.heard, self.order)

    def read(self, layout: str, data: bytes | bytearray, offset: int = 4) -> tuple[int, ...]:
        """The fields of a message, in the client's byte order."""
        return struct.unpack_from(self.order + layout, data, offset)

    def write(self, data: bytes, offset: int, layout: str, *values: int) -> bytes:
        """The message with other values in these fields."""
        changed = bytearray(data)
        struct.pack_into(self.order + layout, changed, offset, *values)
        return bytes(changed)

    @property
    def question(self) -> bytes:
        """The request that the last reply or error answers."""
        return self.asked[self.heard]

    @property
    def nothing(self) -> bytes:
        """A request that does nothing."""
        return self.write(bytes([NO_OPERATION, 0, 0, 0]), 2, "H", 1)

    def take_requests(self, data: bytes) -> None:
        """More bytes came from the client."""
        self._asked += data
        while (size := self._request_size()) <= len(self._asked):
            request = bytes(self._asked[:size])
            del self._asked[:size]
            self.to_server += self._request(request) if self._greeted else request
            self._greeted = True

    def take_messages(self, data: bytes) -> None:
        """More bytes came from the real server."""
        self._told += data
        while (size := self._message_size()) <= len(self._told):
            message = bytes(self._told[:size])
            del self._told[:size]
            self.to_client += self._message(message) if self._welcomed else message
            self._welcomed = True

    def _request_size(self) -> int:
        if not self._greeted:
            if len(self._asked) < 12:
                return 12
            self.order = "<" if self._asked[:1] == b"l" else ">"
            name, secret = self.read("HH", self._asked, 6)
            return 12 + name + -name % 4 + secret + -secret % 4
        if len(self._asked) < 8:
            return max(4, 4 * self.read("H", self._asked, 2)[0] if len(self._asked) >= 4 else 4)
        (units,) = self.read("H", self._asked, 2)
        return 4 * (units or self.read("I", self._asked, 4)[0])

    def _message_size(self) -> int:
        if not self._welcomed:
            return 8 + (4 * self.read("H", self._told, 6)[0] if len(self._told) >= 8 else 0)
        if len(self._told) < 32 or self._told[0] & 0x7F not in (REPLY, present.GENERIC_EVENT):
            return 32
        return 32 + 4 * self.read("I", self._told, 4)[0]

    def _request(self, data: bytes) -> bytes:
        self.sequence += 1
        self.asked[self.sequence & 0xFFFF] = data
        request = present.decode_request(data, self.order) if data[0] == self.major else None
        if request is None:
            name = self._name(data)
            if name == "CreateWindow":
                (window,), (border,) = self.read("I", data), self.read("H", data, 20)
                self.double.borders[window] = border
            return self.fault.other_request(name, data)
        if isinstance(request, present.SelectInput):
            self.contexts[request.window] = request.event
        if isinstance(request, present.PresentPixmap):
            self.presented[self.sequence & 0xFFFF] = request
        passed = self.fault.request(request)
        return passed if isinstance(passed, bytes) else passed.encode(self.major, self.order)

    def _name(self, request: bytes) -> str:
        extension = self._extensions.get(request[0])
        return request_name(extension, request[1] if extension else request[0])

    def _message(self, data: bytes) -> bytes:
        (self.heard,) = self.read("H", data, 2)
        kind = data[0] & 0x7F
        if kind == present.GENERIC_EVENT and data[1] == self.major:
            event = present.decode_event(data, self.order)
            if event is not None:
                return b"".join(map(self.encode, self.fault.event(event)))
        if kind not in (ERROR, REPLY):
            name = self._events.get(kind, f"event {kind}")
        else:
            name = self._name(self.question)
            if kind == REPLY and name == "QueryExtension":
                self._learn(self.question, data)
        return b"".join(self.fault.message(name, data))

    def _learn(self, request: bytes, reply: bytes) -> None:
        """The reply to QueryExtension tells an extension's numbers."""
        if not reply[8]:
            return
        (length,) = self.read("H", request)
        name = request[8 : 8 + length].decode("ascii")
        _, major, first_event, _ = reply[8:12]
        if name == present.EXTENSION:
            self.major = major
        self.majors[name] = major
        self._extensions[major] = name
        for number, event in EXTENSION_EVENTS.get(name, {}).items():
            self._events[first_event + number] = f"{name}:{event}"


class Double:
    """The proxy: one listening socket, one real server, any number of links.

    ``borders`` are the widths of windows' borders, as they were created.
    """

    def __init__(self, fault: type[Fault], argv: list[str]) -> None:
        self.fault = fault
        self.exit_status = 0
        self.hung = False
        self.links: list[Link] = []
        self.borders: dict[int, int] = {}
        self._outlived: list[socket.socket] = []
        at = argv.index("-displayfd") + 1
        self._display_fd = int(argv[at])
        reading, writing = os.pipe()
        self.real = subprocess.Popen(
            ["Xvfb", *argv[:at], str(writing), *argv[at + 1 :]], pass_fds=[writing]
        )
        os.close(writing)
        self._handle = os.pidfd_open(self.real.pid)
        with os.fdopen(reading) as told:
            self._real_path = SOCKETS / f"X{told.readline().strip()}"
        self._lock, self._path, self._listener = _listen()

    def serve(self) -> int:
        """Pass messages on until SIGTERM or the end of the real server; the exit status."""
        signal.signal(signal.SIGTERM, _end)
        try:
            self.fault.start(self)
            os.write(self._display_fd, f"{self._path.name[1:]}\n".encode())
            while True:
                self._turn()
        except SystemExit:
            return self.exit_status
        finally:
            self._path.unlink()
            self._lock.unlink()
            self.real.terminate()
            self.real.wait()

    def drop(self, link: Link) -> None:
        """Close both ends of a link, unless the client is outlived."""
        link.client.close()
        if self.fault.outlived:
            self._outlived.append(link.server)
        else:
            link.server.close()
        self.links.remove(link)

    def _turn(self) -> None:
        """Wait until something can be read or written, and do that."""
        sources: list[socket.socket | int] = [self._handle]
        sinks: list[socket.socket] = []
        if not self.hung:
            sources.append(self._listener)
            for link in self.links:
                sources += [link.client, link.server]
                sinks += [link.client] * bool(link.to_client)
                sinks += [link.server] * bool(link.to_server)
        readable, writable, _ = select.select(sources, sinks, [])
        if self._handle in readable:
            self._mourn()
        if self._listener in readable:
            client, _ = self._listener.accept()
            server = socket.socket(socket.AF_UNIX)
            server.connect(str(self._real_path))
            for end in (client, server):
                end.setblocking(False)
            self.links.append(Link(self, client, server))
        for link in list(self.links):
            try:
                self._serve(link, readable, writable)
            except OSError:
                self.drop(link)

    def _serve(self, link: Link, readable: list[object], writable: list[object]) -> None:
        for end, take in ((link.client, link.take_requests), (link.server, link.take_messages)):
            if end in readable and link in self.links:
                data = end.recv(CHUNK)
                if not data:
                    raise ConnectionResetError
                take(data)
        for end, waiting in ((link.client, link.to_client), (link.server, link.to_server)):
            if end in writable and link in self.links:
                del waiting[: end.send(waiting)]

    def _mourn(self) -> None:
        """End as the real server ended."""
        status = self.real.wait()
        if status < 0:
            self._path.unlink()
            self._lock.unlink()
            with contextlib.suppress(OSError):
                signal.signal(-status, signal.SIG_DFL)
            os.kill(os.getpid(), -status)
        self.exit_status = status
        raise SystemExit


def _end(*_: object) -> None:
    raise SystemExit


def _listen() -> tuple[Path, Path, socket.socket]:
    """A display number of our own, far above those that servers choose: lock, path, socket."""
    number = 20_000 + os.getpid() % 30_000
    while True:
        number += 1
        lock, path = Path(f"/tmp/.X{number}-lock"), SOCKETS / f"X{number}"
        with contextlib.suppress(FileExistsError):
            with lock.open("x") as file:
                file.write(f"{os.getpid():10}\n")
            break
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(16)
    return lock, path, listener


def run(fault: type[Fault], argv: list[str]) -> None:
    """Be the double, with the command line ``argv`` of an X server."""
    real = shutil.which("Xvfb")
    if real is None:
        raise SystemExit("Xvfb not found on PATH")
    if argv == ["-help"]:
        os.execv(real, [real, "-help"])
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(Double(fault, argv).serve())
