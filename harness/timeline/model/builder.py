# SPDX-License-Identifier: MIT
"""Builds the history that rules query from the entries of a timeline."""

from harness.timeline.model import core_requests
from harness.timeline.model.core_requests import FenceAction
from harness.timeline.model.present import PresentHistory
from harness.timeline.model.present_requests import Candidate, PresentRequest
from harness.timeline.model.randr import RandrHistory
from harness.timeline.model.windows import ClientEnd
from harness.timeline.record import Close, Event, Reply, Request, Timeline
from harness.timeline.streams import ReceivedEvent, SentRequest, split
from harness.x11 import present
from harness.x11.drafts import present_redirect
from harness.x11.encoding import GENERIC_EVENT

_MOVERS = ("ConfigureWindow", "ReparentWindow", "RANDR:Set", "RANDR:Delete", "RANDR:Add")


def build_history(timeline: Timeline) -> PresentHistory:
    """What a whole timeline says."""
    placed = split(timeline)
    majors = {
        entry.data[1]
        for entry in timeline.entries
        if isinstance(entry, Event) and entry.content is not None and len(entry.data) > 1
    }
    history = PresentHistory(RandrHistory.of(dict.fromkeys(stream for stream, _, _ in placed)))
    for stream, index, entry in placed:
        if isinstance(entry, Request):
            _add_request(history, SentRequest(stream, entry.sequence, entry.time, entry))
        elif isinstance(entry, Event):
            if _is_present(entry, majors):
                history.events.append(ReceivedEvent(stream, index, entry))
        elif isinstance(entry, Reply):
            query = history.fences.queries.get((stream, entry.sequence))
            if query is not None:
                history.fences.answers.append((*query, core_requests.fence_triggered(entry)))
        elif isinstance(entry, Close):
            end = ClientEnd(stream, entry.sequence + 1, entry.time, of_any=False)
            history.windows.client_ends.append(end)
    return history


def _is_present(entry: Event, majors: set[int]) -> bool:
    """Whether the event is Present's, even if it does not decode."""
    if entry.content is not None or entry.name.startswith("Present"):
        return True
    generic = len(entry.data) > 1 and entry.data[0] & 0x7F == GENERIC_EVENT
    return generic and entry.data[1] in majors


def _add_request(history: PresentHistory, sent: SentRequest) -> None:
    history.moves_windows |= sent.entry.name.startswith(_MOVERS)
    match content := sent.entry.content:
        case present.SelectInput():
            if sent.accepted:
                key = (sent.stream, content.event)
                history.select_inputs.setdefault(key, []).append((sent, content))
        case present.PresentPixmap() | present.PixmapSynced():
            one = PresentRequest(sent, content, content.window, content.serial)
            (history.presentations if sent.accepted else history.rejected).append(one)
        case present.NotifyMsc():
            other = Candidate(sent, content, content.window, content.serial)
            (history.notify_mscs if sent.accepted else history.rejected).append(other)
        case present_redirect.PresentIdle():
            key = (sent.stream, content.pixmap)
            history.idle_requests.setdefault(key, []).append(sent)
        case None:
            _add_core_request(history, sent)


def _add_core_request(history: PresentHistory, sent: SentRequest) -> None:
    windows, fences = history.windows, history.fences
    match what := core_requests.decode(sent.entry):
        case core_requests.CreateWindow():
            windows.creations.setdefault(what.window, []).append((sent, what))
        case core_requests.DestroyWindow():
            windows.destroyers.append((sent, what))
        case core_requests.KillClient():
            end = ClientEnd(sent.stream, sent.sequence, sent.time, of_any=True)
            windows.client_ends.append(end)
        case core_requests.FenceRequest(action=FenceAction.QUERY):
            fences.queries[sent.stream, sent.sequence] = sent, what.fence
        case core_requests.FenceRequest():
            if sent.accepted:
                fences.requests.setdefault(what.fence, []).append((sent, what))
