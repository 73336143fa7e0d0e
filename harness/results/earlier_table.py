# SPDX-License-Identifier: MIT
"""A table of verdicts that was written before, and what a newer one keeps of it."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.results.codec import ShapeError, decode
from harness.results.file_format import RunFileError, check_header, read_text
from harness.results.verdict_table import (
    FORMAT,
    VERSION,
    Cell,
    JudgedServer,
    Line,
    Section,
    VerdictTable,
    column_order,
    counts_of,
)

_WRITER = "xharness runs table"


def read_table(path: Path) -> VerdictTable:
    """The table in ``path``, a verdicts.json or its folder, without its topics.

    Raises RunFileError.
    """
    if path.is_dir():
        path /= "verdicts.json"
    text = read_text(path)
    try:
        members = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RunFileError(
            f"{path}: expected JSON, got {text[:60]!r} ({error}); "
            f"name a verdicts.json that {_WRITER} has written"
        ) from None
    check_header(members, path, FORMAT, VERSION, _WRITER)
    try:
        servers = decode(tuple[JudgedServer, ...], members.get("servers"), "servers")
        lines = decode(tuple[Line, ...], _lines(members.get("assertions")), "assertions")
    except ShapeError as error:
        raise RunFileError(f"{path}: {error}") from None
    if any(len(line.cells) != len(servers) for line in lines):
        raise RunFileError(f"{path}: expected a cell for each of its {len(servers)} servers")
    return VerdictTable(servers, (Section("", "", lines),))


def _lines(value: Any) -> Any:
    """Assertions without part and topic."""
    if not isinstance(value, list):
        return value
    return [
        {key: member for key, member in one.items() if key not in ("part", "topic")}
        if isinstance(one, dict)
        else one
        for one in value
    ]


def with_earlier(table: VerdictTable, earlier: VerdictTable) -> VerdictTable:
    """``table``, with the servers of ``earlier`` that it does not have.

    Of assertions that were not there before nothing is known of these.
    """
    new = {column_order(server) for server in table.servers}
    kept = [
        (number, server)
        for number, server in enumerate(earlier.servers)
        if column_order(server) not in new
    ]
    known = {line.id: line.cells for line in earlier.lines}
    columns = [*table.servers, *(server for _, server in kept)]
    order = sorted(range(len(columns)), key=lambda number: column_order(columns[number]))

    def joined(line: Line) -> Line:
        before = known.get(line.id)
        cells = [*line.cells, *(before[number] if before else Cell() for number, _ in kept)]
        return replace(line, cells=tuple(cells[number] for number in order))

    sections = tuple(
        replace(section, lines=tuple(map(joined, section.lines))) for section in table.sections
    )
    lines = [line for section in sections for line in section.lines]
    servers = tuple(
        replace(columns[at], counts=counts_of([line.cells[number] for line in lines]))
        for number, at in enumerate(order)
    )
    return VerdictTable(servers, sections)
