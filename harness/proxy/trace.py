# SPDX-License-Identifier: MIT
"""A readable trace of the protocol: a text file per client, a line per message."""

import time
from collections import deque
from pathlib import Path
from typing import TextIO

from harness.proxy.layer import Layer
from harness.proxy.link import Link
from harness.proxy.naming import Naming
from harness.proxy.proxy import Proxy
from harness.timeline import record, text
from harness.x11 import encoding, present

COLUMNS = 160
_NAMING = {encoding.QUERY_EXTENSION: 8, encoding.INTERN_ATOM: 8}
"""Where the name begins in requests that are about one."""

_WORDS = 8
"""Words of a request's or event's body that a line shows."""
_REMEMBERED = 1 << 16
"""Requests whose names are kept for their answers: as many as sequence numbers tell apart."""


class Trace(Layer):
    """Writes what each client sends and gets to ``folder/client-N.txt``, N counting from 1.

    A line has the time in ms since the proxy began, the sequence number as the client counts
    (16 bits of it on what comes), an arrow, and the message: Present's with all fields, any
    other with its size and the first words of its body.  The last line tells the end of the
    connection.  It changes nothing.
    """

    every_request = every_message = True

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self._start = time.monotonic()
        self._files: dict[int, TextIO] = {}
        self._asked: dict[int, deque[tuple[int, str]]] = {}
        self._naming = Naming(())

    def start(self, proxy: Proxy) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._naming = Naming(proxy.extensions.values())

    async def request(self, link: Link, data: bytes) -> bytes | None:
        name = self._naming.request(data)
        asked = self._asked.setdefault(link.number, deque(maxlen=_REMEMBERED))
        asked.append((link.sequence, name))
        content = None
        if self._naming.extension(data[0]) == present.EXTENSION:
            content = present.decode_request(data, link.order)
        entry = record.Request(
            time=time.monotonic(),
            client=f"client-{link.number}",
            sequence=link.sequence,
            name=name,
            data=data,
            content=content,
        )
        words = _text(data) or self._body(link, data, 4)
        self._write(link, entry, "" if content else words)
        return data

    def message(self, link: Link, data: bytes) -> list[bytes]:
        kind = data[0] & 0x7F
        number = 0 if kind == encoding.KEYMAP_NOTIFY else link.unpack("H", data, 2)[0]
        moment, client = time.monotonic(), f"client-{link.number}"
        entry: record.Entry
        words = ""
        if kind == encoding.REPLY:
            name = self._question(link, number)
            entry = record.Reply(
                time=moment, client=client, sequence=number, name=name, data=data[:32]
            )
            words = self._body(link, data, 8)
        elif kind == encoding.ERROR:
            value, minor, major = link.unpack("IHB", data, 4)
            entry = record.Error(
                time=moment,
                client=client,
                sequence=number,
                name=self._naming.errors.get(data[1], str(data[1])),
                code=data[1],
                value=value,
                major=major,
                minor=minor,
            )
        else:
            name, content = self._naming.event(data, link.order), None
            if (
                kind == encoding.GENERIC_EVENT
                and self._naming.extension(data[1]) == present.EXTENSION
            ):
                content = present.decode_event(data, link.order)
            entry = record.Event(
                time=moment, client=client, sequence=number, name=name, data=data, content=content
            )
            words = "" if content else self._body(link, data, 4)
        self._write(link, entry, words)
        return [data]

    def closed(self, link: Link) -> None:
        if link.number in self._files:
            moment = time.monotonic()
            name = f"client-{link.number}"
            self._write(link, record.Close(time=moment, client=name, sequence=link.sequence), "")
            self._files.pop(link.number).close()
            self._asked.pop(link.number, None)

    def _question(self, link: Link, number: int) -> str:
        """The request that a reply with these 16 bits of a number answers."""
        asked = self._asked.get(link.number, deque())
        while asked and (asked[0][0] - number) & 0xFFFF and len(asked) > 1:
            asked.popleft()
        return asked[0][1] if asked else "a request"

    def _body(self, link: Link, data: bytes, at: int) -> str:
        words = [
            f"{link.unpack('I', data, offset)[0]:#x}"
            for offset in range(at, min(len(data) - 3, at + 4 * _WORDS), 4)
        ]
        more = " …" if len(data) > at + 4 * _WORDS else ""
        return f" [{len(data)}] {' '.join(words)}{more}"

    def _write(self, link: Link, entry: record.Entry, words: str) -> None:
        file = self._files.get(link.number)
        if file is None:
            path = self.folder / f"client-{link.number}.txt"
            # Written line by line: a trace is for what ends badly.
            file = self._files[link.number] = path.open("w", buffering=1, encoding="utf-8")
        line = text.entry_text(entry, self._start, COLUMNS) + words
        file.write(f"{line}\n")


def _text(request: bytes) -> str:
    """The name that a request is about; empty for any other."""
    at = _NAMING.get(request[0])
    return "" if at is None else f" {request[at:].rstrip(bytes(1)).decode('latin-1')!r}"
