# SPDX-License-Identifier: MIT
"""Clients of the other byte order are rewritten, for xcffib speaks this machine's alone."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from harness.cli.repro.errors import ReproError
from harness.recordings.messages import RecordedMessage
from harness.recordings.native_order import NotRewritable, foreign_clients, in_native_order
from harness.recordings.shrinking.minimise import Minimised
from harness.recordings.shrinking.trials import Question, Shown, recorded_ids

_TRIALS = 3
"""What comes one time in a few is tried so often before it counts as bound to a byte order."""


def rewritten(
    question: Question, messages: Sequence[RecordedMessage]
) -> tuple[Question, Sequence[RecordedMessage]]:
    """The question and the messages with all clients of this machine's byte order.

    As they were given when there is no other client, when a request cannot be rewritten, and when
    the symptom does not come any more; the last two are said.
    """
    foreign = foreign_clients(messages)
    if not foreign:
        return question, messages
    try:
        native = in_native_order(question.head, messages)
    except NotRewritable as error:
        print(f"{error}; without it a script may be possible (--minimise)", flush=True)
        return question, messages
    shown = _shown(question, native)
    if shown is None:
        print(f"{_named(foreign)} rewritten in this machine's order does not show it", flush=True)
        return question, messages
    print(f"{_named(foreign)}: rewritten in this machine's order", flush=True)
    return replace(question, symptom=shown.found(question.symptom)), native


def rewritten_at_last(question: Question, found: Minimised) -> Minimised:
    """What is left, with all clients of this machine's byte order.

    Raises ReproError when the symptom needs the other one, NotRewritable.
    """
    foreign = foreign_clients(found.messages)
    if not foreign:
        return found
    native = in_native_order(question.head, found.messages)
    shown = _shown(question, native)
    if shown is None or shown.replayed is None:
        raise ReproError(
            f"{question.symptom}: it shows with {_named(foreign)} alone, which xcffib does not "
            f"speak, so that there is no script: write a test with the harness's raw client "
            f"(harness.clients.raw)"
        )
    return replace(
        found,
        messages=tuple(native),
        symptom=shown.found(question.symptom),
        shown=shown,
        ids=recorded_ids(question.head, native, shown.replayed),
    )


def _shown(question: Question, messages: Sequence[RecordedMessage]) -> Shown | None:
    """A trial that shows the symptom, None when none does."""
    trials = (question.shown(messages) for _ in range(_TRIALS))
    return next((one for one in trials if one.shows(question.symptom)), None)


def _named(clients: Iterable[int]) -> str:
    """``client 2 of the other byte order``, ``clients 1, 3 of the other byte order``."""
    numbers = sorted(clients)
    return (
        f"client{'s' * (len(numbers) > 1)} {', '.join(map(str, numbers))} of the other byte order"
    )
