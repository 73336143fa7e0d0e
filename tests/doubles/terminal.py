# SPDX-License-Identifier: MIT
"""A terminal: a command runs on a real pty, and what it prints is carried out on a screen."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

_TOKEN = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|[\s\S]")


class Screen:
    """What is to be seen after ``text`` was printed on ``rows`` of ``columns`` cells.

    Carries out what ECMA-48 says of the sequences that are used; one that is not known is a
    failure.  ``history`` has the rows that were scrolled away.
    """

    def __init__(self, rows: int, columns: int) -> None:
        self.columns = columns
        self.history: list[str] = []
        self._rows = [""] * rows
        self._row = self._column = 0

    @property
    def lines(self) -> list[str]:
        """All rows that ever were, down to the last that is not empty."""
        text = "\n".join(row.rstrip() for row in (*self.history, *self._rows))
        return text.rstrip("\n").split("\n")

    def frames(self, text: str) -> Iterator[list[str]]:
        """Carry out ``text``; the rows each time that the cursor went up."""
        for found in _TOKEN.finditer(text):
            if found[2] is not None:
                self._sequence(found[1], found[2])
                if found[2] == "A":
                    yield self.lines
            elif len(found[0]) == 1:
                self._print(found[0])

    def _sequence(self, parameter: str, final: str) -> None:
        if final == "A":
            self._row = max(0, self._row - int(parameter or 1))
        elif final == "J":
            assert not parameter, "only the rest of the screen is erased"
            self._rows[self._row] = self._rows[self._row][: self._column]
            self._rows[self._row + 1 :] = [""] * (len(self._rows) - self._row - 1)
        else:
            assert final == "m", f"ESC [ {parameter} {final}"

    def _print(self, character: str) -> None:
        if character == "\r":
            self._column = 0
        elif character == "\n":
            self._down()
        else:
            if self._column == self.columns:
                self._column = 0
                self._down()
            row = self._rows[self._row].ljust(self._column)
            self._rows[self._row] = row[: self._column] + character + row[self._column + 1 :]
            self._column += 1

    def _down(self) -> None:
        self._row += 1
        if self._row == len(self._rows):
            self.history.append(self._rows.pop(0))
            self._rows.append("")
            self._row -= 1


def set_size(descriptor: int, rows: int, columns: int) -> None:
    """Tell a terminal its size; 0 and 0 when it has none."""
    fcntl.ioctl(descriptor, termios.TIOCSWINSZ, struct.pack("4H", rows, columns, 0, 0))


def run_on_terminal(
    command: list[str],
    folder: Path,
    environment: Mapping[str, str],
    size: tuple[int, int] = (24, 80),
    react: Callable[[str, int], None] = lambda text, descriptor: None,
) -> tuple[int, str]:
    """The exit status of ``command``, and all that it wrote to its terminal.

    ``react`` gets what was written so far, and the terminal's other end, to type or to resize.
    """
    ours, its = pty.openpty()
    set_size(its, *size)
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=its,
        stdout=its,
        stderr=its,
        start_new_session=True,
        # Ctrl-C shall reach the whole group, as in a shell.
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
    )
    os.close(its)
    written = b""
    try:
        while data := _read(ours):
            written += data
            react(written.decode(errors="replace"), ours)
        return process.wait(), written.decode(errors="replace")
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:
        # Linux says so when the other end is closed.
        return b""
