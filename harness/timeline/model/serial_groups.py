# SPDX-License-Identifier: MIT
"""Requests and events that may belong together.

Ids and serials may be used again, so nothing pairs an event with a request by its serial
alone: a ``SerialGroup`` holds all requests and all events of one kind, serial and context.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto

from harness.timeline.model.grouping import grouped
from harness.timeline.model.present_requests import Candidate, PresentRequest, PresentSelection
from harness.timeline.record import Request
from harness.timeline.streams import ClientStream, ReceivedEvent
from harness.x11.present import CompleteKind, CompleteNotify, IdleNotify


class AnswerKind(Enum):
    """Which answer to a request an event is."""

    PIXMAP = auto()
    NOTIFY_MSC = auto()
    IDLE = auto()


_KINDS: dict[int, AnswerKind] = {
    CompleteKind.PIXMAP: AnswerKind.PIXMAP,
    CompleteKind.NOTIFY_MSC: AnswerKind.NOTIFY_MSC,
}

GroupKey = tuple[ClientStream, int, int, int, AnswerKind]
"""Client, context, window, serial and kind."""


@dataclass(frozen=True, slots=True, eq=False)
class SerialGroup:
    """All events of one kind, serial and context, and all requests that they may answer.

    ``rejected`` are requests of that serial which an error answered.
    """

    stream: ClientStream
    context: int
    window: int
    serial: int
    kind: AnswerKind
    events: Sequence[ReceivedEvent]
    candidates: Sequence[Candidate]
    rejected: Sequence[Candidate]

    @property
    def newest_requests(self) -> tuple[Request, ...]:
        """The entries of the last three candidates."""
        return tuple(one.sent.entry for one in self.candidates[-3:])


def group_by_serial(
    selections: Mapping[tuple[ClientStream, int], Sequence[PresentSelection]],
    events: Iterable[tuple[ReceivedEvent, CompleteNotify | IdleNotify]],
    accepted: Iterable[Candidate],
    rejected: Iterable[Candidate],
) -> dict[GroupKey, SerialGroup]:
    """Every group that has a request or an event; ``events`` are those that were selected."""
    wanted, refused = grouped(_answers(accepted)), grouped(_answers(rejected))
    on_window = grouped((window, (serial, kind)) for window, serial, kind in wanted)
    received: dict[GroupKey, list[ReceivedEvent]] = {
        (stream, context, window, serial, kind): []
        for (stream, context), history in selections.items()
        for window in {selection.window for selection in history}
        for serial, kind in on_window.get(window, ())
    }
    for event, content in events:
        kind = _kind(content)
        if kind is not None:
            key = (event.stream, content.event, content.window, content.serial, kind)
            received.setdefault(key, []).append(event)
    return {
        key: SerialGroup(*key, found, wanted.get(key[2:], ()), refused.get(key[2:], ()))
        for key, found in received.items()
    }


def _kind(content: CompleteNotify | IdleNotify) -> AnswerKind | None:
    return AnswerKind.IDLE if isinstance(content, IdleNotify) else _KINDS.get(content.kind)


def _answers(
    requests: Iterable[Candidate],
) -> Iterator[tuple[tuple[int, int, AnswerKind], Candidate]]:
    """What may come for each request: the window, serial and kind of the event."""
    for one in requests:
        if not isinstance(one, PresentRequest):
            yield (one.window, one.serial, AnswerKind.NOTIFY_MSC), one
            continue
        yield (one.window, one.serial, AnswerKind.PIXMAP), one
        if not one.synced:
            yield (one.window, one.serial, AnswerKind.IDLE), one
        for entry in one.notified():
            yield (entry.window, entry.serial, AnswerKind.PIXMAP), entry
