# SPDX-License-Identifier: MIT
"""``results.json``: a run as a file, whole or not at all.

One test is one line, so that a tool of lines finds its way and an error can name one.
"""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.goldens.files import replace_file
from harness.results import journal
from harness.results.codec import ShapeError, decode, encode, line_of, schema
from harness.results.file_format import RunFileError, check_header, read_text
from harness.results.run import Run

FORMAT = "xharness-results"
VERSION = 2
NAME = "results.json"


def write_run(folder: Path, run: Run) -> Path:
    """Put ``run`` into ``results.json`` of ``folder``, in one step; its path.

    Raises OSError, and then leaves nothing new behind.
    """
    path = folder / NAME
    replace_file(path, run_file(run))
    return path


def run_file(run: Run) -> bytes:
    """The file that says this."""
    head = {"format": FORMAT, "version": VERSION, **encode(replace(run, tests=()))}
    members = [f"{json.dumps(name)}:".encode() + line_of(value) for name, value in head.items()]
    tests = b",\n".join(line_of(encode(test)) for test in run.tests)
    return b"{\n" + b",\n".join([*members, b'"tests":[\n' + tests + b"\n]"]) + b"\n}\n"


def read_run(path: Path) -> Run:
    """The run in ``path``: a ``results.json``, or the folder of a session.

    Of a session that was broken off it is made from its journal, and not complete.
    Raises RunFileError for a file that is foreign, newer, cut off or damaged, and for one that
    has two verdicts on a test.
    """
    if path.is_dir():
        file, kept = path / NAME, path / journal.NAME
        if not file.exists() and kept.exists():
            return journal.read_journal(kept)
        if not file.exists():
            raise RunFileError(
                f"{path} holds no {NAME}: leave it out, or name the folder of a session, such as "
                f"results/latest"
            )
        return _parse(file)
    return journal.read_journal(path) if path.name == journal.NAME else _parse(path)


def _parse(file: Path) -> Run:
    text = read_text(file)
    try:
        members = json.loads(text)
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        lines = text.split("\n")
        cut = f"the file is cut off there, {len(text)} characters long: " * (line >= len(lines) - 1)
        raise RunFileError(
            f"{file} line {line}: expected JSON, got {lines[line - 1][:60]!r}; "
            f"{cut}take the whole one again from where it was made"
        ) from None
    check_header(members, file, FORMAT, VERSION)
    try:
        run: Run = decode(Run, members)
    except ShapeError as error:
        raise RunFileError(f"{file}: {error}; the file is damaged: take it again") from None
    places: dict[str, int] = {}
    for place, test in enumerate(run.tests):
        if (first := places.setdefault(test.id, place)) != place:
            raise RunFileError(
                f"{file}: tests[{first}] and tests[{place}] are both {test.id}; a test has one "
                f"verdict: take the file again, and join runs with xharness runs merge"
            )
    return run


def json_schema() -> dict[str, Any]:
    """The JSON Schema of the file."""
    made = schema(Run)
    own = {"format": {"const": FORMAT}, "version": {"const": VERSION}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "What one session of xharness found: results.json",
        **made,
        "properties": own | made["properties"],
        "required": [*own, *made["required"], "tests"],
    }
