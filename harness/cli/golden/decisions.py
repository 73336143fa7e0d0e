# SPDX-License-Identifier: MIT
"""Which frames of a run are to become goldens, as the report saves it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.errors import HarnessError

LAYOUT = 1
NAME = "decisions.json"
ACCEPT, REJECT = "accept", "reject"

_MEMBERS = ("test", "frame", "golden", "digest", "decision")


class DecisionsError(HarnessError):
    """A file of decisions cannot be used."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What became of one frame: ``digest`` is that of the pixels that were looked at."""

    test: str
    frame: str
    golden: str
    digest: str
    accepted: bool


@dataclass(frozen=True, slots=True)
class Decisions:
    """All that was decided of the run with the id ``run``."""

    run: str
    frames: tuple[Decision, ...]


def read_decisions(path: Path) -> Decisions:
    """What the file says.  Raises DecisionsError for one that cannot be read or is none."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DecisionsError(f"the decisions {path} cannot be read: {error}") from None
    return parse_decisions(text, str(path))


def parse_decisions(text: str, name: str) -> Decisions:
    """What the text of the file ``name`` says.  Raises DecisionsError."""

    def wrong(problem: str) -> DecisionsError:
        return DecisionsError(f"{name}: {problem}; save it again from the report")

    try:
        members: Any = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise wrong(f"expected JSON: {error}") from None
    if not isinstance(members, dict) or members.get("layout") != LAYOUT:
        raise wrong(f'expected an object with "layout": {LAYOUT}')
    run, listed = members.get("run"), members.get("decisions")
    if not isinstance(run, str) or not isinstance(listed, list):
        raise wrong("expected the id of a run and a list of decisions")
    frames = []
    for number, one in enumerate(listed, 1):
        if not isinstance(one, dict) or not all(type(one.get(name)) is str for name in _MEMBERS):
            raise wrong(f"decision {number}: expected {', '.join(_MEMBERS)}, got {one!r}")
        if one["decision"] not in (ACCEPT, REJECT):
            raise wrong(
                f"decision {number}: expected {ACCEPT} or {REJECT}, got {one['decision']!r}"
            )
        test, frame, golden, digest, decision = (one[name] for name in _MEMBERS)
        frames.append(Decision(test, frame, golden, digest, decision == ACCEPT))
    return Decisions(run, tuple(frames))
