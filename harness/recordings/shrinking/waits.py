# SPDX-License-Identifier: MIT
"""The recorded events that a script may wait for."""

from collections.abc import Iterable, Mapping, Sequence

from harness.recordings.messages import RecordedKind, RecordedMessage
from harness.recordings.recording import RecordingHead
from harness.recordings.references.finding import References
from harness.recordings.replay.result import Replayed
from harness.recordings.script.events import TELLING_FIELDS

_Told = tuple[int, str, tuple[object, ...]]


def without_vain_waits(
    head: RecordingHead,
    messages: Sequence[RecordedMessage],
    replayed: Replayed,
    ids: Mapping[int, int],
) -> list[RecordedMessage]:
    """``messages`` without the events that their replay on a faulty server never had.

    A trial goes on when one does not come in time; a script that waits for it never ends there,
    and tells nothing.  ``ids`` are the ids of the recording by those of the replay.
    """
    came = {told for _, told in _events(replayed.head, replayed.messages, ids)}
    vain = {at for at, told in _events(head, messages, {}) if told not in came}
    return [one for at, one in enumerate(messages) if at not in vain]


def _events(
    head: RecordingHead, messages: Iterable[RecordedMessage], ids: Mapping[int, int]
) -> Iterable[tuple[int, _Told]]:
    """By its place, each event as a script tells it from others."""
    references = References(head.extensions)
    for at, message in enumerate(messages):
        if message.kind is not RecordedKind.EVENT:
            continue
        fields = references.fields(message)
        values = [fields.get(one) for one in TELLING_FIELDS]
        mapped = tuple(ids.get(one, one) if isinstance(one, int) else one for one in values)
        yield at, (message.client, references.name(message), mapped)
