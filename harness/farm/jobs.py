# SPDX-License-Identifier: MIT
"""Jobs and their answers as bytes, the same for every kind of farm."""

import pickle
import traceback
from collections.abc import Callable, Sequence
from reprlib import Repr
from typing import Any

from harness.errors import HarnessError

_SHORT = Repr()
_SHORT.maxstring = _SHORT.maxother = 60
_SHORT.maxlevel = 2


class JobUnusable(HarnessError):
    """A job cannot be handed to another process."""


class JobFailed(HarnessError):
    """A job raised an error, or returned a value, that cannot be handed back as it is."""


def name_of(function: Callable[..., object], arguments: Sequence[object]) -> str:
    """The call as a person would write it, shortened."""
    shown = ", ".join(map(_SHORT.repr, arguments))
    return f"{getattr(function, '__qualname__', function)}({shown})"


def packed(function: Callable[..., object], arguments: Sequence[object]) -> bytes:
    """The call for ``perform``.  Raises JobUnusable for what cannot be pickled."""
    try:
        return pickle.dumps((function, tuple(arguments)))
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise JobUnusable(
            f"the job {name_of(function, arguments)} cannot be pickled: {error}; expected a "
            f"function of a module and values that another process can have"
        ) from None


def perform(job: bytes) -> bytes:
    """What the call returns or raises, for ``result_of_job``; the worker runs this."""
    try:
        function, arguments = pickle.loads(job)
        answer = True, function(*arguments)
    except Exception as error:
        answer = False, error
    try:
        data = pickle.dumps(answer)
        # Many an error of its own class can be written and not be read.
        pickle.loads(data)
    except Exception as problem:
        failed = answer[1]
        text = f"it returned what cannot be pickled: {problem}"
        if isinstance(failed, BaseException):
            text = "".join(traceback.format_exception(failed))
        data = pickle.dumps((False, JobFailed(text)))
    return data


def result_of_job(answer: bytes) -> Any:
    """What the call returned.  Raises what it raised, or JobFailed."""
    good, value = pickle.loads(answer)
    if not good:
        raise value
    return value
