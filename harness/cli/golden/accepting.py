# SPDX-License-Identifier: MIT
"""``xharness golden accept``: frames of a run become goldens, without running again."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.golden.folder import DEFAULT
from harness.cli.golden.git import require_clean
from harness.errors import HarnessError
from harness.inputs import given, printable

if TYPE_CHECKING:
    from harness.cli.golden.wrong_frames import WrongFrame

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_command(commands: "Commands") -> None:
    """Add ``accept`` to the commands of ``xharness golden``."""
    parser = commands.add_parser(
        "accept",
        help="make frames of a run, also of a downloaded one, the goldens",
        description="Make the frames that a run captured the goldens, without running again. What "
        "git would not bring back is not overwritten.",
    )
    parser.add_argument("run_path", type=given, metavar="RUN", help="a results.json, or its folder")
    parser.add_argument(
        "--only", type=given, metavar="REGEX", help="only goldens FOLDER/TEST/FRAME in which it is"
    )
    parser.add_argument(
        "--decisions",
        type=given,
        metavar="FILE",
        help="only the frames that this file accepts, which the report saves (default: "
        "decisions.json in the folder of the run, if it is there)",
    )
    parser.add_argument(
        "--folder",
        type=given,
        default=DEFAULT,
        metavar="DIR",
        help=f"the folder of the goldens (default: {DEFAULT})",
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    # Pictures and results come with Pillow and numpy.
    from harness.cli.golden.decisions import NAME, read_decisions
    from harness.cli.golden.wrong_frames import chosen, left, proven, wrong_frames
    from harness.goldens.store import GoldenMode, GoldenStore, refuse_writing_in_ci
    from harness.results.run_file import read_run

    refuse_writing_in_ci(GoldenMode.UPDATE, given="accept")
    path = Path(arguments.run_path)
    run = read_run(path)
    folder = path if path.is_dir() else path.parent
    decided = Path(arguments.decisions) if arguments.decisions else folder / NAME
    decisions = read_decisions(decided) if arguments.decisions or decided.exists() else None
    found = wrong_frames(run)
    wanted = chosen(run, found, arguments.only, decisions)
    if not wanted:
        raise HarnessError(
            f"no frame of {path} is to be accepted: {len(found)} are not their goldens, "
            f"none of them was chosen"
        )
    goldens = Path(arguments.folder)
    require_clean(goldens)
    store = GoldenStore(goldens, GoldenMode.UPDATE)
    frames = proven(run, folder, store, wanted)
    rows = []
    for key, (one, frame) in frames.items():
        server = run.servers.get(one.test.server)
        made_with = f"{server.kind or server.name} {server.version}".strip() if server else ""
        before = store.entry(key)
        reason = before.reason if before else one.frame.limit.partition(": ")[2]
        store.save(key, frame, server=made_with, reason=reason)
        rows.append((key, _change(one), f"{frame.width}x{frame.height}", made_with))
    _print(rows)
    rest = list(left(found, frames))
    for one in rest:
        print(printable(f"  left  {one}"))
    added = sum(one.frame.verdict == "missing" for one, _ in frames.values())
    print(f"{added} added, {len(frames) - added} changed, {len(rest)} left; look at them, then:")
    print(f"git add {goldens}")
    return 0


def _change(one: "WrongFrame") -> str:
    frame = one.frame
    if frame.verdict == "mismatch":
        return f"{frame.differing} of {frame.total} pixels, worst {frame.worst}"
    return {"missing": "new"}.get(frame.verdict, frame.verdict)


def _print(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        line = "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True))
        print(printable(line.rstrip()))
