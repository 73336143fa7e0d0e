# SPDX-License-Identifier: MIT
"""Rules about all that RANDR tells of one change: its order, its unity, who hears it."""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from dataclasses import fields, replace

from harness.timeline.model.present import PresentHistory
from harness.timeline.model.randr import Listener, Notice, RandrSelection
from harness.timeline.rules.base import Family, UnnamedViolation, rule
from harness.timeline.rules.notices import notice_text
from harness.x11 import randr
from harness.x11.randr import NotifyMask, Rotation

_RANKS = (
    randr.ScreenChangeNotify,
    randr.CrtcChangeNotify,
    randr.OutputChangeNotify,
    randr.ProviderChangeNotify,
    randr.ResourceChangeNotify,
    randr.LeaseNotify,
)
_QUARTER_TURNS = Rotation.ROTATE_90 | Rotation.ROTATE_270

Change = list[Notice]


def _changes(model: PresentHistory) -> Iterator[tuple[Listener, Change]]:
    for listener in model.changes.listeners.values():
        for change in listener.changes():
            yield listener, change


@rule("randr-order", "ScreenChange, CrtcChange, OutputChange, ResourceChange (RND-013, RND-011)")
def order(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """A change is told in this order, of each CRTC and output once, and always in their order."""
    pairs: set[tuple[int, Hashable, Hashable]] = set()
    for listener, change in _changes(model):
        if not isinstance(change[0].content, randr.ScreenChangeNotify):
            yield UnnamedViolation(
                f"{notice_text(change[0])} came before the ScreenChangeNotify of its change",
                tuple(notice.seen.event for notice in change),
            )
            continue
        for index, notice in enumerate(change[1:], 1):
            for earlier in change[:index]:
                problem = _disorder(id(listener.stream), earlier, notice, pairs)
                if problem:
                    name = notice_text(earlier).partition(" to ")[0]
                    yield UnnamedViolation(
                        f"{notice_text(notice)} {problem.format(name)}",
                        (change[0].seen.event, earlier.seen.event, notice.seen.event),
                    )
                    break


def _disorder(
    stream: int, earlier: Notice, notice: Notice, pairs: set[tuple[int, Hashable, Hashable]]
) -> str | None:
    """What is wrong with ``notice`` after ``earlier``; ``pairs`` are those seen so far."""
    if _rank(earlier) > _rank(notice):
        return "came after the {}"
    one, other = _thing(earlier), _thing(notice)
    if one is None or _rank(earlier) < _rank(notice):
        return None
    if one == other:
        return "repeats the {} of the same change"
    pairs.add((stream, one, other))
    if (stream, other, one) in pairs:
        return "came after the {}, in another change before it"
    return None


def _rank(notice: Notice) -> int:
    return _RANKS.index(type(notice.content))


def _thing(notice: Notice) -> Hashable:
    """What a change tells of once; None for what it may tell of several times."""
    match content := notice.content:
        case randr.CrtcChangeNotify():
            return "crtc", content.crtc
        case randr.OutputChangeNotify():
            return "output", content.output
        case randr.ResourceChangeNotify():
            return "resources"
    return None


@rule("randr-timestamps", "timestamps are those of the last change (RND-015, RND-028, RND-127)")
def timestamps(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """The events of a change have one timestamp; the config-timestamp never runs backwards."""
    for listener in model.changes.listeners.values():
        newest: Notice | None = None
        for notice in listener.notices:
            time = _config_time(notice)
            if time is None:
                continue
            known = None if newest is None else _config_time(newest)
            if newest is not None and known is not None and _earlier(time, known):
                yield UnnamedViolation(
                    f"{notice_text(notice)}: the config-timestamp ran backwards "
                    f"from {known} to {time}",
                    (newest.seen.event, notice.seen.event),
                )
            newest = notice
    for _, change in _changes(model):
        for value, name in ((_time, "timestamp"), (_config_time, "config-timestamp")):
            yield from _disagreement(change, value, name)


def _disagreement(
    change: Change, value: Callable[[Notice], int | None], name: str
) -> Iterator[UnnamedViolation]:
    first = change[0]
    for notice in change[1:]:
        if value(notice) is not None and value(notice) != value(first):
            yield UnnamedViolation(
                f"{notice_text(notice)} has {name} {value(notice)}, "
                f"the {type(first.content).__name__} of the same change {value(first)}",
                (first.seen.event, notice.seen.event),
            )
            return


def _time(notice: Notice) -> int | None:
    return notice.content.timestamp


def _config_time(notice: Notice) -> int | None:
    content = notice.content
    if isinstance(content, randr.ScreenChangeNotify | randr.OutputChangeNotify):
        return content.config_timestamp
    return None


def _earlier(one: int, other: int) -> bool:
    """Whether ``one`` is before ``other`` on a clock of 32 bits."""
    return 0 < (other - one) % (1 << 32) < 1 << 31


@rule("randr-crtc-of-output", "an output shows what its CRTC shows (RND-046, RND-048)")
def crtc_of_output(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """An output agrees with its CRTC; one that gets or loses a CRTC changes that one, too."""
    both = NotifyMask.CRTC_CHANGE | NotifyMask.OUTPUT_CHANGE
    before: dict[tuple[int, int], tuple[RandrSelection, int]] = {}
    for listener, change in _changes(model):
        crtcs = {
            notice.content.crtc: notice
            for notice in change
            if isinstance(notice.content, randr.CrtcChangeNotify)
        }
        for notice in change:
            content, selection = notice.content, notice.selection
            if not isinstance(content, randr.OutputChangeNotify) or selection is None:
                continue
            twin = crtcs.get(content.crtc)
            if twin is not None and not _agree(content, twin.content):
                yield UnnamedViolation(
                    f"{notice_text(notice)} has another mode or rotation than its CRTC "
                    f"{content.crtc:#x} in the same change",
                    (twin.seen.event, notice.seen.event),
                )
            key = id(listener), content.output
            since, old = before.get(key, (selection, content.crtc))
            before[key] = selection, content.crtc
            changed = content.crtc or old
            if (
                since is selection
                and old != content.crtc
                and selection.must & both == both
                and changed not in crtcs
            ):
                yield UnnamedViolation(
                    f"{notice_text(notice)} went from CRTC {old:#x} to {content.crtc:#x}, "
                    f"but no CrtcChangeNotify of {changed:#x} is in the change",
                    tuple(one.seen.event for one in change),
                )


def _agree(output: randr.OutputChangeNotify, crtc: randr.Event) -> bool:
    assert isinstance(crtc, randr.CrtcChangeNotify)
    return (output.mode, output.rotation) == (crtc.mode, crtc.rotation)


@rule("randr-size", "ScreenChange has the size of the root (RND-015, RND-022)")
def size(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """ConfigureNotify of a root tells the size that ScreenChange told before, turned or not."""
    for resize in model.changes.sizes:
        listener = model.changes.listeners.get((resize.seen.stream, resize.window))
        if listener is None:
            continue
        told = [
            notice
            for notice in listener.notices
            if isinstance(notice.content, randr.ScreenChangeNotify)
            and notice.seen.index < resize.seen.index
            and notice.content.root == resize.window
        ]
        if not told:
            continue
        last = told[-1]
        content, selection = last.content, last.selection
        assert isinstance(content, randr.ScreenChangeNotify)
        if (
            selection is None
            or not selection.must & NotifyMask.SCREEN_CHANGE
            or not selection.holds(resize.seen.event.sequence)
        ):
            continue
        seen = (content.width, content.height)
        if content.rotation & _QUARTER_TURNS:
            seen = seen[::-1]
        if seen != (resize.width, resize.height):
            yield UnnamedViolation(
                f"{notice_text(last)} tells a root of {seen[0]}x{seen[1]} (rotation "
                f"{int(content.rotation)}), but ConfigureNotify of the root says "
                f"{resize.width}x{resize.height}",
                (last.seen.event, resize.seen.event),
            )


@rule("randr-repeat", "no event for what does not change (RND-017)")
def repeat(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """A CRTC told again as it was told before has got or lost an output.

    One that is off hides where it would be, and a transform is in no event.
    """
    both = NotifyMask.CRTC_CHANGE | NotifyMask.OUTPUT_CHANGE
    before: dict[tuple[int, int], Notice] = {}
    for listener, change in _changes(model):
        outputs = any(isinstance(one.content, randr.OutputChangeNotify) for one in change)
        for notice in change:
            content, selection = notice.content, notice.selection
            if not isinstance(content, randr.CrtcChangeNotify) or selection is None:
                continue
            key = id(listener), content.crtc
            known = before.get(key)
            before[key] = notice
            if known is None or known.selection is not selection or notice.answers:
                continue
            if not content.mode or outputs or model.changes.bends or selection.must & both != both:
                continue
            if replace(content, timestamp=0) == replace(known.content, timestamp=0):
                yield UnnamedViolation(
                    f"{notice_text(notice)} tells nothing new, of outputs neither",
                    (known.seen.event, *(one.seen.event for one in change)),
                )


@rule("randr-every-selection", "every selection hears of a change (RND-013, RND-014)")
def every_selection(model: PresentHistory, family: Family) -> Iterator[UnnamedViolation]:
    """What one selection is told, all others that cover it are told too."""
    listeners = list(model.changes.listeners.values())
    for listener in listeners:
        told = [one for one in listener.notices if one.expected and not one.answers]
        for other in listeners if told else ():
            if other is listener or not _same_screen(listener, other):
                continue
            have = Counter(_told(notice) for notice in other.notices)
            for notice in told:
                selection = _must_hear(model, notice, other)
                if selection is None:
                    continue
                have[_told(notice)] -= 1
                if have[_told(notice)] < 0:
                    yield UnnamedViolation(
                        f"{notice_text(notice)} did not reach {other.stream.client} on window "
                        f"{other.window:#x}, where it was selected",
                        (selection.call.request, notice.seen.event),
                    )
                    break


def _same_screen(one: Listener, other: Listener) -> bool:
    return one.window == other.window or bool(_roots(one) & _roots(other))


def _roots(listener: Listener) -> set[int]:
    return {
        notice.content.root
        for notice in listener.notices
        if isinstance(notice.content, randr.ScreenChangeNotify)
    }


def _told(notice: Notice) -> Hashable:
    content = notice.content
    values = [getattr(content, one.name) for one in fields(content) if one.name != "window"]
    return type(content), *values


def _must_hear(model: PresentHistory, notice: Notice, other: Listener) -> RandrSelection | None:
    """The selection of ``other`` that provably held when the notice was made."""
    seen = notice.seen
    for selection in other.selections:
        if (
            selection.must & notice.mask
            and seen.made_after(selection.call)
            and all(seen.made_before(call) for call in selection.until)
            and all(
                end.before(selection.call) or seen.made_before(end)
                for end in model.destructions(other.window)
            )
        ):
            stream = other.stream
            index = seen.index if stream is seen.stream else stream.index_after(seen.event.time)
            return selection if stream.round_trip(index) is not None else None
    return None


RULES = (order, timestamps, crtc_of_output, size, repeat, every_selection)
