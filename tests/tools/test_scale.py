# SPDX-License-Identifier: MIT
"""The simulation of a night, and the page that is made with it."""

import pytest

from harness.results.shards.durations import SuiteDurations
from tools.scale import __main__ as scale
from tools.scale.simulation import Costs, Flavour, Night, sessions_of, simulate, spread

COSTS = Costs(start=1.0, collect=0.1, build=100.0, workers=2)
PLAIN = Flavour("plain", slower=1.0, longer=1.0, of="plain")
DURATIONS = SuiteDurations(
    tests={"a.py": 4, "b.py": 4}, files={"a.py": {"xvfb": 2.0}, "b.py": {"xvfb": 1.0}}
)
ONE = Night(builds=1, kinds=("xvfb",), flavours=(PLAIN,))


def cost(night, machines, shards):
    return simulate(night, machines, shards, sessions_of(night, shards, DURATIONS, COSTS), COSTS)


def test_a_night_is_builds_and_then_sessions():
    """A build of 100 s, a start of 1, a collection of 0.8, and 12 s of tests on two workers."""
    found = cost(ONE, 1, 1)
    assert found.seconds == pytest.approx(100 + 1 + 0.8 + 6)
    assert found.used == pytest.approx(1.0)


def test_shards_collect_all_and_run_their_part():
    """So two cost more work than one, and end sooner on two machines."""
    found = cost(ONE, 2, 2)
    assert found.seconds == pytest.approx(100 + 1 + 0.8 + 4)
    assert found.work == pytest.approx(100 + 2 * 1.8 + 6)


def test_machines_share_builds_and_sessions():
    """Until there are more of them than work."""
    night = Night(builds=4, kinds=("xvfb", "xorg"), flavours=(PLAIN,))
    nights = [cost(night, machines, 1) for machines in (1, 2, 4, 64)]
    assert [one.seconds for one in nights] == sorted((one.seconds for one in nights), reverse=True)
    assert len({round(one.work, 6) for one in nights}) == 1
    assert nights[0].used == pytest.approx(1.0)
    assert nights[-1].seconds == pytest.approx(
        100 + max(sessions_of(night, 1, DURATIONS, COSTS)["plain"])
    )


def test_a_flavour_may_run_what_another_has_built():
    """Valgrind needs no build; its tests take as many times as long."""
    slow = Flavour("valgrind", slower=10.0, longer=0.0, of="plain")
    found = cost(Night(1, ("xvfb",), (PLAIN, slow)), 2, 1)
    assert found.seconds == pytest.approx(100 + 1.8 + 60)
    assert found.work == pytest.approx(100 + 2 * 1.8 + 66)


def test_the_longest_go_first():
    """Else one would be left at the end."""
    assert spread([1, 1, 1, 3], 2) == 3


def test_the_page_is_up_to_date(capsys):
    """It is made with the durations of the suites: ``python -m tools.scale --write``."""
    assert scale.main(["--check"]) == 0, capsys.readouterr().out


def test_a_stale_page_is_found(tmp_path, monkeypatch, capsys):
    """And written again."""
    page = tmp_path / "scale.md"
    page.write_text(scale.PAGE.read_text(encoding="utf-8").replace("| 64 |", "| 65 |"))
    monkeypatch.setattr(scale, "PAGE", page)
    assert scale.main(["--check"]) == 1
    assert "stale" in capsys.readouterr().out
    assert scale.main(["--write"]) == 0
    assert scale.main(["--check"]) == 0
