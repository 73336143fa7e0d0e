# SPDX-License-Identifier: MIT
"""One run of many: what a worker of a farm does, and what it hands back."""

import io
import socket
import zipfile
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import HarnessError
from harness.nightly.sessions.server_options import ServerOptions
from harness.nightly.sessions.session import Suites, run_session
from harness.results.run import Outcome, Run
from harness.servers.process.private_folder import temporary_folder


class SoakUnusable(HarnessError):
    """A worker has not the tests that it is to run."""


@dataclass(frozen=True, slots=True)
class SoakJob:
    """One session of ``tests`` in the checkout ``folder``, in the random order of ``seed``.

    ``number`` counts from 1; ``options`` are further ones of pytest.  After ``seconds`` (s) the
    session is ended.
    """

    number: int
    seed: int
    folder: str
    tests: tuple[str, ...]
    server: str
    options: tuple[str, ...] = ()
    seconds: float = 600.0

    def __str__(self) -> str:
        return f"run {self.number}, seed {self.seed}"


@dataclass(frozen=True, slots=True)
class SoakRun:
    """What a session found; ``evidence`` has its folder and its output where a test went wrong."""

    job: SoakJob
    run: Run
    evidence: bytes = field(default=b"", repr=False)

    def keep(self, folder: Path) -> None:
        """Unpack the evidence below ``folder``.  Raises OSError."""
        with zipfile.ZipFile(io.BytesIO(self.evidence)) as archive:
            archive.extractall(folder)


def soak_once(job: SoakJob) -> SoakRun:
    """Run the session.  Raises SoakUnusable, SessionFailed when it leaves no results."""
    if not Path(job.folder).is_dir():
        raise SoakUnusable(
            f"{socket.gethostname()} has no folder {job.folder}: expected the checkout of the "
            f"suites at the same place on each machine of the farm"
        )
    server = ServerOptions(job.server, ("--server", job.server))
    with temporary_folder() as folder:
        results = folder / f"run-{job.number:05}"
        run = run_session(
            Suites(job.folder),
            job.tests,
            server,
            results,
            seconds=job.seconds,
            seed=str(job.seed),
            options=job.options,
        )
        wrong = any(test.outcome.bad or test.outcome is Outcome.FLAKY for test in run.tests)
        return SoakRun(job, run, _packed(folder) if wrong else b"")


def _packed(folder: Path) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if not path.is_file() or path.is_symlink():
                continue
            place = path.relative_to(folder)
            if path.parent == folder:
                # pytest's output names places in this folder, which is deleted.
                archive.writestr(str(place), path.read_bytes().replace(f"{folder}/".encode(), b""))
            else:
                archive.write(path, place)
    return data.getvalue()
