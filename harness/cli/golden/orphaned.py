# SPDX-License-Identifier: MIT
"""``xharness golden orphans``: goldens of tests that are no more."""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.golden.folder import UNUSABLE, add_folder, opened
from harness.cli.golden.git import require_clean
from harness.errors import HarnessError
from harness.inputs import given, printable

if TYPE_CHECKING:
    from harness.goldens.store import GoldenStore

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

_PLUGIN = "harness.fixtures.session.golden_list"
_COLLECT = (sys.executable, "-m", "pytest", "--collect-only", "-q")
_SHOWN = 20
"""How many lines of a collection that failed are shown."""


def add_command(commands: "Commands") -> None:
    """Add ``orphans`` to the commands of ``xharness golden``."""
    parser = commands.add_parser(
        "orphans",
        help="find goldens of no test, by collecting all tests or by a run of all",
        description="Print the goldens that no test has. pytest collects the tests and runs none; "
        "with --run also frames count that a test has no more. The first line says which goldens "
        "were judged. Exit status: 0 without an orphan, 1 with one, 2 when it cannot be told.",
        epilog="example: xharness golden orphans --run results/latest",
    )
    add_folder(parser)
    parser.add_argument(
        "--tests",
        type=given,
        action="append",
        default=[],
        metavar="PATH",
        help="judge only the goldens of the suites, folders of tests, that lie in these folders "
        "(repeatable; default: all goldens, by what pytest collects by itself)",
    )
    parser.add_argument(
        "--run",
        type=given,
        dest="run_path",
        metavar="RUN",
        help="a results.json, or its folder: of tests that passed there, each golden that they did "
        "not look at, and that its servers would have, is an orphan too",
    )
    parser.add_argument(
        "--delete", action="store_true", help="delete them; git must have them as they are"
    )
    parser.set_defaults(run=_run, failed=UNUSABLE)


def _run(arguments: argparse.Namespace) -> int:
    """0 when there are none, or when they were deleted."""
    store = opened(arguments.folder)
    everything = set(store.entries()) | store.pictures()
    folders = collected(arguments.tests)
    keys, suites = everything, "all suites"
    if arguments.tests:
        whole = whole_suites(folders, arguments.tests)
        keys = {key for key in everything if key.partition("/")[0] in whole}
        suites = f"suites {', '.join(sorted(whole))}" if whole else "no suite"
    print(f"judged  {len(keys)} of {len(everything)} goldens, those of {suites}", end="")
    found = {key for key in keys if key.rpartition("/")[0] not in folders}
    if arguments.run_path:
        found |= unseen(store, Path(arguments.run_path)) & keys
        print()
    else:
        print("; of tests that are there --run judges the frames")
    if arguments.delete and found:
        require_clean(store.folder)
    for key in sorted(found):
        if arguments.delete:
            store.delete(key)
        print(printable(f"{'deleted' if arguments.delete else 'orphan'}  {key}"))
    if arguments.delete and found:
        print(f"git add --all {store.folder}")
    return 1 if found and not arguments.delete else 0


def collected(tests: list[str]) -> dict[str, Path]:
    """The folders, ``suite/test``, of the goldens of all tests that pytest collects.

    Each with the folder on disk in which its test is.

    Raises HarnessError when not all can be collected, and when none of them has goldens.
    """
    with tempfile.TemporaryDirectory() as place:
        file = Path(place, "folders.json")
        done = subprocess.run(
            [*_COLLECT, "-p", _PLUGIN, f"--golden-list={file}", "--", *tests],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        if done.returncode or not file.exists():
            said = (done.stdout + done.stderr).splitlines()[-_SHOWN:]
            raise HarnessError(
                "not all tests can be collected, so nothing is known of their goldens:\n  "
                + "\n  ".join(said)
            )
        folders: dict[str, str] = json.loads(file.read_text("utf-8"))
    if not folders:
        raise HarnessError("no test that pytest collects has goldens: name them with --tests")
    return {name: Path(place) for name, place in folders.items()}


def whole_suites(folders: Mapping[str, Path], tests: Iterable[str]) -> set[str]:
    """The suites all of whose tests are among those that were collected.

    Of a file, or of one test, nothing is known about the goldens of the others beside it.
    """
    places: dict[str, set[Path]] = {}
    for name, place in folders.items():
        places.setdefault(name.partition("/")[0], set()).add(place.resolve())
    named = [Path(path).resolve() for path in tests]
    return {
        suite
        for suite, found in places.items()
        if all(any(place.is_relative_to(path) for path in named) for place in found)
    }


def unseen(store: "GoldenStore", path: Path) -> set[str]:
    """The goldens of tests that passed in a run, which the run had the servers for and did not use.

    Raises HarnessError for a run that is not complete.
    """
    from harness.goldens.names import variant_of
    from harness.results.run import Outcome
    from harness.results.run_file import read_run

    run = read_run(path)
    if not run.complete:
        raise HarnessError(f"{path} is not complete: what it did not look at says nothing")
    used: dict[str, set[str]] = {}
    judged: dict[str, bool] = {}
    for test in run.tests:
        for frame in test.frames:
            folder = frame.golden.rpartition("/")[0]
            used.setdefault(folder, set()).add(frame.golden)
            judged[folder] = judged.get(folder, True) and test.outcome is Outcome.PASSED
    # A variant is for a kind, a depth, or both; depths depend on the test, which used others.
    kinds = {server.kind for server in run.servers.values()}
    found = set()
    for key in store.entries():
        kind = variant_of(key).partition("-")[0]
        folder = key.rpartition("/")[0]
        if judged.get(folder) and key not in used[folder] and (not kind or kind in kinds):
            found.add(key)
    return found
