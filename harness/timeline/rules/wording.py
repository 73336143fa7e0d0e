# SPDX-License-Identifier: MIT
"""How sentences of violations name windows and events."""

from harness.timeline.model.lifetimes.endings import Destruction
from harness.timeline.model.randr import RandrNotify
from harness.timeline.record import Error, Event
from harness.timeline.streams import ReceivedEvent
from harness.x11 import present, randr


def event_text(event: ReceivedEvent) -> str:
    """An event as sentences name it, with its serial."""
    content = event.content
    if content is None:
        return f"{event.entry.name} to {event.entry.client}"
    serial = f" of serial {content.serial}" if hasattr(content, "serial") else ""
    name = content.NAME.removeprefix("Present")
    if isinstance(content, present.CompleteNotify):
        kind, mode = (getattr(one, "name", one) for one in (content.kind, content.mode))
        name += f"({kind}, {mode})"
    return f"{name}{serial} to {event.entry.client}"


def event_on_window(event: ReceivedEvent) -> str:
    """An event as sentences name it, with its serial and window."""
    return f"{event_text(event)} on window {getattr(event.content, 'window', 0):#x}"


def end_text(end: Destruction) -> str:
    """What proves that a window had been destroyed, as sentences say it."""
    match end.entry:
        case Error():
            return f"{end.stream.client}'s request {end.sequence} had found no such window"
        case Event():
            return f"{end.stream.client} had received the window's DestroyNotify"
    return f"the window had been destroyed by {end.stream.client}'s request {end.sequence}"


def notify_text(notify: RandrNotify) -> str:
    """A RANDR event as sentences name it."""
    content, name = notify.content, type(notify.content).__name__
    match content:
        case randr.CrtcChangeNotify():
            name += f" of CRTC {content.crtc:#x}"
        case randr.OutputChangeNotify() | randr.OutputPropertyNotify():
            name += f" of output {content.output:#x}"
    return f"{name} to {notify.entry.client} on window {content.window:#x}"
