# SPDX-License-Identifier: MIT
"""A private apt: the machine's addresses, proxies and keys, but lists and files of its own.

It runs apt's own commands instead of python-apt, which is bound to the system's Python.
"""

import contextlib
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

from harness.servers.errors import FetchFailed, FetchRefused
from harness.servers.releases.apt_sources import derive

Progress = Callable[[str, float], None]
"""Receives the name of the phase, and how much of it is done (per cent)."""

_TOOLS = ("apt-get", "apt-config", "dpkg-deb")
_ABSENT = re.compile(
    r"The repository '(\S+) (\S+) Release' does not have a Release file"
    # The message for a source marked as trusted, whose lists apt tries all the same.
    r"|Failed to fetch (\S+)/dists/([^/\s]+)/\S+  (?:404|Failed to stat|File not found)"
)
_UNMET = "The following packages have unmet dependencies"
_REMEDIES = (
    ("Could not get lock", "another program fetches into the same folder: wait for its end"),
    ("Unable to find a source package", "this release has no such source package"),
    ("Unable to locate package", "this release has no such package for this machine"),
    (_UNMET, "this release is being changed: try again in some hours"),
    ("NO_PUBKEY", "this machine lacks the release's key: upgrade debian-archive-keyring"),
    (
        "is not signed",
        "this machine cannot verify the release, and what is not verified is not run",
    ),
    ("Hash Sum mismatch", "what came is damaged or being changed: run it again"),
    ("enough free space", "make room, or name another folder in XHARNESS_CACHE"),
    ("No space left", "make room, or name another folder in XHARNESS_CACHE"),
)
_ELSE = "look at the network and at apt-get update, then run it again; what came is kept"


