# SPDX-License-Identifier: MIT
"""Servers of builds by their names, and what a build says of itself."""

import json
from pathlib import Path

import pytest

from harness.results.run import ServerIdentity
from harness.results.surroundings import with_origins
from harness.servers.errors import NotFetched, SpecError
from harness.servers.kinds.table import ServerKind
from harness.servers.made_builds import (
    BUILD_FILE,
    MESON_FOLDER,
    BuildRecord,
    MadeServer,
    NotMade,
    folder_named,
    read_record,
    record_of,
    record_text,
)
from harness.servers.releases.cache import ReleasedServer
from harness.servers.releases.named import find_named, parse_name
from harness.servers.releases.provenance import origin_of

COMMIT = "0123456789abcdef0123456789abcdef01234567"
RECORD = BuildRecord(
    repository="/home/user/xserver",
    ref="main",
    commit=COMMIT,
    preset="plain",
    options={"glx": "false", "xvfb": "true"},
    kinds=("xvfb", "xorg"),
    lacks={"xorg": "it has no dummy_drv.so"},
    compiler="cc 12",
    version="21.1.7",
    made="2026-11-30T02:00:00+00:00",
    seconds=71.5,
)


@pytest.fixture
def made(tmp_path, monkeypatch) -> Path:
    """The meson build folder of a build that ``main`` means."""
    monkeypatch.setenv("XHARNESS_CACHE", str(tmp_path / "cache"))
    folder = tmp_path / "cache/builds/made/abc" / MESON_FOLDER
    program = folder / ServerKind.XVFB.info.built_at
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\necho '-fbdir directory'\n")
    program.chmod(0o755)
    (folder / BUILD_FILE).write_text(record_text(RECORD))
    folder_named("main").parent.mkdir()
    folder_named("main").symlink_to("../made/abc")
    return folder


def test_a_record_is_read_as_it_was_written(made):
    """Every member, from the folder or a program in it."""
    assert read_record(made) == RECORD
    assert record_of(made / ServerKind.XVFB.info.built_at) == RECORD
    assert record_of(Path("/usr/bin/env")) is None


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda text: text[: len(text) // 2], id="cut"),
        pytest.param(
            lambda text: text.replace('"version_of_format": 1', '"version_of_format": 2'),
            id="newer",
        ),
        pytest.param(lambda text: text.replace("xharness-build", "something"), id="foreign"),
        pytest.param(lambda text: "[]", id="no-object"),
        pytest.param(lambda text: text.replace('"commit"', '"comet"'), id="member"),
    ],
)
def test_what_is_no_record_is_none(made, damage):
    """The build counts as not made, and is made again."""
    path = made / BUILD_FILE
    path.write_text(damage(path.read_text()))
    assert read_record(made) is None


def test_a_server_is_found_by_the_name_of_its_build(made):
    """It has the build's name, and is no stock server."""
    assert parse_name("xvfb@main") == MadeServer(ServerKind.XVFB, "main")
    build = find_named("xvfb@main")
    assert (build.name, build.release, build.stock) == ("xvfb@main", "", False)
    assert build.path == made / ServerKind.XVFB.info.built_at


@pytest.mark.parametrize("name", ["trixie", "sid", "other"])
def test_other_names_are_those_of_releases(made, name):
    """So is one that neither a build nor a release has."""
    assert parse_name(f"xvfb@{name}") == ReleasedServer(ServerKind.XVFB, name)


def test_a_name_of_nothing_gives_the_commands_for_both(made):
    """A release that is known has no use for the other one."""
    with pytest.raises(NotFetched, match=r"servers fetch xvfb@other; .*xharness builds make other"):
        find_named("xvfb@other")
    with pytest.raises(NotFetched, match=r"run: xharness servers fetch xvfb@sid$"):
        find_named("xvfb@sid")


def test_a_build_that_is_not_made_gives_the_command(made):
    """A name that no release can have, and a link whose build was pruned."""
    with pytest.raises(NotMade, match=r"not made yet; run: xharness builds make main-asan$"):
        find_named("xvfb@main-asan")
    (made / BUILD_FILE).unlink()
    with pytest.raises(NotMade, match=r"not made yet; run: xharness builds make main$"):
        find_named("xvfb@main")


def test_a_build_that_is_defined_but_not_made_gives_the_command(made, tmp_path, monkeypatch):
    """Also from a folder below; a damaged file defines none."""
    below = tmp_path / "project" / "below"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    file = tmp_path / "project" / "nightly.toml"
    file.write_text("[builds.never]\nsource = '.'\n")
    with pytest.raises(NotMade, match=r"not made yet; run: xharness builds make never$"):
        find_named("xvfb@never")
    for damaged in ("[builds", "builds = 3\n"):
        file.write_text(damaged)
        with pytest.raises(NotFetched):
            find_named("xvfb@never")


def test_what_a_build_does_not_have_is_said(made):
    """A kind that was not built, and one that cannot be started, each with what to do."""
    with pytest.raises(NotMade, match=r"has xvfb, xorg only: name xephyr too .*nightly\.toml"):
        find_named("xephyr@main")
    with pytest.raises(NotMade, match=r"it has no dummy_drv\.so; then run again: xharness builds"):
        find_named("xorg@main")


def test_malformed_names_are_refused(made):
    """Neither a build nor a release can have them."""
    for name in ("xterm@main", "xvfb@", "xvfb@UPPER"):
        with pytest.raises(SpecError):
            parse_name(name)


def test_results_say_what_a_build_was_made_from(made):
    """The commit and the options, or the source package."""
    build = find_named("xvfb@main")
    assert origin_of(build).commit == COMMIT
    identity = ServerIdentity(name="xvfb@main", kind="xvfb", program=str(build.path))
    (found,) = with_origins({"xvfb@main": identity}).values()
    assert (found.commit, found.options) == (COMMIT, {"glx": "false", "xvfb": "true"})
    text = (made / BUILD_FILE).read_text()
    package = "xorg-server 2:21.1.7-3"
    (made / BUILD_FILE).write_text(json.dumps(json.loads(text) | {"package": package}))
    assert (origin_of(build).package, origin_of(build).commit) == (package, "")
