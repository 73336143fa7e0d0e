# SPDX-License-Identifier: MIT
"""The folders that runs work in: each has its own, and none stays behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from tools.reach.mutants.own_folder import own_folder

ROOT = Path(__file__).resolve().parents[3]
WORK = """
import sys
from pathlib import Path
from tools.reach.mutants.own_folder import own_folder
with own_folder(Path(sys.argv[1]), "bench-") as folder:
    (folder / "server").write_text("x")
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_a_folder_goes_with_its_run(tmp_path):
    with own_folder(tmp_path, "bench-") as folder:
        (folder / "server").write_text("x")
        assert folder.parent == tmp_path
    assert [*tmp_path.iterdir()] == []


def test_what_a_killed_run_left_goes_with_the_next(tmp_path):
    """One that is at work keeps its folder."""
    (tmp_path / "lines.json").write_text("{}")
    (tmp_path / "bench-made-just-now").mkdir()
    command = [sys.executable, "-c", WORK, str(tmp_path)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True, "cwd": ROOT}
    with subprocess.Popen(command, **pipes) as process:
        theirs = Path(process.stdout.readline().strip())
        with own_folder(tmp_path, "bench-") as ours:
            assert (theirs / "server").exists()
            assert ours != theirs
        os.kill(process.pid, signal.SIGKILL)
    assert theirs.exists()
    with own_folder(tmp_path, "bench-") as ours:
        left = {path.name for path in tmp_path.iterdir()}
        assert left == {"lines.json", "bench-made-just-now", ours.name}
