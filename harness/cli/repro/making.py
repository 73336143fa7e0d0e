# SPDX-License-Identifier: MIT
"""Makes the script of a recording: what to show, the way there, the check of the script."""

import argparse
import os
import re
import subprocess
import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from textwrap import indent
from typing import Any

from harness.cli.farm.options import farm_of
from harness.cli.repro.choosing import choose
from harness.cli.repro.errors import ReproError
from harness.cli.repro.orders import rewritten, rewritten_at_last
from harness.cli.repro.source import recording_file
from harness.cli.serving.server import possible_depth
from harness.recordings.device_buffers import copies_first
from harness.recordings.leaving_out import without_extensions
from harness.recordings.messages import RecordedKind, RecordedMessage, messages_of
from harness.recordings.native_order import foreign_clients
from harness.recordings.pcapng.reader import read_recording
from harness.recordings.script.writer import as_test, write_script
from harness.recordings.shrinking.minimise import Minimised, minimise
from harness.recordings.shrinking.reduction import NotShown
from harness.recordings.shrinking.sound import expected_of
from harness.recordings.shrinking.trials import (
    Place,
    Question,
    attempt,
)
from harness.servers.builds import Build, from_file
from harness.servers.errors import SpecError
from harness.servers.host import virtual_host
from harness.servers.process.launch import launch
from harness.servers.releases.named import find_named, parse_name
from harness.servers.spec import ServerSpec
from harness.wording import counted
from harness.x11.setup import Screen, first_screen

_SCRIPT_SECONDS = 60.0
_NOTHING = "no rule is broken, and the server lives: there is nothing to show"
_UNCOMPARED = "; with --against KIND what a sound server answers otherwise is looked for too"
_NOT_SHOWN = (
    "expected a server that shows what the recording broke, which was recorded on {}; name that "
    "server by --server; a fault of @pytest.mark.faults is in a proxy, not in the server, and no "
    "replay shows it"
)
_MEANINGS = {0: "sound (0)", 1: "it shows the bug (1)", 125: "it cannot tell (125)"}


def make(arguments: argparse.Namespace) -> int:
    """Do what ``xharness repro`` was told to; its exit status.

    Raises HarnessError of many kinds, ReproError among them.
    """
    _check_output(Path(arguments.output))
    server = ("--server", arguments.server)
    if arguments.server_path is not None:
        server = ("--server-path", arguments.server_path)
    with recording_file(arguments.source, server) as path:
        recording = read_recording(path)
        head = recording.head
        left = without_extensions(head, messages_of(recording), arguments.leave_out)
        messages = list(copies_first(head, left))
    requests = sum(one.kind is RecordedKind.REQUEST for one in messages)
    print(
        f"{arguments.source}: {counted(requests, 'request')}, recorded on {head.server}", flush=True
    )
    screen = _screen(messages, arguments.source)
    with _hosts(arguments, screen) as host:
        place = _place(_build(arguments.server_path or arguments.server), screen, arguments, host)
        sound = None
        if arguments.against is not None:
            sound = _place(_build(arguments.against), screen, arguments, host)
        symptom = choose(head, messages, place, sound, arguments.symptom)
        if symptom is None:
            print(_NOTHING if sound is not None else _NOTHING + _UNCOMPARED)
            return 0
        print(f"symptom: {symptom}", flush=True)
        foreign = foreign_clients(messages)
        question, kept = rewritten(Question(place, head, symptom, sound), messages)
        shorter = rewritten_at_last(question, _shorter(question, kept, arguments))
        _write(question, shorter, Path(arguments.output), foreign, test=arguments.as_test)
        if not arguments.as_test:
            _verify(Path(arguments.output), question)
    return 1


def _check_output(output: Path) -> None:
    """Raise ReproError when the script cannot be written, which would be known at the end alone."""
    folder = output.parent
    if output.is_dir():
        reason = "it is a folder"
    elif not folder.is_dir():
        reason = f"there is no folder {folder}"
    elif not os.access(output if output.exists() else folder, os.W_OK):
        reason = "you may not write there"
    else:
        return
    raise ReproError(f"-o {output}: {reason}; expected the name of a file to write")


def _screen(messages: Sequence[RecordedMessage], source: str) -> Screen:
    for one in messages:
        if one.kind is RecordedKind.SETUP and one.data[:1] == b"\1":
            return first_screen(one.data, one.order)
    raise ReproError(f"{source}: no client of this recording was let in by its server")


