# SPDX-License-Identifier: MIT
"""The targets of make hand on what they are given."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.skipif(shutil.which("make") is None, reason="make not found on PATH")
@pytest.mark.parametrize(
    ("variable", "option"),
    [("SOURCE=xserver", "--source xserver"), ("RELEASE=trixie", "--release trixie")],
)
@pytest.mark.parametrize("target", ["mutants", "server-coverage"])
def test_sources_are_those_that_were_named(target: str, variable: str, option: str) -> None:
    """A folder or the sources of another release; without either it is the machine's release."""

    def command(*variables: str) -> list[str]:
        done = subprocess.run(
            ["make", "--dry-run", "--no-print-directory", target, *variables],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.split()

    words = option.split()
    named = command(variable)
    assert words == named[named.index(words[0]) :][:2]
    assert words[0] not in command()
