# SPDX-License-Identifier: MIT
"""A play that a server does otherwise than the model ends as a short script that shows it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.doubles.faults import write_launcher

ROOT = Path(__file__).resolve().parent.parent.parent
SCENES = ROOT / "suites" / "composite" / "test_machine.py"
ARRANGEMENTS = ROOT / "suites" / "randr" / "test_machine.py"
SCRIPT = re.compile(r'^"""Shows a difference .*?^    run\.end\(\)$', re.MULTILINE | re.DOTALL)
STEP = re.compile(r"^    run\.(?!look|end)", re.MULTILINE)

TESTS_FAILED = 1


@pytest.fixture
def search(tmp_path, run_pytest):
    """Let a machine search on a server; the path of its script, and what the session said."""

    def search(machine, server, plugins=()):
        session = run_pytest(
            *(machine, "--results", tmp_path / "results", *server),
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
    ("machine", "fault", "words"),
    [
        pytest.param(SCENES, "draws-at-wrong-offset", "differs from the model", id="wrong-picture"),
        pytest.param(SCENES, "crashes", "ServerDied", id="death"),
        pytest.param(ARRANGEMENTS, "ignores-position", "RandrDiffers", id="wrong-crtc"),
        pytest.param(ARRANGEMENTS, "keeps-modes", "Access", id="wrong-state"),
        pytest.param(ARRANGEMENTS, "repeats-crtc-change", "RuleViolated", id="broken-rule"),
    ],
)
def test_fault_ends_as_a_script_that_shows_it(tmp_path, search, machine, fault, words):
    """The script of a faulty server is short, fails there alone, and with the same words."""
    launcher = write_launcher(tmp_path / fault, fault)
    script, said = search(machine, ("--server-path", launcher))
    assert words in said
    assert len(STEP.findall(script.read_text())) <= 8, script.read_text()
    status, printed = run_script(script, launcher)
    assert status != 0
    assert words in printed
    status, printed = run_script(script)
    assert status == 0, printed


@pytest.mark.parametrize(
    ("machine", "model", "words"),
    [
        pytest.param(SCENES, "wrong_model", "CompositeDiffers", id="scene"),
        pytest.param(ARRANGEMENTS, "wrong_arrangement", "RandrDiffers", id="arrangement"),
    ],
)
def test_wrong_model_ends_as_a_script_that_shows_it(tmp_path, search, machine, model, words):
    """The same for a model that is wrong while the server is right."""
    script, _ = search(machine, ("--server", "xvfb"), plugins=(f"tests.doubles.{model}",))
    assert len(STEP.findall(script.read_text())) <= 8, script.read_text()
    misled = tmp_path / "misled.py"
    misled.write_text(f"import tests.doubles.{model}\n{script.read_text()}")
    status, printed = run_script(misled)
    assert status != 0
    assert words in printed
    status, printed = run_script(script)
    assert status == 0, printed
