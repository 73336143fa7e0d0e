# SPDX-License-Identifier: MIT
"""Finding server binaries, and saying what a wrong file is."""

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from harness.servers import builds
from harness.servers.builds import find_on_path, from_build_folder, from_file
from harness.servers.errors import NoServerInBuildFolder, NotAServer, ServerNotInstalled
from harness.servers.kinds.table import DEFAULT_KINDS, KINDS, ServerKind


@pytest.mark.parametrize("kind", DEFAULT_KINDS)
def test_a_server_on_path_is_of_its_kind_and_tells_its_options(kind):
    """The help text decides; options are whole words of it."""
    build = find_on_path(kind)
    assert (build.kind, build.origin) == (kind, "PATH")
    assert build.offers("-displayfd")
    assert build.offers("-fakescreenfps")
    assert build.offers("GLX")
    assert not build.offers("-display")


@pytest.mark.parametrize("kind", ServerKind)
def test_a_missing_server_names_its_packages(kind, monkeypatch, tmp_path):
    """Whoever lacks the program learns which package brings it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    nowhere = replace(kind.info, places=(str(tmp_path / "absent"),))
    monkeypatch.setitem(KINDS, kind, nowhere)
    with pytest.raises(ServerNotInstalled) as caught:
        find_on_path(kind)
    assert kind.info.program in str(caught.value)
    for package in kind.info.packages.values():
        assert package in str(caught.value)


def test_a_missing_companion_names_its_packages(monkeypatch, tmp_path):
    """Xwayland without a compositor to show itself in is not there either."""
    (tmp_path / "Xwayland").symlink_to(find_on_path(ServerKind.XWAYLAND).path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ServerNotInstalled, match=r"^weston not found on PATH .*: weston.*xwayland"):
        find_on_path(ServerKind.XWAYLAND)


def test_a_missing_module_names_its_packages(monkeypatch, tmp_path):
    """Xorg without the driver that needs no hardware is not there either."""
    info = ServerKind.XORG.info
    without = replace(info, module=replace(info.module, folders=(str(tmp_path),)))
    monkeypatch.setitem(KINDS, ServerKind.XORG, without)
    with pytest.raises(ServerNotInstalled, match=r"^drivers/dummy_drv.so not found in /") as caught:
        find_on_path(ServerKind.XORG)
    assert "xserver-xorg-video-dummy" in str(caught.value)


def test_a_wrapper_script_of_any_name_is_recognised(script):
    """A build may be a shell script around the server."""
    real = find_on_path(ServerKind.XEPHYR)
    path = script(f'#!/bin/sh\nexec {shlex.quote(str(real.path))} "$@"\n')
    assert from_file(path).kind is ServerKind.XEPHYR


def test_a_server_of_another_kind_is_refused(xvfb):
    """Asked for Xephyr, given Xvfb: both are named."""
    with pytest.raises(NotAServer, match=r"of kind xvfb, asked for was xephyr"):
        from_file(xvfb.path, ServerKind.XEPHYR)


def test_a_program_of_two_kinds_is_of_the_first_unless_one_is_named(script):
    """Xwayland with a root window, and without one on sway."""
    path = find_on_path(ServerKind.XWAYLAND).path
    assert from_file(path).kind is ServerKind.XWAYLAND
    assert from_file(path, ServerKind.SWAY).kind is ServerKind.SWAY


def test_what_is_no_server_is_refused_in_words(tmp_path, script):
    """Folder, nothing, text, foreign programs: one sentence each, with the known kinds."""
    text = tmp_path / "notes"
    text.write_text("not a program")
    broken = script("neither a program nor a script")
    for path, reason in (
        (tmp_path, "folder"),
        (tmp_path / "absent", "No such file"),
        (text, "not executable"),
        (broken, "cannot be run"),
        (Path("/bin/ls"), "not that of an X server"),
        (Path("/bin/cat"), "not that of an X server"),
        (Path("/dev/null"), "not a regular file"),
    ):
        with pytest.raises(NotAServer, match=reason) as caught:
            from_file(path)
        assert "xvfb, xephyr" in str(caught.value)


def test_a_program_that_ignores_help_is_given_up(script, monkeypatch):
    """-help has a deadline, for a program that reads, waits or never ends."""
    monkeypatch.setattr(builds, "HELP_SECONDS", 0.2)
    with pytest.raises(NotAServer, match="did not end"):
        from_file(script("#!/bin/sh\nsleep 60\n"))


def test_a_help_without_end_is_read_only_so_far(script):
    """-help has a limit in size."""
    with pytest.raises(NotAServer, match="did not end within"):
        from_file(script("#!/bin/sh\nyes\n"))


def test_help_is_asked_once_until_the_file_changes(script, tmp_path):
    """A rebuilt server is asked again, an unchanged one is not."""
    count = tmp_path / "count"
    text = f'#!/bin/sh\necho x >> {count}\necho " -fbdir directory"\n'
    path = script(text)
    assert from_file(path) == from_file(path)
    assert count.read_text() == "x\n"
    script(f"{text}echo ' -fakescreenfps #'\n")
    assert from_file(path).offers("-fakescreenfps")


@pytest.mark.parametrize("kind", DEFAULT_KINDS)
def test_a_server_is_found_in_a_build_folder(kind, tmp_path):
    """At the place where meson puts it."""
    place = tmp_path / kind.info.built_at
    place.parent.mkdir(parents=True)
    place.symlink_to(find_on_path(kind).path)
    build = from_build_folder(tmp_path, kind)
    assert (build.kind, build.origin) == (kind, "build folder")


def test_a_build_folder_without_server_says_what_it_looked_for(tmp_path):
    """Empty, absent, or a file."""
    with pytest.raises(NoServerInBuildFolder, match=r"looked for .*hw/vfb/Xvfb"):
        from_build_folder(tmp_path, ServerKind.XVFB)
    with pytest.raises(NoServerInBuildFolder, match="does not exist"):
        from_build_folder(tmp_path / "absent", ServerKind.XVFB)
    with pytest.raises(NoServerInBuildFolder, match="not a folder"):
        from_build_folder(find_on_path(ServerKind.XVFB).path, ServerKind.XVFB)


def test_a_server_of_another_kind_is_one_to_attach_to(script):
    """nxagent, Xnest, x2gokdrive, Xtightvnc: what it is, and how it can be judged."""
    path = script("#!/bin/sh\necho 'use: X [:<display>] [option]'\necho '-audit int  level'\n")
    said = rf"{path.name} is an X server of a kind that is not started here.*--display :N"
    with pytest.raises(NotAServer, match=said):
        from_file(path)
