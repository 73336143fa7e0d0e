# SPDX-License-Identifier: MIT
"""A scene that a server shows otherwise than the model ends as a short script that shows it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.doubles.faults import write_launcher

ROOT = Path(__file__).resolve().parent.parent.parent
MACHINE = ROOT / "suites" / "composite" / "test_machine.py"
SCRIPT = re.compile(r'^"""Shows a difference .*?^    play\.look\(\)$', re.MULTILINE | re.DOTALL)
STEP = re.compile(r"^    play\.(?!look)", re.MULTILINE)

TESTS_FAILED = 1


@pytest.fixture
def search(tmp_path, run_pytest):
    """Let the machine search on a server; the path of its script, and what the session said."""

    def search(server, plugins=()):
        session = run_pytest(
            *(MACHINE, "--results", tmp_path / "results", *server),
            folder=tmp_path,
            plugins=("pytest_timeout", *plugins),
        )
        assert session.status == TESTS_FAILED, session.text
        found = SCRIPT.search(session.text)
        assert found is not None, session.text
        path = tmp_path / "script.py"
        path.write_text(found[0])
        return path, session.text

    return search


def run_script(*words):
    """Run Python on a script of its own; its exit status and what it said."""
    done = subprocess.run(
        [sys.executable, *map(str, words)],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        pytest.param("draws-at-wrong-offset", "differs from the model", id="wrong-picture"),
        pytest.param("crashes", "ServerDied", id="death"),
    ],
)
def test_fault_ends_as_a_script_that_shows_it(tmp_path, search, fault, told):
    """The script of a faulty server is short, fails there alone, and with the same words."""
    launcher = write_launcher(tmp_path / fault, fault)
    script, said = search(("--server-path", launcher))
    assert told in said
    assert len(STEP.findall(script.read_text())) <= 8, script.read_text()
    status, printed = run_script(script, launcher)
    assert status != 0
    assert told in printed
    status, printed = run_script(script)
    assert status == 0, printed


def test_wrong_model_ends_as_a_script_that_shows_it(tmp_path, search):
    """The same for a model that is wrong while the server is right."""
    script, _ = search(("--server", "xvfb"), plugins=("tests.doubles.wrong_model",))
    assert len(STEP.findall(script.read_text())) <= 8, script.read_text()
    misled = tmp_path / "misled.py"
    misled.write_text(f"import tests.doubles.wrong_model\n{script.read_text()}")
    status, printed = run_script(misled)
    assert status != 0
    assert "SceneDiffers" in printed
    status, printed = run_script(script)
    assert status == 0, printed
