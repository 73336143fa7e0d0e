# SPDX-License-Identifier: MIT
"""``xharness builds``: what it prints, writes, and how it ends."""

import json
import os
from pathlib import Path

import pytest

from harness.cli import doctor
from harness.cli.main import main
from harness.servers.kinds.table import ServerKind
from harness.servers.made_builds import (
    BUILD_FILE,
    MESON_FOLDER,
    BuildRecord,
    builds_folder,
    folder_named,
    read_record,
    record_text,
)
from tests.nightly.builds.project import commit, write_project


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch) -> Path:
    """An empty folder to work in, and an empty cache."""
    monkeypatch.setenv("XHARNESS_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def put():
    """Put a whole build into the cache that was used at this time, of so many KB, with names."""

    def make(key: str, used: float, *names: str, kilobytes: int = 1) -> Path:
        folder = builds_folder() / "made" / key / MESON_FOLDER
        folder.mkdir(parents=True)
        (folder / "content").write_bytes(bytes(kilobytes * 1000))
        record = BuildRecord(
            repository="r", ref="main", commit="c" * 40, version="7", kinds=("xvfb",)
        )
        (folder / BUILD_FILE).write_text(record_text(record))
        os.utime(folder / BUILD_FILE, (used, used))
        for name in names:
            folder_named(name).parent.mkdir(exist_ok=True)
            folder_named(name).symlink_to(Path("../made") / key)
        return folder

    return make


def left() -> list[str]:
    return sorted(path.name for path in (builds_folder() / "made").iterdir())


def test_from_a_repository_to_a_build(capsys, here):
    """Added, listed, made, found again, forgotten; stdout has results, stderr the progress."""
    folder = write_project(here / "project")
    name = commit(folder, "first")
    add = ["builds", "add", "main", "--git", "project", "--ref", "main", "--option", "glx=true"]
    assert main([*add, "--server", "xvfb"]) == 0
    assert (here / "nightly.toml").read_text() == (
        '[builds.main]\ngit = "project"\nref = "main"\nservers = ["xvfb"]\n\n'
        '[builds.main.options]\nglx = "true"\n'
    )
    assert capsys.readouterr().out.splitlines()[1] == "build it: xharness builds make main"
    assert main(["builds", "list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{'main':16} not made yet",
        f"{'':16} plain: main of {folder}",
    ]
    assert main(["builds", "make"]) == 0
    said = capsys.readouterr()
    assert f"main 7.8.9 main {name[:12]}: xvfb (" in said.out
    assert said.err.splitlines()[-1] == "main: compiling 2/2, 0 s left"
    assert main(["builds", "make", "main"]) == 0
    again = capsys.readouterr()
    assert "was there already: " in again.out
    assert again.err == ""
    assert main(["builds", "path", "main"]) == 0
    path = Path(capsys.readouterr().out.strip())
    record = read_record(path)
    assert record is not None
    assert record.options["glx"] == "true"
    assert main(["builds", "list"]) == 0
    assert f"7.8.9 main {name[:12]}: xvfb (" in capsys.readouterr().out
    assert main(["builds", "forget", "main"]) == 0
    assert main(["builds", "list"]) == 0
    assert "1 made (" in capsys.readouterr().out


def test_what_cannot_be_built_leaves_the_others(capsys, here):
    """Status 1, the reason and the log, and all else is made."""
    write_project(here / "broken", fault="broken\n")
    write_project(here / "whole", ServerKind.XVFB)
    for name in ("broken", "whole"):
        assert main(["builds", "add", name, "--source", name]) == 0
    assert main(["builds", "make"]) == 1
    said = capsys.readouterr()
    assert "\nwhole 7.8.9 " in said.out
    assert "broken: " in said.err
    assert "cannot be built: compile: " in said.err
    assert "/build.log" in said.err
    assert main(["builds", "list"]) == 0
    line = capsys.readouterr().out.splitlines()[0]
    assert line.startswith(f"{'broken':16} failed: compile: ")
    assert line.endswith("/build.log)")
    write_project(here / "broken", ServerKind.XVFB)
    assert main(["builds", "make", "broken"]) == 0
    assert main(["builds", "list"]) == 0
    assert "failed: " not in capsys.readouterr().out.partition("further in")[0]


def test_folders_are_written_as_the_file_sees_them(here, monkeypatch, capsys):
    """Whatever folder the command is run in."""
    (here / "below").mkdir()
    (here / "nightly.toml").write_text("# empty\n")
    monkeypatch.chdir(here / "below")
    assert main(["builds", "add", "mine", "--source", "."]) == 0
    assert 'source = "below"' in (here / "nightly.toml").read_text()
    config = here / "other.toml"
    assert main(["builds", "add", "mine", "--source", "..", "--config", str(config)]) == 0
    assert 'source = "."' in config.read_text()
    assert main(["builds", "add", "deb", "xwayland@sid", "--preset", "sanitized"]) == 0
    assert 'release = "xwayland@sid"' in (here / "nightly.toml").read_text()


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["--git", "/none", "--ref", "main"], "--git /none: expected a folder or an address, and"),
        (["--source", "none"], "--source none: expected a folder, and"),
        (["--source", "file"], "/file is no folder"),
    ],
)
def test_sources_that_are_not_there_are_not_added(capsys, here, words, problem):
    """An address is asked by make alone."""
    (here / "file").touch()
    assert main(["builds", "add", "main", *words]) == 2
    assert problem in capsys.readouterr().err
    assert not (here / "nightly.toml").exists()
    for number, address in enumerate(("https://host.example/x.git", "git@host.example:x")):
        assert main(["builds", "add", f"a{number}", "--git", address, "--ref", "main"]) == 0


