# SPDX-License-Identifier: MIT
"""Which servers are expected to have a known bug."""

import pytest

from harness.errors import HarnessError
from harness.results.expectations.known_bug import KnownBug
from harness.servers.version import server_version

X_ORG, XLIBRE = "The X.Org Foundation", "The XLibre Foundation"


def expected(bug: KnownBug, release: int, kind: str | None = "xvfb", vendor: str = X_ORG) -> bool:
    return bug.expected_on(server_version(vendor, release, kind == "xwayland"), kind)


def test_a_bound_holds_for_the_vendor_that_it_names():
    """Fixed in XLibre 25, a bug is still in X.Org 26."""
    bug = KnownBug(reference="a report", fixed={"XLibre": "25"})
    assert not expected(bug, 12502000, vendor=XLIBRE)
    for release in (12011000, 12101025, 12600099, 12601000):
        assert expected(bug, release)
    assert expected(bug, 12401014, "xwayland")


def test_only_vendors_that_since_names_have_the_bug():
    """From that version on; without an end it has no end."""
    bug = KnownBug(reference="a report", since={"Xwayland": "24.1", "XLibre": "25.1"})
    assert expected(bug, 12401000, "xwayland")
    assert expected(bug, 12501000, vendor=XLIBRE)
    assert not expected(bug, 12201009, "xwayland")
    assert not expected(bug, 12500000, vendor=XLIBRE)
    assert not expected(bug, 12601000)


def test_a_range_ends_before_the_fixed_version():
    """Of the same vendor."""
    bug = KnownBug(reference="a report", since={"X.Org": "21.1"}, fixed={"X.Org": "21.1.19"})
    assert [expected(bug, release) for release in (12011000, 12101007, 12101019)] == [0, 1, 0]


def test_main_may_be_older_than_the_fixes_of_its_series():
    """Its number says only from which series it comes."""
    bug = KnownBug(reference="a report", since={"X.Org": "21.1"}, fixed={"X.Org": "21.1.19"})
    assert [expected(bug, release) for release in (12100099, 12101099, 12601099)] == [0, 1, 0]
    mended_on_main = KnownBug(reference="a report", fixed={"X.Org": "21.1.99"})
    assert not expected(mended_on_main, 12101099)
    next_series = KnownBug(reference="a report", fixed={"X.Org": "26"})
    assert expected(next_series, 12101099)


def test_an_unknown_vendor_has_no_known_bug():
    """Neither by its name nor by a number that no X.Org server reports."""
    bug = KnownBug(reference="a report", fixed={"X.Org": "21.1.25"})
    assert not expected(bug, 3332, None, "AT&T Laboratories Cambridge")
    assert not expected(bug, 70000000, None)
    assert not expected(bug, 12101007, vendor="Somebody")


def test_a_bug_is_of_the_kinds_that_it_names():
    """Of a server that was started elsewhere the kind is not known."""
    bug = KnownBug(reference="a report", fixed={"X.Org": "21.1.19"}, servers=("xvnc",))
    assert expected(bug, 12101006, "xvnc")
    assert not expected(bug, 12101006, "xvfb")
    assert expected(bug, 12101006, None)


@pytest.mark.parametrize(
    ("bounds", "said"),
    [
        ({"fixed": "21.1.25"}, r"name the vendor \(X.Org, .*fixed=\{'X.Org': '21.1.25'\}"),
        ({"since": {"Xorg": "21"}}, r"since=\{'Xorg': '21'\}.*name the vendor"),
        ({"fixed": {"X.Org": "newest"}}, "'newest' is no server version"),
        ({"fixed": {"X.Org": 21}}, "21 is no server version"),
    ],
    ids=["plain", "name", "version", "number"],
)
def test_a_bound_that_names_no_version_of_a_vendor_is_refused(bounds, said):
    """With the form in which to write it."""
    with pytest.raises(HarnessError, match=said):
        KnownBug(reference="a report", **bounds)
