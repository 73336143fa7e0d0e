# SPDX-License-Identifier: MIT
"""Jobs for farms, where other processes find them."""

import os
import signal
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from harness.errors import HarnessError


@dataclass(frozen=True, slots=True)
class Fatal:
    """A job that kills its process the first ``deaths`` times; each attempt is a line in a file."""

    log: Path
    name: str
    deaths: int


class Odd(HarnessError):
    """Can be pickled and not be read again."""

    def __init__(self, first: int, second: int) -> None:
        super().__init__(f"{first} and {second}")


def double(number: int) -> int:
    return 2 * number


def pid_of(_: object) -> int:
    return os.getpid()


def refuse(number: int) -> int:
    raise ValueError(f"{number} is refused")


def raise_odd(number: int) -> int:
    raise Odd(number, number)


def return_lock(_: object) -> object:
    return Event()


def die_at_first(job: Fatal) -> str:
    with job.log.open("a", encoding="utf-8") as file:
        file.write(f"{job.name}\n")
    attempts = job.log.read_text(encoding="utf-8").split().count(job.name)
    if attempts <= job.deaths:
        os.kill(os.getpid(), signal.SIGKILL)
    return job.name


def wait_for_end(path: Path) -> None:
    path.write_text(str(os.getpid()), encoding="utf-8")
    Event().wait(90)
