# SPDX-License-Identifier: MIT
"""The description of a server to start."""

from dataclasses import dataclass
from pathlib import Path

from harness.servers.builds import Build
from harness.servers.errors import SpecError
from harness.servers.kinds.info import Host
from harness.servers.wrapper import Wrapper, prepares_only, wrapped

WRAPPED_SLOWDOWN = 10.0
SANITIZED_SLOWDOWN = 3.0
GUEST_SLOWDOWN = 3.0
"""Deadlines are generous: a server starts 40 times slower under valgrind, and needs 2 s of 10."""


def slowdown(build: Build, wrapper: Wrapper) -> float:
    """By how much deadlines are longer than those for a server that nothing slows down."""
    if wrapper and not prepares_only(wrapper):
        return WRAPPED_SLOWDOWN
    if build.sanitizers:
        return SANITIZED_SLOWDOWN
    return GUEST_SLOWDOWN if build.kind.info.guest else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerSpec:
    """A server to start: its program and screen, and what must hold before it counts as ready.

    Sizes in pixels, ``depth`` in bits.  ``fps`` is the rate of the fake vertical blank (1-600
    frames per second, None: the server's default).  ``screens`` are X screens side by side that
    share the width, and that Xinerama joins to one.  ``lean`` leaves out GLX and font folders,
    and has the keymap compiled from a digest: a third of the time to start.  ``reset`` lets the
    server reset when its last client leaves; the check for readiness is the first one.  Only
    nested servers need ``host``.  ``extensions`` are protocol names ("Present", "XFIXES").
    ``wrapper`` are the words of a command that runs the server (``parse_wrapper``), such as
    valgrind.
    Raises SpecError for values that no server, or not this one, can have.
    """

    build: Build
    width: int = 640
    height: int = 480
    depth: int = 24
    fps: int | None = None
    screens: int = 1
    extra_args: tuple[str, ...] = ()
    lean: bool = True
    reset: bool = False
    host: Host | None = None
    extensions: tuple[str, ...] = ()
    wrapper: Wrapper = ()

    def __post_init__(self) -> None:
        if not (0 < self.width <= 32767 and 0 < self.height <= 32767):
            raise SpecError(f"a screen of {self.width}x{self.height} cannot be: use 1 to 32767")
        if not 0 < self.depth <= 32:
            raise SpecError(f"a depth of {self.depth} cannot be: use 8, 16, 24 or 30")
        if self.fps is not None and not 1 <= self.fps <= 600:
            raise SpecError(f"fps={self.fps} is out of range: use 1 to 600")
        if self.fps is not None and not self.offers("-fakescreenfps"):
            raise SpecError(f"{self.build.path} has no -fakescreenfps, which fps={self.fps} needs")
        if self.screens < 1:
            raise SpecError(f"{self.screens} screens cannot be: use 1 or more")
        if self.screens > 1 and not self.build.joins_screens:
            raise SpecError(f"{self.build.path} joins no {self.screens} screens to one")
        if self.build.kind.info.needs_host and self.host is None:
            raise SpecError(
                f"{self.build.kind} shows itself in another X display: give one as host"
            )

    @property
    def module_folders(self) -> tuple[Path, ...]:
        """Where a server with the harness's own driver finds its modules; empty for others."""
        return self.build.module_folders

    @property
    def kernel(self) -> Path | None:
        """The kernel that the server runs in, where its kind has one of its own."""
        return self.build.kernel

    def offers(self, option: str) -> bool:
        """Whether the program's help lists ``option`` (``-fakescreenfps``) or extension."""
        return self.build.offers(option)

    def argv(self, display_fd: int, authority: Path, folder: Path) -> list[str]:
        """The command line.

        ``folder`` is the server's private one; its log is beside ``authority``.
        """
        info = self.build.kind.info
        argv = [str(self.build.path), "-displayfd", str(display_fd), "-auth", str(authority)]
        argv += ["-nolisten", "tcp"]
        if not self.reset and self.offers("-noreset"):
            argv.append("-noreset")
        argv += info.arguments(self, folder)
        if self.fps is not None:
            argv += ["-fakescreenfps", str(self.fps)]
        if self.lean:
            argv += ["-fp", "built-ins"]
            if self.offers("GLX"):
                argv += ["-extension", "GLX"]
        command = wrapped(self.wrapper, [*argv, *self.extra_args], authority.parent)
        return [*info.starter(self, folder), *command]
