# SPDX-License-Identifier: MIT
"""Calls in several threads, of which none is waited for once one has failed."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Given = TypeVar("Given")
Found = TypeVar("Found")


def in_parallel(threads: int, call: Callable[[Given], Found], each: Iterable[Given]) -> list[Found]:
    """``call`` of ``each``, in their order; what it raises, Ctrl-C too, is raised at once.

    Threads that are at work then end with what they wait for, which the caller ends.
    """
    pool = ThreadPoolExecutor(threads)
    try:
        return list(pool.map(call, each))
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
