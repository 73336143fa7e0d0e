# SPDX-License-Identifier: MIT
"""What ``xharness`` prints, and how it ends."""

import argparse
import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from harness.cli.main import COMMANDS, main, main_parser
from harness.goldens.store import GoldenMode, GoldenStore
from harness.pixels.frame import Frame, FrameSource
from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.releases.cache import PACKAGES, ReleasedServer


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("XHARNESS_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def in_cache():
    """Put the machine's own Xvfb into the cache as if it came from a release."""

    def put(name: str) -> ReleasedServer:
        server = ReleasedServer.parse(name)
        server.folder.mkdir(parents=True)
        path = find_on_path(ServerKind.XVFB).path
        server.program.write_text(f'#!/bin/sh\nexec {path} "$@"\n')
        server.program.chmod(0o755)
        (server.folder / PACKAGES).write_text("libc6_2.41_amd64.deb\nxvfb_2%3a9.8-7_amd64.deb\n")
        return server

    return put


def test_an_empty_cache_is_told_with_what_to_do(capsys, cache):
    """The folder, and the command that fills it."""
    assert main(["servers", "list"]) == 0
    said = capsys.readouterr().out
    assert f"nothing in {cache}/servers; fetch something: xharness servers fetch xvfb@" in said


def test_a_terminal_of_ascii_is_no_reason_to_fail(tmp_path):
    """A path that it cannot show is escaped."""
    cache = tmp_path / "gro\N{LATIN SMALL LETTER SHARP S}"
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli", "servers", "list"],
        env=os.environ | {"PYTHONIOENCODING": "ascii", "XHARNESS_CACHE": str(cache)},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"/gro\xdf/servers" in done.stdout


def test_servers_in_the_cache_are_listed(capsys, in_cache):
    """Name, version of the package, size, program; and what is not whole."""
    server = in_cache("xvfb@trixie")
    ReleasedServer.parse("xorg@sid").partial.mkdir(parents=True)
    assert main(["servers", "list"]) == 0
    whole, part = capsys.readouterr().out.splitlines()
    assert whole.split() == ["xvfb@trixie", "2:9.8-7", "0", "MB", str(server.program)]
    assert part.split()[:4] == ["xorg@sid", "not", "whole", "yet"]


def test_a_server_that_is_there_is_not_fetched_again(capsys, in_cache, monkeypatch, tmp_path):
    """It says so, without apt."""
    server = in_cache("xvfb@trixie")
    assert main(["servers", "fetch", "xvfb@trixie"]) == 0
    said = capsys.readouterr().out
    assert said == f"xvfb@trixie 2:9.8-7 (was there already): {server.program}\n"


def test_removed_servers_are_gone(capsys, in_cache):
    """By name, or all of them."""
    servers = [in_cache(name) for name in ("xvfb@trixie", "xvfb@sid", "xvfb@bullseye")]
    assert main(["servers", "remove", "xvfb@sid"]) == 0
    assert [server.folder.exists() for server in servers] == [True, False, True]
    assert main(["servers", "remove", "--all"]) == 0
    assert [server.folder.exists() for server in servers] == [False, False, False]
    assert capsys.readouterr().out.splitlines()[0] == "removed xvfb@sid"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(["fetch", "xterm@sid"], "known kinds: xvfb, xephyr", id="kind"),
        pytest.param(["fetch", "xvfb"], "expected KIND@RELEASE such as", id="release"),
        pytest.param(["remove", "xvfb@sid"], "xvfb@sid is not fetched", id="absent"),
    ],
)
def test_a_failure_is_one_message_and_status_1(capsys, arguments, said):
    """On stderr, without a traceback."""
    assert main(["servers", *arguments]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("xharness: ")
    assert said in told.err


@pytest.mark.parametrize("arguments", [[], ["servers"], ["servers", "remove"], ["servers", "buy"]])
def test_a_command_that_cannot_be_understood_is_status_2(capsys, arguments):
    """With the usage."""
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
    assert "usage: xharness" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "listed"),
    [
        ([], ["servers", "doctor", "proxy", "present-stats", "runs", "golden"]),
        (["runs"], ["show", "merge", "compare", "history", "table"]),
        (["golden"], ["accept", "review", "orphans"]),
        (["servers"], ["fetch", "list", "remove"]),
    ],
)
def test_without_a_command_all_are_listed(capsys, words, listed):
    """On stderr, with the status of a command that cannot be understood."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    for name in listed:
        assert re.search(rf"^    {name} ", said.err, re.MULTILINE)
    assert said.err.endswith(f"{' '.join(['xharness', *words])}: error: name a command of these\n")


@pytest.mark.parametrize(
    "words",
    [
        ["runs", "show", "{odd}"],
        ["runs", "compare", "{odd}", "{odd}"],
        ["golden", "lint", "{odd}"],
        ["trace", "{odd}"],
        ["present-stats", "{odd}"],
        ["servers", "fetch", "{odd}"],
        ["doctor", "--display", "{odd}"],
        ["runs", "show", "a", "{odd}"],
    ],
)
def test_no_message_acts_on_the_terminal(capfd, words):
    """A name with control characters comes back escaped."""
    odd = "\x1b]0;title\x07\x9b2J"
    try:
        status = main([word.format(odd=odd) for word in words])
    except SystemExit as ended:
        status = ended.code
    said = capfd.readouterr().err
    assert status in (1, 2)
    assert r"\x1b]0;title\x07\x9b2J" in said
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", said)


def test_goldens_without_faults_are_silent(capsys, tmp_path):
    """Status 0."""
    store = GoldenStore(tmp_path, GoldenMode.ADD, environment={})
    store.save("present/test-it/frame.png", frame(), server="xvfb")
    assert main(["golden", "lint", str(tmp_path)]) == 0
    assert capsys.readouterr().out == ""


def test_each_fault_of_goldens_is_one_line(capsys, tmp_path):
    """Its path and what is wrong with it; status 1."""
    store = GoldenStore(tmp_path, GoldenMode.ADD, environment={})
    for name in ("frame", "frame.xvfb", "lost"):
        store.save(f"present/test-it/{name}.png", frame(), server="xvfb", reason="shown here")
    store.path("present/test-it/lost.png").unlink()
    (tmp_path / "stray.png").write_bytes(b"")
    store.save("present/test-it/large.png", frame(200), server="xvfb")
    store.save("present/test-it/edited.png", frame(), server="xvfb")
    Image.new("RGB", (9, 9)).save(store.path("present/test-it/edited.png"))
    assert main(["golden", "lint", str(tmp_path)]) == 1
    folder = tmp_path / "present" / "test-it"
    edited, redundant, large, lost, stray = capsys.readouterr().out.splitlines()
    assert edited.startswith(f"{folder / 'edited.png'} was edited by hand: edited.json says ")
    assert large.startswith(f"{folder / 'large.png'} has ")
    assert large.endswith(" bytes, at most 65536 are allowed: show less in it")
    assert redundant.startswith(f"{folder / 'frame.xvfb.png'} has the pixels of the golden used")
    assert lost == f"{folder / 'lost.png'} does not exist, but is described"
    assert stray == f"{tmp_path / 'stray.png'} has no stray.json beside it"


def test_a_folder_of_goldens_that_does_not_exist_is_told(capsys, tmp_path):
    """Nothing was checked, which is a failure."""
    assert main(["golden", "lint", str(tmp_path / "none")]) == 2
    assert f"{tmp_path / 'none'} is no folder of goldens" in capsys.readouterr().err


def frame(size=4):
    """A frame of noise."""
    pixels = np.random.default_rng(1).integers(0, 1 << 24, (size, size), np.uint32)
    return Frame(pixels, 24, FrameSource.WINDOW)


def test_the_doctor_looks_at_every_server(capsys, in_cache, tmp_path, monkeypatch):
    """Each with version and what it showed; then what is skipped, and what would help."""
    in_cache("xvfb@sid")
    monkeypatch.setattr("harness.cli.doctor.KINDS", [ServerKind.XVFB, ServerKind.XEPHYR])
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    for kind in (ServerKind.XVFB, ServerKind.XEPHYR):
        assert f"{kind:17} {find_on_path(kind).path}\n" in said
    assert "package 2:9.8-7\n" in said
    assert "1 CRTC; rotation: no; transform: no; screen grows: no\n" in said
    assert "a CRTC that rotates run on xephyr, are skipped on the other 2\n" in said
    assert "whose size can be set run on xvfb, xvfb@sid, are skipped on the other\n" in said
    flips = next(line for line in said.splitlines() if "that flip are skipped" in line)
    assert flips.endswith("xharness servers fetch xwayland@trixie")
    assert re.search(
        r"need 2 CRTCs are skipped; to run them install xorg \(Debian, Ubuntu: .*\) "
        r"or xharness servers fetch sway@trixie\n",
        said,
    )


def test_the_doctor_looks_at_the_named_servers_alone(capsys, in_cache):
    """As --server of pytest names them; a name that is none is refused in words."""
    in_cache("xvfb@sid")
    assert main(["doctor", "--server", "xvfb@sid"]) == 0
    said = capsys.readouterr().out
    assert [line.split()[0] for line in said.splitlines() if line[:1] == "x"] == ["xvfb@sid"]
    assert "tests that need 2 CRTCs are skipped; they run on xorg, sway@trixie\n" in said
    assert "install" not in said
    assert main(["doctor", "--server", "xfvb"]) == 1
    assert "xfvb is not known; known kinds: xvfb," in capsys.readouterr().err


def test_the_doctor_names_packages_of_missing_servers(capsys, monkeypatch, tmp_path):
    """A machine without X servers."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("harness.cli.doctor.KINDS", [ServerKind.XVFB])
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert "xvfb              missing\n" in said
    assert "Xvfb not found on PATH (Debian, Ubuntu: xvfb," in said


