# SPDX-License-Identifier: MIT
"""Expectation files: what they say, and where they are wrong."""

import pytest

from harness.results.expectations.evidence import ExpectationError
from harness.results.expectations.reading import read_expectations
from harness.results.run import LineKind
from harness.servers.kinds.table import DEFAULT_KINDS
from harness.servers.version import server_version

FAILS = """\
# The servers of this file.
servers: xvfb, xephyr

# Fields stay unswapped
# https://example.org/1
vendors: XLibre
fixed: X.Org 26
test_a.py::test_one[*], failed: AssertionError
test_a.py::test_two, golden mismatch
# CVE-2025-62229: freed memory
servers: xvnc
test_b.py, crashed

# Nothing follows.
"""
GROUP = "# It fails: https://example.org/1\n"
PLAIN = GROUP + "test_a.py::test_it, failed"
X_ORG = "The X.Org Foundation"


@pytest.fixture
def read(tmp_path):
    """The lines of a file with this text."""

    def read(text, name="xvfb-fails.txt", **options):
        (tmp_path / name).write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_expectations([tmp_path / name], **options)

    return read


def test_groups_have_reasons_and_servers(read, tmp_path):
    """Keys above the first group are for the whole file; a group has its own in their place."""
    one, two, three = read(FAILS, root=tmp_path)
    assert [line.used.place for line in (one, two, three)] == [
        "xvfb-fails.txt:8",
        "xvfb-fails.txt:9",
        "xvfb-fails.txt:12",
    ]
    assert one.used.text == "test_a.py::test_one[*], failed: AssertionError"
    assert one.bug.reference == two.bug.reference == "Fields stay unswapped https://example.org/1"
    assert (one.bug.evidence, two.bug.evidence) == ("failed: AssertionError", "golden mismatch")
    assert (one.bug.servers, three.bug.servers) == (("xvfb", "xephyr"), ("xvnc",))
    assert (one.bug.since, one.bug.fixed) == ({"XLibre": "0"}, {"X.Org": "26"})
    assert three.bug.reference == "CVE-2025-62229: freed memory"
    assert not three.bug.fixed
    assert {line.used.kind for line in (one, two, three)} == {LineKind.FAILS}


def test_lines_end_and_begin_as_editors_write_them(read):
    (line,) = read(b"\xef\xbb\xbf" + PLAIN.replace("\n", "\r\n").encode() + b"  \r\n\r\n")
    assert (line.used.line, line.used.text) == (2, "test_a.py::test_it, failed")


def test_a_folder_has_files_of_all_kinds(tmp_path):
    """Other files in it are nothing to us."""
    for name in ("fails.txt", "a-flakes.txt"):
        (tmp_path / name).write_text(PLAIN)
    (tmp_path / "xvfb-skips.txt").write_text(GROUP + "test_b.py")
    (tmp_path / "README.md").write_text("words")
    kinds = [line.used.kind for line in read_expectations([tmp_path])]
    assert kinds == [LineKind.FLAKES, LineKind.FAILS, LineKind.SKIPS]


@pytest.mark.parametrize(
    ("pattern", "named", "others"),
    [
        ("a/test_x.py::test_y", ["", "[xvfb]", "[xvfb-4]", "::test_z[xvfb]"], ["_z", "z[xvfb]"]),
        ("a/test_x.py::test_y[xvfb-*]", ["[xvfb-4]", "[xvfb-[1]]"], ["", "[xvfb]", "[xorg-4]"]),
        ("a", ["", "/test_x.py::test_y[xvfb]", "[1]/test_x.py"], ["b/test_x.py", "_b"]),
        ("a*::test_y[?]", ["/x.py::test_y[?]"], ["/x.py::test_y[a]", "::test_y"]),
    ],
)
def test_a_pattern_names_tests(read, pattern, named, others):
    """The test and its variants; brackets and dots are meant as they stand."""
    (line,) = read(f"{GROUP}{pattern}, failed")
    start = pattern.partition("*")[0].partition("[")[0] if "*" in pattern else pattern
    assert all(line.names.fit(f"{start}{rest}") for rest in named)
    assert not any(line.names.fit(f"{start}{rest}") for rest in others)


@pytest.mark.parametrize(
    ("text", "servers"),
    [
        (PLAIN, DEFAULT_KINDS),
        (f"servers: xorg\n\n{PLAIN}", ("xorg",)),
        (f"{GROUP}test_a.py::test_it[xvfb@sid-4], failed", ("xvfb",)),
    ],
)
def test_a_line_is_meant_for_servers(read, text, servers):
    """Those of its keys, that in the id, or all that are judged by default."""
    assert read(text)[0].used.servers == servers


@pytest.mark.parametrize(
    ("keys", "held"),
    [
        ("", [1, 1, 1, 1]),
        ("servers: xephyr", [0, 0, 0, 0]),
        ("vendors: X.Org", [1, 1, 0, 0]),
        ("since: X.Org 21.1.8", [0, 1, 0, 0]),
        ("fixed: X.Org 21.1.8", [1, 0, 1, 0]),
        ("vendors: X.Org, XLibre\nfixed: X.Org 21.1.8", [1, 0, 1, 0]),
    ],
)
def test_a_line_holds_for_servers(read, keys, held):
    """X.Org 21.1.7 and 21.1.25, XLibre 25; of an unknown vendor only without bounds."""
    (line,) = read(f"{keys}\n\n{PLAIN}" if keys else PLAIN)
    versions = [
        server_version(X_ORG, 12101007),
        server_version(X_ORG, 12101025),
        server_version("The XLibre Foundation", 12500000),
        server_version("My own", 7),
    ]
    assert [line.holds_for(version, "xvfb") for version in versions] == held


