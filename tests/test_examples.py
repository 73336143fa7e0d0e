# SPDX-License-Identifier: MIT
"""The examples run as they stand."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).resolve().parent.parent / "examples").glob("*.py"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_finds_nothing_wrong_with_the_installed_server(example: Path) -> None:
    """Each example ends with status 0 on a good server and says what it saw, in ASCII."""
    done = subprocess.run(
        [sys.executable, example],
        env=os.environ | {"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "CompleteNotify" in done.stdout


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_without_a_server_to_judge_finds_no_bug(example: Path) -> None:
    """Status 1 would say that a server is wrong, to a bisection too."""
    done = subprocess.run(
        [sys.executable, example, "/bin/true"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("/bin/true is no usable X server: ")
    assert "Traceback" not in done.stderr