def test_the_doctor_tells_a_broken_server(capsys, in_cache, monkeypatch):
    """What it said, and status 1; the others are looked at all the same."""
    broken = in_cache("xvfb@sid")
    broken.program.write_text(
        '#!/bin/sh\n[ "$1" = -help ] && echo " -fbdir directory"\necho broken to pieces\nexit 7\n'
    )
    broken.program.chmod(broken.program.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr("harness.cli.doctor.KINDS", [ServerKind.XVFB])
    assert main(["doctor"]) == 1
    said = capsys.readouterr().out
    assert "does not work: Xvfb refused to start: exit status 7" in said
    assert "broken to pieces" in said
    assert f"{'xvfb':17} {find_on_path(ServerKind.XVFB).path}\n" in said


def test_the_doctor_tells_the_commit_of_an_own_build(capsys, monkeypatch, tmp_path):
    """A meson build folder knows its sources, git knows their commit."""
    git = shutil.which("git")
    if git is None:
        pytest.skip("needs git")
    import subprocess

    run = [git, "-C", str(tmp_path), "-c", "user.name=n", "-c", "user.email=e@example.org"]
    subprocess.run([*run, "init", "--quiet"], check=True)
    commit = [*run, "commit", "--quiet", "--allow-empty", "--message", "x"]
    subprocess.run(commit, check=True)
    subprocess.run([*run, "tag", "v9.9"], check=True)
    build = tmp_path / "build"
    server = build / ServerKind.XVFB.info.built_at
    server.parent.mkdir(parents=True)
    server.write_text(f'#!/bin/sh\nexec {find_on_path(ServerKind.XVFB).path} "$@"\n')
    server.chmod(0o755)
    (build / "meson-info").mkdir()
    info = f'{{"directories": {{"source": "{tmp_path}"}}}}'
    (build / "meson-info" / "meson-info.json").write_text(info)
    monkeypatch.setattr("harness.cli.doctor.KINDS", [ServerKind.XVFB])
    assert main(["doctor", "--server-build", str(build)]) == 0
    said = capsys.readouterr().out
    assert f"{'xvfb':17} {server}\n" in said
    assert ", commit v9.9" in said
    monkeypatch.undo()
    assert main(["doctor", "--server-build", str(build), "--server", "xvfb"]) == 0
    said = capsys.readouterr().out
    assert [line.split()[1] for line in said.splitlines() if line[:1] == "x"] == [str(server)]


def test_the_doctor_tells_what_a_driver_for_a_build_lacks(capsys, tmp_path):
    """The other servers of the folder are looked at all the same."""
    build = tmp_path / "build"
    for kind in (ServerKind.XVFB, ServerKind.XORG):
        server = build / kind.info.built_at
        server.parent.mkdir(parents=True)
        server.write_text(f'#!/bin/sh\nexec {find_on_path(kind).path} "$@"\n')
        server.chmod(0o755)
    chosen = [word for kind in ("xvfb", "xorg-flip") for word in ("--server", kind)]
    assert main(["doctor", "--server-build", str(build), *chosen]) == 0
    said = capsys.readouterr().out
    assert f"{'xvfb':17} {build / ServerKind.XVFB.info.built_at}\n" in said
    assert "need the harness's driver: cannot read" in said


def values(
    parser: argparse.ArgumentParser, command: tuple[str, ...] = ()
) -> Iterator[tuple[list[str], str]]:
    """For every value that a command takes, words that give it empty, and its name in messages."""
    before: list[str] = []
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, below in action.choices.items():
                yield from values(below, (*command, name))
        elif action.option_strings:
            if action.nargs != 0:
                yield [*command, f"{action.option_strings[-1]}="], "/".join(action.option_strings)
        elif action.dest != "command":
            yield [*command, *before, ""], str(action.metavar)
            before.append("given")


@pytest.mark.parametrize(
    ("words", "name"),
    [pytest.param(*given, id=" ".join(given[0])) for given in values(main_parser())],
)
def test_an_empty_value_is_refused_by_its_name(capsys, words, name):
    """It selects no other server, display or folder; only a COMMAND may have empty arguments."""
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert f"argument {name}: " in said
    assert "''" in said


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_is_loaded_by_its_name(name, capsys):
    """The module that the table names adds this command; its help is whole without the others."""
    with pytest.raises(SystemExit) as ended:
        main_parser(name).parse_args([name, "--help"])
    assert ended.value.code == 0
    assert f"xharness {name}" in capsys.readouterr().out


def test_a_command_does_not_wait_for_the_modules_of_others():
    """Listing runs needs no arrays of pixels."""
    code = "import sys; from harness.cli.main import main_parser; main_parser('runs')"
    code += "; print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
