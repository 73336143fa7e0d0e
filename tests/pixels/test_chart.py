# SPDX-License-Identifier: MIT
"""Test charts fit every depth, and tell places, seeds and channels apart."""

import numpy as np
import pytest

from harness.pixels.chart import chart_pixels


@pytest.mark.parametrize("depth", [15, 16, 24])
@pytest.mark.parametrize("seed", [0, 9])
def test_the_deepest_chart_is_one_for_all(depth, seed):
    """What a screen of less depth keeps of it is the chart of its own."""
    low = chart_pixels(70, 50, seed=seed) & ((1 << depth) - 1)
    assert np.array_equal(low, chart_pixels(70, 50, depth, seed))


@pytest.mark.parametrize("depth", [8, 15, 16, 24, 30, 32])
def test_neighbours_and_seeds_differ(depth):
    """In every pixel, also where one depth keeps the low bits alone."""
    chart = chart_pixels(70, 50, depth)
    assert (chart[:, 1:] != chart[:, :-1]).all()
    assert (chart[1:] != chart[:-1]).all()
    assert (chart != chart_pixels(70, 50, depth, 1)).all()


def test_every_bit_of_a_deep_pixel_is_used():
    """Or a lost one could not be seen."""
    chart = chart_pixels(300, 300)
    assert np.bitwise_or.reduce(chart, axis=None) == (1 << 30) - 1
    assert np.bitwise_and.reduce(chart, axis=None) == 0
