# SPDX-License-Identifier: MIT
"""Trials: messages are replayed on a fresh server, and what this shows."""

import atexit
import dataclasses
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache

from harness.proxy.layer import Layer
from harness.proxy.proxied_server import ProxiedServer
from harness.recordings.judging import family_of
from harness.recordings.messages import RecordedKind, RecordedMessage
from harness.recordings.recording import RecordingError, RecordingHead
from harness.recordings.references.finding import References
from harness.recordings.references.reference import ReferenceKind
from harness.recordings.replay.parting import partings
from harness.recordings.replay.replaying import replay
from harness.recordings.replay.result import (
    NOTHING,
    FinalPicture,
    Replayed,
    ReplayError,
    ReplayOutcome,
    Subject,
)
from harness.recordings.replay.target.target import TRIPS
from harness.recordings.symptom import COMPARED, Symptom, SymptomKind, symptom_of, without_indices
from harness.recordings.timeline import entries_of
from harness.servers.process.pool import ServerPool
from harness.servers.spec import ServerSpec
from harness.timeline import rules
from harness.timeline.record import Timeline
from harness.timeline.rules import Family

PATIENCE = 0.5
"""Seconds (scaled) for which a trial waits for a message; for a round trip ``TRIPS`` times that."""
LEAST_PATIENCE = 0.05
MANY_TIMES = 10
"""By how much longer than any before a round trip takes that counts as a hang."""


ALIKE = 6
"""Places of a recording that a search begins with."""
AGAIN = 3
"""Pairs of trials that tell a difference between two servers from chance."""

_BY_COMPARING = {*COMPARED, SymptomKind.ERROR}


