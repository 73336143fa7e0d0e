# SPDX-License-Identifier: MIT
"""Protocol traces as the timeline that their clients would have recorded."""

import heapq
from collections.abc import Iterable, Iterator

from harness.proxy.tracing.describing import Describing
from harness.proxy.tracing.entries import ClientEntries
from harness.proxy.tracing.trace_file import TracedMessage, TraceFile
from harness.timeline.record import Entry, Timeline

_REQUEST, _END = "->", "--"


def timeline_of(traces: Iterable[TraceFile]) -> Timeline:
    """The messages of all clients, in the order of their times (s since the traces began).

    Of a client of the other byte order only Present's messages are in it, and errors and the end.
    """
    streams = (_entries(trace) for trace in traces)
    return Timeline(list(heapq.merge(*streams, key=lambda entry: entry.time)))


def _entries(trace: TraceFile) -> Iterator[Entry]:
    describing, makers = Describing(trace.head.extensions, None), dict[str, ClientEntries]()
    for message in trace.messages:
        client = message.client
        if client not in makers:
            makers[client] = ClientEntries(client, trace.head.order, describing)
        entry = _entry(message, makers[client])
        if makers[client].in_timeline(entry):
            yield entry


def _entry(message: TracedMessage, makes: ClientEntries) -> Entry:
    time, sequence = message.milliseconds / 1000, message.sequence
    if message.direction == _END:
        return makes.close(time, sequence)
    if message.direction == _REQUEST:
        return makes.request(time, sequence, message.data)[0]
    return makes.answer(time, sequence, message.data)[0]
