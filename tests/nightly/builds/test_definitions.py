# SPDX-License-Identifier: MIT
"""The tables of nightly.toml: what they mean, how they are written, what is wrong with them."""

import errno
import os
import re
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from harness.nightly.builds.definitions import (
    add_definition,
    read_definitions,
    remove_definition,
)
from harness.nightly.builds.errors import BuildDefinitionError, BuildToolMissing
from harness.nightly.builds.recipe import Preset
from harness.servers.kinds.table import ServerKind
from harness.servers.made_builds import find_file
from tests.conftest import ROOT

SECONDS = 60.0

TEXT = """\
# What is judged at night.
[night]
at = "02:00"  # UTC

[builds.main]
# The branch that everything is merged into.
git = "https://example.org/xserver.git"
ref = "main"
servers = ["xvfb", "xephyr"]
options = { glamor = true, "log_dir" = "/var/log", level = 3 }

[builds.mine]
source = "trees/mine"
preset = "sanitized"

[builds.package]
release = "xwayland@sid"
"""


@pytest.fixture
def file(tmp_path) -> Path:
    path = tmp_path / "nightly.toml"
    path.write_text(TEXT)
    return path


def test_tables_are_builds(file):
    """In their order; folders count from the file's, an address stays as it is."""
    found = read_definitions(file)
    assert list(found) == ["main", "mine", "package"]
    main, mine, package = found.values()
    assert (main.git, main.ref) == ("https://example.org/xserver.git", "main")
    assert main.recipe.kinds == (ServerKind.XVFB, ServerKind.XEPHYR)
    assert main.recipe.options == {"glamor": "true", "log_dir": "/var/log", "level": "3"}
    assert mine.source == str(file.parent / "trees/mine")
    assert (mine.recipe.preset, main.recipe.preset) == (Preset.SANITIZED, Preset.PLAIN)
    assert package.release == "xwayland@sid"
    assert package.recipe.kinds == (ServerKind.XWAYLAND,)


@pytest.mark.parametrize("address", ["git@example.org:x.git", "ssh://x/y", "file:///srv/x.git"])
def test_addresses_are_no_folders(file, address):
    """In every form that git knows."""
    file.write_text(f'[builds.a]\ngit = "{address}"\nref = "main"\n')
    assert read_definitions(file)["a"].git == address


def test_a_file_is_found_in_the_folders_above(file, tmp_path):
    """Where there is none, it is the one to make here."""
    below = tmp_path / "some/folder"
    below.mkdir(parents=True)
    assert find_file(below) == file
    file.unlink()
    assert find_file(below) == below / "nightly.toml"
    assert read_definitions(below / "nightly.toml") == {}


def test_writing_keeps_all_else(file):
    """Comments, order and other tables; what was added can be removed again."""
    added = add_definition(
        file, "topic-asan", {"git": "there", "ref": "topic", "preset": "sanitized", "options": {}}
    )
    assert read_definitions(file)["topic-asan"] == added
    text = file.read_text()
    assert text.startswith(TEXT)
    assert text[len(TEXT) :].split() == [
        "[builds.topic-asan]", "git", "=", '"there"', "ref", "=", '"topic"',
        "preset", "=", '"sanitized"',
    ]  # fmt: skip
    assert remove_definition(file, "topic-asan")
    assert file.read_text().rstrip() == TEXT.rstrip()
    assert not remove_definition(file, "topic-asan")


def test_a_build_in_the_middle_is_removed_alone(file):
    """With its own comments."""
    remove_definition(file, "main")
    assert list(read_definitions(file)) == ["mine", "package"]
    assert "# What is judged at night." in file.read_text()
    assert "merged into" not in file.read_text()


@pytest.mark.parametrize(
    ("table", "end"),
    [
        pytest.param('[builds.mine]\nsource = "."\n', '[builds.next]\nsource = "."\n', id="table"),
        pytest.param(
            '[builds.mine]\nsource = "."\n[builds.mine.options]\na = "b"\n',
            "[night]\n",
            id="nested",
        ),
        pytest.param('[builds.mine] # own\nsource = "." # own\n', "", id="end-of-file"),
    ],
)
def test_a_comment_behind_a_build_is_not_removed_with_it(tmp_path, table, end):
    """It is of the table that follows, though TOML counts it to the one before."""
    file = tmp_path / "nightly.toml"
    comments = "\n# This is of what follows,\n# in two lines.\n"
    file.write_text(f"# top\n{table}{comments}{end}")
    remove_definition(file, "mine")
    assert file.read_text() == f"# top\n{comments}{end}"


def test_a_file_stays_what_it_is(tmp_path):
    """A link, a mode and ends of lines are of the file's owner."""
    file, link = tmp_path / "shared.toml", tmp_path / "nightly.toml"
    file.write_bytes(TEXT.replace("\n", "\r\n").encode())
    file.chmod(0o640)
    link.symlink_to(file)
    add_definition(link, "own", {"source": "."})
    assert link.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o640
    assert file.read_bytes().count(b"\n") == file.read_bytes().count(b"\r\n")
    remove_definition(link, "own")
    assert file.read_bytes().rstrip() == TEXT.replace("\n", "\r\n").encode().rstrip()


def test_what_cannot_be_written_leaves_nothing_behind(tmp_path):
    """Neither a part of the file nor one beside it."""
    file = tmp_path / "nightly.toml"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("pathlib.Path.replace", _full)
        with pytest.raises(BuildDefinitionError, match="cannot be written: No space left"):
            add_definition(file, "main", {"source": "."})
    assert list(tmp_path.iterdir()) == []


