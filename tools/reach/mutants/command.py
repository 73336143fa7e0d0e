# SPDX-License-Identifier: MIT
"""The command that draws faults in a server's sources and counts those that the suites notice."""

from __future__ import annotations

import argparse
import hashlib
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.nightly.builds.cache import BuildCache
from harness.nightly.builds.progress import Progress
from harness.nightly.builds.recipe import Preset, Recipe
from harness.nightly.builds.revision import SourceRevision
from harness.nightly.night.building import SpokenProgress
from harness.servers.kinds.table import ServerKind
from tools.reach import sources
from tools.reach.mutants.changes import ALL, BASIC
from tools.reach.mutants.equivalents import Equivalents, read_equivalents, unused
from tools.reach.mutants.faults import faults_in
from tools.reach.mutants.judging import Bench, Draw, Judge, replace_file
from tools.reach.mutants.lines import RanLines, function_of, measure
from tools.reach.mutants.own_folder import own_folder
from tools.reach.mutants.tree import FaultTree, open_tree
from tools.reach.mutants.verdicts import (
    Judged,
    Verdict,
    Verdicts,
    described,
    table,
    with_equivalents,
)
from tools.reach.rooms import Room, rooms_of
from tools.reach.suites import PLACES, ROOT, Suites

MESON_INFO = "meson-info"
"""In a meson build folder: what it has, and where."""

OPERATORS = {"basic": BASIC, "all": ALL}

GREEN = "green"
"""A file of the tree's folder: the tests and the server that passed together."""


def add_to(commands: Any) -> None:
    """Add the command."""
    command = commands.add_parser("mutants", help="draw faults, count those that are noticed")
    sources.add_to(command)
    command.add_argument("count", type=_count, metavar="N", help="how many faults")
    command.add_argument("--seed", type=int, default=1, metavar="N", help="which ones")
    command.add_argument(
        "--kind",
        type=str,
        choices=[str(kind) for kind in sources.KINDS],
        default=str(ServerKind.XVFB),
        help="of this server",
    )
    command.add_argument(
        "--room",
        action="append",
        default=[],
        metavar="NAME",
        help="of this part of the sources alone, such as randr (repeatable)",
    )
    command.add_argument(
        "--operators",
        choices=OPERATORS,
        default="basic",
        help="all: also names, arguments and errors that are their neighbours'",
    )
    command.add_argument(
        "--jobs", type=_count, default=os.cpu_count() or 1, metavar="N", help="at the same time"
    )
    command.add_argument(
        "--again", action="store_true", help="judge again what survived before, by today's tests"
    )
    command.add_argument(
        "--quick", action="store_true", help="judge by one variant of 100 test functions at most"
    )
    command.set_defaults(run=run)


def run(chosen: argparse.Namespace) -> int:
    """Draw and judge; the exit status is 1 where a fault survived.

    Raises HarnessError where nothing can be built, or the suites are not green.
    """
    kind = ServerKind(chosen.kind)
    rooms = _rooms(kind, chosen.room)
    equivalents = read_equivalents(kind)
    cache, progress = BuildCache(), SpokenProgress("reach", _say)
    revision = sources.resolve(cache, chosen, kind, progress)
    name = f"{kind}-{revision.commit[:12]}-seed{chosen.seed}.jsonl"
    verdicts = Verdicts(ROOT / "build/reach" / name)
    new: list[Judged] = []

    def told(judged: Judged) -> None:
        new.append(judged)
        _say(_progress(judged, len(new)))

    tree = open_tree(cache, revision, kind, progress)
    with _benches(tree, kind, chosen.jobs) as benches:
        ran = RanLines(tree.folder / "lines.json")
        functions = dict.fromkeys(map(function_of, benches[0].suites.tests))
        if outdated := ran.outdated(functions):
            _measure(ran, outdated, cache, revision, kind, tree, chosen.jobs, progress)
        judge = Judge(tree, benches, ran, verdicts, equivalents, thorough=not chosen.quick)
        _check_sound(judge, tree)
        _warn_of_unused(equivalents, tree, rooms)
        began = time.monotonic()
        taken = Draw(tree, rooms, ran, chosen.seed, chosen.count, OPERATORS[chosen.operators])
        found = judge.judge_all(
            taken,
            lambda one: (
                one.verdict is Verdict.SURVIVED
                and (chosen.again or not (one.thorough or chosen.quick))
            ),
            told,
        )
        seconds = time.monotonic() - began
    found = with_equivalents(found, equivalents)
    survived = [one for one in found if one.verdict is Verdict.SURVIVED]
    for one in survived:
        print(*described(one), sep="\n")
    print(f"{kind} of {revision}, seed {chosen.seed}", *table(found), sep="\n")
    if new:
        print(f"{len(new)} judged now, {seconds / len(new):.1f} s each")
    print(f"kept in {verdicts.file}")
    return int(bool(survived))


