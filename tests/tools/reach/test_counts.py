# SPDX-License-Identifier: MIT
"""What a program counts where it is told to is found, added up and shown as lines and functions."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tools.reach.counts import NoCounts, Share, reached, trace, union
from tools.reach.rooms import Room

ROOM = Room("present", ("present",))

SOURCE = """\
static int never(int value) { return value + 1; }
int first(int value)
{
    if (value > 1)
        return value;
    return 0;
}
int main(int count, char **words)
{
    (void) words;
    return count > 9 ? never(count) : first(count) > 9;
}
"""


@pytest.fixture
def build(tmp_path) -> Path:
    """A folder as meson's, with a program that counts its lines."""
    for program in ("cc", "gcov"):
        if shutil.which(program) is None:
            pytest.skip(f"{program} not found on PATH: tools/setup ci installs it")
    source = tmp_path / "source/present/one.c"
    source.parent.mkdir(parents=True)
    source.write_text(SOURCE)
    build = tmp_path / "build"
    objects = build / "present/one.p"
    objects.mkdir(parents=True)
    counting = ["cc", "--coverage", "-O0"]
    made = str(objects / "one.c.o")
    subprocess.run([*counting, "-c", "../source/present/one.c", "-o", made], cwd=build, check=True)
    subprocess.run([*counting, made, "-o", "program"], cwd=build, check=True)
    return build


def run(build: Path, counts: Path, *words: str) -> None:
    environment = os.environ | {"GCOV_PREFIX": str(counts)}
    subprocess.run([build / "program", *words], env=environment, check=True)


def test_what_ran_is_counted_where_it_was_told_to_be(build, tmp_path) -> None:
    """Runs are told apart, add up in a folder, and make a union."""
    for name, words in {"few": [], "more": ["a", "b"]}.items():
        run(build, tmp_path / name, *words)
        trace(tmp_path / name, build, [ROOM], tmp_path / f"{name}.json")
    few, more = (reached(tmp_path / f"{name}.json", ROOM) for name in ("few", "more"))
    assert few.functions.ran == more.functions.ran == 2
    assert few.lines.ran == more.lines.ran == few.lines.all - 2
    traces = [tmp_path / "few.json", tmp_path / "more.json"]
    union(traces, tmp_path / "source", tmp_path / "all.json", tmp_path / "html")
    both = reached(tmp_path / "all.json", ROOM)
    assert both.lines.ran == both.lines.all - 1
    assert both.branches.ran > few.branches.ran
    assert (tmp_path / "html/index.html").exists()
    assert not list(build.rglob("*.gcda"))


def test_a_run_that_counted_nothing_is_an_error(build, tmp_path) -> None:
    (tmp_path / "none").mkdir()
    with pytest.raises(NoCounts, match=r"no server of .* has written counts into .*none"):
        trace(tmp_path / "none", build, [ROOM], tmp_path / "none.json")


def test_a_share_of_nothing_is_none() -> None:
    """A kind of server need not have every room."""
    assert [str(Share(0, 0)), str(Share(1, 8))] == ["-", "12.5 %"]
