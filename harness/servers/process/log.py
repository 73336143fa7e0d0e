# SPDX-License-Identifier: MIT
"""The end of a server's log, however much it wrote."""

from pathlib import Path

TAIL_BYTES = 8192

_SEARCHING = (
    "_XSERVTransSocketUNIXCreateListener: ...SocketCreateListener() failed",
    "_XSERVTransMakeAllCOTSServerListeners: server already running",
)
"""What a server logs for each display number in use while it looks for a free one."""


def tail(path: Path, lines: int = 20, start: int = 0) -> str:
    """The last ``lines`` lines of the last 8 KiB, unprintable characters made visible.

    None of them begins before ``start`` (bytes).

    Without the messages of the search for a display number.  Empty when there is no log.
    """
    try:
        with path.open("rb") as log:
            size = log.seek(0, 2)
            log.seek(max(start, size - TAIL_BYTES))
            data = log.read(TAIL_BYTES)
    except OSError:
        return ""
    text = data.decode(errors="backslashreplace").replace("\t", "    ")
    visible = "".join(c if c.isprintable() or c == "\n" else f"\\x{ord(c):02x}" for c in text)
    kept = [line for line in visible.strip("\n").split("\n") if line not in _SEARCHING]
    return "\n".join(kept[-lines:])
