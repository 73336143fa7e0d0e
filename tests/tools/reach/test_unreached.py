# SPDX-License-Identifier: MIT
"""Lines that no client can reach are named by function and text, and counted apart."""

import json
from pathlib import Path

import pytest

from tools.reach.coverage.reachable import reachable
from tools.reach.coverage.unreached import Unreached, UnreachedWrong, Why, read_unreached
from tools.reach.rooms import Room

ROOM = Room("present", ("present",))
FILE = "present/one.c"

SOURCE = b"""\
int
first(int value)
{
    if (value > 1) {
        value++;
        return value;
    }
    else if (value > 2)
        return 2;
    else
        value--;
    return 0;
}
static int
second(int value)
{
    value = first(value);
    return 0;
}
"""

WHOLE = frozenset(range(14, 20))


def unreached(tmp_path: Path, *tables: str) -> Unreached:
    file = tmp_path / "unreached.toml"
    head = f"[[unreached]]\nfile = '{FILE}'\n"
    file.write_text("".join(f"{head}{table}\n" for table in tables))
    return read_unreached(file)


@pytest.mark.parametrize(
    ("table", "lines"),
    [
        ("function = 'second'", WHOLE),
        ("function = 'first'\nline = 'if (value > 1) {'", {4, 5, 6, 7}),
        ("function = 'first'\nline = 'else if (value > 2)'", {8, 9}),
        ("function = 'first'\nline = 'else'", {10, 11}),
        ("function = 'first'\nline = 'return  0;'", {12}),
        ("function = 'first'\nline = 'return 0;'\nnth = 2", set()),
        ("function = 'first'\nline = 'return 7;'", set()),
        ("function = 'third'", set()),
    ],
)
def test_a_line_stands_for_what_it_governs(tmp_path, table, lines) -> None:
    """An alternative (else) is another statement."""
    found = unreached(tmp_path, f"{table}\nwhy = 'dead code'").lines_of(FILE, SOURCE)
    assert list(found.values()) == [lines]


def test_each_line_of_each_function_is_an_entry(tmp_path) -> None:
    table = "function = ['first', 'second']\nline = 'return 0;'\nwhy = 'allocation failure'"
    found = unreached(tmp_path, table).lines_of(FILE, SOURCE)
    assert {key[1]: lines for key, lines in found.items()} == {"first": {12}, "second": {18}}
    assert not unreached(tmp_path, table).lines_of("present/other.c", SOURCE)


def test_what_is_out_of_reach_is_no_part_of_a_clients_lines(tmp_path) -> None:
    """An entry that ran, or that the sources have no more, is named."""
    source = tmp_path / "source"
    (source / "present").mkdir(parents=True)
    (source / FILE).write_bytes(SOURCE)
    counted = {4: 3, 5: 1, 6: 1, 8: 2, 9: 0, 11: 0, 12: 2, 17: 0, 18: 0}
    lines = [
        {"line_number": at, "count": count, "function_name": "first" if at < 14 else "second"}
        for at, count in counted.items()
    ]
    trace = tmp_path / "all.json"
    trace.write_text(json.dumps({"files": [{"file": FILE, "lines": lines, "functions": []}]}))
    entries = unreached(
        tmp_path,
        "function = 'second'\nwhy = 'driver'",
        "function = 'first'\nline = 'if (value > 1) {'\nwhy = 'dead code'",
        "function = 'first'\nline = 'return 7;'\nwhy = 'dead code'",
    )
    found = reachable(trace, ROOM, source, entries)
    assert (found.lines.ran, found.lines.all) == (5, 7)
    assert found.why == {Why.DRIVER: 2, Why.DEAD: 0}
    assert found.left == (f"{FILE} first: 9-11",)
    assert found.stale == (
        f"runs after all: {FILE} first: 'if (value > 1) {{'",
        f"no such line any more: {FILE} first: 'return 7;'",
    )


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("function = 'first'", "why is missing"),
        ("function = 'first'\nwhy = 'hard'", "why: expected one of allocation failure, .*'hard'"),
        ("why = 'dead code'", "function is missing"),
        ("function = 'a'\nwhy = 'dead code'\nlines = 'b'", "lines is not known; expected some of"),
        ("function = ['a', 'a']\nwhy = 'dead code'", "it is there already: a"),
        ("function = ", "is no TOML"),
    ],
)
def test_an_entry_that_is_wrong_is_refused(tmp_path, table, said) -> None:
    with pytest.raises(UnreachedWrong, match=f"unreached.toml.*{said}"):
        unreached(tmp_path, table)


def test_the_file_of_the_project_is_right() -> None:
    assert read_unreached().reasons
