# SPDX-License-Identifier: MIT
"""Lists in which two servers name the same things by other ids, in another order."""

from harness.recordings.messages import RecordedMessage
from harness.recordings.references.finding import References
from harness.recordings.replay.mapping import ValueMapping
from harness.x11.definitions.fields import Value

_MODES = "modes", "id", ("width", "height", "dot_clock", "mode_flags")
_FORMAT = (
    *("type", "depth", "direct.red_shift", "direct.red_mask", "direct.green_shift"),
    *("direct.blue_shift", "direct.alpha_shift", "direct.alpha_mask"),
)
_LISTS = {
    "RANDR:GetScreenResources": _MODES,
    "RANDR:GetScreenResourcesCurrent": _MODES,
    "RENDER:QueryPictFormats": ("formats", "id", _FORMAT),
    "SYNC:ListSystemCounters": ("counters", "counter", ("name",)),
}
"""The list in a reply, the field with the id, and the fields by which an element is known."""


def pair_by_key(
    mapping: ValueMapping,
    recorded: References,
    target: References,
    message: RecordedMessage,
    got: RecordedMessage,
) -> None:
    """Pair the ids in two replies of which elements are equal, whatever their order."""
    described = _LISTS.get(recorded.name(message))
    if described is None:
        return
    name, number, key = described
    old = _elements(recorded.fields(message), name, number, key)
    new = _elements(target.fields(got), name, number, key)
    for what, ids in old.items():
        for one, other in zip(ids, new.get(what, ()), strict=False):
            mapping.pair_ids(one, other)


def _elements(
    fields: dict[str, Value], name: str, number: str, key: tuple[str, ...]
) -> dict[tuple[Value | None, ...], list[int]]:
    """The ids of the elements by what they are known by."""
    found: dict[tuple[Value | None, ...], list[int]] = {}
    at = 0
    while isinstance(value := fields.get(f"{name}[{at}].{number}"), int):
        what = tuple(fields.get(f"{name}[{at}].{one}") for one in key)
        found.setdefault(what, []).append(value)
        at += 1
    return found
