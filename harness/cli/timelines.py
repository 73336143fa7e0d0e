# SPDX-License-Identifier: MIT
"""The files that commands take a timeline from: recordings, timelines, protocol traces."""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.cli.trace import RECORDING, trace_files
from harness.errors import HarnessError
from harness.proxy.tracing.trace_file import TRACES
from harness.timeline.record import Entry
from harness.timeline.rules.base import Family
from harness.timeline.timeline_file import TIMELINE_FILE, read_timeline

_TIMELINE, _TRACE = b"{", b"#"
"""How the files begin: JSON, a comment."""


@dataclass(frozen=True, slots=True)
class FoundTimeline:
    """Entries in their order, which may be read from the file while they are iterated over.

    ``server`` names the server that the clients saw, "" if the file does not tell; ``family`` is
    how it presents, as a test found out.
    """

    entries: Iterable[Entry]
    server: str = ""
    family: Family | None = None


def find_timeline(
    paths: Sequence[Path], broken: Callable[[HarnessError], object] | None = None
) -> FoundTimeline:
    """What ``paths`` name: a recording, a timeline or a test's folder with one, or traces.

    ``broken`` gets what is wrong where the recorded server broke a stream, which is an error
    without it.  Says on stderr when a file is incomplete.

    Raises HarnessError for anything else, and for several files that are not all protocol traces;
    OSError for what cannot be read.
    """
    files = [_file_of(path) for path in paths]
    kinds = {path: _beginning(path) for path in files if path.is_file()}
    alone = [path for path in files if kinds.get(path, b"").startswith((RECORDING, _TIMELINE))]
    for path, beginning in kinds.items():
        if path not in alone and not beginning.startswith(_TRACE):
            raise HarnessError(
                f"{path} is neither a recording (pcapng, made by xharness record), a timeline "
                f"({TIMELINE_FILE}) nor a protocol trace: it begins with {beginning[:20]!r}"
            )
    if not alone:
        # The proxy's modules are heavy, and a timeline needs none of them.
        from harness.proxy.tracing.trace_timeline import timeline_of

        return FoundTimeline(timeline_of(trace_files(files)).entries)
    if len(files) > 1:
        raise HarnessError(
            "expected one recording, one timeline, or protocol traces; got both, or several: "
            "name one at a time"
        )
    (path,) = alone
    if kinds[path].startswith(RECORDING):
        return _recorded(path, broken)
    timeline = read_timeline(path)
    if timeline.cut_short:
        print(f"xharness: {path}: its last line is incomplete, left out", file=sys.stderr)
    return FoundTimeline(timeline.timeline.entries, family=timeline.family)


def _recorded(path: Path, broken: Callable[[HarnessError], object] | None) -> FoundTimeline:
    from harness.recordings.messages import messages_of
    from harness.recordings.pcapng.reader import read_recording
    from harness.recordings.timeline import entries_of

    recording = read_recording(path)
    if recording.cut_short:
        print(f"xharness: {path} has no end: read as far as it goes", file=sys.stderr)
    head = recording.head
    messages = messages_of(recording, broken)
    return FoundTimeline(entries_of(messages, head.extensions), head.server)


def _file_of(path: Path) -> Path:
    """The timeline in a test's folder of the results; a file and a folder of traces as they are.

    Raises HarnessError for any other folder.
    """
    if not path.is_dir() or any(path.glob(TRACES)):
        return path
    if not (path / TIMELINE_FILE).is_file():
        raise HarnessError(
            f"{path} has neither a {TIMELINE_FILE} nor protocol traces: expected the folder of one "
            f"test in the results of a session with --timeline=all or --protocol-trace"
        )
    return path / TIMELINE_FILE


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        beginning = file.read(200)
    return beginning if beginning.startswith(RECORDING) else beginning.lstrip()
