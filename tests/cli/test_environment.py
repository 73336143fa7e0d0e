# SPDX-License-Identifier: MIT
"""``xharness`` where the user has no home folder, and where its output cannot go."""

import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.servers.attached import attach
from harness.servers.errors import DisplayUnusable
from tests.conftest import ROOT


@pytest.fixture
def homeless(monkeypatch):
    """A user without HOME and without an entry in passwd."""

    def nobody(number):
        raise KeyError(number)

    for name in ("HOME", "XHARNESS_CACHE", "XDG_CACHE_HOME", "XAUTHORITY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)


@pytest.mark.parametrize(
    "command", [["doctor"], ["servers", "list"], ["servers", "fetch", "xvfb@trixie"]]
)
def test_without_a_home_folder_the_variable_to_set_is_named(command, homeless, capsys):
    """One sentence."""
    assert main(command) == 1
    said = capsys.readouterr().err
    assert said.startswith("xharness: no folder for fetched servers: ")
    assert "set XHARNESS_CACHE to a folder" in said
    assert said.count("\n") == 1


def test_without_a_home_folder_the_cache_can_be_named(homeless, tmp_path, monkeypatch, capsys):
    """As the sentence says."""
    monkeypatch.setenv("XHARNESS_CACHE", str(tmp_path))
    assert main(["servers", "list"]) == 0
    assert str(tmp_path) in capsys.readouterr().out


@pytest.mark.parametrize("variable", ["XHARNESS_CACHE", "XDG_CACHE_HOME"])
def test_a_cache_of_an_unknown_user_is_explained(variable, homeless, monkeypatch, capsys):
    """The value is in the sentence."""
    monkeypatch.setenv(variable, "~no-such-user/cache")
    assert main(["servers", "list"]) == 1
    assert "~no-such-user/cache" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--server-path", "--server-build"])
def test_a_server_of_an_unknown_user_is_explained(option, tmp_path, monkeypatch, capsys):
    """No traceback for ``~no-such-user``."""
    monkeypatch.setenv("XHARNESS_CACHE", str(tmp_path))
    assert main(["doctor", option, "~no-such-user/Xvfb"]) == 1
    assert "~no-such-user/Xvfb" in capsys.readouterr().err


def test_without_a_home_folder_a_display_can_be_attached_to(homeless):
    """It has no cookie then, which the error says."""
    with pytest.raises(DisplayUnusable, match=r"no cookie, for ~/\.Xauthority cannot be read"):
        attach(":59998")


def test_output_that_cannot_be_written_is_explained(tmp_path):
    """A full disk: one sentence, status 1."""
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "harness.cli", "servers", "list"],
            cwd=ROOT,
            env=os.environ | {"XHARNESS_CACHE": str(tmp_path)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.stderr == "xharness: No space left on device\n"
    assert done.returncode == 1


def test_an_interrupt_while_modules_are_loaded_is_said():
    """As later: status 130, no traceback."""
    code = (
        "import sys\n"
        "from harness.cli.__main__ import start\n"
        "class Interrupting:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'harness.cli.main':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupting())\n"
        "sys.exit(start())\n"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert (done.returncode, done.stderr) == (130, "xharness: interrupted\n")
