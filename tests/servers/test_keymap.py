# SPDX-License-Identifier: MIT
"""A server starts from a digest of its keymap folder, and has the keymap that it has anyway."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from harness.servers.builds import Build, find_on_path
from harness.servers.errors import ServerNotInstalled
from harness.servers.kinds.table import DEFAULT_KINDS, ServerKind
from harness.servers.process import keymap
from harness.servers.process.keymap import Keymap
from harness.servers.process.launch import launch
from harness.servers.process.launched_server import LaunchedServer
from harness.servers.spec import ServerSpec

ORIGINAL = Path("/usr/share/X11/xkb")

KEYMAPS = {
    "default": ("evdev+aliases(qwerty)", "complete", "complete", "pc+us+inet(evdev)", "pc(pc105)"),
    "other sections": (
        *("xfree86+aliases(azerty)", "complete", "basic+misc", "pc+us(intl)+inet(apple)"),
        "pc(pc104)",
    ),
    "groups": (
        *("evdev+aliases(qwertz)", "complete", "complete", "pc+us+de:2+us(dvorak):3+inet(evdev)"),
        "pc(pc102)",
    ),
}
PARTS = ("xkb_keycodes", "xkb_types", "xkb_compatibility", "xkb_symbols", "xkb_geometry")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A cache that holds nothing yet."""
    monkeypatch.setenv("XHARNESS_CACHE", str(tmp_path / "cache"))
    keymap._kept_digest.cache_clear()
    keymap._compiled_in.cache_clear()
    yield tmp_path / "cache"
    keymap._kept_digest.cache_clear()
    keymap._compiled_in.cache_clear()


def digests(cache: Path) -> list[Path]:
    return sorted((cache / "keymaps").iterdir())


def starting_with(original: Path, folder: Path) -> Keymap:
    """For a program into which the keymap folder ``original`` is compiled."""
    program = folder / "program"
    program.write_bytes(b"\0before\0%b\0after\0" % os.fsencode(original))
    private = folder / "private"
    private.mkdir(exist_ok=True)
    (private / "xkb").unlink(missing_ok=True)
    return Keymap(ServerSpec(build=Build(ServerKind.XVFB, program, "file", "")), private)


def copied(folder: Path) -> Path:
    original = folder / "share/X11/xkb"
    shutil.copytree(ORIGINAL, original)
    return original


