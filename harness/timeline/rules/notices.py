# SPDX-License-Identifier: MIT
"""Rules about single events of RANDR: who may get them, when, and what they may hold."""

from collections.abc import Iterator

from harness.timeline.model.present import PresentHistory
from harness.timeline.model.randr import Notice
from harness.timeline.rules.base import Family, UnnamedViolation, rule, window_text
from harness.x11 import randr
from harness.x11.randr import ROTATIONS, Rotation

_KNOWN = int(ROTATIONS | Rotation.REFLECT_X | Rotation.REFLECT_Y)


def notice_text(notice: Notice) -> str:
    """A RANDR event as sentences name it."""
    content, name = notice.content, type(notice.content).__name__
    match content:
        case randr.CrtcChangeNotify():
            name += f" of CRTC {content.crtc:#x}"
        case randr.OutputChangeNotify() | randr.OutputPropertyNotify():
            name += f" of output {content.output:#x}"
    return f"{name} to {notice.seen.event.client} on {window_text(content.window)}"


@rule("randr-encoding", "randrproto 11 (RND-001)")
def encoding(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """Events are of a known kind and hold known values."""
    for seen in model.changes.malformed:
        yield UnnamedViolation(
            f"{seen.event.name} to {seen.event.client} has values that are not defined: "
            f"{seen.event.data.hex(' ', 4)}",
            (seen.event,),
        )


@rule("randr-selected", "randrproto 7, RRSelectInput (RND-005, RND-008, RND-009, RND-010)")
def selected(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """Events come only to the windows on which their kind was selected."""
    for notice in model.changes.notices():
        if notice.expected:
            continue
        selection = notice.selection
        if selection is None:
            yield UnnamedViolation(
                f"{notice_text(notice)} came, but nothing was selected there",
                (notice.seen.event,),
            )
        else:
            yield UnnamedViolation(
                f"{notice_text(notice)} was not selected: the mask was {int(selection.may):#x}",
                (selection.call.request, notice.seen.event),
            )


@rule("randr-window-alive", "randrproto 7, RRSelectInput (RND-010)")
def window_alive(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """A destroyed window hears of nothing."""
    for notice in model.changes.notices():
        end = model.destroyed_before(notice.content.window, notice.seen)
        if end is not None:
            yield UnnamedViolation(
                f"{notice_text(notice)} came although the window had been destroyed "
                f"by {end.stream.client}'s request {end.sequence}",
                (notice.seen.event,),
            )


@rule("randr-contents", "randrproto 11 (RND-015, RND-016, RND-064, RND-065)")
def contents(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """What is off has no mode, size or place; what is on has; a rotation is one."""
    for notice in model.changes.notices():
        problem = _problem(notice.content)
        if problem:
            yield UnnamedViolation(f"{notice_text(notice)} has {problem}", (notice.seen.event,))


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
def mode_size(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """A mode has the same size on every CRTC, however that is rotated."""
    first: dict[tuple[int, int], Notice] = {}
    for notice in model.changes.notices():
        content = notice.content
        if not isinstance(content, randr.CrtcChangeNotify) or not content.mode:
            continue
        other = first.setdefault((id(notice.seen.stream), content.mode), notice)
        known = other.content
        assert isinstance(known, randr.CrtcChangeNotify)
        if (content.width, content.height) != (known.width, known.height):
            yield UnnamedViolation(
                f"{notice_text(notice)} has size {content.width}x{content.height} "
                f"with mode {content.mode:#x}, which also was {known.width}x{known.height}",
                (other.seen.event, notice.seen.event),
            )


@rule("randr-root", "ScreenChange names the root of the window (RND-015)")
def root(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """The root is that of the window, always the same, and nobody made it."""
    first: dict[tuple[int, int], int] = {}
    for notice in model.changes.notices():
        content = notice.content
        if not isinstance(content, randr.ScreenChangeNotify):
            continue
        stream, window = notice.seen.stream, content.window
        known = first.setdefault((id(stream), window), content.root)
        told = model.changes.roots.get((stream, window), known)
        if content.root in model.creations:
            problem = "which a client had created"
        elif content.root != known:
            problem = f"earlier it named {known:#x}"
        elif content.root != told:
            problem = f"but that window's root is {told:#x}"
        else:
            continue
        yield UnnamedViolation(
            f"{notice_text(notice)} names root {content.root:#x}, {problem}",
            (notice.seen.event,),
        )


RULES = (encoding, selected, window_alive, contents, mode_size, root)
