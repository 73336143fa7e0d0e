# SPDX-License-Identifier: MIT
"""What a sound server does otherwise: the events and pictures that a script expects."""

import hashlib

import numpy as np

from harness.pixels.comparison import compare
from harness.recordings.replay.result import FinalPicture
from harness.recordings.script.checks import Expected, ExpectedPicture
from harness.recordings.script.events import SeenEvent, seen_events
from harness.recordings.shrinking.trials import Shown


def expected_of(sound: Shown, faulty: Shown) -> Expected:
    """What ``sound``, a trial of the same messages, shows otherwise than ``faulty``."""
    return Expected(_events(sound), _events(faulty), _picture(sound, faulty))


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
