# SPDX-License-Identifier: MIT
"""A layer that writes a readable trace of the protocol: a file per client, a line per message."""

import time
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TextIO

from harness.proxy.layer import Layer
from harness.proxy.link import Link
from harness.proxy.naming import Naming, string_in
from harness.proxy.proxy import Proxy
from harness.timeline import record, text
from harness.x11 import encoding, present

COLUMNS = 160
_WORDS = 8
"""Words of a request's or event's body that a line shows."""
_REMEMBERED = 1 << 16
"""Requests whose names are kept for their answers: as many as sequence numbers tell apart."""


class Trace(Layer):
    """Writes what each client sends and receives to ``folder/client-N.txt``, N from 1.

    A line has the time in ms since the layer was made, the sequence number as the client counts
    (of replies, errors and events its low 16 bits), an arrow, and the message: Present's with
    all fields, any other with its size and the first words of its body.  The last line is the
    end of the connection.  Messages pass unchanged.
    """

    every_request = every_message = True

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self._start = time.monotonic()
        self._files: dict[int, TextIO] = {}
        self._requests: dict[int, deque[tuple[int, str]]] = {}
        self._naming = Naming(())

    def start(self, proxy: Proxy) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._naming = Naming(proxy.extensions.values())

    async def request(self, link: Link, data: bytes) -> bytes | None:
        name = self._naming.request(data)
        requests = self._requests.setdefault(link.number, deque(maxlen=_REMEMBERED))
        requests.append((link.sequence, name))
        content = None
        if self._naming.extension(data[0]) == present.EXTENSION:
            content = present.decode_request(data, link.order)
        string = string_in(data, link.order)
        words = f" {string!r}" if string is not None else self._body(link, data, 4)
        words = "" if content else words
        entry = partial(record.Request, name=name, data=data, content=content)
        self._write(link, link.sequence, entry, words)
        return data

    def message(self, link: Link, data: bytes) -> list[bytes]:
        kind = data[0] & 0x7F
        number = 0 if kind == encoding.KEYMAP_NOTIFY else link.unpack("H", data, 2)[0]
        entry: Callable[..., record.Entry]
        words = ""
        if kind == encoding.REPLY:
            entry = partial(record.Reply, name=self._request_name(link, number), data=data[:32])
            words = self._body(link, data, 8)
        elif kind == encoding.ERROR:
            value, minor, major = link.unpack("IHB", data, 4)
            name = self._naming.errors.get(data[1], str(data[1]))
            entry = partial(
                record.Error, name=name, code=data[1], value=value, major=major, minor=minor
            )
        else:
            name, content = self._naming.event(data, link.order), None
            if (
                kind == encoding.GENERIC_EVENT
                and self._naming.extension(data[1]) == present.EXTENSION
            ):
                content = present.decode_event(data, link.order)
            entry = partial(record.Event, name=name, data=data, content=content)
            words = "" if content else self._body(link, data, 4)
        self._write(link, number, entry, words)
        return [data]

    def closed(self, link: Link) -> None:
        if link.number in self._files:
            self._write(link, link.sequence, record.Close)
            self._files.pop(link.number).close()
            self._requests.pop(link.number, None)

    def _request_name(self, link: Link, number: int) -> str:
        """The request that a reply with these 16 bits of a number answers."""
        requests = self._requests.get(link.number, deque())
        while requests and (requests[0][0] - number) & 0xFFFF and len(requests) > 1:
            requests.popleft()
        return requests[0][1] if requests else "a request"

    def _body(self, link: Link, data: bytes, at: int) -> str:
        words = [
            f"{link.unpack('I', data, offset)[0]:#x}"
            for offset in range(at, min(len(data) - 3, at + 4 * _WORDS), 4)
        ]
        more = " ..." if len(data) > at + 4 * _WORDS else ""
        return f" [{len(data)}] {' '.join(words)}{more}"

    def _write(
        self, link: Link, sequence: int, entry: Callable[..., record.Entry], words: str = ""
    ) -> None:
        client = f"client-{link.number}"
        made = entry(time=time.monotonic(), client=client, sequence=sequence)
        file = self._files.get(link.number)
        if file is None:
            path = self.folder / f"{client}.txt"
            # Written line by line: the last lines count when something dies.
            file = self._files[link.number] = path.open("w", buffering=1, encoding="utf-8")
        line = text.entry_text(made, self._start, COLUMNS) + words
        file.write(f"{line}\n")
