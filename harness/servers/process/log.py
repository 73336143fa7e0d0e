# SPDX-License-Identifier: MIT
"""The end of a server's log, however much it wrote."""

from pathlib import Path

TAIL_BYTES = 8192

_SEARCHING = (
    "_XSERVTransSocketUNIXCreateListener: ...SocketCreateListener() failed",
    "_XSERVTransMakeAllCOTSServerListeners: server already running",
)
"""What a server logs for each display number in use while it looks for a free one."""

_OF_EVERY_GUEST = (
    "register_lines : can't register UML console driver",
    "MESA-LOADER: failed to retrieve device information",
    "MESA-LOADER: failed to open vkms: ",
    "failed to load driver: vkms",
    "kmsro: driver missing",
)
"""How lines begin that each guest logs while all is well: it has no console, and Mesa looks for a
driver of the virtual display before it draws in software."""

_NOISE = (*_SEARCHING, *_OF_EVERY_GUEST)


def tail(path: Path, lines: int = 20, start: int = 0) -> str:
    """The last ``lines`` lines of the last 8 KiB, unprintable characters made visible.

    None of them begins before ``start`` (bytes).

    Without what is logged while all is well.  Empty when there is no log.
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
    kept = [line for line in visible.strip("\n").split("\n") if not line.startswith(_NOISE)]
    return "\n".join(kept[-lines:])
