# SPDX-License-Identifier: MIT
"""Faults in the sources of a tiny program are drawn, built, judged by tests, and kept."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.nightly.builds.toolchain.tools import tool
from harness.servers.kinds.table import ServerKind
from tools.reach.mutants.equivalents import Equivalents
from tools.reach.mutants.faults import Fault, faults_in
from tools.reach.mutants.judging import Bench, Draw, Judge, NotGreen, replace_file
from tools.reach.mutants.lines import RanLines, function_of
from tools.reach.mutants.tree import DoesNotCompile, FaultTree
from tools.reach.mutants.verdicts import Judged, Verdict, Verdicts, table, with_equivalents
from tools.reach.rooms import Room
from tools.reach.suites import Suites, SuitesBroken

FILE = "present/limits.c"
NONE = Equivalents({})
ROOMS = (Room("present", ("present",)),)

SOURCE = """\
static int unread;

int
limited(int value)
{
    int most = 10;
    unread = 3;
    if (value > most)
        return most;
    return value * 2;
}
"""

MAIN = """\
#include <stdio.h>
#include <stdlib.h>
int limited(int value);
int main(int count, char **words)
{
    for (int i = 1; i < count; i++)
        printf("%d ", limited(atoi(words[i])));
    return 0;
}
"""

MESON = """\
project('tiny', 'c', default_options: ['buildtype=plain', 'optimization=2'])
subdir('hw/vfb')
"""

TESTS = """\
import subprocess
import pytest

def limited(*values):
    words = [SERVER, *map(str, values)]
    done = subprocess.run(words, stdout=subprocess.PIPE, timeout=10, check=True)
    return [int(word) for word in done.stdout.split()]

@pytest.mark.parametrize("value", [1, 2, 3])
def test_small(value):
    assert limited(value) == [2 * value]

def test_large():
    assert limited(12) == [10]
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """The folder of a tree that is built."""
    for program in ("ninja", "cc"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} not found on PATH: tools/setup ci installs it")
    folder = tmp_path_factory.mktemp("tree")
    vfb = folder / "source/hw/vfb"
    vfb.mkdir(parents=True)
    (folder / "source/present").mkdir()
    (folder / "source" / FILE).write_text(SOURCE)
    (folder / "source/meson.build").write_text(MESON)
    (vfb / "main.c").write_text(MAIN)
    (vfb / "meson.build").write_text(f"executable('Xvfb', 'main.c', '../../{FILE}')\n")
    setup = [tool("meson"), "setup", folder / "build", folder / "source"]
    subprocess.run(setup, check=True, capture_output=True)
    subprocess.run([tool("ninja"), "-C", folder / "build"], check=True, capture_output=True)
    return folder


@pytest.fixture
def tree(built) -> Iterator[FaultTree]:
    """The tree, whose sources are afterwards what they were."""
    tree = FaultTree(built, ServerKind.XVFB)
    tree.restore()
    yield tree
    assert (tree.source / FILE).read_text() == SOURCE


def write_project(folder: Path) -> Path:
    """A project with tests of the server ``Xvfb`` in it."""
    (folder / "pytest.ini").touch()
    (folder / "test_limits.py").write_text(f"SERVER = {str(folder / 'Xvfb')!r}\n{TESTS}")
    return folder


@pytest.fixture(scope="module")
def bench(built, tmp_path_factory) -> Iterator[Bench]:
    """A process of pytest for all tests that share a project."""
    folder = write_project(tmp_path_factory.mktemp("project"))
    replace_file(folder / "Xvfb", built / "build/hw/vfb/Xvfb")
    with Suites([str(folder)], [], folder / "logs") as suites:
        yield Bench(suites, folder / "Xvfb")


@dataclass(frozen=True)
class Judging:
    """Judges faults of the tree by tests that are said to run all of its lines."""

    tree: FaultTree
    bench: Bench
    folder: Path

    def judge(self, equivalents: Equivalents) -> tuple[Judge, RanLines]:
        project = self.bench.server.parent
        ran = RanLines(self.folder / "lines.json", project)
        lines = {FILE: (1 << 40) - 1}
        ran.keep({function_of(test): lines for test in self.bench.suites.tests})
        verdicts = Verdicts(self.folder / "verdicts.jsonl")
        return Judge(self.tree, [self.bench], ran, verdicts, equivalents), ran

    def one(self, fault: Fault, equivalents: Equivalents = NONE) -> Judged:
        """The verdict on ``fault``."""
        return self.judge(equivalents)[0].judge_one("present", fault)

    def drawn(self, count: int = 50, again: bool = False) -> tuple[list[Judged], list[Judged]]:
        """All verdicts on ``count`` faults, and those that are new."""
        new: list[Judged] = []
        judge, ran = self.judge(NONE)
        drawn = Draw(self.tree, ROOMS, ran, 1, count)
        return judge.judge_all(drawn, lambda _: again, new.append), new


