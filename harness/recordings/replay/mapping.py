# SPDX-License-Identifier: MIT
"""Values of the recorded server and those of the target that stand for the same things."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from harness.recordings.references.reference import Reference, ReferenceKind
from harness.x11.extensions import Extension
from harness.x11.setup import Screen

UNKNOWN = 0xFFFFFFFF
"""What stands in a canonical message for an id that no message before it explained."""

_MASKED = {ReferenceKind.TIMESTAMP, ReferenceKind.MSC, ReferenceKind.UST, ReferenceKind.SHMID}
_LAST_MSC = (1 << 64) - 1


@dataclass(slots=True)
class _Range:
    """The ids that a client may use, on one of the two servers."""

    base: int
    mask: int


@dataclass(slots=True)
class _Table:
    """Pairs of values, in both directions."""

    forward: dict[int, int] = field(default_factory=dict)
    back: dict[int, int] = field(default_factory=dict)

    def add(self, recorded: int, target: int) -> None:
        self.forward[recorded] = target
        self.back[target] = recorded


class ValueMapping:
    """Maps values of one kind each, learned from what both servers said in the same places.

    ``recorded`` and ``target`` are the extensions of the two servers, by which opcodes and codes
    are mapped.
    """

    def __init__(self, recorded: Iterable[Extension], target: Iterable[Extension]) -> None:
        by_name = {one.name: one for one in target}
        pairs = [(one, by_name[one.name]) for one in recorded if one.name in by_name]
        self._majors = {old.major: new.major for old, new in pairs}
        self._majors_back = {new.major: old.major for old, new in pairs}
        self._events = [(old.first_event, new.first_event) for old, new in pairs]
        self._errors = [(old.first_error, new.first_error) for old, new in pairs]
        self._ranges: dict[int, tuple[_Range, _Range]] = {}
        self._ranges_back: dict[int, tuple[_Range, _Range]] = {}
        self._ids, self._atoms, self._tags = _Table(), _Table(), _Table()
        self._times: dict[int, int] = {}
        self._last_time: tuple[int, int] | None = None
        self._mscs: dict[int, tuple[int, int]] = {}
        self.version = 0
        """Counts what was learned: a canonical value may differ after it grew."""

    def connect(self, recorded: Screen, target: Screen) -> None:
        """A client is accepted: its range of ids, and what both set-ups tell."""
        pair = (
            _Range(recorded.id_base, recorded.id_mask),
            _Range(target.id_base, target.id_mask),
        )
        self._ranges[recorded.id_base] = pair
        self._ranges_back[target.id_base] = pair
        self._ids.add(recorded.root, target.root)
        self._ids.add(recorded.colormap, target.colormap)
        self._ids.add(recorded.root_visual, target.root_visual)
        left = [one for one in target.visuals if one != target.root_visual]
        for number, visual in recorded.visuals.items():
            if number == recorded.root_visual:
                continue
            same = next((one for one in left if target.visuals[one] == visual), None)
            if same is not None:
                left.remove(same)
                self._ids.add(number, same)
        self.version += 1

    def learn(self, recorded: Sequence[Reference], target: Sequence[Reference]) -> None:
        """Two messages say the same thing: pair the values at the same paths."""
        by_name = {one.name: one for one in target}
        msc: tuple[int, int] | None = None
        window = 0
        for old in recorded:
            new = by_name.get(old.name)
            if new is None or new.kind is not old.kind:
                continue
            if old.kind is ReferenceKind.MSC:
                msc = old.value, new.value
            elif old.type == "WINDOW":
                window = old.value
            self._pair(old.kind, old.value, new.value)
        if msc is not None and msc[0]:
            self._mscs.pop(window, None)
            self._mscs[window] = msc

    def pair_ids(self, recorded: int, target: int) -> None:
        """The two servers gave the same thing these ids."""
        self._pair(ReferenceKind.XID, recorded, target)

    def _pair(self, kind: ReferenceKind, old: int, new: int) -> None:
        if not old or not new:
            return
        if kind is ReferenceKind.TIMESTAMP:
            self._times[old] = new
            self._last_time = (old, new)
            return
        table = self._table(kind)
        if table is None or old in table.forward:
            return
        if table is self._ids and (self._known(old) or self._back_id(new) != UNKNOWN):
            return
        table.add(old, new)
        self.version += 1

    def _table(self, kind: ReferenceKind) -> _Table | None:
        match kind:
            case ReferenceKind.XID | ReferenceKind.VISUAL:
                return self._ids
            case ReferenceKind.ATOM:
                return self._atoms
            case ReferenceKind.CONTEXT_TAG:
                return self._tags
        return None

    def to_target(self, reference: Reference, divisor: int = 0) -> int:
        """The target's value for one of the recorded server; unknown ones stay.

        ``divisor`` is that of a remainder.
        """
        value = reference.value
        match reference.kind:
            case ReferenceKind.XID | ReferenceKind.VISUAL:
                return self._id_to_target(value)
            case ReferenceKind.ATOM:
                return self._atoms.forward.get(value, value)
            case ReferenceKind.CONTEXT_TAG:
                return self._tags.forward.get(value, value)
            case ReferenceKind.TIMESTAMP:
                return self._time_to_target(value)
            case ReferenceKind.MSC:
                return min(max(value + self._msc_offset(value), 0), _LAST_MSC) if value else 0
            case ReferenceKind.REMAINDER if value < divisor:
                return (value + self._msc_offset(value)) % divisor
            case ReferenceKind.OPCODE:
                return self._majors.get(value, value)
            case ReferenceKind.EVENT:
                return value & 0x80 | _shifted(value & 0x7F, self._events)
            case ReferenceKind.ERROR:
                return _shifted(value, self._errors)
        return value

    def owner(self, value: int) -> int | None:
        """The base of the recorded client's ids that ``value`` is one of; None for no client's."""
        for base, (old, _) in self._ranges.items():
            if value & ~old.mask == base:
                return base
        return None

    def _msc_offset(self, value: int) -> int:
        """By how much the target's clock is ahead of that by which ``value`` was recorded.

        CRTCs have clocks of their own: the one that was last seen nearest to it.
        """
        pairs = reversed(self._mscs.values())
        old, new = min(pairs, key=lambda pair: abs(pair[0] - value), default=(0, 0))
        return new - old

    def _id_to_target(self, value: int) -> int:
        base = self.owner(value)
        if base is None:
            return self._ids.forward.get(value, value)
        old, new = self._ranges[base]
        low = value & old.mask
        if low > new.mask:
            # This target has more clients and fewer ids for each; the end of them is free.
            if value not in self._ids.forward:
                taken = sum(1 for one in self._ids.forward if one & ~old.mask == base)
                self._ids.add(value, new.base | (new.mask - taken))
            return self._ids.forward[value]
        return new.base | low

    def _time_to_target(self, value: int) -> int:
        if not value or self._last_time is None:
            return value
        if value in self._times:
            return self._times[value]
        old, new = self._last_time
        return (value - old + new) & 0xFFFFFFFF or 1

    def canonical(self, reference: Reference, *, recorded: bool) -> int:
        """The value as the recorded server would have it, equal for what is the same.

        Times, MSCs and USTs are 0; ids that nothing explains are ``UNKNOWN``.  ``recorded`` is
        whether it is that server's already.
        """
        value, kind = reference.value, reference.kind
        if kind in _MASKED or not value:
            return 0
        if kind is ReferenceKind.XID or kind is ReferenceKind.VISUAL:
            if recorded:
                return value if self._known(value) or _is_constant(value) else UNKNOWN
            return self._back_id(value)
        if recorded:
            return value
        match kind:
            case ReferenceKind.ATOM:
                return self._atoms.back.get(value, value)
            case ReferenceKind.CONTEXT_TAG:
                return self._tags.back.get(value, value)
            case ReferenceKind.OPCODE:
                return self._majors_back.get(value, value)
            case ReferenceKind.EVENT:
                return value & 0x80 | _shifted(value & 0x7F, self._events, back=True)
            case ReferenceKind.ERROR:
                return _shifted(value, self._errors, back=True)
        return value

    def _known(self, value: int) -> bool:
        return value in self._ids.forward or self.owner(value) is not None

    def _back_id(self, value: int) -> int:
        if value in self._ids.back:
            return self._ids.back[value]
        for base, (old, new) in self._ranges_back.items():
            if value & ~new.mask == base:
                return old.base | value & new.mask
        return value if _is_constant(value) else UNKNOWN


def _is_constant(value: int) -> bool:
    """Whether it is None, PointerRoot, CopyFromParent or the like."""
    return value < 4


def _shifted(code: int, bases: list[tuple[int, int]], *, back: bool = False) -> int:
    """The code of the extension whose base is nearest below, on the other server."""
    pairs = [(new, old) if back else (old, new) for old, new in bases]
    below = [pair for pair in pairs if pair[0] and pair[0] <= code]
    if not below:
        return code
    old, new = max(below)
    return code - old + new
