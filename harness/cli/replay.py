# SPDX-License-Identifier: MIT
"""``xharness replay``: a recording sent again to another server, or to several."""

import argparse
import io
import os
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.serving import server
from harness.errors import HarnessError
from harness.inputs import given, printable
from harness.recordings.messages import RecordedKind, messages_of
from harness.recordings.pcapng.reader import read_recording
from harness.recordings.recording import Recording
from harness.recordings.replay.parting import partings
from harness.recordings.replay.replaying import replay
from harness.recordings.replay.result import Replayed, ReplayOutcome
from harness.servers.releases.named import kind_of
from harness.servers.server import Server
from harness.servers.wrapper import Wrappers
from harness.wording import counted
from harness.x11.setup import Screen, first_screen

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

SAME, PART, UNUSABLE = 0, 1, 2
SHOWN = 10
"""Differences that are printed without ``--all``."""


class NothingRecorded(HarnessError):
    """A recording without a client that a server let in."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A difference: in a line, and whole."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the table at the end: a server, the exit status for it alone, and why."""

    name: str
    server: str
    status: int
    words: str


def add_command(commands: "Commands") -> None:
    """Add ``replay`` to the commands of ``xharness``."""
    parser = commands.add_parser(
        "replay",
        help="send a recording's requests to other servers, and compare what they do",
        description="Send the requests of a recording again, and hold the target's replies, "
        "errors and events against the recorded ones; with --against two servers against each "
        "other, and what they show at the end. Of several servers the end has a table. Exit "
        "status 0: the same, 1: they part, 2: the file or a server cannot be used.",
        epilog="examples: xharness replay session.pcapng --server xvfb; xharness replay "
        "session.pcapng --server xvfb --against xwayland; xharness replay session.pcapng "
        "--server xvfb@bullseye --server xvfb@trixie --server xvfb@sid",
    )
    parser.add_argument("file", type=given, metavar="FILE", help="the recording (.pcapng)")
    server.add_arguments(parser, several=True)
    parser.add_argument(
        "--against",
        type=server.server_name,
        metavar=server.NAME,
        help="replay on this server too, and say where the two part",
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
    if arguments.pictures is not None:
        Path(arguments.pictures).mkdir(parents=True, exist_ok=True)
    if recording.cut_short:
        print(f"{arguments.file} has no proper end; what it has is replayed")
    screen = _screen(recording, arguments.file)
    arguments.size = arguments.size or f"{screen.width}x{screen.height}"
    arguments.depth = screen.depth
    names = list(dict.fromkeys(arguments.server or []))
    if len(names) < 2:
        arguments.server = names[0] if names else None
        return _on_one(arguments, recording)
    wrappers = Wrappers(arguments.server_wrapper)
    wrappers.check(map(kind_of, names))
    sound = _against(arguments, recording, f"{len(names) + 1}-")
    rows = []
    for number, name in enumerate(names, start=1):
        try:
            target = server.started(name, arguments.size, wrappers, arguments.depth)
            found = _replayed(arguments, recording, target, name, f"{number}-")
        except HarnessError as error:
            print(printable(f"{name}: {error}"), flush=True)
            rows.append(_Row(name, "", UNUSABLE, "cannot be used: see above"))
        else:
            rows.append(_row(name, found, sound, every=arguments.all))
    _print_table(rows)
    return max(row.status for row in rows)


def _on_one(arguments: argparse.Namespace, recording: Recording) -> int:
    prefix = "1-" if arguments.against else ""
    chosen = arguments.server or arguments.display or os.environ.get("DISPLAY")
    if arguments.against and not chosen:
        raise server.UsageError(
            f"--against {arguments.against} is the second of two servers, and there is no first, "
            f"since DISPLAY is not set: name it too, by --server xvfb or --display :N"
        )
    target = _replayed(arguments, recording, server.server_of(arguments), "", prefix)
    row = _row("", target, _against(arguments, recording, "2-"), every=arguments.all)
    if row.status == SAME:
        print("both do the same" if arguments.against else row.words)
    return row.status


def _against(arguments: argparse.Namespace, recording: Recording, prefix: str) -> Replayed | None:
    """The replay on the server of ``--against``, None without one."""
    if arguments.against is None:
        return None
    other = server.started(arguments.against, arguments.size, Wrappers(), arguments.depth)
    return _replayed(arguments, recording, other, "", prefix)


def _replayed(
    arguments: argparse.Namespace,
    recording: Recording,
    server_: AbstractContextManager[Server],
    name: str,
    prefix: str,
) -> Replayed:
    with server_ as target:
        messages = messages_of(recording)
        found = replay(recording.head, messages, target, arguments.leave_out, keep=False)
    _describe(found, name)
    _write(found, arguments.pictures, prefix)
    return found


def _row(name: str, target: Replayed, other: Replayed | None, *, every: bool) -> _Row:
    """What came of a replay, which is printed too."""
    found = _differences(target) if other is None else _partings(target, other)
    if found:
        number = counted(len(found), "difference")
        if other is not None:
            number = f"{counted(len(found), 'place')} where they part"
        _print_first([one.text for one in found], number, every=every)
        words = f"{number}, the first: {found[0].title}"
    else:
        words = "the same as recorded" if other is None else f"the same as {other.head.server}"
    status = PART if found else SAME
    if target.outcome is not ReplayOutcome.ALIVE and (found or other is None):
        words, status = f"it {target.outcome.value}", PART
    return _Row(name, target.head.server, status, words)


def _screen(recording: Recording, file: str) -> Screen:
    """The recorded screen.  Raises NothingRecorded."""
    for message in messages_of(recording):
        if message.kind is RecordedKind.SETUP and message.data[0] == 1:
            return first_screen(message.data, message.order)
    raise NothingRecorded(
        f"{file} has no client that its server let in: there is nothing to replay; record one with "
        f"xharness record -o {file} -- CLIENT"
    )


def _describe(replayed: Replayed, name: str) -> None:
    named = f"{name}, " if name else ""
    left_out = f", {replayed.left_out} of them left out" if replayed.left_out else ""
    print(
        f"{named}{replayed.head.server}: {counted(replayed.requests, 'request')}{left_out}",
        flush=True,
    )
    for note in replayed.notes:
        print(f"  note: {note}")
    if replayed.outcome is not ReplayOutcome.ALIVE:
        print(f"  it {replayed.outcome.value}: {replayed.failure}")


def _write(replayed: Replayed, folder: str | None, prefix: str) -> None:
    if folder is None:
        return
    for picture in replayed.pictures:
        path = Path(folder) / f"{prefix}{picture.name.replace(' ', '-')}.png"
        encoded = io.BytesIO()
        picture.frame.to_image().save(encoded, "PNG")
        path.write_bytes(encoded.getvalue())
        print(f"  {path}")


def _differences(replayed: Replayed) -> list[_Found]:
    return [_Found(one.title, str(one)) for one in replayed.differences]


def _partings(one: Replayed, other: Replayed) -> list[_Found]:
    names = [one.head.server, other.head.server]
    if names[0] == names[1]:
        names = [f"{names[0]} (1)", f"{names[1]} (2)"]
    width = max(map(len, [*names, "recorded"]))
    return [
        _Found(
            parting.recorded.title,
            f"{parting.recorded.title}:\n"
            f"  {'recorded':{width}}  {parting.recorded.expected}\n"
            f"  {names[0]:{width}}  {parting.one}\n"
            f"  {names[1]:{width}}  {parting.other}",
        )
        for parting in partings(one, other)
    ]


def _print_first(texts: Sequence[str], number: str, *, every: bool) -> None:
    shown = texts if every else texts[:SHOWN]
    print(f"{number}{', the first first' * (len(texts) > 1)}:")
    for text in shown:
        print(text)
    if len(shown) < len(texts):
        print(f"... and {len(texts) - len(shown)} more (--all)")


def _print_table(rows: Sequence[_Row]) -> None:
    name, server_ = max(len(row.name) for row in rows), max(len(row.server) for row in rows)
    print()
    for row in rows:
        print(f"{row.name:{name}}  {row.server:{server_}}  {row.words}")
