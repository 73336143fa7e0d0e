# SPDX-License-Identifier: MIT
"""How a job runs pytest: its words, its environment, and the end of its log."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.nightly.night.config import NightConfig
from harness.nightly.night.jobs import judging
from harness.nightly.night.plan import NightJob, suites_identity
from tests.nightly.night.nights import plan


def configured(**members):
    """The plan of a night with this configuration."""
    return replace(plan(), config=NightConfig(**{"servers": ("xvfb",), **members}))


def test_pytest_has_what_the_configuration_says():
    """Options of the user stand behind those of the night, and may change them."""
    chosen = configured(
        suites=("suites/present",), workers="3", expectations=("all", "mine"), options=("--quick",)
    )
    words = judging.command_of(chosen, NightJob(server="xvfb@main", shard="2/4"), Path("/night/j"))
    assert words == [
        *(sys.executable, "-m", "pytest", "suites/present", "--server", "xvfb@main"),
        *("--shard", "2/4", "-n", "3", "--expectations", "all", "--expectations", "mine"),
        *("--rerun-failures", "--quick"),
        *("--results=/night/j/results", "--junitxml=/night/j/junit.xml"),
        *("-p", "no:cacheprovider", "--color=no"),
    ]


def test_one_process_needs_no_workers():
    """Nor is a shard named where there is one."""
    words = judging.command_of(configured(workers="1"), NightJob(server="xvfb"), Path("/j"))
    assert "-n" not in words
    assert "--shard" not in words


def test_sanitizers_do_not_report_what_is_known(tmp_path, monkeypatch):
    """What the environment says besides stays, and goes before."""
    monkeypatch.setenv("UBSAN_OPTIONS", "print_summary=0")
    monkeypatch.delenv("LSAN_OPTIONS", raising=False)
    monkeypatch.setenv("PYTEST_ADDOPTS", "-k nothing")
    found = judging._environment(configured(suppressions="tools/supp"), tmp_path)
    folder = tmp_path / "tools" / "supp"
    assert found["LSAN_OPTIONS"] == f"suppressions={folder}/lsan.supp"
    assert found["UBSAN_OPTIONS"] == f"suppressions={folder}/ubsan.supp:print_summary=0"
    assert "PYTEST_ADDOPTS" not in found
    assert "LSAN_OPTIONS" not in judging._environment(configured(), tmp_path)


@pytest.mark.parametrize(
    ("text", "last", "lines"),
    [
        ("a\n==== 3 passed in 1.00s ====\n", "3 passed in 1.00s", 2),
        ("", "it printed nothing", 0),
        ("".join(f"{n}\n" for n in range(99)), "98", 15),
    ],
)
def test_the_end_of_a_log(tmp_path, text, last, lines):
    """Its last line has the counts of pytest."""
    log = tmp_path / "pytest.log"
    assert judging.tail(log) == ""
    log.write_text(text)
    assert judging.last_line(log) == last
    assert len(judging.tail(log).splitlines()) == lines


def test_suites_are_told_apart_by_their_files(tmp_path):
    """By contents and names, not by times; what is no part of them does not count."""
    suite = tmp_path / "suite"
    suite.mkdir()
    (suite / "test_a.py").write_text("a")
    first = suites_identity(["suite"], tmp_path)
    (suite / "__pycache__").mkdir()
    (suite / "notes.txt").write_text("a")
    assert suites_identity(["suite"], tmp_path) == first
    (suite / "durations.json").write_text("{}")
    second = suites_identity(["suite"], tmp_path)
    (suite / "test_a.py").rename(suite / "test_b.py")
    third = suites_identity(["suite"], tmp_path)
    assert len({first.digest, second.digest, third.digest}) == 3
    assert suites_identity(["suite/test_b.py::test_one"], tmp_path) != third