class PrivateApt:
    """apt for ``release`` with its lists in ``folder``; the machine's own stay unchanged.

    ``lock`` is an open file whose lock must last as long as our apt-get runs.  ``types`` are
    ``deb`` for packages, or ``deb-src`` for sources.
    Raises FetchRefused where there is no apt, or no source to derive others from.
    """

    def __init__(
        self, release: str, folder: Path, lock: int, progress: Progress, types: str = "deb"
    ) -> None:
        missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
        if missing:
            raise FetchRefused(
                f"{missing[0]} not found on PATH: servers of Debian releases are fetched by apt, "
                f"on a Debian or Ubuntu machine; elsewhere name a server by --server-path"
            )
        self.release, self.folder, self._lock, self._progress = release, folder, lock, progress
        for part in ("lists/partial", "cache"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        (folder / "status").write_text("")
        self._machine = _machine_settings()
        places = Path(self._machine["list"]), Path(self._machine["folder"])
        self._sources = derive(release, *places, types)
        self._configure()

    def update(self) -> None:
        """Fetch the package lists, without sources that lack the release.

        Raises FetchRefused when no source has the release, FetchFailed for other failures.
        """
        while True:
            self._write_sources()
            log = self._run(f"package lists of {self.release}", ["update"], self.folder / "cache")
            if log is None:
                return
            groups = [list(filter(None, found)) for found in _ABSENT.findall(log)]
            absent = {(uri.rstrip("/"), suite) for uri, suite in groups}
            left = [s for s in self._sources if (s.uri.rstrip("/"), s.suite) not in absent]
            if not any(source.suite == self.release for source in left):
                searched = ", ".join(dict.fromkeys(source.uri for source in self._sources))
                raise FetchRefused(
                    f"there is no release {self.release} where this machine gets its packages "
                    f"({searched}); known are bullseye, bookworm, trixie and sid"
                )
            if left == self._sources:
                raise self._failed(f"the package lists of {self.release} cannot be fetched", log)
            self._sources = left

    def download(self, packages: Sequence[str], archives: Path) -> list[Path]:
        """``packages`` and all their dependencies as ``.deb`` files, verified by apt.

        Files in the folder are kept, also partial ones.  Raises FetchFailed.
        """
        (archives / "partial").mkdir(parents=True, exist_ok=True)
        wanted = ["install", "--yes", "--download-only", "--no-install-recommends", *packages]
        log = self._run(f"packages of {self.release}", wanted, archives)
        if log is not None:
            raise self._failed(f"{' '.join(packages)} of {self.release} cannot be fetched", log)
        return sorted(archives.glob("*.deb"))

    def download_source(self, package: str, folder: Path) -> Path:
        """The newest source ``package``, verified by apt, in ``folder``; its ``.dsc`` file.

        Raises FetchFailed.
        """
        folder.mkdir(parents=True, exist_ok=True)
        wanted = ["source", "--download-only", "--only-source", package]
        log = self._run(f"sources of {package}", wanted, self.folder / "cache", folder)
        found = sorted(folder.glob("*.dsc"))
        if log is not None or not found:
            raise self._failed(f"the sources of {package} cannot be fetched", log or "")
        return found[-1]

    def newest_of(self, package: re.Pattern[str]) -> str:
        """The package whose name matches, of several that with the highest number in its name.

        Raises FetchFailed when the release has none.
        """
        done = _finished("apt-cache", "pkgnames", environment=self._environment)
        found = [name for name in done.stdout.split() if package.fullmatch(name)]
        if not found:
            what = f"{self.release} has no package with a name like {package.pattern}"
            raise self._failed(what, done.stderr)
        return max(found, key=lambda name: [int(part) for part in re.findall(r"\d+", name)])

    def download_alone(self, package: str, folder: Path) -> Path:
        """``package``, as the release first had it, without its dependencies; its ``.deb`` file.

        It is verified by apt; files in ``folder`` are kept.  Raises FetchFailed.
        """
        folder.mkdir(parents=True, exist_ok=True)
        wanted = ["download", f"{package}/{self.release}"]
        log = self._run(f"package {package}", wanted, self.folder / "cache", folder)
        found = sorted(folder.glob(f"{package}_*.deb"))
        if log is not None or not found:
            raise self._failed(f"{package} of {self.release} cannot be fetched", log or "")
        return found[-1]

    def _failed(self, what: str, log: str) -> FetchFailed:
        errors = [line for line in log.splitlines() if line.startswith(("E:", "W:", "Err:"))]
        text = "\n".join(dict.fromkeys(errors or log.splitlines()[-5:]))
        if _UNMET in log:
            text = _UNMET + log.partition(_UNMET)[2].rstrip()
        remedy = next((remedy for mark, remedy in _REMEDIES if mark in text), _ELSE)
        return FetchFailed(what, text, self.folder / "apt.log", remedy)

    def _write_sources(self) -> None:
        text = "\n".join(map(str, self._sources))
        (self.folder / "release.sources").write_text(text, encoding="utf-8")

    def _configure(self) -> None:
        """Write a configuration that has the machine's transports but not its hooks and pins."""
        own = {
            "Dir::State": self.folder,
            "Dir::State::status": self.folder / "status",
            "Dir::Cache": self.folder / "cache",
            # They would be four times as large as the lists.
            "Dir::Cache::pkgcache": "",
            "Dir::Cache::srcpkgcache": "",
            "Dir::Log": self.folder,
            "Dir::Etc::main": "/dev/null",
            "Dir::Etc::parts": "/dev/null",
            "Dir::Etc::sourcelist": self.folder / "release.sources",
            "Dir::Etc::sourceparts": "/dev/null",
            "Dir::Etc::preferences": "/dev/null",
            "Dir::Etc::preferencesparts": "/dev/null",
            "APT::Architecture": self._machine["architecture"],
            "APT::Architectures": self._machine["architecture"],
            # The user that apt would change to may not enter a folder in a home directory.
            "APT::Sandbox::User": "root",
            "APT::Update::Error-Mode": "any",
            "Acquire::Languages": "none",
        }
        path = self.folder / "apt.conf"
        path.touch(mode=0o600)
        lines = [self._machine["acquire"], *(f'{name} "{value}";' for name, value in own.items())]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")

    @property
    def _environment(self) -> dict[str, str]:
        return os.environ | {"APT_CONFIG": str(self.folder / "apt.conf"), "LC_ALL": "C"}

    def _run(
        self, phase: str, arguments: Sequence[str], archives: Path, folder: Path | None = None
    ) -> str | None:
        """Run apt-get, in ``folder``; None, or its whole output when it failed."""
        self._progress(phase, 0.0)
        log_path = self.folder / "apt.log"
        reading, writing = os.pipe()
        with log_path.open("wb") as log, os.fdopen(reading, encoding="utf-8") as status:
            try:
                process = subprocess.Popen(
                    [
                        *("apt-get", "--quiet", "-o", f"APT::Status-Fd={writing}"),
                        *("-o", f"Dir::Cache::archives={archives}", *arguments),
                    ],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=self._environment,
                    pass_fds=(writing, self._lock),
                    cwd=folder,
                )
            finally:
                os.close(writing)
            with process:
                try:
                    for line in status:
                        kind, _, rest = line.partition(":")
                        if kind == "dlstatus":
                            self._progress(phase, float(rest.split(":")[1]))
                except BaseException:
                    process.terminate()
                    raise
        return (
            log_path.read_text(encoding="utf-8", errors="replace") if process.returncode else None
        )


def _machine_settings() -> dict[str, str]:
    names = {
        "list": "Dir::Etc::sourcelist/f",
        "folder": "Dir::Etc::sourceparts/d",
        "architecture": "APT::Architecture",
    }
    words = [word for pair in names.items() for word in pair]
    shell = _apt_config("shell", *words)
    values = dict(word.split("=", 1) for word in shlex.split(shell))
    lines = [
        line
        for line in _apt_config("dump").splitlines()
        if re.fullmatch(r'Acquire::(?!IndexTargets|Languages)\S+ "[^"]*";', line)
    ]
    return values | {"acquire": "\n".join(lines)}


def _apt_config(*arguments: str) -> str:
    done = _finished("apt-config", *arguments)
    if done.returncode:
        raise FetchRefused(f"apt-config failed: {done.stderr.strip()}; repair this machine's apt")
    return done.stdout


def unpack(file: Path, root: Path) -> None:
    """Unpack the ``.deb`` file ``file`` into ``root``.

    Raises FetchFailed when it is damaged; it is removed then, so that apt fetches it again.
    """
    done = _finished("dpkg-deb", "--extract", str(file), str(root))
    if done.returncode:
        with contextlib.suppress(OSError):
            file.unlink()
        raise FetchFailed(
            f"{file.name} cannot be unpacked",
            done.stderr.strip(),
            file.parent,
            "make room if the disk is full, then run it again",
        )


def _finished(
    *command: str, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