def _build(name: str) -> Build:
    """The server of a name that ``--server`` takes, or of the program with this path."""
    try:
        parse_name(name)
    except SpecError as error:
        if Path(name).exists() or "/" in name:
            return from_file(Path(name))
        raise SpecError(f"{error}; or give the path of a server's program") from None
    return find_named(name)


@contextmanager
def _hosts(arguments: argparse.Namespace, screen: Screen) -> Iterator[Any]:
    """A display for servers that show themselves in one."""
    names = [arguments.server_path or arguments.server, arguments.against]
    nested = any(_build(one).kind.info.needs_host for one in names if one is not None)
    with virtual_host(screen.width, screen.height) if nested else nullcontext() as host:
        yield host


def _place(build: Build, screen: Screen, arguments: argparse.Namespace, host: Any) -> Place:
    spec = ServerSpec(
        build=build,
        width=screen.width,
        height=screen.height,
        depth=possible_depth(build.kind, screen.depth),
        host=host if build.kind.info.needs_host else None,
    )
    if arguments.fps is not None and spec.offers("-fakescreenfps"):
        spec = replace(spec, fps=arguments.fps)
    return Place(spec)


def _shorter(
    question: Question, messages: Sequence[RecordedMessage], arguments: argparse.Namespace
) -> Minimised:
    if not arguments.minimise:
        requests = sum(one.kind is RecordedKind.REQUEST for one in messages)
        whole = question.shown(messages)
        if whole.refusal:
            raise ReproError(whole.refusal)
        return Minimised(tuple(messages), question.symptom, whole, 1.0, True, requests, "", 0.0)
    output = Path(arguments.output)
    state = output.with_name(output.name + ".state")
    with farm_of(arguments) as farm:
        try:
            found = minimise(
                question,
                messages,
                executor=farm,
                workers=farm.workers,
                seconds=arguments.seconds,
                state=state,
                say=lambda line: print(f"  {line}", flush=True),
            )
        except KeyboardInterrupt:
            if state.exists():
                print(
                    f"{state} keeps the shortest so far: the same command goes on from there",
                    file=sys.stderr,
                )
            raise
        except NotShown as error:
            if refusal := question.shown(messages).refusal:
                raise ReproError(refusal) from None
            raise ReproError(f"{error}: {_NOT_SHOWN.format(question.head.server)}") from None
    print(found.report)
    left = f"{counted(found.requests, 'request')} {'is' if found.requests == 1 else 'are'} left"
    print(f"{left} after {found.seconds:.0f} s")
    if found.rate < 1:
        print(f"they show it in {found.rate:.0%} of the trials: repeat the script until it does")
    if not found.complete:
        print("the time is over: the same command goes on from here")
    return found


def _write(
    question: Question, found: Minimised, output: Path, foreign: Collection[int], *, test: bool
) -> None:
    expected = None
    if question.sound is not None and found.shown is not None:
        sound = attempt(question.sound, question.head, found.messages)
        expected = expected_of(question, found.messages, sound, found.shown)
    text = write_script(
        *(question.head, found.messages, found.symptom, expected),
        ids=found.ids,
        rewritten=foreign,
    )
    if test:
        name = re.sub(r"\W+", "_", output.stem.removeprefix("test_")).strip("_").lower()
        text = as_test(text, found.symptom, name or "bug")
    output.write_text(text, encoding="utf-8")
    print(f"{output}: {len(text.splitlines())} lines", flush=True)


def _verify(script: Path, question: Question) -> None:
    """Run the script, and say what it finds.  Raises ReproError when it is wrong."""
    sound = question.sound
    expected = [(question.place, 1)] + ([(sound, 0)] if sound is not None else [])
    for where, right in expected:
        with launch(where.spec) as server:
            environment = {**os.environ, "DISPLAY": server.display}
            if server.authority is not None:
                environment["XAUTHORITY"] = str(server.authority)
            done = subprocess.run(
                [sys.executable, script],
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=_SCRIPT_SECONDS,
            )
            print(f"on {server.described}: {_MEANINGS.get(done.returncode, done.returncode)}")
        if done.returncode != right:
            hint = f"; {_NOT_SHOWN.format(question.head.server)}" if right else ""
            printed = indent((done.stdout + done.stderr).rstrip() or "nothing", "  ")
            raise ReproError(
                f"{script} was written, and it ended with status {done.returncode} where {right} "
                f"is right: it has to be looked at before it is used{hint}; it printed:\n{printed}"
            )
