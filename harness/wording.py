# SPDX-License-Identifier: MIT
"""Counts of things in words."""

import re

_NOUN = re.compile(r"\w(?= (?:of|that) |$)")


def counted(count: int, words: str) -> str:
    """``1 new failure``, ``2 new failures``, ``1,200 tests that no run covers``.

    The noun ends ``words``, or stands before ``of`` or ``that``; its plural has an s.
    """
    plural = _NOUN.sub(lambda end: f"{end[0]}s", words, count=1)
    return f"{count:,} {words if count == 1 else plural}"
