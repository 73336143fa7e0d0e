# SPDX-License-Identifier: MIT
"""Runs with frames that are not their goldens, and a folder of goldens in git."""

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest

from harness.goldens.files import png, replace_file
from harness.goldens.store import GoldenMode, GoldenStore
from harness.pixels.frame import Frame, FrameSource
from harness.results.run import FrameResult, Outcome, Run, ServerIdentity, TestResult
from harness.results.run_file import write_run


def frame(value, size=8):
    """A frame of one colour."""
    return Frame(np.full((size, size), value, np.uint32), 24, FrameSource.WINDOW)


def git(folder, *arguments):
    """Run git as somebody, without this machine's settings; what it prints."""
    who = ("-c", "user.name=n", "-c", "user.email=e@example.org")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", *who, *arguments]
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    return done.stdout


@dataclass
class Place:
    """A repository with goldens in ``golden``, and a run in ``run``."""

    folder: Path
    tests: list = field(default_factory=list)

    @property
    def run(self):
        return self.folder / "run"

    @property
    def golden(self):
        return self.folder / "golden"

    def save(self, key, value, **options):
        """Save a golden."""
        store = GoldenStore(self.golden, GoldenMode.ADD, environment={})
        store.save(key, frame(value), server="xvfb 21.1.7", **options)

    def commit(self):
        """Let git have all goldens as they are."""
        git(self.golden, "add", "--all", ".")
        git(self.golden, "commit", "--quiet", "--allow-empty", "-m", "goldens")

    def value(self, key):
        """The colour of a golden."""
        return GoldenStore(self.golden, environment={}).load(key).pixel(0, 0)

    def entry(self, key):
        """What is known of a golden."""
        return GoldenStore(self.golden, environment={}).entry(key)

    def shows(self, key, value, verdict="mismatch", server="xvfb", **options):
        """Let a test of the run show this colour in place of a golden."""
        shown = frame(value)
        name = f"{len(self.tests)}.actual.png"
        replace_file(self.run / name, png(shown.to_image()))
        exact = verdict == "match"
        result = FrameResult(
            name=key.split("/")[-1].split(".")[0],
            golden=key,
            verdict=verdict,
            depth=24,
            size=(8, 8),
            total=64,
            differing=0 if exact else 64,
            worst="" if exact else "blue +1",
            limit=options.pop("limit", ""),
            digest="" if exact else shown.digest,
            steady=options.pop("steady", True),
            expected=options.pop("expected", ""),
            pictures={} if exact else {"actual": name},
        )
        outcome = Outcome.PASSED if exact else Outcome.GOLDEN
        self.tests.append(
            TestResult(
                id=f"suites/present/test_it.py::{key.split('/')[1].replace('-', '_')}[{server}]",
                server=server,
                outcome=options.pop("outcome", outcome),
                frames=(result,),
            )
        )
        return shown

    def write(self, **options):
        """Write the run."""
        servers = {
            name: ServerIdentity(name=name, kind=name, version="21.1.16")
            for name in ("xvfb", "xephyr")
        }
        run = Run(
            id="20261129T142320Z-5c0e21",
            started="2026-11-29T14:23:20Z",
            servers=servers,
            tests=tuple(self.tests),
            **options,
        )
        write_run(self.run, run)

    def files(self):
        """All goldens, with their contents."""
        return {
            path: path.read_bytes()
            for path in self.golden.rglob("*")
            if path.is_file() and ".git" not in path.parts
        }


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Three goldens, of colours 1, 2 and 3, that git has; the session stands beside them."""
    for name in ("CI", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    made = Place(tmp_path)
    made.golden.mkdir()
    made.run.mkdir()
    git(made.golden, "init", "--quiet")
    for value, test in enumerate(("one", "two", "three"), 1):
        made.save(f"present/test-{test}/shown.png", value)
    made.commit()
    return made
