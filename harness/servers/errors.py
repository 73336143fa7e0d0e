# SPDX-License-Identifier: MIT
"""Everything that can go wrong with an X server, an error class each."""

import re
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from shlex import join

from harness.errors import HarnessError
from harness.servers.kinds.table import ServerKind

_CAUGHT = re.compile(r"Caught signal (\d+)")


def signal_name(number: int) -> str:
    """``SIGSEGV`` for 11; ``signal 99`` for a number without a name."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def describe_status(status: int | None, log: str = "") -> str:
    """How a process ended, in words, from its return code (negative: a signal).

    An X server catches a crash, logs it and aborts; then ``log`` names the first signal.
    A shell that waited for the server reports a signal as 128 plus its number.
    """
    if status is None:
        return "still running"
    caught = _CAUGHT.findall(log)
    if status < 0:
        name = signal_name(-status)
        first = signal_name(int(caught[-1])) if caught else name
        return f"{first} (then {name})" if first != name else name
    if status > 128 and status - 128 in set(signal.Signals):
        return f"exit status {status} (a shell's word for {signal_name(status - 128)})"
    return f"exit status {status}"


def _tail(log: str, path: Path | None) -> str:
    where = f" ({path})" if path else ""
    if not log:
        return f"  log{where} is empty"
    lines = "\n".join(f"    {line}" for line in log.splitlines())
    return f"  last lines of its log{where}:\n{lines}"


class ServerNotInstalled(HarnessError):
    """A program or file that servers of this kind need is missing.

    ``packages`` maps distribution to package, ``where`` says where it was searched for.
    """

    def __init__(
        self, kind: str, missing: str, packages: Mapping[str, str], where: str = "on PATH"
    ) -> None:
        names = ", ".join(f"{system}: {package}" for system, package in packages.items())
        super().__init__(
            f"{missing} not found {where} ({names}); install it, servers of kind {kind} need it"
        )
        self.kind, self.missing, self.packages = kind, missing, packages


class DriverNotMade(HarnessError):
    """The harness's own driver cannot be compiled or kept; ``output`` is what the compiler said."""

    def __init__(self, reason: str, output: str) -> None:
        said = "".join(f"\n    {line}" for line in output.splitlines()[:20])
        super().__init__(f"servers of kind xorg-flip need the harness's driver: {reason}{said}")
        self.reason, self.output = reason, output


class KernelNotBuilt(HarnessError):
    """The cache ``folder`` has no kernel for servers that run in one."""

    def __init__(self, folder: Path) -> None:
        super().__init__(
            f"servers of kind xorg-kms run in a kernel of their own, which is not built (looked in "
            f"{folder}); run: xharness servers build kms"
        )
        self.folder = folder


