# SPDX-License-Identifier: MIT
"""Write the report of a run: static pages that open without a server.

Browsers load neither ES modules nor JSON from ``file://``, where every file is an origin of its
own, and hide the pixels of pictures that were loaded from there.  Hence scripts are classic ones,
data are scripts that call a function, and pictures stand in them.
"""

import importlib.resources
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.errors import HarnessError
from harness.report.html.details import Details
from harness.report.html.rows import (
    Index,
    counted,
    module_and_name,
    sorted_tests,
    suite_of,
    tone,
)
from harness.report.html.templates import environment
from harness.results.run import Ended, Run, TestResult

CHUNK = 512 * 1024
"""How large (bytes) a file of details grows before the next one begins."""

_MARK = Path("data", "index.js")
_PAGES = ("index.html", "test.html")


class ReportError(HarnessError):
    """The report cannot be written."""


def write_report(run: Run, run_folder: Path, output: Path, *, together: bool = False) -> None:
    """Write the report of ``run`` into the folder ``output``, in place of an older report.

    ``run_folder`` holds the files that the run names.  A report inside of it links to them, and
    one that is kept and moved ``together`` with it.
    Raises ReportError when ``output`` holds anything else, or cannot be written; then nothing
    has changed.
    """
    check_output(output)
    # Beside what a link leads to; and "." has no name to stand beside.
    output = output.resolve()
    beside = output.with_name(f".{output.name}.{secrets.token_hex(4)}.tmp")
    try:
        link = _link(run_folder, output, together=together)
        _write(run, run_folder, beside, link)
        if output.exists():
            old = output.with_name(f".{output.name}.{secrets.token_hex(4)}.old")
            output.rename(old)
            shutil.rmtree(old, ignore_errors=True)
        beside.rename(output)
    except OSError as error:
        raise ReportError(
            f"the report {output} cannot be written: {error.strerror}; name another folder"
        ) from None
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def check_output(output: Path) -> None:
    """Raise ReportError when ``output`` holds anything but a report, which is not to be lost.

    Also for the working folder: a shell would stay in the one that was replaced.
    """
    try:
        if Path.cwd().is_relative_to(output.resolve()):
            raise ReportError(
                f"the report takes the place of {output}, where this command stands: "
                f"name a new folder"
            )
        if output.exists() and not output.is_dir():
            raise ReportError(f"{output} is no folder: name an empty or new one")
        if output.is_dir() and any(output.iterdir()) and not (output / _MARK).exists():
            raise ReportError(
                f"{output} holds files that are no report: name an empty or new folder"
            )
    except OSError as error:
        raise ReportError(
            f"the report {output} cannot be written: {error.strerror}; name another folder"
        ) from None


def _write(run: Run, run_folder: Path, beside: Path, link: str) -> None:
    tests = sorted_tests(run)
    index = Index(tests)
    details = Details(run, run_folder, link)
    (beside / "data").mkdir(parents=True)
    starts = []
    for number, (start, texts) in enumerate(_chunks(details, tests)):
        starts.append(start)
        body = ",\n".join(texts)
        path = beside / "data" / f"tests-{number}.js"
        path.write_text(f"xharness.chunk({number}, [\n{body}\n]);\n", "ascii")
    (beside / _MARK).write_text(f"xharness.index({_json(index.data(starts))});\n", "ascii")
    assets = importlib.resources.files(__package__) / "assets"
    (beside / "assets").mkdir()
    for asset in assets.iterdir():
        if asset.name.endswith((".js", ".css")):
            (beside / "assets" / asset.name).write_bytes(asset.read_bytes())
    _write_pages(beside, run, index, run_folder)


def _chunks(details: Details, tests: Sequence[TestResult]) -> Iterator[tuple[int, list[str]]]:
    """The details of the tests in parts of about one size, with the number of its first test."""
    texts: list[str] = []
    size = start = 0
    for number, test in enumerate(tests):
        text = _json(details.of(test))
        if texts and size + len(text) > CHUNK:
            yield start, texts
            texts, size, start = [], 0, number
        texts.append(text)
        size += len(text)
    if texts:
        yield start, texts


def _write_pages(folder: Path, run: Run, index: Index, run_folder: Path) -> None:
    by_server: dict[str, list[TestResult]] = {name: [] for name in run.servers}
    folders: dict[str, float] = {}
    for test in run.tests:
        by_server.setdefault(test.server, []).append(test)
        suite = suite_of(module_and_name(test)[0])
        folders[suite] = folders.get(suite, 0.0) + test.durations.whole
    values = {
        "run": run,
        "folder": os.fspath(run_folder),
        "counts": counted(run.tests),
        "bad": sum(test.outcome.bad for test in run.tests),
        "servers": {name: counted(tests) for name, tests in by_server.items() if name},
        "suites": sorted(folders.items(), key=lambda item: -item[1]),
        "groups": index.groups(),
        "finished": run.complete and run.ended is Ended.FINISHED,
        "tone": tone,
    }
    templates = environment(__package__)
    for name in _PAGES:
        text = templates.get_template(name).render(values)
        (folder / name).write_text(text, "utf-8", errors="backslashreplace")


def _link(run_folder: Path, output: Path, *, together: bool) -> str:
    """The way from the report to the run's folder, if neither is moved without the other."""
    if not together and not output.resolve().is_relative_to(run_folder.resolve()):
        return ""
    return os.path.relpath(run_folder.resolve(), output.resolve())


def _json(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))
