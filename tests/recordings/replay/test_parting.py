# SPDX-License-Identifier: MIT
"""Where two targets part that one recording was replayed on."""

from dataclasses import replace

import numpy as np

from harness.pixels.frame import Frame, FrameSource
from harness.recordings.recording import RecordingHead
from harness.recordings.replay.parting import partings
from harness.recordings.replay.result import (
    NOTHING,
    Difference,
    FieldDifference,
    FinalPicture,
    Replayed,
    ReplayOutcome,
    Subject,
)


def difference(place, got, field="", message="GetProperty", expected="1"):
    return Difference(place, 1, place, Subject.REPLY, message, field, expected, got)


def picture(value, drawable=7):
    pixels = np.zeros((4, 4), np.uint32)
    pixels[2, 3] = value
    return FinalPicture(drawable, f"window {drawable:#x}", Frame(pixels, 24, FrameSource.WINDOW))


def replayed(*differences, pictures=(), outcome=ReplayOutcome.ALIVE):
    return Replayed(
        RecordingHead("a target", ()), (), 9, 0, differences, (), tuple(pictures), outcome=outcome
    )


def told(one, other):
    """Place, and what each of the two does."""
    return [(found.recorded.place, found.one, found.other) for found in partings(one, other)]


def test_differences_that_both_share_part_nobody():
    """The recorded server alone does otherwise."""
    one = replayed(difference(3, "2"), pictures=[picture(5)])
    assert told(one, replayed(difference(3, "2"), pictures=[picture(5)])) == []


def test_one_does_as_recorded_or_both_do_otherwise():
    """In the order of the recording, the first first."""
    one = replayed(difference(9, "4"), difference(5, "2"))
    other = replayed(difference(5, "3"), difference(7, "2"))
    assert told(one, other) == [(5, "2", "3"), (7, "1", "2"), (9, "4", "1")]


def test_replies_that_both_differ_from_the_recording_are_held_against_each_other():
    """Field by field: the first one may have changed alike on both."""

    def reply(**values):
        fields = tuple(FieldDifference(name, "0", str(one), one) for name, one in values.items())
        return replace(difference(3, fields[0].got, fields[0].path, expected="0"), fields=fields)

    one, other = replayed(reply(count=2, size=5)), replayed(reply(count=2, size=6))
    assert told(one, other) == [(3, "5", "6")]
    (parting,) = partings(one, other)
    assert (parting.recorded.field, parting.fields) == ("size", ("size",))
    assert told(one, one) == []
    assert told(one, replayed()) == [(3, "2", "0")]
    assert partings(one, replayed())[0].fields == ("count", "size")


def test_a_reply_parts_from_an_error():
    """Even where the reply is not the recorded one either."""
    reply = FieldDifference("count", "1", "2", 2)
    one = replayed(replace(difference(3, "2", "count"), fields=(reply,)))
    other = replayed(difference(3, "error Match", expected="a reply"))
    assert told(one, other) == [(3, "a reply", "error Match")]


def test_events_too_many_are_told_apart_by_what_they_are():
    """Two at one place, one of which the other target sends as well."""
    more = [difference(3, got, "", "Expose", NOTHING) for got in ("a", "b")]
    assert told(replayed(*more), replayed(more[0])) == [(3, "b", NOTHING)]


def test_pictures_part_them_at_the_end():
    """The first pixel that differs, and how many; a window that one does not show."""
    one, other = replayed(pictures=[picture(5)]), replayed(pictures=[picture(6)])
    assert told(one, other) == [(0, "0x5 at (3, 2)", "0x6 at (3, 2), 1 of 16 pixels differ")]
    assert told(one, replayed()) == [(0, "shown", "not shown")]
    assert told(replayed(), other) == [(0, "not shown", "shown")]


def test_a_death_parts_them():
    """Its pictures, which are not there, do not count."""
    dead = replayed(outcome=ReplayOutcome.DIED)
    assert told(dead, replayed(pictures=[picture(5)])) == [(0, "died", "alive")]
