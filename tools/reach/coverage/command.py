# SPDX-License-Identifier: MIT
"""The command that runs the suites on servers that count their lines, and shows what ran."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

from harness.errors import HarnessError
from harness.inputs import SCALE_VARIABLE
from harness.nightly.builds.cache import BuildCache
from harness.nightly.builds.recipe import Preset, Recipe
from harness.nightly.night.building import SpokenProgress
from harness.servers.kinds.table import ServerKind
from tools.reach import sources
from tools.reach.counts import Share, reached, trace, union
from tools.reach.coverage.reachable import reachable
from tools.reach.coverage.unreached import Why, read_unreached
from tools.reach.rooms import Room, rooms_of
from tools.reach.suites import PLACES, ROOT

_DEFAULT = (ServerKind.XVFB, ServerKind.XEPHYR, ServerKind.XORG, ServerKind.XORG_FLIP)
_NO_TESTS = 5


def add_to(commands: Any) -> None:
    """Add the command."""
    command = commands.add_parser("coverage", help="count the lines of servers that the suites run")
    sources.add_to(command)
    command.add_argument(
        "--kind",
        choices=[str(kind) for kind in sources.KINDS],
        action="append",
        default=[],
        help="of this server (repeatable)",
    )
    command.add_argument("--into", type=Path, default=ROOT / "build/reach/coverage", metavar="DIR")
    command.add_argument("pytest", nargs="*", metavar="ARG", help="for pytest, behind --")
    command.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Run the suites, write the pages and print the tables; 1 where a test failed.

    Raises HarnessError where nothing can be built or nothing was counted.
    """
    kinds = [ServerKind(name) for name in chosen.kind] or list(_DEFAULT)
    folder: Path = chosen.into
    _check_writable(folder)
    cache, progress = BuildCache(), SpokenProgress("coverage", _say)
    revision = sources.resolve(cache, chosen, kinds[0], progress)
    built = cache.build(revision, Recipe(Preset.COVERAGE, kinds=sources.built(kinds)), progress)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    rooms, source = rooms_of(kinds), built.folder.parent / "source"
    traces: dict[tuple[ServerKind, str], Path] = {}
    failed = False
    for kind in kinds:
        for place in PLACES:
            suite = Path(place).name
            counts = folder / "counts" / f"{kind}-{suite}"
            began = time.monotonic()
            status = _suite(place, kind, built.folder, counts, chosen.pytest)
            _say(f"{place} on {kind}: {time.monotonic() - began:.0f} s")
            failed |= status != 0
            into = folder / f"{kind}-{suite}.json"
            trace(counts, built.folder, rooms, into)
            shutil.rmtree(counts)
            traces[kind, suite] = into
    for kind in kinds:
        of_kind = [one for (of, _), one in traces.items() if of == kind]
        union(of_kind, source, folder / f"{kind}.json")
    whole = folder / "all.json"
    union([folder / f"{kind}.json" for kind in kinds], source, whole, folder / "html")
    text = "\n".join(_tables(kinds, rooms, folder, source))
    (folder / "table.txt").write_text(text + "\n", "utf-8")
    print(f"{revision}", text, f"pages: {folder / 'html/index.html'}", sep="\n")
    return int(failed)


def _check_writable(folder: Path) -> None:
    """Raise HarnessError where ``folder`` cannot be made, or written into."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise HarnessError(
            f"--into {folder}: {error.strerror}; expected a folder that can be written"
        ) from None


def _suite(place: str, kind: ServerKind, build: Path, counts: Path, options: Sequence[str]) -> int:
    command = [
        *(sys.executable, "-m", "pytest", place, "--server", str(kind)),
        *("--server-build", str(build), "-q", "-n", "auto", "-o", "xharness_results=false"),
        *options,
    ]
    slower = {SCALE_VARIABLE: os.environ.get(SCALE_VARIABLE) or "2"}
    environment = os.environ | slower | {"GCOV_PREFIX": str(counts)}
    done = subprocess.run(command, cwd=ROOT, env=environment, check=False)
    if done.returncode not in (0, 1, _NO_TESTS):
        raise HarnessError(f"pytest could not run {place} on {kind}: status {done.returncode}")
    return done.returncode


def _tables(
    kinds: Sequence[ServerKind], rooms: Sequence[Room], folder: Path, source: Path
) -> list[str]:
    """Lines by suite and kind; the union over kinds; what did not run."""
    suites = [Path(place).name for place in PLACES]
    head = "".join(f"{suite:>11}" for suite in (*suites, "all"))
    lines = [f"lines that ran, by suite\n{'room':<11}{'kind':<10}{head}"]
    for room in rooms:
        for kind in kinds:
            shares = [reached(folder / f"{kind}-{suite}.json", room).lines for suite in suites]
            shares.append(reached(folder / f"{kind}.json", room).lines)
            if shares[-1].all:
                columns = "".join(f"{share!s:>11}" for share in shares)
                lines.append(f"{room.name:<11}{kind:<10}{columns}")
    whole, unreached = folder / "all.json", read_unreached()
    clients = {room: reachable(whole, room, source, unreached) for room in rooms}
    head = "".join(f"{column:>15}" for column in ("lines", "a client's", "branches", "functions"))
    lines.append(f"\non any kind\n{'room':<11}{head}")
    for room, client in clients.items():
        of_room = reached(whole, room)
        # Of what is a kind's own nothing is listed.
        of_client = client.lines if client.why else Share(0, 0)
        shares = [of_room.lines, of_client, of_room.branches, of_room.functions]
        lines.append(f"{room.name:<11}" + "".join(f"{share!s:>15}" for share in shares))
    head = "".join(f"{why:>20}" for why in Why)
    lines.append(f"\nlines that no client can reach\n{'room':<11}{head}")
    for room, client in clients.items():
        lines.append(f"{room.name:<11}" + "".join(f"{client.why[why]:>20}" for why in Why))
    left = [one for client in clients.values() for one in client.left]
    lines += ["\nlines that a client can reach, and none ran", *(f"    {one}" for one in left)]
    return [*lines, *(one for client in clients.values() for one in client.stale)]


def _say(text: str) -> None:
    print(f"reach: {text}", flush=True)