def compiled(keymaps: Path, parts: tuple[str, ...], folder: Path) -> str:
    """What xkbcomp makes of a keymap of these parts."""
    includes = [f'{name} {{ include "{part}" }};' for name, part in zip(PARTS, parts, strict=True)]
    (folder / "source").write_text(f"xkb_keymap {{ {' '.join(includes)} }};")
    command = ["xkbcomp", "-w", "0", f"-R{keymaps}", "-xkm", folder / "source", folder / "compiled"]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
    return subprocess.run(
        ["xkbcomp", "-w", "0", "-xkb", folder / "compiled", "-"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout


@pytest.mark.parametrize("name", KEYMAPS)
def test_a_digest_compiles_to_what_the_original_does(name, tmp_path):
    """Whichever sections are wanted, also those that servers do not have by default."""
    started = starting_with(ORIGINAL, tmp_path)
    digest = Path(started.arguments[1])
    expected = compiled(ORIGINAL, KEYMAPS[name], tmp_path)
    assert compiled(digest, KEYMAPS[name], tmp_path) == expected
    assert (digest / "symbols/us").stat().st_size < (ORIGINAL / "symbols/us").stat().st_size / 2


@pytest.fixture(params=DEFAULT_KINDS)
def build(request: pytest.FixtureRequest) -> Build:
    try:
        return find_on_path(request.param)
    except ServerNotInstalled as error:
        pytest.skip(str(error))


def arguments(server: LaunchedServer) -> list[str]:
    """The command line that it runs with."""
    return Path(f"/proc/{server.pid}/cmdline").read_text().split("\0")


@pytest.fixture
def plain_and_lean(build: Build, request: pytest.FixtureRequest) -> Iterator[list[LaunchedServer]]:
    """A server with its own keymap folder, and one with a digest of it."""
    host = None
    if build.kind.info.needs_host:
        host = request.getfixturevalue("host")
    spec = ServerSpec(build=build, host=host)
    with launch(replace(spec, lean=False)) as plain, launch(spec) as lean:
        assert ["-xkbdir" in arguments(server) for server in (plain, lean)] == [False, True]
        yield [plain, lean]


@pytest.fixture
def host() -> Iterator[object]:
    from harness.servers.kinds.info import Host

    with launch(ServerSpec(build=find_on_path(ServerKind.XVFB))) as server:
        yield Host(server.display, server.authority)


def run(server: LaunchedServer, *command: str) -> str:
    environment = os.environ | {"DISPLAY": server.display, "XAUTHORITY": str(server.authority)}
    return subprocess.run(
        command, env=environment, check=True, capture_output=True, text=True
    ).stdout


def test_clients_see_the_keymap_that_the_server_has_anyway(plain_and_lean):
    """Its keys, types and names, and the rules that it says it was made by."""
    for command in (("xkbcomp", "-w", "0", "-xkb", "{display}", "-"), ("setxkbmap", "-query")):
        plain, lean = (
            run(server, *(word.format(display=server.display) for word in command))
            for server in plain_and_lean
        )
        assert lean == plain
        assert lean.count("\n") > 2


def test_a_ready_server_loads_keymaps_from_its_own_folder(plain_and_lean):
    """Which has parts that no digest has."""
    lean = arguments(plain_and_lean[1])
    assert Path(lean[lean.index("-xkbdir") + 1]).readlink() == ORIGINAL
    for server in plain_and_lean:
        run(server, "setxkbmap", "de", "neo")
    seen = [
        run(server, "xkbcomp", "-w", "0", "-xkb", server.display, "-") for server in plain_and_lean
    ]
    assert seen[0] == seen[1]
    assert "de(neo)" in seen[0]


def test_a_digest_follows_its_original(tmp_path, cache):
    """A file that is changed, or added, makes a new digest; an unchanged folder none."""
    original = copied(tmp_path)
    for count in (1, 1):
        keymap._kept_digest.cache_clear()
        assert starting_with(original, tmp_path).arguments
        assert len(digests(cache)) == count
    with (original / "symbols/us").open("a") as file:
        file.write('partial xkb_symbols "further" { include "us(basic)" };\n')
    keymap._kept_digest.cache_clear()
    digest = Path(starting_with(original, tmp_path).arguments[1])
    assert "further" in (digest / "symbols/us").read_text()
    assert len(digests(cache)) == 2


def _broken(original: Path) -> None:
    (original / "symbols/us").write_text('xkb_symbols "basic" { ')


def _missing(original: Path) -> None:
    (original / "geometry/pc").unlink()


@pytest.mark.parametrize("spoil", [_broken, _missing])
def test_a_folder_that_has_no_digest_is_used_as_it_is(spoil, tmp_path, cache):
    original = copied(tmp_path)
    spoil(original)
    assert starting_with(original, tmp_path).arguments == ()
    assert digests(cache) == []


def test_a_cache_that_cannot_be_written_costs_only_time(tmp_path, cache, spec):
    cache.write_text("a file in its place")
    assert starting_with(ORIGINAL, tmp_path).arguments == ()
    with launch(spec) as server:
        assert server.alive


def test_a_cache_that_was_emptied_meanwhile_is_not_used(tmp_path, cache):
    assert starting_with(ORIGINAL, tmp_path).arguments
    shutil.rmtree(cache)
    assert starting_with(ORIGINAL, tmp_path).arguments == ()


@pytest.mark.parametrize("name", ["with space", 'quote"', "$(exit)", "back`tick", "straße"])
def test_a_path_that_a_shell_would_read_otherwise_is_never_given(name, tmp_path, spec):
    """The server passes it to /bin/sh."""
    folder = tmp_path / name
    folder.mkdir()
    with launch(spec, folder) as server:
        assert "-xkbdir" not in arguments(server)


def test_the_last_word_is_the_users(spec, tmp_path):
    """A folder of the user's own is not replaced."""
    original = copied(tmp_path)
    with launch(replace(spec, extra_args=("-xkbdir", str(original)))) as server:
        assert arguments(server).count("-xkbdir") == 1


def test_a_program_without_a_keymap_folder_gets_no_digest(tmp_path):
    script = tmp_path / "script"
    script.write_text('#!/bin/sh\nexec Xvfb "$@"\n')
    build = Build(ServerKind.XVFB, script, "file", "")
    assert Keymap(ServerSpec(build=build), tmp_path).arguments == ()
