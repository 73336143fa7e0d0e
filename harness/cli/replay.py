# SPDX-License-Identifier: MIT
"""``xharness replay``: a recording sent again to another server, or to two."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.serving import server
from harness.errors import HarnessError
from harness.inputs import given
from harness.recordings.messages import RecordedKind, messages_of
from harness.recordings.pcapng.reader import read_recording
from harness.recordings.recording import Recording
from harness.recordings.replay.parting import partings
from harness.recordings.replay.replaying import replay
from harness.recordings.replay.result import Replayed, ReplayOutcome
from harness.servers.kinds.table import ServerKind
from harness.x11.setup import first_screen

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

UNUSABLE = 2
SHOWN = 10
"""Differences that are printed without ``--all``."""


class NothingRecorded(HarnessError):
    """A recording without a client that a server let in."""


def add_command(commands: "Commands") -> None:
    """Add ``replay`` to the commands of ``xharness``."""
    parser = commands.add_parser(
        "replay",
        help="send a recording's requests to another server, and compare what it does",
        description="Send the requests of a recording again, and hold the target's replies, "
        "errors and events against the recorded ones; with --against two servers against each "
        "other, and what they show at the end. Exit status 0: the same, 1: they part, 2: the file "
        "or a server cannot be used.",
        epilog="examples: xharness replay session.pcapng --server xvfb; xharness replay "
        "session.pcapng --server xvfb --against xwayland",
    )
    parser.add_argument("file", type=given, metavar="FILE", help="the recording (.pcapng)")
    server.add_arguments(parser)
    parser.add_argument(
        "--against",
        choices=[str(kind) for kind in ServerKind],
        help="replay on a server of this kind too, and say where the two part",
    )
    parser.add_argument(
        "--leave-out",
        type=given,
        action="append",
        default=[],
        metavar="EXTENSION",
        help="do not send requests of this extension, nor wait for its events (repeatable)",
    )
    parser.add_argument(
        "--all", action="store_true", help=f"print all differences, not the first {SHOWN}"
    )
    parser.add_argument(
        "--pictures", type=given, metavar="DIR", help="write what is shown at the end there (PNG)"
    )
    parser.set_defaults(run=_run, failed=UNUSABLE, size=None)


def _run(arguments: argparse.Namespace) -> int:
    recording = read_recording(Path(arguments.file))
    if recording.cut_short:
        print(f"{arguments.file} has no proper end; what it has is replayed")
    if arguments.size is None:
        arguments.size = _size(recording, arguments.file)
    one = _replayed(arguments, recording)
    _describe(one)
    if arguments.against is None:
        _write(one, arguments.pictures, "")
        return _tell_differences(one, every=arguments.all)
    against = argparse.Namespace(
        **{**vars(arguments), "server": arguments.against, "display": None, "server_wrapper": []}
    )
    other = _replayed(against, recording)
    _describe(other)
    _write(one, arguments.pictures, "1-")
    _write(other, arguments.pictures, "2-")
    return _tell_partings(one, other, every=arguments.all)


def _replayed(arguments: argparse.Namespace, recording: Recording) -> Replayed:
    with server.server_of(arguments) as target:
        return replay(recording.head, messages_of(recording), target, arguments.leave_out)


def _size(recording: Recording, file: str) -> str:
    """The size of the recorded screen, ``1280x1024``.  Raises NothingRecorded."""
    for message in messages_of(recording):
        if message.kind is RecordedKind.SETUP and message.data[0] == 1:
            screen = first_screen(message.data, message.order)
            return f"{screen.width}x{screen.height}"
    raise NothingRecorded(
        f"{file} has no client that its server let in: there is nothing to replay; record one with "
        f"xharness record -o {file} -- CLIENT"
    )


def _describe(replayed: Replayed) -> None:
    left_out = f", {replayed.left_out} of them left out" if replayed.left_out else ""
    print(f"{replayed.head.server}: {replayed.requests} requests{left_out}", flush=True)
    for note in replayed.notes:
        print(f"  note: {note}")
    if replayed.outcome is not ReplayOutcome.ALIVE:
        print(f"  it {replayed.outcome.value}: {replayed.failure}")


def _write(replayed: Replayed, folder: str | None, prefix: str) -> None:
    if folder is None:
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    for picture in replayed.pictures:
        path = Path(folder) / f"{prefix}{picture.name.replace(' ', '-')}.png"
        picture.frame.to_image().save(path)
        print(f"  {path}")


def _tell_differences(replayed: Replayed, *, every: bool) -> int:
    if replayed.same:
        print("the same as recorded")
        return 0
    _print_first([str(one) for one in replayed.differences], "differences", every=every)
    return 1


def _tell_partings(one: Replayed, other: Replayed, *, every: bool) -> int:
    found = partings(one, other)
    if not found:
        print("both do the same")
        return 0
    names = [one.head.server, other.head.server]
    if names[0] == names[1]:
        names = [f"{names[0]} (1)", f"{names[1]} (2)"]
    width = max(map(len, [*names, "recorded"]))
    texts = [
        f"{parting.recorded.title}:\n"
        f"  {'recorded':{width}}  {parting.recorded.expected}\n"
        f"  {names[0]:{width}}  {parting.one}\n"
        f"  {names[1]:{width}}  {parting.other}"
        for parting in found
    ]
    _print_first(texts, "places where they part", every=every)
    return 1


def _print_first(texts: list[str], what: str, *, every: bool) -> None:
    shown = texts if every else texts[:SHOWN]
    print(f"{len(texts)} {what}, the first first:")
    for text in shown:
        print(text)
    if len(shown) < len(texts):
        print(f"... and {len(texts) - len(shown)} more (--all)")
