# SPDX-License-Identifier: MIT
"""One meson build: configured, compiled and installed below its own folder."""

import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.deadlines import Deadline
from harness.nightly.builds.errors import (
    NO_SPACE,
    BuildCacheUnusable,
    BuildFailed,
    BuildStage,
    Missing,
)
from harness.nightly.builds.progress import BuildStep, Progress
from harness.nightly.builds.toolchain.debian import package_of
from harness.nightly.builds.toolchain.diagnosis import (
    header_missing_of,
    missing_of,
    why_not_compiled,
    why_not_configured,
)
from harness.nightly.builds.toolchain.programs import Line, run
from harness.nightly.builds.toolchain.tools import build_environment, tool

SEARCH_SECONDS = 60.0
"""How long further missing dependencies are looked for."""

_STUB = "Name: {name}\nDescription: stands for what is missing\nVersion: 9999\n"
_COUNT = "[%f/%t] "
_COUNTED = re.compile(r"\[(\d+)/(\d+)\] ")


@dataclass(frozen=True, slots=True)
class MesonBuild:
    """The folders of one build: ``source``, ``build`` and ``install`` in ``folder``.

    ``what`` names it in errors.  ``lock`` is a descriptor that all programs of the build keep open.
    All methods raise BuildFailed, BuildToolMissing, and BuildCacheUnusable on a full disk.
    """

    folder: Path
    what: str
    lock: int
    progress: Progress

    @property
    def source(self) -> Path:
        return self.folder / "source"

    @property
    def build(self) -> Path:
        return self.folder / "build"

    @property
    def installed(self) -> Path:
        return self.folder / "install"

    @property
    def log(self) -> Path:
        return self.folder / "build.log"

    def declared(self) -> list[Mapping[str, Any]]:
        """The options that the sources declare, and those of meson itself.

        Raises BuildFailed when the sources are not built by meson.
        """
        if not (self.source / "meson.build").is_file():
            raise BuildFailed(
                self.what,
                BuildStage.CONFIGURE,
                "the sources have no meson.build; expected those of an X server that is built by "
                "meson, from X.Org 1.20 on",
            )
        words = [tool("meson"), "introspect", "--buildoptions", str(self.source / "meson.build")]
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            env=build_environment(),
        )
        try:
            declared: list[Mapping[str, Any]] = json.loads(done.stdout)
        except ValueError:
            reason = why_not_configured(done.stdout + done.stderr)
            raise BuildFailed(self.what, BuildStage.CONFIGURE, reason) from None
        return declared

    def configure(self, options: Mapping[str, str]) -> None:
        """Run ``meson setup``.  Raises BuildFailed with all dependencies that are missing."""
        self.progress(BuildStep("configuring"))
        given = [f"-D{name}={value}" for name, value in options.items()]
        command = [
            *(tool("meson"), "setup", str(self.build), str(self.source), "--libdir=lib"),
            *(f"--prefix={self.installed}", *given),
        ]
        tool("ninja")
        if (text := self._run(command)) is None:
            return
        reason = why_not_configured(text)
        missing = self._missing(text, command)
        raise BuildFailed(self.what, BuildStage.CONFIGURE, reason, self.log, missing)

    def compile(self, targets: Sequence[str]) -> None:
        """Run ninja for ``targets``, all where there are none.

        Raises BuildFailed, with the package of a header that meson did not ask for.
        """
        command = [tool("ninja"), "-C", str(self.build), *targets]
        environment = {"NINJA_STATUS": _COUNT}
        text = self._run(command, environment, _counting("compiling", self.progress))
        if text is not None:
            header = header_missing_of(text)
            package = package_of(header)
            missing = [Missing(header, package)] if package else []
            raise BuildFailed(
                self.what, BuildStage.COMPILE, why_not_compiled(text), self.log, missing
            )

    def install(self) -> None:
        """Install what was compiled into the folder of the build itself.  Raises BuildFailed."""
        self.progress(BuildStep("installing"))
        text = self._run([tool("meson"), "install", "-C", str(self.build), "--no-rebuild"])
        if text is not None:
            raise BuildFailed(self.what, BuildStage.INSTALL, why_not_compiled(text), self.log)

    def version(self) -> str:
        """The version of the meson project; empty when it has none."""
        path = self.build / "meson-info/intro-projectinfo.json"
        try:
            return str(json.loads(path.read_text(encoding="utf-8"))["version"])
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def _missing(self, said: str, command: Sequence[str]) -> list[Missing]:
        """All that is missing: each gets a stand-in, until meson names no further one."""
        found: list[Missing] = []
        stubs = self.folder / "stubs"
        path = os.pathsep.join(filter(None, [str(stubs), os.environ.get("PKG_CONFIG_PATH")]))
        stubs.mkdir(exist_ok=True)
        deadline = Deadline.exactly(SEARCH_SECONDS)
        text: str | None = said
        while text is not None and (name := missing_of(text)):
            if name in {one.name for one in found}:
                break
            found.append(Missing(name, package_of(name)))
            if deadline.passed:
                break
            self.progress(BuildStep(f"{name} is missing, looking for what else is"))
            (stubs / f"{name}.pc").write_text(_STUB.format(name=name), encoding="utf-8")
            shutil.rmtree(self.build, ignore_errors=True)
            text = self._run(command, {"PKG_CONFIG_PATH": path})
        return found

    def _run(
        self,
        command: Sequence[str],
        environment: Mapping[str, str] | None = None,
        on_line: Line | None = None,
    ) -> str | None:
        whole = build_environment() | dict(environment or {})
        text = run(command, self.log, whole, lock=self.lock, on_line=on_line or _drop)
        if text is not None and NO_SPACE in text:
            raise BuildCacheUnusable(self.folder.parent.parent, NO_SPACE)
        return text


def _drop(_line: str) -> None:
    pass


def _counting(phase: str, progress: Progress) -> Callable[[str], None]:
    """Makes steps of the counts at the beginning of ninja's lines."""
    began = time.monotonic()

    def count(line: str) -> None:
        if found := _COUNTED.match(line):
            done, total = int(found[1]), int(found[2])
            left = (time.monotonic() - began) / done * (total - done) if done else None
            progress(BuildStep(phase, done, total, left))

    return count
