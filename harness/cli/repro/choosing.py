# SPDX-License-Identifier: MIT
"""Chooses the symptom that a script is to show."""

from collections.abc import Sequence
from dataclasses import replace

from harness.cli.repro.errors import ReproError
from harness.recordings.judging import family_of
from harness.recordings.messages import RecordedMessage
from harness.recordings.recording import RecordingHead
from harness.recordings.shrinking.trials import (
    Place,
    Shown,
    attempt,
    differing_symptoms,
    shown_again,
)
from harness.recordings.symptom import Symptom, SymptomKind, clearest, symptom_of
from harness.recordings.timeline import entries_of
from harness.timeline import rules
from harness.timeline.record import Timeline

_OTHERS = 10
"""Symptoms that are named beside the one that is shown."""


def choose(
    head: RecordingHead,
    messages: Sequence[RecordedMessage],
    place: Place,
    sound: Place | None,
    wanted: str | None,
) -> Symptom | None:
    """The symptom to show; None for none.

    Raises ReproError when ``wanted`` fits none, when the sound server shows all there is, and when
    one of the two cannot replay the messages.
    """
    entries = Timeline(list(entries_of(messages, head.extensions)))
    family = place.family or family_of(head.server, flips=False)
    symptoms = [symptom_of(one) for one in rules.check(entries, family)]
    unsound = ""
    if not symptoms or wanted is not None or sound is not None:
        shown = _replayable(attempt(place, head, messages))
        shown = replace(shown, symptoms=(*symptoms, *shown.symptoms))
        symptoms = list(shown.symptoms)
        if sound is not None:
            other = _replayable(attempt(sound, head, messages))
            symptoms = list(differing_symptoms(shown, other))
            if wanted is None:
                symptoms = _certain(symptoms, place, sound, head, messages)
            unsound = _shown_by_both(shown, other, wanted or "")
    found = clearest(symptoms)
    if wanted is None:
        # An error may be right, unless a sound server sends none.
        found = [one for one in found if sound is not None or one.kind is not SymptomKind.ERROR]
        for one in found[1 : _OTHERS + 1]:
            print(f"another symptom, for --symptom: {one}")
        if len(found) > _OTHERS + 1:
            print(f"... and {len(found) - _OTHERS - 1} more")
        if unsound and not found:
            raise ReproError(unsound)
        return found[0] if found else None
    fitting = [one for one in found if wanted in str(one)]
    if unsound and not fitting:
        raise ReproError(unsound)
    if not fitting:
        lines = "".join(f"\n  {one}" for one in found) or " none"
        raise ReproError(f"--symptom {wanted}: no symptom has this in its line; there are:{lines}")
    return fitting[0]


def _replayable(shown: Shown) -> Shown:
    if shown.refusal:
        raise ReproError(shown.refusal)
    return shown


def _shown_by_both(shown: Shown, other: Shown, wanted: str) -> str:
    """What to do about bugs with ``wanted`` in their lines that the sound server has as well."""
    both = [
        one
        for one in clearest(shown.symptoms)
        if one in other.symptoms and one.kind is not SymptomKind.ERROR and wanted in str(one)
    ]
    if not both or other.replayed is None:
        return ""
    lines = "".join(f"\n  {one}" for one in both[:_OTHERS])
    return (
        f"{other.replayed.head.server}, the server of --against, is not sound, it shows the same: "
        f"leave out --against, or name a sound server; both show:{lines}"
    )


def _certain(
    symptoms: Sequence[Symptom],
    place: Place,
    sound: Place,
    head: RecordingHead,
    messages: Sequence[RecordedMessage],
) -> list[Symptom]:
    """The symptoms without those that chance made; says which these are."""
    again = list(shown_again(symptoms, place, sound, head, messages))
    for one in dict.fromkeys(symptoms):
        if one not in again:
            print(f"seen once and not again, for --symptom: {one}", flush=True)
    return again
