# SPDX-License-Identifier: MIT
"""The tutorial, typed as it stands: each file, each command, what each prints."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TUTORIAL = Path(__file__).resolve().parent.parent / "docs" / "tutorial.md"
COMMAND_SECONDS = 600
FENCED = re.compile(r"(?P<before>[^\n]*)\n\n```(?P<kind>\w+)\n(?P<text>.*?)```", re.DOTALL)
FILE_NAME = re.compile(r"`([\w./]+)`[^`]*:$")
LEFT_OUT = "..."


def steps(page: str) -> Iterator[tuple[str, str]]:
    """Files as (name, contents), and commands as ("$", command and what it prints)."""
    name = ""
    for block in FENCED.finditer(page):
        if block["kind"] == "console":
            for command in re.split(r"^\$ ", block["text"], flags=re.MULTILINE)[1:]:
                yield "$", command
            continue
        if found := FILE_NAME.search(block["before"]):
            name = found[1]
        yield name, block["text"]


def pattern(printed: str) -> re.Pattern[str]:
    """What is printed: any numbers where there are numbers, anything where there are dots."""
    return re.compile("".join(map(line_pattern, plain(printed).splitlines())))


def line_pattern(line: str) -> str:
    """What ``line`` stands for."""
    if line == LEFT_OUT:
        return r"(?:[^\n]*\n)*?"
    numbers = re.sub(r"\d+", r"\\d+", re.escape(line)).replace(re.escape(LEFT_OUT), ".*")
    # From a minute on pytest adds hours, minutes and seconds.
    minutes = r"(?: \([\d:]+\))?" if re.search(r" in \d+\.\d+s$", line) else ""
    return numbers + minutes + r"\n"


def test_a_session_may_take_minutes() -> None:
    """On a busy machine, which changes what pytest prints."""
    said = pattern("...\n1 passed in 0.52s\n")
    for took in ("0.71s", "75.20s (0:01:15)"):
        assert said.match(f"1 test\n1 passed in {took}\n")
    assert not said.match("1 passed in a while\n")


def plain(text: str) -> str:
    """``text`` without rules beside titles, and with single spaces between words."""
    text = re.sub(r"^[=-]+ | [=-]+$", "", text, flags=re.MULTILINE)
    return re.sub(r"^ +| +$", "", re.sub(r" +", " ", text), flags=re.MULTILINE)


@pytest.mark.timeout(2 * COMMAND_SECONDS)
def test_all_that_is_typed_does_what_the_page_says(tmp_path: Path) -> None:
    """In the order of the page, in an empty folder, with the environment active."""
    bin_folder = Path(sys.executable).parent
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTEST_", "XHARNESS_", "CI", "DISPLAY", "GIT_"))
    }
    environment["PATH"] = f"{bin_folder}{os.pathsep}{environment['PATH']}"
    environment |= {"HOME": str(tmp_path), "COLUMNS": "100", "PYTHONDONTWRITEBYTECODE": "1"}
    for who in ("AUTHOR", "COMMITTER"):
        environment |= {f"GIT_{who}_NAME": "a reader", f"GIT_{who}_EMAIL": "reader@example.org"}
    project = tmp_path / "first"
    project.mkdir()
    commands = 0
    for name, text in steps(TUTORIAL.read_text(encoding="utf-8")):
        assert name, f"no file is named before\n{text}"
        if name != "$":
            (project / name).write_text(text)
            continue
        command, _, expected = text.partition("\n")
        done = subprocess.run(
            command,
            shell=True,
            cwd=project,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=COMMAND_SECONDS,
            check=False,
        )
        printed = plain(done.stdout)
        assert pattern(expected).match(printed), f"$ {command}\n{printed}\nis not\n{expected}"
        commands += 1
    assert commands > 5