@pytest.mark.parametrize(
    ("text", "number", "said"),
    [
        ("test_a.py, failed", 1, r"a link in the lines above that begin with #: .*got no such"),
        ("# Why\ntest_a.py, failed", 2, "a link in the lines above .*got 'Why'"),
        ("# https://a.org\ntest_a.py, failed", 2, "a reason beside the link"),
        ("# CVE-2025-1\ntest_a.py, failed", 2, "a reason beside the link"),
        ("# REASON:\n# https://a.org\ntest_a.py, failed", 3, "a reason and a link .*'REASON:'"),
        ("# REASON: x\n# LINK: \ntest_a.py, failed", 3, "a reason and a link .*'LINK:'"),
        ("# REASON: x\n# LINK: y\ntest_a.py, failed", 3, "a link in the lines .*got 'x y'"),
        ("# LINK: https://a.org\ntest_a.py, failed", 2, "a reason beside the link"),
        (f"{GROUP}test_a.py", 2, "TEST, STATUS with one of the statuses failed, .*'test_a.py'"),
        (f"{GROUP}test_a.py, fails", 2, "TEST, STATUS"),
        (f"{GROUP}test_a.py, rule violated", 2, "the name of a rule"),
        (f"{GROUP}server: xvfb\n", 2, "one of servers:, vendors:, since:, fixed:, got server:"),
        ("servers: xnest", 1, "servers: some of xvfb, .*, got 'xnest'"),
        ("vendors: Xorg", 1, "vendors: some of X.Org, XLibre, Xwayland, got 'Xorg'"),
        ("fixed: 21.1.7", 1, "fixed: vendors with a version, such as 'fixed: X.Org .*'21.1.7'"),
        ("since: X.Org new", 1, "since: vendors with a version"),
        (f"{PLAIN}\nservers: xvfb", 3, "servers: above the tests of its group"),
        ("servers: xvfb\nservers: xorg", 2, "servers: once in a group, got it again"),
        (f"{PLAIN}\n\nservers: xvfb", 4, "keys of the whole file in its first group"),
        (f"{PLAIN}\ntest_a.py::test_it,  failed", 3, "each line once, got what line 2 says"),
        (b"#\n\xff", 2, "text in UTF-8, got 0xff"),
    ],
)
def test_what_is_wrong_is_located(read, tmp_path, text, number, said):
    """File and line; expected, got."""
    with pytest.raises(
        ExpectationError, match=f"{tmp_path}/xvfb-fails.txt:{number}: expected {said}"
    ):
        read(text)


def test_what_is_skipped_has_no_status(read):
    (line,) = read(f"{GROUP}test_a.py::test_it[xvfb]", "skips.txt")
    assert line.bug.evidence == ()
    with pytest.raises(
        ExpectationError, match=r"expected a test alone.*status 'crashed' too; delete it"
    ):
        read(f"{GROUP}test_a.py, crashed", "skips.txt")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("fail.txt", "expected a name that ends in fails.txt, flakes.txt, skips.txt"),
        ("xvfbfails.txt", "expected a name that ends in"),
        ("gone-fails.txt", "expected expectations, got none: No such file"),
        ("gone", "expected expectations, got none: No such file"),
        (".", r"expected files such as xvfb-fails.txt in this folder, got none"),
    ],
)
def test_files_that_say_nothing_are_refused(tmp_path, name, said):
    """Rather than that failures are new for a typing error."""
    if name.endswith("fail.txt") or name == "xvfbfails.txt":
        (tmp_path / name).write_text(PLAIN)
    path = tmp_path / name if name != "." else tmp_path
    with pytest.raises(ExpectationError, match=said):
        read_expectations([path])


def test_a_misnamed_file_in_a_folder_is_refused(tmp_path):
    (tmp_path / "xvfb-fail.txt").write_text(PLAIN)
    with pytest.raises(ExpectationError, match=r"xvfb-fail\.txt: expected a name"):
        read_expectations([tmp_path])


@pytest.mark.parametrize(
    ("skips", "fails", "refused"),
    [
        ("test_a.py::test_it", "test_a.py::test_it, failed", True),
        ("test_a.py", "test_a.py::test_it[*], failed", True),
        ("test_a.py::test_*", "test_a.py::test_it, failed", True),
        ("test_a.py::test_it[xvfb]", "test_a.py::test_it, failed", False),
        ("test_b.py", "test_a.py, failed", False),
        ("test_a.py", "servers: xvfb\ntest_a.py::test_it, failed", True),
        ("servers: xvfb\ntest_a.py", "servers: xvfb\ntest_a.py::test_it, failed", True),
        ("servers: xvfb\ntest_a.py", "test_a.py::test_it, failed", False),
        ("fixed: X.Org 21\ntest_a.py", "since: X.Org 21\ntest_a.py::test_it, failed", False),
    ],
)
@pytest.mark.parametrize("kind", ["fails", "flakes"])
def test_a_test_that_is_skipped_has_no_other_line(tmp_path, skips, fails, refused, kind):
    """In whatever file; where other servers or variants are left, both lines have a meaning."""
    (tmp_path / f"xvfb-{kind}.txt").write_text(GROUP + fails + "\n")
    (tmp_path / "xvfb-skips.txt").write_text(GROUP + skips + "\n")
    if refused:
        with pytest.raises(
            ExpectationError,
            match=rf"xvfb-{kind}\.txt:\d: expected tests that are run, got some that "
            rf"{tmp_path}/xvfb-skips\.txt:\d skips; delete one",
        ):
            read_expectations([tmp_path])
    else:
        assert len(read_expectations([tmp_path])) == 2
