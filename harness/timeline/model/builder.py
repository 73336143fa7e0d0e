# SPDX-License-Identifier: MIT
"""Builds the history that rules query from the entries of a timeline."""

from harness.timeline.model import core_requests
from harness.timeline.model.core_requests import FenceAction
from harness.timeline.model.lifetimes.endings import ClientEnd, Destruction, ReportedDestruction
from harness.timeline.model.lifetimes.windows import WindowHistory
from harness.timeline.model.present import PresentHistory
from harness.timeline.model.present_requests import Candidate, PresentRequest
from harness.timeline.model.randr import RandrHistory
from harness.timeline.record import Close, Error, Event, Reply, Request, Timeline
from harness.timeline.streams import ClientStream, ReceivedEvent, SentRequest, split
from harness.x11 import core_events, present
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
    streams = tuple(dict.fromkeys(stream for stream, _, _ in placed))
    history = PresentHistory(streams, RandrHistory.of(streams))
    connected: set[ClientStream] = set()
    seen: set[ClientStream] = set()
    for stream, index, entry in placed:
        connected.add(stream)
        seen.add(stream)
        match entry:
            case Request():
                _add_request(history, SentRequest(stream, entry.sequence, entry.time, entry))
            case Event():
                _add_event(history, ReceivedEvent(stream, index, entry), majors)
            case Reply():
                _add_reply(history, stream, entry)
            case Error():
                _add_error(history.windows, stream, entry)
            case Close():
                connected.discard(stream)
                # With the last client that is known the server may reset itself.
                ended = frozenset({stream} if connected else seen)
                _add_close(history.windows, stream, entry, ended)
    return history


def _add_event(history: PresentHistory, event: ReceivedEvent, majors: set[int]) -> None:
    if _is_present(event.entry, majors):
        history.events.append(event)
    elif event.entry.data[0] == core_events.DestroyNotify.CODE:
        window = core_events.DestroyNotify.decode(event.entry.data, 4).window
        found = history.windows.absences.setdefault(window, [])
        found.append(ReportedDestruction.of(event))


def _add_reply(history: PresentHistory, stream: ClientStream, entry: Reply) -> None:
    query = history.fences.queries.get((stream, entry.sequence))
    if query is not None:
        history.fences.answers.append((*query, core_requests.fence_triggered(entry)))
    get = history.windows.overlays.asked.get((stream, entry.sequence))
    if get is not None:
        history.windows.overlays.gets.append((get, core_requests.overlay_window(entry)))


def _add_error(windows: WindowHistory, stream: ClientStream, entry: Error) -> None:
    """A request that names a window by an id which no window has."""
    if entry.name in ("Window", "Drawable"):
        place = stream, entry.sequence, stream.sent_at(entry.sequence)
        end = Destruction(*place, certain=True, entry=entry)
        windows.absences.setdefault(entry.value, []).append(end)


def _add_close(
    windows: WindowHistory, stream: ClientStream, entry: Close, ended: frozenset[ClientStream]
) -> None:
    mode = windows.close_down_modes.get(stream)
    retained = ended == {stream} and mode is not None and mode.retains
    place = stream, entry.sequence + 1, entry.time
    windows.client_ends.append(ClientEnd(*place, clients=ended, entry=entry, retained=retained))


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
            owners = frozenset(windows.creators(what.resource))
            end = ClientEnd(
                *(sent.stream, sent.sequence, sent.time),
                clients=owners or None,
                entry=sent.entry,
                killed=sent.accepted,
            )
            windows.client_ends.append(end)
        case core_requests.SetCloseDownMode() if sent.accepted:
            windows.close_down_modes[sent.stream] = what
        case core_requests.ChangeSaveSet() if sent.accepted:
            windows.save_sets.setdefault(sent.stream, []).append(what)
        case core_requests.GetOverlayWindow():
            windows.overlays.asked[sent.stream, sent.sequence] = sent
        case core_requests.ReleaseOverlayWindow() if sent.accepted:
            windows.overlays.releases.append(sent)
        case core_requests.FenceRequest(action=FenceAction.QUERY):
            fences.queries[sent.stream, sent.sequence] = sent, what.fence
        case core_requests.FenceRequest():
            if sent.accepted:
                fences.requests.setdefault(what.fence, []).append((sent, what))