def _count(text: str) -> int:
    if not text.isdecimal() or not int(text):
        raise argparse.ArgumentTypeError(f"expected a number such as 200, got {text!r}")
    return int(text)


def _rooms(kind: ServerKind, chosen: Sequence[str]) -> list[Room]:
    rooms = rooms_of([kind])
    names = [room.name for room in rooms]
    if unknown := [name for name in chosen if name not in names]:
        raise HarnessError(f"--room {unknown[0]} is not known; expected some of {', '.join(names)}")
    return [room for room in rooms if not chosen or room.name in chosen]


@contextmanager
def _benches(tree: FaultTree, kind: ServerKind, jobs: int) -> Iterator[Sequence[Bench]]:
    with ExitStack() as stack:
        own = stack.enter_context(own_folder(tree.folder, "bench-"))
        benches = []
        for job in range(jobs):
            folder = own / str(job)
            server = folder / kind.info.built_at
            server.parent.mkdir(parents=True)
            # A driver of the harness's own is compiled for the headers that this names.
            (folder / MESON_INFO).symlink_to(tree.build / MESON_INFO)
            with tree.alone():
                replace_file(server, tree.server)
            suites = stack.enter_context(Suites(PLACES, _naming(kind, server), folder))
            benches.append(Bench(suites, server))
        yield benches


def _naming(kind: ServerKind, server: Path) -> list[str]:
    return ["--server", str(kind), "--server-path", str(server)]


def _measure(
    ran: RanLines,
    functions: Sequence[str],
    cache: BuildCache,
    revision: SourceRevision,
    kind: ServerKind,
    tree: FaultTree,
    jobs: int,
    progress: Progress,
) -> None:
    """Measure which lines ``functions`` run; what is done is kept, a file at a time."""
    built = cache.build(revision, Recipe(Preset.COVERAGE, kinds=sources.built([kind])), progress)
    naming = _naming(kind, built.folder / kind.info.built_at)
    by_file: dict[str, list[str]] = {}
    for function in functions:
        by_file.setdefault(function.partition("::")[0], []).append(function)
    with ExitStack() as stack:
        own = stack.enter_context(own_folder(tree.folder, "lines-"))
        suites = [
            stack.enter_context(Suites([*by_file], naming, own / str(job))) for job in range(jobs)
        ]
        for number, (file, of_file) in enumerate(by_file.items(), 1):
            _say(f"which lines {file} runs, {number} of {len(by_file)}")
            ran.keep(measure(suites, built.folder, rooms_of([kind]), of_file))


def _check_sound(judge: Judge, tree: FaultTree) -> None:
    """Raise NotGreen unless the suites pass on the server without a fault, once for each state."""
    with tree.alone():
        tree.restore()
        state = hashlib.sha256(tree.server.read_bytes())
    for folder in ("harness", "suites"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            state.update(path.read_bytes())
    file = tree.folder / GREEN
    if not file.exists() or file.read_text("utf-8") != state.hexdigest():
        _say("the suites on the server without a fault")
        judge.check_sound()
        file.write_text(state.hexdigest(), "utf-8")


def _warn_of_unused(equivalents: Equivalents, tree: FaultTree, rooms: Sequence[Room]) -> None:
    """Say which equivalents of these rooms the sources cannot have: newer ones differ."""
    files = [file for room in rooms for file in room.files(tree.source)]
    faults = [
        one for file in files for one in faults_in(file, (tree.source / file).read_bytes(), ALL)
    ]
    for file, function, line, becomes, _ in unused(equivalents, faults):
        if file in files:
            _say(f"no such fault any more: {file} {function}: {line!r} becomes {becomes!r}")


def _progress(judged: Judged, number: int) -> str:
    fault = judged.fault
    by = f" by {judged.test}" if judged.test else ""
    return (
        f"{number}: {judged.verdict}{by}, {judged.seconds:.1f} s: {fault.file}:{fault.line} "
        f"{fault.function}: {fault.becomes}"
    )


def _say(text: str) -> None:
    print(f"reach: {text}", flush=True)
