# SPDX-License-Identifier: MIT
"""The description of one kind of X server: its program, packages, options and limits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from signal import Signals
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Host:
    """The X display in which a nested server shows its screen, and its cookie file."""

    display: str
    authority: Path | None = None


class Spec(Protocol):
    """The part of a ServerSpec that a kind uses; sizes in pixels, depth in bits, fps in Hz."""

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def depth(self) -> int: ...
    @property
    def screens(self) -> int: ...
    @property
    def fps(self) -> int | None: ...
    @property
    def host(self) -> Host | None: ...
    @property
    def module_folders(self) -> tuple[Path, ...]: ...
    @property
    def kernel(self) -> Path | None: ...

    def offers(self, option: str) -> bool:
        """Whether the help of the server's program lists ``option`` (``-geometry``)."""


def columns(spec: Spec) -> list[tuple[int, int]]:
    """Left and right edge (pixels) of each X screen, where they share the width side by side."""
    return list(pairwise(spec.width * n // spec.screens for n in range(spec.screens + 1)))


Environment = Callable[[Spec, Path], dict[str, str]]
"""From a spec and the server's private folder: variables to add to the clean environment."""


def _nothing(_spec: Spec, _folder: Path) -> dict[str, str]:
    return {}


def _nobody(_spec: Spec, _folder: Path) -> Sequence[str]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class HelperProcess:
    """A program that must run beside the server, from before its start until after its end.

    It is ready when it accepts connections at ``socket``, in the server's private folder.
    ``arguments`` may write files into that folder.  ``fetched`` says whether it comes from the
    server's release, where that is fetched; else from this machine.
    """

    program: str
    packages: Mapping[str, str]
    arguments: Callable[[Spec, Path], Sequence[str]]
    environment: Environment
    socket: str
    fetched: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """The screens that a release allows: depths, and the pixels that its width is a multiple of."""

    depths: Sequence[int]
    width_step: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A file that the server loads and that has a package of its own."""

    file: str
    folders: Sequence[str]
    packages: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Always:
    """At least ``has`` of the need ``keyword`` that every server of a kind meets.

    That is every server with a screen of depth 24 and no further arguments, of a version from
    ``since`` on, with at least ``crtcs`` CRTCs.  ``unless_built_without`` is the extension that
    an option of the build leaves out: only a distribution's server has it in any case.
    """

    keyword: str
    has: Any
    since: tuple[int, ...] = ()
    crtcs: int = 0
    unless_built_without: str = ""


EVERYWHERE = (
    Always(
        "extensions",
        ("Composite", "DAMAGE", "Present", "RANDR", "RENDER", "SHAPE", "SYNC", "XFIXES"),
    ),
    Always("extensions", ("XINERAMA",), unless_built_without="XINERAMA"),
    Always("present", (1, 2)),
    Always("sync", (3, 1)),
    Always("depths", (1, 24, 32)),
    Always("crtcs", 1),
)
"""What servers of all kinds have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KindInfo:
    """One kind of server; its module holds the only one, named INFO.

    The program is searched for in ``places``, then on PATH.  ``built_at`` is its path in a
    meson build folder.  ``help_mark`` is a text that only this program's ``-help`` prints; of kinds
    that share a program the first one in the table has it where none is named.
    ``sign`` is an argument that tells a process of this kind from others of its program.
    ``no_effect`` are options that its help lists and that mean nothing to it.
    ``arguments`` gives the options that this kind alone needs for a spec; it may write files
    (a configuration) into the server's private folder.  ``starter`` is a command that runs the
    one that follows it.  ``end_signal`` asks it to end.  ``depths`` are those that a screen can
    have, ``least_width`` and ``least_height`` are in pixels; ``limits`` has narrower ones of Debian
    releases.
    ``private_sockets`` says whether it or its helper listens in its private folder, or has no
    room for a long path, whose path is then a short one.  ``by_default`` says whether it is
    judged where no server is named.  ``resets`` says whether it can reset after its last client,
    ``joins_screens`` whether it can have several screens that Xinerama joins,
    ``may_flip`` whether some version of it flips.  ``own_driver`` is the file of the harness's
    own driver, which is compiled here and takes commands; ``headers`` are the packages of what it
    is compiled with, fetched with the server of a release.  ``guest`` says that it runs in a
    kernel of its own, which takes commands too: it shares no memory and no descriptors with
    clients.  ``always`` is what it is known to
    have: without it a server has lost something, which fails the first test that needs it.
    """

    program: str
    packages: Mapping[str, str]
    built_at: str
    help_mark: str
    arguments: Callable[[Spec, Path], Sequence[str]]
    depths: Sequence[int]
    sign: str = ""
    no_effect: Sequence[str] = ()
    environment: Environment = _nothing
    end_signal: Signals = Signals.SIGTERM
    starter: Callable[[Spec, Path], Sequence[str]] = _nobody
    places: Sequence[str] = ()
    needs_host: bool = False
    private_sockets: bool = False
    by_default: bool = True
    resets: bool = True
    joins_screens: bool = False
    least_width: int = 1
    least_height: int = 1
    may_flip: bool = False
    own_driver: str = ""
    guest: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    always: tuple[Always, ...] = EVERYWHERE
    limits: Mapping[str, Limits] = field(default_factory=dict)
    helper: HelperProcess | None = None
    module: Module | None = None

    @property
    def debian_packages(self) -> list[str]:
        """The Debian packages of the program and, behind it, of its module and fetched helper."""
        packages = [self.packages] + ([self.module.packages] if self.module else [])
        packages += [self.helper.packages] if self.helper and self.helper.fetched else []
        return [names["Debian, Ubuntu"] for names in packages]
