# SPDX-License-Identifier: MIT
"""Rules about single events of RANDR: who may get them, when, and what they may hold."""

from collections.abc import Iterator

from harness.timeline.model.present import PresentHistory
from harness.timeline.model.randr import RandrNotify
from harness.timeline.rules.base import Breach, Family, rule
from harness.timeline.rules.wording import end_text, notify_text
from harness.x11 import randr
from harness.x11.randr import ROTATIONS, Rotation

_KNOWN = int(ROTATIONS | Rotation.REFLECT_X | Rotation.REFLECT_Y)


@rule("randr-encoding", "randrproto 11 (RND-001)")
def encoding(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """Events are of a known kind and hold known values."""
    for event in history.randr.malformed:
        entry = event.entry
        yield (
            f"{entry.name} to {entry.client} has values that are not defined: "
            f"{entry.data.hex(' ', 4)}",
            (entry,),
        )


@rule("randr-selected", "randrproto 7, RRSelectInput (RND-005, RND-008, RND-009, RND-010)")
def selected(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """Events come only to the windows on which their kind was selected."""
    for notify in history.randr.received():
        selection = notify.selection
        if selection is None:
            yield (f"{notify_text(notify)} came, but nothing was selected there", (notify.entry,))
        elif not notify.expected:
            yield (
                f"{notify_text(notify)} was not selected: the mask was {int(selection.may):#x}",
                (selection.sent.entry, notify.entry),
            )


@rule("randr-window-alive", "randrproto 7, RRSelectInput (RND-010)")
def window_alive(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """A destroyed window receives nothing."""
    for notify in history.randr.received():
        end = history.windows.destroyed_before(notify.content.window, notify.event)
        if end is not None:
            yield (
                f"{notify_text(notify)} came although {end_text(end)}",
                (end.entry, notify.entry),
            )


@rule("randr-contents", "randrproto 11 (RND-015, RND-016, RND-064, RND-065)")
def contents(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """What is off has no mode, size or place; what is on has; a rotation is one."""
    for notify in history.randr.received():
        problem = _problem(notify.content)
        if problem:
            yield f"{notify_text(notify)} has {problem}", (notify.entry,)


def _problem(content: randr.Event) -> str | None:
    match content:
        case randr.ScreenChangeNotify():
            if not (content.width and content.height):
                return f"size {content.width}x{content.height}"
        case randr.CrtcChangeNotify():
            size = content.width, content.height
            if not content.mode and (any(size) or content.x or content.y):
                return f"no mode, but size {size} at ({content.x}, {content.y})"
            if content.mode and not all(size):
                return f"mode {content.mode:#x}, but size {size}"
        case randr.OutputChangeNotify():
            if not content.crtc and content.mode:
                return f"no CRTC, but mode {content.mode:#x}"
        case _:
            return None
    rotation = int(content.rotation)
    if (rotation & ROTATIONS).bit_count() != 1 or rotation & ~_KNOWN:
        return f"rotation {rotation:#x}"
    return None


@rule("randr-mode-size", "a mode has one size (RND-016, RND-070)")
def mode_size(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """A mode has the same size on every CRTC, however that is rotated."""
    first: dict[tuple[int, int], tuple[RandrNotify, randr.CrtcChangeNotify]] = {}
    for notify in history.randr.received():
        content = notify.content
        if not isinstance(content, randr.CrtcChangeNotify) or not content.mode:
            continue
        key = (id(notify.event.stream), content.mode)
        other, known = first.setdefault(key, (notify, content))
        if (content.width, content.height) != (known.width, known.height):
            yield (
                f"{notify_text(notify)} has size {content.width}x{content.height} "
                f"with mode {content.mode:#x}, which also was {known.width}x{known.height}",
                (other.entry, notify.entry),
            )


@rule("randr-root", "ScreenChange names the root of the window (RND-015)")
def root(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """The root is that of the window, always the same, and no client created it."""
    first: dict[tuple[int, int], int] = {}
    for notify in history.randr.received():
        content = notify.content
        if not isinstance(content, randr.ScreenChangeNotify):
            continue
        stream, window = notify.event.stream, content.window
        earlier = first.setdefault((id(stream), window), content.root)
        replied = history.randr.roots.get((stream, window), earlier)
        if content.root in history.windows.creations:
            problem = "which a client had created"
        elif content.root != earlier:
            problem = f"earlier it named {earlier:#x}"
        elif content.root != replied:
            problem = f"but that window's root is {replied:#x}"
        else:
            continue
        yield (f"{notify_text(notify)} names root {content.root:#x}, {problem}", (notify.entry,))
