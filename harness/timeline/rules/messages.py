# SPDX-License-Identifier: MIT
"""Rules about whatever a client receives: its type, its length, the request it belongs to."""

import struct
from collections.abc import Iterator

from harness.timeline.model.present import PresentHistory
from harness.timeline.record import Entry, Error, Event, Reply, Request
from harness.timeline.rules.base import Breach, Family, rule
from harness.x11.encoding import FIRST_EXTENSION, GENERIC_EVENT, read_evtype
from harness.x11.names import UNKNOWN_GENERIC
from harness.x11.replies import length_problem


@rule("message-type", "X protocol 4 and 11: the types are the core's or announced (COR-001)")
def known_type(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """Events and errors are of the core or of an extension that the server announced."""
    for entry in history.entries:
        if isinstance(entry, Event | Error) and _unknown(entry.name):
            kind = "event" if isinstance(entry, Event) else "error"
            yield (
                f"{entry.client} received an {kind} of type {_type(entry)}, "
                f"which no extension of this server has announced",
                (entry,),
            )


def _unknown(name: str) -> bool:
    # What has no name goes by its number.
    return name.isdigit() or name == UNKNOWN_GENERIC


def _type(entry: Event | Error) -> str:
    if entry.name != UNKNOWN_GENERIC or not isinstance(entry, Event) or len(entry.data) < 10:
        return entry.name
    return f"35 (GenericEvent), extension {entry.data[1]}, evtype {read_evtype(entry.data)}"


@rule("message-length", "X protocol, appendix B: a message is as long as its type says (COR-002)")
def length(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """The length fields of replies and generic events agree with what the messages hold."""
    for entry in history.entries:
        if isinstance(entry, Reply):
            problem = length_problem(entry.name, entry.data)
            if problem:
                yield f"the reply to {entry.name} of {entry.client}: {problem}", (entry,)
        elif isinstance(entry, Event) and entry.content is None:
            generic = entry.data[0] & 0x7F == GENERIC_EVENT and len(entry.data) >= 32
            words = struct.unpack_from("=4xI", entry.data)[0] if generic else 0
            if len(entry.data) != 32 + 4 * words:
                yield (
                    f"{entry.name} of {entry.client} has {len(entry.data)} bytes, "
                    f"{32 + 4 * words} expected",
                    (entry,),
                )


@rule("message-sequence", "X protocol 1: numbers of requests that were sent, in order (COR-003)")
def sequence(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """No message has the number of a request still unsent; those of events never step back."""
    for stream in history.streams:
        latest: Entry | None = None
        following = iter(one for one in stream.entries if isinstance(one, Request))
        unsent = next(following, None)
        for entry in stream.entries:
            if entry is unsent:
                unsent = next(following, None)
            elif unsent is not None and entry.sequence >= unsent.sequence:
                yield (
                    f"{entry.client} received {_name(entry)} with sequence number "
                    f"{entry.sequence} before it had sent that request",
                    (entry, unsent),
                )
            if not isinstance(entry, Event):
                continue
            if latest is not None and entry.sequence < latest.sequence:
                yield (
                    f"{entry.client} received {_name(entry)} with sequence number "
                    f"{entry.sequence} after one with {latest.sequence}",
                    (latest, entry),
                )
            latest = entry


def _name(entry: Entry) -> str:
    name: str = getattr(entry, "name", "the end")
    return {Reply: f"a reply to {name}", Error: f"an error {name}"}.get(type(entry), f"a {name}")


@rule("error-request", "X protocol 4: an error names the opcodes of its request (COR-004)")
def error_request(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """The opcodes in an error are those of the request with its sequence number."""
    for stream in history.streams:
        if not stream.errors:
            continue
        requests = {one.sequence: one for one in stream.entries if isinstance(one, Request)}
        for error in stream.errors.values():
            request = requests.get(error.sequence)
            if request is None or len(request.data) < 2:
                continue
            major, second = request.data[:2]
            sent = (major, second if major >= FIRST_EXTENSION else 0)
            if (error.major, error.minor) != sent:
                yield (
                    f"error {error.name} to {error.client} names request "
                    f"{error.major}.{error.minor}, but {request.name} ({sent[0]}.{sent[1]}) "
                    f"has its sequence number",
                    (request, error),
                )
