# SPDX-License-Identifier: MIT
"""A recording as the timeline that its clients would have recorded."""

from collections.abc import Iterable, Iterator

from harness.proxy.tracing.describing import Describing
from harness.proxy.tracing.entries import ClientEntries
from harness.recordings.messages import RecordedKind, RecordedMessage, messages_of
from harness.recordings.recording import Recording
from harness.timeline.record import Entry, Timeline
from harness.x11 import present, randr
from harness.x11.extensions import Extension

LONG, KEPT = 256, 32
"""Of a longer request the entry has the first bytes alone, unless it is Present's or RANDR's."""


def timeline_of(recording: Recording) -> Timeline:
    """All entries of a recording.  Raises RecordingError as ``messages_of`` does."""
    return Timeline(list(entries_of(messages_of(recording), recording.head.extensions)))


def entries_of(
    messages: Iterable[RecordedMessage], extensions: Iterable[Extension]
) -> Iterator[Entry]:
    """The entry of each message, one by one; times are s since the first message.

    Clients are called ``client-N``.  Of one of the other byte order only Present's messages have
    an entry, and errors and the end.
    """
    extensions = tuple(extensions)
    describing = Describing(extensions, None)
    decoded = (present.EXTENSION, randr.EXTENSION)
    whole = {one.major for one in extensions if one.name in decoded}
    makers: dict[int, ClientEntries] = {}
    start: int | None = None
    for message in messages:
        start = message.time if start is None else start
        time, client = (message.time - start) / 1e9, message.client
        if message.kind is RecordedKind.GREETING:
            makers[client] = ClientEntries(f"client-{client}", message.order, describing)
        makes, data = makers.get(client), message.data
        if makes is None or message.kind in (RecordedKind.GREETING, RecordedKind.SETUP):
            continue
        entry: Entry
        if message.kind is RecordedKind.END:
            entry = makes.close(time, message.sequence)
            del makers[client]
        elif message.kind is RecordedKind.REQUEST:
            kept = data if len(data) <= LONG or data[0] in whole else data[:KEPT]
            entry, _ = makes.request(time, message.sequence, kept)
        else:
            entry, _ = makes.answer(time, message.sequence, data)
        if makes.in_timeline(entry):
            yield entry
