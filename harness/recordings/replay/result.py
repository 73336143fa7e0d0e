# SPDX-License-Identifier: MIT
"""What a replay found: values."""

from dataclasses import dataclass, field
from enum import Enum

from harness.errors import HarnessError
from harness.pixels.frame import Frame
from harness.recordings.messages import RecordedMessage
from harness.recordings.recording import RecordingHead
from harness.x11.definitions.fields import Value


class ReplayError(HarnessError):
    """A recording cannot be replayed on this target."""


class Subject(Enum):
    """What parts two servers."""

    SETUP = "connection set-up"
    REPLY = "reply"
    ERROR = "error"
    EVENT = "event"
    PICTURE = "picture"
    END = "end"


NOTHING = "nothing"
"""What is expected where something came that was not recorded, or got where nothing came."""


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """A field of a message that differs: ``expected`` and ``got`` in words, ``value`` as it came.

    Ids and atoms in ``value`` are the recording's.  It is None for a field that did not come.
    """

    path: str
    expected: str
    got: str
    value: Value | None


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that the target did otherwise than the server of the recording.

    ``place`` counts the messages of the recording from 0; ``client`` and ``sequence`` are those of
    the message there.  ``message`` is its name in words, ``field`` the one that differs or "",
    ``expected`` and ``got`` say what was recorded and what came.  ``fields`` are all that differ.
    """

    place: int
    client: int
    sequence: int
    subject: Subject
    message: str
    field: str
    expected: str
    got: str
    fields: tuple[FieldDifference, ...] = ()

    @property
    def title(self) -> str:
        """What differs, and where in the recording."""
        what = f"{self.message}, {self.field}" if self.field else self.message
        where = f"message {self.place}, client {self.client}, request {self.sequence}"
        return f"{self.subject.value} {what} ({where})"

    def __str__(self) -> str:
        count = len(self.fields) - 1
        more = f" ({count} more fields differ)" if count > 0 else ""
        return f"{self.title}:\n  recorded  {self.expected}\n  target    {self.got}{more}"


class ReplayOutcome(Enum):
    """How a replay ended for the target."""

    ALIVE = "alive"
    DIED = "died"
    HUNG = "hung"


@dataclass(frozen=True, slots=True)
class FinalPicture:
    """What a drawable showed at the end.

    ``drawable`` is its id in the recording, ``name`` says it in words (``root``, ``window 0x..``).
    """

    drawable: int
    name: str
    frame: Frame


@dataclass(frozen=True, slots=True)
class Replayed:
    """A replay.  ``messages`` are those that passed, as a recording of the target would have them.

    ``head`` describes the target.  ``requests`` were sent, ``left_out`` were not.  ``notes`` say
    what was not compared, ``failure`` how the target ended if it did not live on.  ``slowest`` is
    the longest time (s) that it took for a round trip.
    """

    head: RecordingHead
    messages: tuple[RecordedMessage, ...] = field(repr=False)
    requests: int
    left_out: int
    differences: tuple[Difference, ...]
    notes: tuple[str, ...]
    pictures: tuple[FinalPicture, ...]
    outcome: ReplayOutcome = ReplayOutcome.ALIVE
    failure: HarnessError | None = None
    slowest: float = 0.0

    @property
    def same(self) -> bool:
        """Whether the target did all that the recording says."""
        return not self.differences and self.outcome is ReplayOutcome.ALIVE
