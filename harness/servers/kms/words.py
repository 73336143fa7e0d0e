# SPDX-License-Identifier: MIT
"""What the host and the guest say to each other beside the connections that they carry."""

from dataclasses import dataclass
from enum import IntEnum

GUEST_FILE = "guest.json"
"""In the private folder of the server: a ``Guest``."""

_SIGNALLED = 0x100


class Service(IntEnum):
    """What a connection can lead to: the server's display, or the commands of the guest."""

    DISPLAY = 1
    COMMANDS = 2


class Tell(IntEnum):
    """READY: the server accepts clients.  STOP: it shall end.  ENDED: it has, with a status."""

    READY = 1
    STOP = 2
    ENDED = 3


@dataclass(frozen=True, slots=True)
class Guest:
    """What the guest is to do.

    ``command`` is that of the server, in which ``display_word`` stands for the descriptor that
    takes its display's number; ``kept`` are folders of the host below /tmp, where the guest has a
    folder of its own; ``cookie`` lets its commands look at the display.
    """

    folder: str
    command: list[str]
    display_word: str
    environment: dict[str, str]
    crtcs: int
    kept: list[str]
    cookie: str


def status_number(status: int) -> int:
    """A return code, negative for a signal, as a number that is none."""
    return status if status >= 0 else _SIGNALLED - status


def status_of(number: int) -> int:
    """The return code that ``number`` stands for."""
    return number if number < _SIGNALLED else _SIGNALLED - number
