# SPDX-License-Identifier: MIT
"""Servers built with sanitizers: how they are recognised, and the options that they run with."""

import mmap
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

_SYMBOLS = {
    b"__asan_init": "AddressSanitizer",
    b"__msan_init": "MemorySanitizer",
    b"__tsan_init": "ThreadSanitizer",
    b"__ubsan_handle_": "UndefinedBehaviorSanitizer",
}
"""What the compiler makes a program call, linked to it or loaded with it."""

_CRASHES = "handle_segv=2:handle_sigbus=2:handle_sigfpe=2:handle_sigill=2"
"""An X server catches these signals, and knows less of a crash than the sanitizer does."""

_OWN = {
    "ASAN": f"{_CRASHES}:allocator_may_return_null=1",
    "LSAN": "",
    "MSAN": f"{_CRASHES}:allocator_may_return_null=1",
    "TSAN": "",
    "UBSAN": "print_stacktrace=1",
}
"""A server answers BadAlloc where there is no memory: that is no error of its own."""

_LOG_PATH = re.compile(r"""(?:^|[:,\s])log_path=("[^"]*"|'[^']*'|[^:,\s]+)""")


@lru_cache(maxsize=64)
def _built_in(path: Path, _mtime_ns: int, size: int) -> tuple[str, ...]:
    """The sanitizers of a program; the other arguments make a rebuilt file a new key."""
    if size == 0:
        return ()
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        return tuple(name for symbol, name in _SYMBOLS.items() if data.find(symbol) >= 0)


def built_in(path: Path) -> tuple[str, ...]:
    """The names of the sanitizers that a program was built with, none for a script or none."""
    try:
        status = path.stat()
        return _built_in(path, status.st_mtime_ns, status.st_size)
    except OSError:
        return ()


def instrumented(pid: int) -> bool:
    """Whether a process runs under valgrind or with sanitizers, however it was started.

    Both keep memory that a program frees, and have much of their own.
    """
    program = Path(f"/proc/{pid}/exe")
    try:
        return "valgrind" in str(program.readlink()) or bool(built_in(program))
    except OSError:
        return False


def sanitizer_environment(folder: Path, given: Mapping[str, str]) -> dict[str, str]:
    """The options of all sanitizers for a server whose reports go into ``folder``.

    What the variables in ``given`` (``ASAN_OPTIONS``) say goes before, option by option: the
    last one of a name counts.  A log_path in one is for all: runtimes that have several
    sanitizers read several of the variables.  A server without sanitizers reads none.
    """
    chosen = bool(_log_paths(given))
    options = {}
    for tool, own in _OWN.items():
        name = f"{tool}_OPTIONS"
        log = "" if chosen else f"log_path='{folder / tool.lower()}'"
        options[name] = ":".join(part for part in (own, log, given.get(name, "")) if part.strip())
    return options


def chosen_logs(given: Mapping[str, str], folder: Path) -> list[Path]:
    """The prefixes of files into which ``given`` has reports written, instead of into ``folder``.

    Relative ones count from the folder, in which a server runs.  Where they name a stream,
    reports are in the server's log.
    """
    return [folder / path for path in _log_paths(given) if path not in ("stdout", "stderr")]


def _log_paths(given: Mapping[str, str]) -> list[str]:
    values = (_LOG_PATH.findall(given.get(f"{tool}_OPTIONS", "")) for tool in _OWN)
    return [found[-1].strip("\"'") for found in values if found]
