# SPDX-License-Identifier: MIT
"""The recording that a script is made from: a file, the evidence of a test, a test."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from harness.errors import HarnessError

RECORDINGS = "*.pcapng"
_TAIL = 15
"""Lines of pytest's output that are shown when it recorded nothing."""


class NoRecording(HarnessError):
    """There is no recording to make a script from."""


@contextmanager
def recording_file(source: str, server: Sequence[str]) -> Iterator[Path]:
    """The recording that ``source`` names; that of a test lives as long as the block.

    ``server`` are pytest's options for the server that a test is run on.  Raises NoRecording.
    """
    path = Path(source)
    if path.is_file() and path.suffix != ".py":
        yield path
    elif path.is_dir():
        yield _only(_recordings(path), source)
    elif Path(source.partition("::")[0]).exists():
        with TemporaryDirectory(prefix="xharness-repro-") as folder:
            output = _run_test(source, server, Path(folder))
            found = _recordings(Path(folder))
            if not found:
                raise NoRecording(
                    f"{source}: expected a test that talks to a server, and pytest --record "
                    f"recorded nothing; its last lines:\n{output}"
                )
            yield _only(found, source)
    else:
        raise NoRecording(
            f"{source}: expected a recording (.pcapng), the folder of a test's evidence, or a test "
            f"such as suites/present/test_copy.py::test_name, and there is no such file"
        )


def _recordings(folder: Path) -> list[Path]:
    """The recordings below a folder, of which parts may vanish meanwhile or not be readable."""
    walked = ((Path(parent) / name for name in names) for parent, _, names in os.walk(folder))
    return sorted(path for paths in walked for path in paths if path.match(RECORDINGS))


def _only(found: list[Path], source: str) -> Path:
    if not found:
        raise NoRecording(
            f"{source}: no recording ({RECORDINGS}) is in this folder: run the tests with --record"
        )
    if len(found) > 1:
        names = "".join(f"\n  {one}" for one in found)
        raise NoRecording(f"{source}: expected one recording, got {len(found)}; name one:{names}")
    return found[0]


def _run_test(test: str, server: Sequence[str], folder: Path) -> str:
    """Run the test with its recording in ``folder``; the last lines of what pytest printed."""
    command = [sys.executable, "-m", "pytest", test, *server, "--record=all"]
    done = subprocess.run(
        [*command, f"--results={folder}", "-q", "-p", "no:randomly"],
        capture_output=True,
        text=True,
        check=False,
    )
    return "\n".join((done.stdout + done.stderr).splitlines()[-_TAIL:])
