# SPDX-License-Identifier: MIT
"""Statements are laid out as the formatter of this repository does it."""

import subprocess
import sys
from pathlib import Path

import pytest

from harness.recordings.script.layout import laid_out

RUFF = Path(sys.executable).with_name("ruff")
LONG = "a_name_that_is_rather_long_and_needs_room"


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("short(1)", id="short"),
        pytest.param(f"call({LONG}, {LONG}, 1)", id="arguments-on-a-line"),
        pytest.param(f"call({LONG}, {LONG}, {LONG}, 1)", id="arguments-on-lines"),
        pytest.param(f"call({LONG}, [{', '.join([LONG] * 3)}])", id="a-list-inside"),
        pytest.param(f"call(1, {' | '.join([LONG] * 3)}, [1, 2])", id="flags"),
        pytest.param(f'call("{LONG}, ({LONG} ]{LONG}", {LONG})', id="brackets-in-a-string"),
        pytest.param(f"reply = call({LONG}, {LONG}, {LONG}).reply()", id="a-call-of-a-result"),
        pytest.param(f"{LONG} = call({LONG}).reply().atom", id="an-attribute-of-a-result"),
    ],
)
def test_a_statement_is_formatted(statement):
    """What ``ruff format`` gets it leaves as it is."""
    names = "call = reply = short = print\n"
    text = f"{names}\n\ndef main():\n{laid_out(statement)}\n"
    done = subprocess.run(
        [RUFF, "format", "--line-length=100", "-"],
        input=text,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == text
