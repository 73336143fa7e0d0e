# SPDX-License-Identifier: MIT
"""Counts of things in words."""

import pytest

from harness.wording import counted


@pytest.mark.parametrize(
    ("count", "words", "said"),
    [
        (1, "new failure", "1 new failure"),
        (2, "new failure", "2 new failures"),
        (0, "run", "0 runs"),
        (2, "build that failed", "2 builds that failed"),
        (2, "failure of earlier nights", "2 failures of earlier nights"),
        (1, "failure of earlier nights", "1 failure of earlier nights"),
        (1200, "test that no run covers", "1,200 tests that no run covers"),
        (2, "more CRTC", "2 more CRTCs"),
    ],
)
def test_the_noun_has_its_plural(count, words, said):
    """Wherever it stands among the words."""
    assert counted(count, words) == said
