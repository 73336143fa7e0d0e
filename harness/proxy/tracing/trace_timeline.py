# SPDX-License-Identifier: MIT
"""Protocol traces as the timeline that their clients would have recorded."""

import heapq
import struct
from collections.abc import Iterable, Iterator

from harness.proxy.tracing.describing import Describing
from harness.proxy.tracing.trace_file import TracedMessage, TraceFile
from harness.timeline.record import Close, Entry, Error, Event, Reply, Request, Timeline
from harness.x11 import encoding
from harness.x11.encoding import ByteOrder

_REQUEST, _END = "->", "--"


def timeline_of(traces: Iterable[TraceFile]) -> Timeline:
    """The messages of all clients, in the order of their times (s since the traces began).

    Of a client of the other byte order only Present's messages are in it, and errors and the end.
    """
    streams = (_entries(trace) for trace in traces)
    return Timeline(list(heapq.merge(*streams, key=lambda entry: entry.time)))


def _entries(trace: TraceFile) -> Iterator[Entry]:
    describing = Describing(trace.head.extensions, None)
    names: dict[int, str] = {}
    for message in trace.messages:
        entry = _entry(message, describing, trace.head.order, names)
        decodes = getattr(entry, "content", None) is not None or isinstance(entry, Error | Close)
        if decodes or trace.head.order == encoding.NATIVE:
            yield entry


def _entry(
    message: TracedMessage, describing: Describing, order: ByteOrder, names: dict[int, str]
) -> Entry:
    """``names`` are those of the requests so far, by sequence number."""
    time, client, sequence = message.milliseconds / 1000, message.client, message.sequence
    data = message.data
    if message.direction == _END:
        return Close(time=time, client=client, sequence=sequence)
    if message.direction == _REQUEST:
        name, content, _ = describing.request(data, order)
        names[sequence] = name
        return Request(
            time=time, client=client, sequence=sequence, name=name, data=data, content=content
        )
    answered = names.get(sequence, "a request")
    kind = data[0] & 0x7F
    if kind == encoding.REPLY:
        return Reply(time=time, client=client, sequence=sequence, name=answered, data=data)
    if kind == encoding.ERROR:
        value, minor, major = struct.unpack_from(f"{order}IHB", data, 4)
        return Error(
            time=time,
            client=client,
            sequence=sequence,
            name=describing.error(data[1]),
            request=answered,
            code=data[1],
            value=value,
            major=major,
            minor=minor,
        )
    event, told, _ = describing.event(data, order)
    return Event(time=time, client=client, sequence=sequence, name=event, data=data, content=told)
