# SPDX-License-Identifier: MIT
"""What a sound server does otherwise: the events and pictures that a script expects."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from harness.pixels.comparison import compare
from harness.recordings.messages import RecordedKind, RecordedMessage
from harness.recordings.references.finding import References
from harness.recordings.replay.result import FinalPicture, Replayed
from harness.recordings.script.checks import Expected, ExpectedPicture
from harness.recordings.script.events import SeenEvent, seen_events
from harness.recordings.script.replies import ExpectedReply, field_of, is_reference
from harness.recordings.shrinking.trials import Question, Shown, recorded_ids
from harness.recordings.symptom import SymptomKind


def expected_of(
    question: Question, messages: Sequence[RecordedMessage], sound: Shown, faulty: Shown
) -> Expected:
    """What ``sound``, a trial of the same ``messages``, shows otherwise than ``faulty``."""
    reply = _reply(question, messages, sound, faulty)
    return Expected(_events(sound), _events(faulty), _picture(sound, faulty), reply)


def _reply(
    question: Question, messages: Sequence[RecordedMessage], sound: Shown, faulty: Shown
) -> ExpectedReply | None:
    """The last reply of those that the symptom is about that differs, where it does."""
    if question.symptom.kind is not SymptomKind.REPLY or not (sound.replayed and faulty.replayed):
        return None
    (path,) = question.symptom.about
    references = References(sound.replayed.head.extensions)
    wrongs = _replies(faulty.replayed)
    found = None
    for key, reply in _replies(sound.replayed).items():
        # The names of what was sent are the sound server's.
        if references.request_name(reply.answers) != question.symptom.name or key not in wrongs:
            continue
        right = field_of(references, reply, path)
        wrong = field_of(references, replace(reply, data=wrongs[key].data), path)
        if right is None or wrong is None or right == wrong:
            continue
        ids = is_reference(references, reply, path)
        if ids and not isinstance(right, bytes):
            old = recorded_ids(question.head, messages, sound.replayed)
            values = right if isinstance(right, tuple) else (right,)
            named = tuple(old.get(one, one) for one in values)
            right = named if isinstance(right, tuple) else named[0]
        found = ExpectedReply(*key, path, right, wrong, ids)
    return found


def _replies(replayed: Replayed) -> dict[tuple[int, int], RecordedMessage]:
    """The last reply to each request, by client and sequence number."""
    return {
        (one.client, one.sequence): one
        for one in replayed.messages
        if one.kind is RecordedKind.REPLY
    }


def _events(shown: Shown) -> tuple[SeenEvent, ...]:
    replayed = shown.replayed
    return tuple(seen_events(replayed.head, replayed.messages)) if replayed else ()


def _picture(sound: Shown, faulty: Shown) -> ExpectedPicture | None:
    """The first picture that differs, where it does."""
    right = {one.name: one for one in sound.pictures}
    for wrong in faulty.pictures:
        if (picture := right.get(wrong.name)) is not None:
            found = _difference(picture, wrong)
            if found is not None:
                return found
    return None


def _difference(sound: FinalPicture, faulty: FinalPicture) -> ExpectedPicture | None:
    if (sound.frame.width, sound.frame.height) != (faulty.frame.width, faulty.frame.height):
        return None
    box = compare(sound.frame, faulty.frame).box
    if box is None:
        return None
    here, there = (
        one.frame.pixels[box.y : box.bottom, box.x : box.right] for one in (sound, faulty)
    )
    y, x = (int(places[0]) for places in np.nonzero(here != there))
    digest = hashlib.sha256(np.ascontiguousarray(here.astype("<u4")).tobytes()).hexdigest()
    return ExpectedPicture(
        drawable=0 if sound.name == "root" else sound.drawable,
        area=(box.x, box.y, box.width, box.height),
        digest=digest,
        probe=(box.x + x, box.y + y, int(here[y, x])),
    )
