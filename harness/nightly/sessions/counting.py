# SPDX-License-Identifier: MIT
"""Counts of things in words."""

import re

_NOUNS = re.compile(r"\b(?:build|commit|expectation|failure|flake|group|line|night|run|test)\b")


def counted(count: int, words: str) -> str:
    """``1 new failure``, ``2 new failures``, ``2 builds that failed``."""
    plural = _NOUNS.sub(lambda noun: f"{noun[0]}s", words, count=1)
    return f"{count} {words if count == 1 else plural}"
