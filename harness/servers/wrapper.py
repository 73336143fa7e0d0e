# SPDX-License-Identifier: MIT
"""The command that stands in front of a server's: ``valgrind --error-exitcode=99``."""

import re
import shlex
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.errors import HarnessError
from harness.servers.kinds.table import ServerKind
from harness.servers.reports import VALGRIND_LOG

OPTION = "--server-wrapper"
EXAMPLE = f"{OPTION} 'valgrind --error-exitcode=99'"

_KIND = re.compile(r"(\w+)=(.*)", re.DOTALL)
_OWN_LOG = ("--log-file", "--log-fd", "--log-socket", "--xml")
_VALGRIND = "valgrind"


class WrapperUnusable(HarnessError):
    """A wrapper that cannot be run, or is not given as it should be."""

    def __init__(self, text: str, reason: str) -> None:
        super().__init__(f"{OPTION} {text!r}: {reason}")


Wrapper = tuple[str, ...]
"""The words of a command, the first one the path of its program; none without a wrapper."""


def parse_wrapper(command: str, text: str = "") -> Wrapper:
    """The words of ``command``, quoted as in a shell, with the path of its program.

    ``text`` is what the user gave, if more.  Raises WrapperUnusable for an empty or badly quoted
    command and a program that is not there.
    """
    text = text or command
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise WrapperUnusable(
            text, f"its quotes do not match ({error}); quote as in a shell: {EXAMPLE}"
        ) from None
    if not words:
        raise WrapperUnusable(text, f"expected a command, such as {EXAMPLE}")
    program = shutil.which(words[0])
    if program is None:
        raise WrapperUnusable(
            text,
            f"{words[0]!r} is no program that can be run, neither on PATH nor as a file; "
            f"install it, or give its path",
        )
    return (str(Path(program).absolute()), *words[1:])


_PREPARING = {"chrt", "env", "ionice", "nice", "prlimit", "setarch", "taskset", "unshare"}


def prepares_only(wrapper: Wrapper) -> bool:
    """Whether it sets the process up and is gone: the server is as fast as without it.

    Without words that may be a program of its own, as in ``env A=1 valgrind``.
    """
    program, *words = wrapper
    return Path(program).name in _PREPARING and all(
        word.startswith("-") or "=" in word or word.isdecimal() for word in words
    )


class Wrappers:
    """The wrapper of each kind of server, from the values of the option.

    A value is a command for all kinds, or begins with one: ``xvfb=valgrind -q``.  That of a
    kind goes before that of all.  Raises WrapperUnusable, also for two values for the same.
    """

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._by_kind: dict[ServerKind | None, Wrapper] = {}
        for value in values:
            kind, command = _kind_of(value)
            if kind in self._by_kind:
                of_what = f"kind {kind}" if kind else "all kinds"
                raise WrapperUnusable(value, f"there is one for {of_what} before it; give one")
            self._by_kind[kind] = parse_wrapper(command, value)

    def of(self, kind: ServerKind) -> Wrapper:
        """The wrapper of servers of ``kind``."""
        return self._by_kind.get(kind, self._by_kind.get(None, ()))

    def check(self, kinds: Iterable[ServerKind]) -> None:
        """Raise WrapperUnusable when one is for a kind that is not among ``kinds``."""
        judged = list(kinds)
        for kind, words in self._by_kind.items():
            if kind is not None and kind not in judged:
                raise WrapperUnusable(
                    f"{kind}={shlex.join(words)}",
                    f"no server of kind {kind} is judged, only {', '.join(judged)}",
                )


def _kind_of(value: str) -> tuple[ServerKind | None, str]:
    """The kind that ``value`` begins with, and the command."""
    named = _KIND.match(value.strip())
    if named is None:
        return None, value
    name, command = named.groups()
    if name not in list(ServerKind):
        raise WrapperUnusable(
            value,
            f"{name} is no kind of server; expected {', '.join(ServerKind)}, or a command "
            f"(one that sets a variable is: env {value})",
        )
    return ServerKind(name), command


def wrapped(wrapper: Wrapper, argv: Sequence[str], folder: Path) -> list[str]:
    """The command line ``argv`` of a server with ``wrapper`` in front.

    Valgrind writes into files in ``folder``, unless the wrapper says where.
    """
    if not runs_valgrind(wrapper):
        return [*wrapper, *argv]
    chosen = any(word.split("=")[0] in _OWN_LOG for word in wrapper)
    log = [] if chosen else [f"--log-file={folder / VALGRIND_LOG}.%p"]
    return [wrapper[0], *log, *wrapper[1:], *argv]


def runs_valgrind(wrapper: Wrapper) -> bool:
    """Whether ``wrapper`` is valgrind itself."""
    return bool(wrapper) and Path(wrapper[0]).name == _VALGRIND


def check_traced(wrapper: Wrapper, program: Path, pid: int) -> None:
    """Raise WrapperUnusable when ``wrapper`` is valgrind and the server, ``pid``, runs without it.

    It follows no program that a script runs, and would find a server without an error.
    """
    if not runs_valgrind(wrapper):
        return
    try:
        running = Path(f"/proc/{pid}/exe").readlink()
    except OSError:
        return
    if _VALGRIND not in str(running):
        raise WrapperUnusable(
            shlex.join(wrapper),
            f"valgrind does not see the server, as {program} is a script that runs another "
            f"program; add --trace-children=yes, or give the program itself",
        )
