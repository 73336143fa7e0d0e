# SPDX-License-Identifier: MIT
"""A layer that writes a trace of the protocol: a text file per client, a line per message."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import FileIO
from pathlib import Path

from harness.proxy.layer import Layer
from harness.proxy.link import Link
from harness.proxy.proxy import LayerHindered, Proxy
from harness.proxy.tracing.describing import Describing
from harness.proxy.tracing.entries import ClientEntries
from harness.proxy.tracing.trace_file import TraceHead, trace_line
from harness.timeline import record, text
from harness.x11 import encoding
from harness.x11.definitions import catalogue


@dataclass(slots=True)
class _Client:
    entries: ClientEntries
    file: FileIO | None = None

    @property
    def name(self) -> str:
        return self.entries.client

    def close(self) -> None:
        """Write no more."""
        if self.file is not None:
            self.file.close()
            self.file = None


class TraceIncomplete(LayerHindered):
    """A trace cannot be written to its end."""


class Trace(Layer):
    """Writes what each client sends and receives to ``folder/client-N.txt``, N from 1.

    A line has the time in ms since the layer was made, the sequence number as the client counts,
    an arrow, the message with its fields, and all its bytes: ``trace_file`` reads it back.  Fields
    are those of timelines for Present and RANDR's events, else those of the protocol descriptions
    of this machine; without these a message has its name alone.  The last line is the end of the
    connection.  Messages pass unchanged, also when the trace cannot be written: it ends there, and
    ``proxy.check`` raises TraceIncomplete.
    """

    every_request = every_message = True

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self._start = time.monotonic()
        self._clients: dict[int, _Client] = {}
        self._proxy: Proxy | None = None
        self._describing: Describing | None = None

    def start(self, proxy: Proxy) -> None:
        """Make the folder.  Raises TraceIncomplete when it cannot be made."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TraceIncomplete(
                f"no protocol trace can be written into {self.folder}: {error.strerror}. Choose a "
                f"folder with room in which you may write"
            ) from None
        self._proxy = proxy

    async def request(self, link: Link, data: bytes) -> bytes | None:
        client = self._client(link)
        self._write(client, *client.entries.request(time.monotonic(), link.sequence, data), data)
        return data

    def message(self, link: Link, data: bytes) -> list[bytes]:
        client = self._client(link)
        sequence = whole_sequence(link, data)
        self._write(client, *client.entries.answer(time.monotonic(), sequence, data), data)
        return [data]

    def closed(self, link: Link) -> None:
        if (client := self._clients.pop(link.number, None)) is not None:
            self._write(client, client.entries.close(time.monotonic(), link.sequence), "", b"")
            client.close()

    @property
    def _words(self) -> Describing:
        # Not made at the start: the layers behind this one add their extensions after it.
        if self._describing is None:
            assert self._proxy is not None
            extensions = self._proxy.extensions.values()
            self._describing = Describing(extensions, catalogue.installed())
        return self._describing

    def _client(self, link: Link) -> _Client:
        # A client may send requests before it is accepted, so this is not left to ``opened``.
        if link.number not in self._clients:
            name = f"client-{link.number}"
            entries = ClientEntries(name, link.order, self._words)
            client = self._clients[link.number] = _Client(entries)
            head = TraceHead(link.order, self._words.extensions)
            with self._hindered(client):
                # Not buffered: the last lines count when something dies.
                client.file = (self.folder / f"{name}.txt").open("wb", buffering=0)
                _write_whole(client.file, head.text().encode("ascii"))
        return self._clients[link.number]

    @contextmanager
    def _hindered(self, client: _Client) -> Iterator[None]:
        """End the trace of ``client``, and say so, when it cannot be written."""
        try:
            yield
        except OSError as error:
            client.close()
            assert self._proxy is not None
            self._proxy.fail(
                TraceIncomplete(
                    f"the protocol trace {self.folder / client.name}.txt cannot be written: "
                    f"{error.strerror}; what was written before it is kept. Choose a folder with "
                    f"room in which you may write"
                )
            )

    def _write(self, client: _Client, entry: record.Entry, fields: str, data: bytes) -> None:
        if client.file is None:
            return
        words = text.entry_text(entry, self._start, None)
        with self._hindered(client):
            _write_whole(client.file, trace_line(f"{words} {fields}" if fields else words, data))


def _write_whole(file: FileIO, line: bytes) -> None:
    """Write all of ``line``.  Raises OSError where a full disk takes a part of it only."""
    rest = memoryview(line)
    while rest:
        rest = rest[file.write(rest) :]


def whole_sequence(link: Link, data: bytes) -> int:
    """All bits of a message's sequence number, of which it has the low 16."""
    if data[0] & 0x7F == encoding.KEYMAP_NOTIFY:
        return link.client_handled
    (low,) = link.unpack("H", data, 2)
    return link.sequence - ((link.sequence - low) & 0xFFFF)
