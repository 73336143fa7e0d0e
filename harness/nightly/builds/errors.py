# SPDX-License-Identifier: MIT
"""What can go wrong with a build, an error class each."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from harness.errors import HarnessError


class BuildStage(StrEnum):
    """How far a build came."""

    FETCH = "fetch"
    CONFIGURE = "configure"
    COMPILE = "compile"
    INSTALL = "install"


@dataclass(frozen=True, slots=True)
class Missing:
    """A dependency that this machine lacks, as meson names it.

    ``package`` is the Debian package that has it, empty when it is not known.
    """

    name: str
    package: str = ""


class BuildFailed(HarnessError):
    """These sources cannot be built so on this machine: a verdict of its own.

    ``reason`` is what the failed program said first, ``log`` all that it said, None for none;
    ``missing`` are the dependencies that were not found.
    """

    def __init__(
        self,
        what: str,
        stage: BuildStage,
        reason: str,
        log: Path | None = None,
        missing: Sequence[Missing] = (),
    ) -> None:
        lines = [f"{what} cannot be built: {stage}: {reason}"]
        if packages := " ".join(dict.fromkeys(one.package for one in missing if one.package)):
            lines.append(
                f"install what is missing, new enough (Debian, Ubuntu): apt-get install {packages}"
            )
        if unknown := [one.name for one in missing if not one.package]:
            lines.append(
                f"install what has {', '.join(unknown)}: apt-file search -x "
                f"'/{unknown[0]}[.]pc$' names the package"
            )
        if log is not None:
            lines.append(f"all that was printed is in {log}")
        super().__init__("\n  ".join(lines))
        self.what, self.stage, self.reason, self.log = what, stage, reason, log
        self.missing = tuple(missing)

    def __reduce__(self) -> tuple[object, ...]:
        """Arguments instead of the message: a worker's error reaches its caller by pickle."""
        return type(self), (self.what, self.stage, self.reason, self.log, self.missing)


class BuildToolMissing(HarnessError):
    """A program that builds need is not there, whatever is to be built."""

    def __init__(self, program: str, remedy: str) -> None:
        super().__init__(f"{program} not found on PATH, which builds need: {remedy}")
        self.program, self.remedy = program, remedy

    def __reduce__(self) -> tuple[object, ...]:
        """Arguments instead of the message: a worker's error reaches its caller by pickle."""
        return type(self), (self.program, self.remedy)


NO_SPACE = "No space left on device"
"""What the system says of a full disk, as programs print it."""


class BuildCacheUnusable(HarnessError):
    """The cache of builds cannot be written: it is full, or not ours: no verdict on sources."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(
            f"the cache of builds {folder} cannot be written: {reason}; expected a writable folder "
            f"with free space: make room (xharness builds prune --keep 5), or name another folder "
            f"in XHARNESS_CACHE"
        )
        self.folder, self.reason = folder, reason

    def __reduce__(self) -> tuple[object, ...]:
        """Arguments instead of the message: a worker's error reaches its caller by pickle."""
        return type(self), (self.folder, self.reason)


class BuildDefinitionError(HarnessError):
    """A table of ``nightly.toml`` defines no build."""