def test_pruning_keeps_what_was_used_last(capsys, put):
    """And what has a name, and removes what failed."""
    for key, used in (("old", 1), ("middle", 2), ("new", 3)):
        put(key, used)
    put("named", 0, "main")
    (builds_folder() / "made/failed").mkdir()
    assert main(["builds", "prune", "--keep", "1"]) == 0
    assert left() == ["named", "new"]
    assert "removed 3 builds; 2 left (" in capsys.readouterr().out


def test_pruning_to_a_size_counts_the_named_first(capsys, put):
    """What they leave is for those that were used last."""
    put("named", 0, "main", kilobytes=100)
    for key, used in (("old", 1), ("middle", 2), ("new", 3)):
        put(key, used, kilobytes=100)
    assert main(["builds", "prune", "--size", "350K"]) == 0
    assert left() == ["middle", "named", "new"]
    assert main(["builds", "prune", "--size", "0"]) == 0
    assert left() == ["named"]


@pytest.mark.parametrize("wrong", ["none", "../../../mine", "../../../link", "../names"])
def test_forgetting_touches_nothing_unless_all_are_builds(capsys, here, put, tmp_path, wrong):
    """A name is no path, and of several names all are looked at first."""
    put("key", 1, "old")
    (tmp_path / "mine").write_text("precious")
    (tmp_path / "link").symlink_to("mine")
    assert main(["builds", "add", "main", "--source", str(tmp_path)]) == 0
    assert main(["builds", "forget", "main", "old", wrong]) == 2
    assert f"there is no build {wrong} in" in capsys.readouterr().err
    assert (tmp_path / "link").read_text() == "precious"
    assert folder_named("old").is_symlink()
    assert "main" in (here / "nightly.toml").read_text()
    assert main(["builds", "forget", "main", "main", "old"]) == 0
    assert not folder_named("old").is_symlink()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["make", "none"], "nightly.toml has no build none; it has none;", id="make"),
        pytest.param(["make"], "has no builds; add one", id="make-all"),
        pytest.param(["path", "none"], "run: xharness builds make none", id="path"),
        pytest.param(["forget", "none"], "there is no build none", id="forget"),
        pytest.param(["add", "a", "--git", "."], "git and ref belong together", id="no-ref"),
        pytest.param(["add", "sid", "--source", "."], "that of a Debian release", id="name"),
        pytest.param(["add", "a", "xvfb"], "expected KIND@RELEASE", id="release"),
    ],
)
def test_wrong_input_is_one_message_and_status_2(capsys, arguments, said):
    """On stderr, with another status than sources that cannot be built."""
    assert main(["builds", *arguments]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("xharness: ")
    assert said in printed.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["add", "a"], "one of the arguments", id="no-origin"),
        pytest.param(["add", "a", "xvfb@sid", "--source", "."], "not allowed with", id="two"),
        pytest.param(["add", "a", "--source", ".", "--option", "x"], "KEY=VALUE", id="option"),
        pytest.param(["prune"], "one of the arguments --keep --size", id="prune"),
        pytest.param(["prune", "--keep", "-1"], "expected a number such as 5", id="keep"),
        pytest.param(["prune", "--size", "much"], "expected a size such as 500M", id="size"),
    ],
)
def test_a_command_that_cannot_be_understood_ends_with_2(capsys, arguments, said):
    """argparse says what is wrong."""
    with pytest.raises(SystemExit) as caught:
        main(["builds", *arguments])
    assert caught.value.code == 2
    assert said in capsys.readouterr().err


def test_kinds_that_cannot_be_started_are_listed_apart(capsys, here, put):
    """With the reason."""
    folder = put("lacking", 1, "main")
    own = {"kinds": ["xvfb", "xorg"], "lacks": {"xorg": "it has no driver: install autoconf"}}
    text = json.loads((folder / BUILD_FILE).read_text())
    (folder / BUILD_FILE).write_text(json.dumps(text | own))
    (here / "nightly.toml").write_text('[builds.main]\nsource = "."\n')
    assert main(["builds", "list"]) == 0
    said = capsys.readouterr().out
    assert ": xvfb (" in said
    assert "main: xorg cannot be judged: it has no driver: install autoconf\n" in said


def test_doctor_looks_at_the_servers_of_builds(capsys, put, monkeypatch):
    """By their names, like those of releases."""
    folder = put("key", 1, "main")
    program = folder / ServerKind.XVFB.info.built_at
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho '-fbdir directory'\n")
    program.chmod(0o755)
    monkeypatch.setattr(doctor, "_examine", lambda *_: (["version 7"], set()))
    assert main(["doctor"]) == 0
    assert f"{'xvfb@main':17} {program}\n{'':17} version 7\n" in capsys.readouterr().out