@pytest.fixture
def judging(tree, bench, tmp_path) -> Judging:
    return Judging(tree, bench, tmp_path)


def fault(becomes: str) -> Fault:
    return next(one for one in faults_in(FILE, SOURCE.encode()) if one.becomes == becomes)


def test_faults_are_noticed_or_make_no_difference(judging) -> None:
    """Nobody reads what is set, and the compiler leaves it out."""
    found, _ = judging.drawn()
    lines = {one.fault.line: one for one in found}
    assert sorted(lines) == [6, 7, 8, 9, 10]
    assert lines[7].verdict is Verdict.EQUIVALENT
    assert lines[10].verdict is Verdict.NOTICED
    assert lines[10].test.startswith("test_limits.py::test_small[")
    assert "assert" in lines[10].why
    assert table(found)[-1].split()[:2] == ["all", "5"]


def test_a_fault_that_no_test_sees_survives(judging) -> None:
    """The limit is tried on both sides, its exact value is not."""
    assert judging.one(fault("if (value > (most + 1))")).verdict is Verdict.SURVIVED


def test_what_was_judged_is_not_judged_again(judging) -> None:
    """A run that was broken off goes on, also behind half a line."""
    first, new = judging.drawn(2)
    assert len(new) == 2
    file = judging.folder / "verdicts.jsonl"
    with file.open("a") as written:
        written.write('{"room": "pres')
    found, new = judging.drawn(4)
    assert found[:2] == first
    assert (len(found), len(new)) == (4, 2)
    assert len(file.read_text().splitlines()) == 4


def test_it_is_judged_again_on_demand(judging) -> None:
    _, new = judging.drawn(2)
    _, again = judging.drawn(2, again=True)
    assert [one.fault for one in again] == [one.fault for one in new]


def test_an_equivalent_fault_is_not_built(judging) -> None:
    key = (FILE, "limited", "if (value > most)", "if (value > (most + 1))", 0)
    known = Equivalents({key: "it is so"})
    one = fault("if (value > (most + 1))")
    found = judging.one(one, known)
    assert (found.verdict, found.why, found.seconds) == (Verdict.EQUIVALENT, "it is so", 0.0)
    survived = Judged("present", one, Verdict.SURVIVED)
    assert [each.verdict for each in with_equivalents([survived], known)] == [Verdict.EQUIVALENT]


def test_a_server_that_hangs_is_noticed(judging) -> None:
    """Tests have deadlines; where they do not help their process is ended."""
    replace_file(judging.bench.server, Path("/bin/true"))
    suites = judging.bench.suites
    ran = suites.run(suites.tests, seconds=0.0)
    assert (ran.passed, ran.late) == (False, True)


def test_a_fault_that_does_not_compile_is_refused(tree) -> None:
    one = Fault(FILE, "limited", 6, 0, 6, "static", "sta tic", "", "", "")
    with pytest.raises(DoesNotCompile, match="error"):
        tree.make(one)


def test_tests_that_fail_without_a_fault_are_named(tree, bench, judging, monkeypatch) -> None:
    """They would notice every fault."""
    judge, _ = judging.judge(NONE)
    judge.check_sound()
    tree.make(fault("int most = 9;"))
    monkeypatch.setattr(tree, "restore", lambda: None)
    with pytest.raises(NotGreen, match=r"1 tests? .*\n.*test_limits.py::test_large: .*assert"):
        judge.check_sound()


def test_tests_that_cannot_be_collected_are_an_error(tmp_path) -> None:
    (tmp_path / "pytest.ini").touch()
    (tmp_path / "test_wrong.py").write_text("import nothing_of_this_name\n")
    with pytest.raises(SuitesBroken, match="nothing_of_this_name"):
        Suites([str(tmp_path)], [], tmp_path / "logs")


def test_lines_are_measured_again_where_the_tests_have_changed(tmp_path) -> None:
    for name in ("a", "b"):
        (tmp_path / f"test_{name}.py").touch()
    functions = ["test_a.py::test_one", "test_b.py::test_two"]
    ran = RanLines(tmp_path / "lines.json", tmp_path)
    assert ran.outdated(functions) == functions
    ran.keep({function: {FILE: 0b1010} for function in functions})
    read = RanLines(tmp_path / "lines.json", tmp_path)
    assert (read.running(FILE, 3), read.running(FILE, 2)) == (functions, [])
    assert read.outdated(functions) == []
    (tmp_path / "test_b.py").write_text("# changed")
    assert read.outdated(functions) == [functions[1]]
    read.keep({functions[1]: {}})
    assert json.loads((tmp_path / "lines.json").read_text())["lines"][functions[1]] == {}
    assert read.ran(FILE) == 0b1010