@dataclass(frozen=True, slots=True)
class Place:
    """Where trials run: a server to start afresh for each, and what stands before it.

    ``family`` says how it presents; without one it follows from its name.  ``front`` makes the
    layers of a proxy.
    """

    spec: ServerSpec
    front: Callable[[], Sequence[Layer]] | None = None
    family: Family | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What trials are to decide: does ``place`` show ``symptom``, and ``sound`` not?

    ``head`` is that of the recording.  Symptoms of some kinds need a ``sound`` server, to be held
    against (``COMPARED``); an error that it sends too is none.  ``patience`` (s) is that of
    ``replay``.
    """

    place: Place
    head: RecordingHead
    symptom: Symptom
    sound: Place | None = None
    patience: float = PATIENCE

    def answer(self, messages: Sequence[RecordedMessage]) -> bool:
        """Whether the messages show the symptom in one trial."""
        return self.shown(messages).shows(self.symptom)

    def shown(self, messages: Sequence[RecordedMessage]) -> "Shown":
        """All that a trial of the messages shows."""
        shown = attempt(self.place, self.head, messages, self.patience)
        if shown.refusal or self.sound is None or self.symptom.kind not in _BY_COMPARING:
            return shown
        other = attempt(self.sound, self.head, messages)
        return dataclasses.replace(shown, symptoms=tuple(differing_symptoms(shown, other)))


@dataclass(frozen=True, slots=True)
class Shown:
    """What a trial showed: its symptoms, and the pictures at its end.

    ``refusal`` says why its messages mean nothing on the server, "" where they were replayed.
    """

    symptoms: tuple[Symptom, ...]
    pictures: tuple[FinalPicture, ...] = field(default=(), repr=False)
    replayed: Replayed | None = field(default=None, repr=False)
    refusal: str = ""

    def shows(self, symptom: Symptom) -> bool:
        """Whether the same symptom is among them."""
        return symptom in self.symptoms

    def found(self, symptom: Symptom) -> Symptom:
        """The same symptom as this trial showed it, with its violation; itself when it did not."""
        return next((one for one in self.symptoms if one == symptom), symptom)


def adapted(question: Question, messages: Sequence[RecordedMessage]) -> Question:
    """The question with no more patience than it takes to see that this server hangs.

    Each trial that shows a hang takes all of it.
    """
    if question.symptom.kind is not SymptomKind.HANG:
        return question
    replayed = question.shown(messages).replayed
    slowest = replayed.slowest if replayed is not None else PATIENCE
    patience = min(PATIENCE, max(LEAST_PATIENCE, MANY_TIMES * slowest / TRIPS))
    return dataclasses.replace(question, patience=patience)


def attempt(
    place: Place,
    head: RecordingHead,
    messages: Sequence[RecordedMessage],
    patience: float = PATIENCE,
) -> Shown:
    """Replay the messages on a fresh server; what they show there.

    Messages that mean nothing on the server show nothing.  ``patience`` (s) is that of ``replay``.
    """
    pool = _pool()
    server = pool.take(place.spec)
    pool.expect(place.spec)
    front = ProxiedServer(server, place.front()) if place.front else None
    try:
        replayed = replay(head, messages, front or server, patience=patience)
    except (ReplayError, RecordingError) as error:
        return Shown((), refusal=str(error))
    finally:
        if front is not None:
            front.proxy.close()
        pool.retire(server)
    return Shown(tuple(symptoms_of(replayed, place.family)), replayed.pictures, replayed)


def alike(question: Question, messages: Sequence[RecordedMessage]) -> Sequence[Symptom]:
    """The symptom of a rule in other places of the recording, ``ALIKE`` of them at most."""
    if question.symptom.kind is not SymptomKind.RULE:
        return ()
    entries = list(entries_of(messages, question.head.extensions))
    family = question.place.family or family_of(question.head.server, flips=False)
    found = map(symptom_of, rules.check(Timeline(entries), family))
    return [one for one in found if one == question.symptom][:ALIKE]


def symptoms_of(replayed: Replayed, family: Family | None = None) -> Iterable[Symptom]:
    """The symptoms in a replay; errors are symptoms where they are expected to be none."""
    entries = list(entries_of(replayed.messages, replayed.head.extensions))
    family = family or family_of(replayed.head.server, flips=False)
    for violation in rules.check(Timeline(entries), family):
        yield symptom_of(violation)
    references = References(replayed.head.extensions)
    for message in replayed.messages:
        if message.kind is RecordedKind.ERROR:
            about = references.request_name(message.answers) if message.answers else ""
            yield Symptom(SymptomKind.ERROR, references.error_name(message.data[1]), (about,))
    if replayed.outcome is not ReplayOutcome.ALIVE:
        died = replayed.outcome is ReplayOutcome.DIED
        yield Symptom(SymptomKind.DEATH if died else SymptomKind.HANG)


def recorded_ids(
    head: RecordingHead, messages: Iterable[RecordedMessage], replayed: Replayed
) -> dict[int, int]:
    """The ids of the recording by those that the server of a replay had for the same things."""
    ids: dict[int, int] = {}
    here, there = References(head.extensions), References(replayed.head.extensions)
    sent = {
        (one.client, one.sequence): there.of(one)
        for one in replayed.messages
        if one.kind is RecordedKind.REQUEST
    }
    for one in messages:
        if one.kind is RecordedKind.REQUEST:
            found = sent.get((one.client, one.sequence), ())
            pairs = zip(here.of(one), found, strict=False)
            ids |= {new.value: old.value for old, new in pairs if old.kind is ReferenceKind.XID}
    return ids


def differing_symptoms(shown: Shown, sound: Shown) -> Iterable[Symptom]:
    """The symptoms that a sound server does not show: what it does otherwise is one too."""
    yield from (one for one in shown.symptoms if one not in sound.symptoms)
    for one in sound.symptoms:
        if one.kind is SymptomKind.ERROR and one not in shown.symptoms:
            yield dataclasses.replace(one, kind=SymptomKind.SUCCESS)
    yield from _picture_symptoms(shown.pictures, sound.pictures)
    if shown.replayed is None or sound.replayed is None:
        return
    for parting in partings(shown.replayed, sound.replayed):
        found = parting.recorded
        if found.subject is Subject.REPLY:
            for path in dict.fromkeys(map(without_indices, parting.fields)):
                yield Symptom(SymptomKind.REPLY, found.message, (path,), place=found.place)
        elif found.subject is Subject.EVENT:
            paths = list(dict.fromkeys(map(without_indices, parting.fields)))
            for path in paths or ["missing" if parting.one == NOTHING else "too many"]:
                yield Symptom(SymptomKind.EVENT, found.message, (path,), place=found.place)


def shown_again(
    symptoms: Sequence[Symptom],
    place: Place,
    sound: Place,
    head: RecordingHead,
    messages: Sequence[RecordedMessage],
) -> Iterable[Symptom]:
    """The symptoms without those compared ones that most of ``AGAIN`` further trials do not show.

    A vertical blank may come before or after the next request: two sound servers, or one twice,
    then end with other pictures, the more often the busier their machine is.
    """
    if all(one.kind not in _BY_COMPARING for one in symptoms):
        return symptoms
    trials = [
        set(differing_symptoms(attempt(place, head, messages), attempt(sound, head, messages)))
        for _ in range(AGAIN)
    ]
    return [
        one
        for one in symptoms
        if one.kind not in _BY_COMPARING or 2 * sum(one in trial for trial in trials) > AGAIN
    ]


def _picture_symptoms(
    pictures: Iterable[FinalPicture], sound: Iterable[FinalPicture]
) -> Iterable[Symptom]:
    """A symptom for each picture that is not as on a sound server."""
    expected = {one.drawable: one.frame for one in sound}
    for one in pictures:
        if (frame := expected.get(one.drawable)) is not None and frame.digest != one.frame.digest:
            yield Symptom(SymptomKind.PICTURE, one.name.partition(" ")[0])


@cache
def _pool() -> ServerPool:
    """The servers of this process, which are started ahead."""
    pool = ServerPool()
    atexit.register(pool.close)
    return pool