def _full(*_: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


_ADDING = """\
import sys
from pathlib import Path
from harness.nightly.builds.definitions import add_definition

print("ready", flush=True)
sys.stdin.readline()
add_definition(Path(sys.argv[1]), sys.argv[2], {"source": "."})
"""


def test_processes_that_add_at_the_same_time_lose_nothing(file):
    """Each reads what the one before it has written."""
    names = ["one", "two", "three", "four"]
    with ExitStack() as stack:
        processes = [stack.enter_context(_adding(file, name)) for name in names]
        assert [process.stdout.readline() for process in processes] == ["ready\n"] * len(names)
        for process in processes:
            process.stdin.write("\n")
            process.stdin.flush()
        assert [process.wait(SECONDS) for process in processes] == [0] * len(names)
    assert {*names, "main"} <= read_definitions(file).keys()
    assert [path.name for path in file.parent.iterdir()] == ["nightly.toml"]


def _adding(file, name):
    words = [sys.executable, "-c", _ADDING, str(file), name]
    pipe = subprocess.PIPE
    return subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True, cwd=ROOT)


def test_a_new_file_is_made(tmp_path):
    """With just the table."""
    file = tmp_path / "nightly.toml"
    add_definition(file, "main", {"source": ".", "servers": ["xvfb"], "options": {"a": "b"}})
    found = read_definitions(file)["main"]
    assert found.source == str(tmp_path)
    assert (found.recipe.kinds, found.recipe.options) == ((ServerKind.XVFB,), {"a": "b"})


def test_a_name_is_taken_once(file):
    """Nothing is written over."""
    with pytest.raises(BuildDefinitionError, match=r"has a build main already; remove it"):
        add_definition(file, "main", {"source": "."})
    assert file.read_text() == TEXT


@pytest.mark.parametrize(
    ("name", "words"),
    [
        pytest.param("sid", "is that of a Debian release", id="release"),
        pytest.param("Main", "expected small letters", id="capital"),
        pytest.param("a/b", "expected small letters", id="slash"),
        pytest.param("../a", "expected small letters", id="path"),
        pytest.param("-a", "expected small letters", id="option"),
    ],
)
def test_names_that_cannot_be_are_refused(file, name, words):
    """They are parts of KIND@NAME, and files."""
    with pytest.raises(BuildDefinitionError, match=words):
        add_definition(file, name, {"source": "."})
    assert file.read_text() == TEXT


def test_a_name_that_cannot_be_is_refused_with_its_file(tmp_path):
    """As every other mistake in it."""
    file = tmp_path / "nightly.toml"
    file.write_text('[builds."two words"]\nsource = "."\n')
    said = rf"^{re.escape(str(file))}: \[builds\]: 'two words' cannot be the name of a build"
    with pytest.raises(BuildDefinitionError, match=said):
        read_definitions(file)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        pytest.param("builds = 3", r"builds: expected tables \[builds.NAME\]", id="no-tables"),
        pytest.param("[builds]\na = 3", r"\[builds.a\]: expected a table, got 3", id="no-table"),
        pytest.param("[builds.a]", "expected one of git, source, release, got none", id="nothing"),
        pytest.param(
            '[builds.a]\ngit = "x"\nref = "y"\nsource = "z"', "got git and source", id="both"
        ),
        pytest.param('[builds.a]\ngit = "x"', "git and ref belong together", id="no-ref"),
        pytest.param('[builds.a]\nsource = "x"\nref = "y"', "git and ref belong", id="ref-alone"),
        pytest.param('[builds.a]\nsource = ""', "source: expected a text, got ''", id="empty"),
        pytest.param("[builds.a]\nsource = 3", "source: expected a text, got 3", id="number"),
        pytest.param('[builds.a]\nsources = "x"', "sources is not known; expected some", id="slip"),
        pytest.param(
            '[builds.a]\nsource = "x"\npreset = "fast"', "expected one of plain, san", id="preset"
        ),
        pytest.param(
            '[builds.a]\nsource = "x"\nservers = ["xterm"]', r"got \['xterm'\]", id="kind"
        ),
        pytest.param(
            '[builds.a]\nsource = "x"\noptions = ["a=b"]', "options: expected a table", id="options"
        ),
        pytest.param(
            '[builds.a]\nsource = "x"\noptions = {a = [1]}', r"options: a: expected", id="option"
        ),
        pytest.param('[builds.a]\nrelease = "xvfb"', "expected KIND@RELEASE", id="no-release"),
        pytest.param(
            '[builds.a]\nrelease = "xvnc@sid"', "xvnc are not built by meson", id="no-meson"
        ),
        pytest.param('[builds.a\nsource = "x"', "is no TOML", id="no-toml"),
        pytest.param('[builds.a]\nsource = "x\\u0000"', "expected no null", id="null"),
        pytest.param(
            '[builds.a]\nsource = "x"\nservers = [["xvfb"]]', r"got \[\['xvfb'\]\]", id="nested"
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(file, table, words):
    """File and table, what was expected, what is there."""
    file.write_text(table)
    with pytest.raises(BuildDefinitionError, match=words) as caught:
        read_definitions(file)
    assert str(file) in str(caught.value)


def test_without_tomlkit_the_way_to_it_is_said(file, monkeypatch):
    """Reading needs nothing."""
    monkeypatch.setitem(sys.modules, "tomlkit", None)
    assert read_definitions(file)
    with pytest.raises(BuildToolMissing, match=r"pip install 'xharness\[builds\]'"):
        add_definition(file, "more", {"source": "."})
