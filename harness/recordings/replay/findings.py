# SPDX-License-Identifier: MIT
"""What a replay has found so far, while it runs."""

from harness.recordings.messages import RecordedMessage
from harness.recordings.replay.result import NOTHING, Difference, FieldDifference, Subject


class Findings:
    """Collects differences, and counts what is noted and is none."""

    def __init__(self) -> None:
        self.differences: list[Difference] = []
        self._notes: dict[str, int] = {}

    def differ(
        self,
        place: int,
        message: RecordedMessage,
        subject: Subject,
        name: str,
        field: str,
        expected: str,
        got: str,
        fields: tuple[FieldDifference, ...] = (),
    ) -> None:
        """The target parts from the recording at ``message``, which stands at ``place``."""
        client, sequence = message.client, message.sequence
        self.differences.append(
            Difference(place, client, sequence, subject, name, field, expected, got, fields)
        )

    def differ_at(
        self, place: int, client: int, sequence: int, subject: Subject, name: str, got: str
    ) -> None:
        """The target sends something that the recording has not, after the request there."""
        self.differences.append(
            Difference(place, client, sequence, subject, name, "", NOTHING, got)
        )

    def note(self, words: str) -> None:
        """Something that is not compared, and why."""
        self._notes[words] = self._notes.get(words, 0) + 1

    @property
    def parted(self) -> bool:
        """Whether there was a difference: what comes later may come of it."""
        return bool(self.differences)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was noted, with how often."""
        return tuple(
            f"{words} ({count} times)" if count > 1 else words
            for words, count in self._notes.items()
        )
