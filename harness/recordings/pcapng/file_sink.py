# SPDX-License-Identifier: MIT
"""A recording that goes into a file while it is made."""

from collections.abc import Callable, Sequence
from pathlib import Path

from harness.proxy.proxy import LayerHindered, Proxy
from harness.recordings.pcapng.writer import RecordingWriter
from harness.recordings.recording import Item, RecordingHead

_SECONDS = 0.05
"""How long what was recorded may wait before it is written."""


class RecordingStopped(LayerHindered):
    """A recording cannot be written, or not to its end."""


class FileSink:
    """Writes a recording to ``path``; a tenth of a second of it may be lost with the process.

    ``display`` is the number of the server's.  Clients go on when the file cannot be written: what
    is in it stays, ``say`` gets RecordingStopped at once, in the proxy's thread, and
    ``proxy.check`` raises it.
    """

    def __init__(
        self,
        path: Path,
        display: int = 0,
        say: Callable[[RecordingStopped], object] = lambda _: None,
    ) -> None:
        self.path = path
        self._display, self._say = display, say
        self._writer: RecordingWriter | None = None
        self._proxy: Proxy | None = None
        self._flushing = False

    def begin(self, head: RecordingHead, proxy: Proxy) -> None:
        """Make the file.  Raises RecordingStopped when it cannot be made."""
        self._proxy = proxy
        try:
            self._writer = RecordingWriter(self.path, head, self._display)
            self._writer.flush()
        except OSError as error:
            raise self._stopped(error) from None

    def take(self, items: Sequence[Item]) -> None:
        if self._writer is None:
            return
        try:
            for item in items:
                self._writer.write(item)
        except OSError as error:
            self._stop(error)
        if not self._flushing and self._proxy is not None:
            self._flushing = True
            self._proxy.after(_SECONDS, self._flush)

    def end(self) -> None:
        if self._writer is not None:
            try:
                self._writer.close()
            except OSError as error:
                self._stop(error)

    def _flush(self) -> None:
        self._flushing = False
        if self._writer is not None:
            try:
                self._writer.flush()
            except OSError as error:
                self._stop(error)

    def _stop(self, error: OSError) -> None:
        assert self._writer is not None
        assert self._proxy is not None
        self._writer.abandon()
        self._writer = None
        stopped = self._stopped(error)
        self._proxy.fail(stopped)
        self._say(stopped)

    def _stopped(self, error: OSError) -> RecordingStopped:
        return RecordingStopped(
            f"the recording {self.path} cannot be written: {error.strerror}; what was written "
            f"before can be read. Choose a folder with room in which you may write"
        )