class NotAServer(HarnessError):
    """The file is no X server of a known kind; ``reason`` says what it is."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(
            f"{path} is no usable X server: {reason} (known kinds: {', '.join(ServerKind)})"
        )
        self.path, self.reason = path, reason


class NoServerInBuildFolder(HarnessError):
    """The build folder holds no server of some kinds where meson puts them.

    ``places`` are those below ``folder``, by kind; ``reason`` says why they could not be looked at.
    """

    def __init__(self, folder: Path, places: Mapping[str, str], reason: str = "") -> None:
        looked_for = ", ".join(dict.fromkeys(str(folder / place) for place in places.values()))
        super().__init__(
            f"{folder} holds no {' or '.join(places)}: {reason or f'looked for {looked_for}'}; "
            f"give the meson build folder of an X server, and build it first, or a program by "
            f"--server-path"
        )
        self.folder, self.places, self.reason = folder, dict(places), reason

    @classmethod
    def joined(cls, errors: Sequence["NoServerInBuildFolder"]) -> "NoServerInBuildFolder":
        """One error for all kinds that one folder lacks."""
        places = {kind: place for error in errors for kind, place in error.places.items()}
        return cls(errors[0].folder, places, errors[0].reason)


class FetchRefused(HarnessError):
    """This machine can never fetch such a server: not a matter of the network."""


class FetchFailed(HarnessError):
    """Fetching a server failed; ``output`` is what the failed program printed."""

    def __init__(self, what: str, output: str, log: Path, remedy: str) -> None:
        lines = "\n".join(f"    {line}" for line in output.splitlines())
        super().__init__(f"{what}: {remedy}\n  it said (all of it in {log}):\n{lines}")
        self.what, self.output, self.remedy = what, output, remedy


class NoCacheFolder(HarnessError):
    """The folder of fetched servers is not known; ``reason`` says why."""

    def __init__(self, reason: str) -> None:
        super().__init__(
            f"no folder for fetched servers: {reason}; set XHARNESS_CACHE to a folder, or HOME"
        )


class NotFetched(HarnessError):
    """The server of a release is not in the cache; ``build`` is a build that it may have meant."""

    def __init__(self, name: str, folder: Path, build: str = "") -> None:
        other = f"; if {build} is a build: xharness builds make {build}" if build else ""
        super().__init__(
            f"{name} is not fetched (looked for {folder}); run: xharness servers fetch {name}"
            f"{other}"
        )
        self.name, self.folder = name, folder


class SpecError(HarnessError):
    """No such server can be started: a value is out of range, or it lacks an option."""


class MachineUnsuitable(HarnessError):
    """No server can be started on this machine as it is set up."""


class FolderUnusable(HarnessError):
    """Private files of servers cannot be written into ``folder``."""

    def __init__(self, folder: str, error: OSError) -> None:
        super().__init__(
            f"private files of servers cannot be written into {folder}: "
            f"{error.strerror or error}; expected a writable folder with free space "
            f"(TMPDIR names the one for temporary files)"
        )
        self.folder = folder


class DisplayUnusable(HarnessError):
    """A display that was not started here, or that nested servers need, cannot be used."""


class ServerRefused(HarnessError):
    """The server ended by itself before it was ready.

    ``argv``, ``status`` (return code, negative for a signal) and ``log`` (last lines);
    for a program that could not even be run, ``status`` is None and ``log`` the reason.
    """

    def __init__(self, argv: Sequence[str], status: int | None, log: str, path: Path) -> None:
        tail = f"\n{_tail(log, path)}" if status is not None else ""
        reason = log if status is None else describe_status(status, log)
        super().__init__(
            f"{Path(argv[0]).name} refused to start: {reason}\n  command {join(argv)}{tail}"
        )
        self.argv, self.status, self.log = tuple(argv), status, log


class ServerNotReady(HarnessError):
    """The server runs but did not become usable in ``seconds``; ``missing`` says what it lacks."""

    def __init__(
        self, argv: Sequence[str], missing: str, seconds: float, log: str, path: Path
    ) -> None:
        super().__init__(
            f"{Path(argv[0]).name} was not ready after {seconds:.1f} s: {missing}\n"
            f"  command {join(argv)}\n{_tail(log, path)}"
        )
        self.argv, self.missing, self.seconds, self.log = tuple(argv), missing, seconds, log


class ServerDied(HarnessError):
    """The server ended without being stopped.

    ``status`` is its return code (None for a server that is not ours), ``handling`` the
    request it was busy with as far as the caller knows, ``log`` its last lines.  ``cause``
    says in words which program that it needs had died before it.
    """

    def __init__(
        self,
        server: str,
        status: int | None,
        handling: str,
        log: str,
        path: Path | None,
        cause: str = "",
    ) -> None:
        ended = "" if status is None else f" with {describe_status(status, log)}"
        after = f" after {cause}" if cause else ""
        busy = f" while handling {handling}" if handling else ""
        tail = f"\n{_tail(log, path)}" if path else ""
        super().__init__(f"{server} died{ended}{after}{busy}{tail}")
        self.server, self.status, self.handling, self.log = server, status, handling, log


class ServerHung(HarnessError):
    """The server is alive but did not answer ``request`` within ``seconds``.

    ``state`` says what its process does, ``log`` its last lines.
    """

    def __init__(
        self, server: str, request: str, seconds: float, state: str, log: str, path: Path | None
    ) -> None:
        tail = f"\n{_tail(log, path)}" if path else ""
        super().__init__(
            f"{server} hangs: no answer to {request} within {seconds:.1f} s, "
            f"though its process is {state}{tail}"
        )
        self.server, self.request, self.seconds, self.state = server, request, seconds, state
        self.log = log
