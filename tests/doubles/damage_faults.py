# SPDX-License-Identifier: MIT
"""Faults of a server that reports or keeps damage wrongly."""

from abc import ABC, abstractmethod

from tests.doubles.faulty_server import Fault, Ignores, Loses

NOTIFY = "DAMAGE:Notify"
SUBTRACT = "DAMAGE:Subtract"
MORE = 0x80

RAW, DELTA, BOX, NON_EMPTY = range(4)


# Reports


class LosesDamage(Loses):
    """No damage is reported."""

    names = (NOTIFY,)


class LosesSomeDamage(Fault):
    """Every second damage is not reported."""

    count = 0

    def message(self, name: str, message: bytes) -> list[bytes]:
        self.count += name == NOTIFY
        return [] if name == NOTIFY and self.count % 2 == 0 else [message]


class RepeatsDamage(Fault):
    """Every damage is reported twice."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        return [message, message] if name == NOTIFY else [message]


class _MovesDamage(Fault, ABC):
    @abstractmethod
    def offset(self, message: bytes) -> tuple[int, int]:
        """How far, across and down."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        if name != NOTIFY:
            return [message]
        (x, y), (dx, dy) = self.link.read("2h", message, 16), self.offset(message)
        return [self.link.write(message, 16, "2h", x + dx, y + dy)]


class CountsFromTheScreen(_MovesDamage):
    """Damage is reported in coordinates of the screen."""

    def offset(self, message: bytes) -> tuple[int, int]:
        x, y = self.link.read("2h", message, 24)
        return x, y


class CountsFromTheBorder(_MovesDamage):
    """Damage is reported in coordinates of the border's outer corner."""

    def offset(self, message: bytes) -> tuple[int, int]:
        border = self.link.double.borders.get(self.link.read("I", message)[0], 0)
        return border, border


class ReportsAfterDestroy(Ignores):
    """A destroyed Damage goes on to report."""

    names = ("DAMAGE:Destroy",)


class IgnoresAdd(Ignores):
    """Damage that a client adds is not reported."""

    names = ("DAMAGE:Add",)


class SaysMore(Fault):
    """Every report says that another one of the same change follows."""

    def message(self, name: str, message: bytes) -> list[bytes]:
        return [self.link.write(message, 1, "B", message[1] | MORE) if name == NOTIFY else message]


# Levels


class _MistakesLevel(Fault):
    asked: int
    given: int

    def other_request(self, name: str, data: bytes) -> bytes:
        if name != "DAMAGE:Create" or data[12] != self.asked:
            return data
        return self.link.write(data, 12, "B", self.given)


class ReportsEveryRectangle(_MistakesLevel):
    """What should be reported once is reported with every drawing."""

    asked, given = NON_EMPTY, RAW


class ReportsOldDamage(_MistakesLevel):
    """What was damaged already is reported again."""

    asked, given = DELTA, RAW


# Subtract


class SubtractsNothing(Ignores):
    """No damage is ever taken off."""

    names = (SUBTRACT,)


class SubtractsEverything(Fault):
    """Subtract takes off all damage, whatever was repaired."""

    def other_request(self, name: str, data: bytes) -> bytes:
        return self.link.write(data, 8, "I", 0) if name == SUBTRACT else data


class IgnoresParts(Fault):
    """Subtract does not tell what it took off."""

    def other_request(self, name: str, data: bytes) -> bytes:
        return self.link.write(data, 12, "I", 0) if name == SUBTRACT else data
