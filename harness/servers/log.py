# SPDX-License-Identifier: MIT
"""The end of a server's log, however much it wrote."""

from pathlib import Path

TAIL_BYTES = 8192


def tail(path: Path, lines: int = 20) -> str:
    """The last ``lines`` lines of the last 8 KiB, unprintable characters made visible.

    Empty when there is no log.
    """
    try:
        with path.open("rb") as log:
            size = log.seek(0, 2)
            log.seek(max(0, size - TAIL_BYTES))
            data = log.read(TAIL_BYTES)
    except OSError:
        return ""
    text = data.decode(errors="backslashreplace").replace("\t", "    ")
    visible = "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)
    return "\n".join(visible.rstrip("\n").split("\n")[-lines:])
