# SPDX-License-Identifier: MIT
"""Rules about all events of one RANDR change: their order, their unity, who receives them."""

from collections.abc import Hashable, Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any

from harness.timeline.model.present import PresentHistory
from harness.timeline.model.randr import Listener, RandrNotify, RandrSelection
from harness.timeline.record import Close, Request
from harness.timeline.rules.base import Breach, Family, first_missing, rule
from harness.timeline.rules.wording import notify_text
from harness.x11 import randr
from harness.x11.randr import NotifyMask, Rotation

_ORDER = (
    randr.ScreenChangeNotify,
    randr.CrtcChangeNotify,
    randr.OutputChangeNotify,
    randr.ProviderChangeNotify,
    randr.ResourceChangeNotify,
    randr.LeaseNotify,
)
_QUARTER_TURNS = Rotation.ROTATE_90 | Rotation.ROTATE_270
_CRTCS_AND_OUTPUTS = NotifyMask.CRTC_CHANGE | NotifyMask.OUTPUT_CHANGE

Orders = set[tuple[int, Hashable, Hashable]]


@rule("randr-order", "ScreenChange, CrtcChange, OutputChange, ResourceChange (RND-013, RND-011)")
def order(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """A change has its events in this order, one of each CRTC and output, always in their order."""
    orders: Orders = set()
    for listener, change in history.randr.changes():
        if not isinstance(change[0].content, randr.ScreenChangeNotify):
            yield (
                f"{notify_text(change[0])} came before the ScreenChangeNotify of its change",
                tuple(notify.entry for notify in change),
            )
            continue
        for index, notify in enumerate(change[1:], 1):
            for earlier in change[:index]:
                problem = _disorder(id(listener.stream), earlier, notify, orders)
                if problem:
                    name = notify_text(earlier).partition(" to ")[0]
                    yield (
                        f"{notify_text(notify)} {problem.format(name)}",
                        (change[0].entry, earlier.entry, notify.entry),
                    )
                    break


def _disorder(stream: int, earlier: RandrNotify, notify: RandrNotify, orders: Orders) -> str | None:
    """What is wrong with ``notify`` after ``earlier``; ``orders`` are those of all changes."""
    if _rank(earlier) > _rank(notify):
        return "came after the {}"
    one, other = _reported_once(earlier), _reported_once(notify)
    if one is None or _rank(earlier) < _rank(notify):
        return None
    if one == other:
        return "repeats the {} of the same change"
    orders.add((stream, one, other))
    if (stream, other, one) in orders:
        return "came after the {}, in another change before it"
    return None


def _rank(notify: RandrNotify) -> int:
    return _ORDER.index(type(notify.content))


def _reported_once(notify: RandrNotify) -> Hashable:
    """What a change has one event about; None for what it may have several about."""
    match content := notify.content:
        case randr.CrtcChangeNotify():
            return "crtc", content.crtc
        case randr.OutputChangeNotify():
            return "output", content.output
        case randr.ResourceChangeNotify():
            return "resources"
    return None


@rule("randr-timestamps", "timestamps are those of the last change (RND-015, RND-028, RND-127)")
def timestamps(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """The events of a change have one timestamp; the config-timestamp never runs backwards.

    A LeaseNotify has the time at which it is sent (rrlease.c: RRDeliverLeaseEvent).
    """
    for listener in history.randr.listeners.values():
        timed = [one for one in listener.received if _value(one, "config-timestamp") is not None]
        for earlier, notify in pairwise(timed):
            known, time = (_value(one, "config-timestamp") for one in (earlier, notify))
            if _runs_backwards(known, time):
                yield (
                    f"{notify_text(notify)}: the config-timestamp ran backwards "
                    f"from {known} to {time}",
                    (earlier.entry, notify.entry),
                )
    for _, (first, *others) in history.randr.changes():
        for name in ("timestamp", "config-timestamp"):
            expected = _value(first, name)
            for notify in others:
                if isinstance(notify.content, randr.LeaseNotify):
                    continue
                if _value(notify, name) not in (None, expected):
                    yield (
                        f"{notify_text(notify)} has {name} {_value(notify, name)}, "
                        f"the {type(first.content).__name__} of the same change {expected}",
                        (first.entry, notify.entry),
                    )
                    break


def _value(notify: RandrNotify, name: str) -> Any:
    """The value of a field that not all events have; None if this one has not."""
    return getattr(notify.content, name.replace("-", "_"), None)


def _runs_backwards(before: int, after: int) -> bool:
    """Whether ``after`` is earlier than ``before`` on a clock of 32 bits."""
    return 0 < (before - after) % (1 << 32) < 1 << 31


@rule("randr-crtc-of-output", "an output shows what its CRTC shows (RND-046, RND-048)")
def crtc_of_output(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """An output agrees with its CRTC; one that gets or loses a CRTC changes that one, too."""
    latest: dict[tuple[int, int], tuple[RandrSelection | None, int]] = {}
    for listener, change in history.randr.changes():
        crtcs = {
            notify.content.crtc: (notify, notify.content)
            for notify in change
            if isinstance(notify.content, randr.CrtcChangeNotify)
        }
        for notify in change:
            content, selection = notify.content, notify.selection
            if not isinstance(content, randr.OutputChangeNotify):
                continue
            twin, crtc = crtcs.get(content.crtc, (notify, content))
            if (content.mode, content.rotation) != (crtc.mode, crtc.rotation):
                yield (
                    f"{notify_text(notify)} has another mode or rotation than its CRTC "
                    f"{content.crtc:#x} in the same change",
                    (twin.entry, notify.entry),
                )
            key = id(listener), content.output
            since, old = latest.get(key, (selection, content.crtc))
            latest[key] = selection, content.crtc
            changed = content.crtc or old
            if (
                since is selection
                and old != content.crtc
                and notify.must & _CRTCS_AND_OUTPUTS == _CRTCS_AND_OUTPUTS
                and changed not in crtcs
            ):
                yield (
                    f"{notify_text(notify)} went from CRTC {old:#x} to {content.crtc:#x}, "
                    f"but no CrtcChangeNotify of {changed:#x} is in the change",
                    tuple(one.entry for one in change),
                )


@rule("randr-size", "ScreenChange has the size of the root (RND-015, RND-022)")
def size(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """ConfigureNotify of a root has the size of the ScreenChange before it, turned or not."""
    for resize, window, *configured in history.randr.sizes:
        listener = history.randr.listeners.get((resize.stream, window))
        if listener is None:
            continue
        held = listener.selection(resize.entry.sequence)
        earlier = [
            (notify, notify.content)
            for notify in listener.received
            if isinstance(notify.content, randr.ScreenChangeNotify)
            and notify.event.index < resize.index
            and notify.content.root == window
        ]
        for notify, content in earlier[-1:]:
            if not notify.must & NotifyMask.SCREEN_CHANGE or notify.selection is not held:
                continue
            width, height = content.width, content.height
            if content.rotation & _QUARTER_TURNS:
                width, height = height, width
            if [width, height] != configured:
                yield (
                    f"{notify_text(notify)} tells a root of {width}x{height} (rotation "
                    f"{int(content.rotation)}), but ConfigureNotify of the root says "
                    f"{configured[0]}x{configured[1]}",
                    (notify.entry, resize.entry),
                )


@rule("randr-repeat", "no event for what does not change (RND-017)")
def repeat(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """A CRTC reported again as it was reported before has got or lost an output.

    One that is off hides where it would be, and a transform is in no event.
    """
    latest: dict[tuple[int, int], tuple[RandrNotify, randr.CrtcChangeNotify]] = {}
    for listener, change in history.randr.changes():
        outputs = any(isinstance(one.content, randr.OutputChangeNotify) for one in change)
        outputs |= _may_go_on(change)
        for notify in change:
            content = notify.content
            if not isinstance(content, randr.CrtcChangeNotify):
                continue
            key = id(listener), content.crtc
            known = latest.get(key)
            latest[key] = notify, content
            if (
                known is None
                or known[0].selection is not notify.selection
                or notify.may_answer
                or not content.mode
                or outputs
                or history.randr.has_unreported_changes
                or notify.must & _CRTCS_AND_OUTPUTS != _CRTCS_AND_OUTPUTS
            ):
                continue
            if replace(content, timestamp=0) == replace(known[1], timestamp=0):
                yield (
                    f"{notify_text(notify)} tells nothing new, of outputs neither",
                    (known[0].entry, *(one.entry for one in change)),
                )


def _may_go_on(change: list[RandrNotify]) -> bool:
    """Whether its client received nothing after it: a recording may end in the middle of one."""
    last = change[-1].event
    return all(isinstance(one, Request | Close) for one in last.stream.entries[last.index + 1 :])


@rule("randr-every-selection", "every selection hears of a change (RND-013, RND-014)")
def every_selection(history: PresentHistory, family: Family) -> Iterator[Breach]:
    """What one selection receives, all others that cover it receive too."""
    listeners = list(history.randr.listeners.values())
    for listener in listeners:
        notifies = [one for one in listener.received if one.expected and not one.may_answer]
        for other in listeners:
            if other is listener or not _same_screen(listener, other):
                continue
            expected = (
                (replace(one.content, window=0), (one, selection))
                for one in notifies
                if (selection := _reaching(history, one, other)) is not None
            )
            received = (replace(one.content, window=0) for one in other.received)
            missing = first_missing(expected, received)
            if missing is not None:
                notify, selection = missing
                yield (
                    f"{notify_text(notify)} did not reach {other.stream.client} on window "
                    f"{other.window:#x}, where it was selected",
                    (selection.sent.entry, notify.entry),
                )


def _same_screen(one: Listener, other: Listener) -> bool:
    return one.window == other.window or bool(_roots(one) & _roots(other))


def _roots(listener: Listener) -> set[int]:
    return {getattr(one.content, "root", 0) for one in listener.received} - {0}


def _reaching(
    history: PresentHistory, notify: RandrNotify, other: Listener
) -> RandrSelection | None:
    """The selection of ``other`` through which an event like ``notify`` must have come."""
    for selection in other.selections:
        if selection.must & notify.mask and history.windows.must_reach(selection, notify.event):
            return selection
    return None
