# SPDX-License-Identifier: MIT
"""The faults that C sources can have, which are drawn, and which are known to be equivalent."""

from itertools import islice

import pytest

from tools.reach.__main__ import main
from tools.reach.mutants.changes import ALL
from tools.reach.mutants.equivalents import EquivalentsWrong, as_table, read_equivalents, unused
from tools.reach.mutants.faults import Fault, draw, faults_in
from tools.reach.mutants.verdicts import Verdicts, VerdictsNotKept

SOURCE = b"""\
#define LIMIT 3
/* a + b < c */
int
add(int a, int b)
{
    if (a < b && a != 7) {
        ErrorF("a + b");
        tell(a,
             b);
        a += sizeof(int) * 2;
    }
    for (int i = 0; i < a; i++)
        continue;
    return add(a, TRUE);
}
"""

BECOMES = {
    "if (a <= b && a != 7) {",
    "if (a < (b + 1) && a != 7) {",
    "if (a < b || a != 7) {",
    "if (a < b && a == 7) {",
    "if (a < b && a != 8) {",
    "if (a < b && a != 6) {",
    "if (!(a < b && a != 7)) {",
    ";",
    "a -= sizeof(int) * 2;",
    "a += sizeof(int) + 2;",
    "a += sizeof(int) * 3;",
    "a += sizeof(int) * 1;",
    "for (int i = 1; i < a; i++)",
    "for (int i = 0; i <= a; i++)",
    "for (int i = 0; i < (a + 1); i++)",
    "for (int i = 0; !(i < a); i++)",
    "for (int i = 0; i < a; i--)",
    "return add(a, FALSE);",
    "return !(add(a, TRUE));",
}


def fault(becomes: str, source: bytes = SOURCE) -> Fault:
    """The first fault that makes its line ``becomes``."""
    return next(one for one in faults_in("add.c", source) if one.becomes == becomes)


def test_each_kind_of_fault_is_found() -> None:
    """What is no code (a directive, a comment, a text, a log) has none."""
    found = faults_in("add.c", SOURCE)
    assert {one.becomes for one in found} == BECOMES
    assert {one.function for one in found} == {"add"}


SLIPS = b"""\
int
show(int x, int width)
{
    if (!x || draw(x, width, 7))
        return BadValue;
    else
        x = -width;
    return x;
}
"""

SLIPPED = {
    "if (x || draw(x, width, 7))",
    "if (!y || draw(x, width, 7))",
    "if (!x || draw(y, width, 7))",
    "if (!x || draw(x, height, 7))",
    "if (!x || draw(width, x, 7))",
    "if (!x || draw(x, 7, width))",
    "if (!x)",
    "if (draw(x, width, 7))",
    "return BadMatch;",
    "",
    "y = -width;",
    "x = -height;",
    "x = width;",
    "return y;",
}


def test_slips_are_drawn_where_they_are_wanted() -> None:
    """What a function ends with is no early end."""
    basic = {one.becomes for one in faults_in("show.c", SLIPS)}
    slips = [one for one in faults_in("show.c", SLIPS, ALL) if one.becomes not in basic]
    assert {one.becomes for one in slips} == SLIPPED
    for one in slips:
        assert one.applied(SLIPS).count(b"\n") == SLIPS.count(b"\n")


def test_a_fault_leaves_all_lines_where_they_were() -> None:
    """Counts of lines and faults go by the same numbers, also where a call has several lines."""
    for one in faults_in("add.c", SOURCE):
        changed = one.applied(SOURCE)
        assert changed != SOURCE
        assert changed.count(b"\n") == SOURCE.count(b"\n")
        assert changed.splitlines()[: one.line - 1] == SOURCE.splitlines()[: one.line - 1]


def test_the_same_seed_draws_the_same_faults() -> None:
    """The first faults of a long draw are those of a short one."""
    files = {"add.c": SOURCE, "other.c": SOURCE}
    long, short = list(draw(files, "1")), list(islice(draw(files, "1"), 3))
    assert long[:3] == short
    assert long != list(draw(files, "2"))


def test_a_line_is_drawn_once() -> None:
    places = [(one.file, one.line) for one in draw({"add.c": SOURCE, "other.c": SOURCE}, "1")]
    assert len(places) == len(set(places)) == 12


def test_an_equivalent_fault_is_found_on_another_line(tmp_path) -> None:
    """Newer sources have it elsewhere, and with other spaces."""
    file = tmp_path / "equivalents.toml"
    file.write_text(as_table(fault("a += sizeof(int) + 2;"), "nobody calls it"))
    moved = fault("a += sizeof(int) + 2;", SOURCE.replace(b"{\n    if", b"{\n\n\n        if"))
    assert moved.line == 12
    assert read_equivalents("xvfb", file).reason(moved) == "nobody calls it"
    assert read_equivalents("xvfb", file).reason(fault("a += sizeof(int) * 3;")) is None


def test_one_of_two_alike_may_be_equivalent(tmp_path) -> None:
    """The same line may stand in two branches of a function."""
    file = tmp_path / "equivalents.toml"
    source = SOURCE.replace(b"    return", b"    a += sizeof(int) * 2;\n    return")
    first, second = (one for one in faults_in("add.c", source) if one.becomes.endswith("+ 2;"))
    assert (first.nth, second.nth) == (1, 2)
    file.write_text(as_table(second, "nobody reads it then") + "nth = 2\n")
    assert read_equivalents("xvfb", file).reason(second) == "nobody reads it then"
    assert read_equivalents("xvfb", file).reason(first) is None


def test_functions_may_have_the_same_equivalent(tmp_path) -> None:
    """Such as all that swap a field which nothing reads."""
    file = tmp_path / "equivalents.toml"
    one = fault("a += sizeof(int) + 2;")
    file.write_text(as_table(one, "nobody calls it").replace("'add'", "['more', 'add']"))
    assert read_equivalents("xvfb", file).reason(one) == "nobody calls it"


def test_a_fault_may_be_equivalent_on_some_kinds_of_server(tmp_path) -> None:
    """Xvfb never flips; on Xorg the same fault is seen."""
    file = tmp_path / "equivalents.toml"
    one = fault("a += sizeof(int) + 2;")
    file.write_text(as_table(one, "it never flips") + 'kinds = ["xvfb"]\n')
    assert read_equivalents("xvfb", file).reason(one) == "it never flips"
    assert read_equivalents("xorg", file).reason(one) is None


def test_a_text_with_any_quotes_can_be_written_and_read(tmp_path) -> None:
    file = tmp_path / "equivalents.toml"
    source = rb"""int f(int a) { return g(a == 'x', "\"", a); }"""
    one = faults_in("add.c", source)[0]
    file.write_text(as_table(one, 'it\'s "so"'))
    assert read_equivalents("xvfb", file).reason(one) == 'it\'s "so"'


def test_an_equivalent_that_the_sources_cannot_have_is_named(tmp_path) -> None:
    """Its line has changed: somebody must judge it again."""
    file = tmp_path / "equivalents.toml"
    file.write_text(as_table(fault("a += sizeof(int) + 2;"), "nobody calls it"))
    known = read_equivalents("xvfb", file)
    assert unused(known, faults_in("add.c", SOURCE)) == []
    [gone] = unused(known, faults_in("add.c", SOURCE.replace(b"sizeof(int)", b"4")))
    assert gone[1] == "add"


WHOLE = "[[equivalent]]\nfile='a'\nfunction='f'\nline='x'\nbecomes=';'\nreason='r'\n"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[equivalent]]\nfile = 'a.c'\n", "table 1 of .*function is missing"),
        ("[[equivalent", "is no TOML"),
        (
            WHOLE + "kinds=['xvbf']",
            "table 1 .*kinds: expected a list of xvfb, .*got .'xvbf'",
        ),
        ("[[equivalents]]\nfile = 'a.c'\n", r"equivalents is not known; expected \[\[equivalent"),
        ("equivalent = 3\n", "equivalent: expected tables"),
        ("[[equivalent]]\nfile='a'\nfunctions='f'\n", "table 1 .*functions is not known"),
        (WHOLE + "nth='2'\n", "table 1 .*nth: expected a number such as 2, got '2'"),
        (WHOLE.replace("'f'", "[]"), r"table 1 .*function: expected a text, got \[\]"),
        (WHOLE.replace("'x'", "5"), "table 1 .*line: expected a text, got 5"),
    ],
)
def test_a_wrong_file_of_equivalents_is_named(tmp_path, text, words) -> None:
    file = tmp_path / "equivalents.toml"
    file.write_text(text)
    with pytest.raises(EquivalentsWrong, match=words):
        read_equivalents("xvfb", file)


def test_the_equivalents_of_the_project_have_reasons() -> None:
    assert all(len(reason) > 10 for reason in read_equivalents("xvfb").reasons.values())


@pytest.mark.parametrize("command", [["coverage"], ["mutants", "1"]])
def test_a_folder_that_is_no_server_is_refused_before_anything_is_built(command, tmp_path, capsys):
    """The words say what is missing in it."""
    assert main([*command, "--source", str(tmp_path)]) == 2
    assert "it has no meson.build; give the folder that has" in capsys.readouterr().err
    (tmp_path / "meson.build").write_text("project('other')")
    assert main([*command, "--source", str(tmp_path)]) == 2
    assert "it has no dix/dispatch.c" in capsys.readouterr().err
    assert main([*command, "--source", str(tmp_path / "none")]) == 2
    assert "it is no folder" in capsys.readouterr().err


def test_sources_and_a_release_are_not_given_together(tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["mutants", "1", "--source", str(tmp_path), "--release", "sid"])
    assert "not allowed with argument --source" in capsys.readouterr().err


def test_a_folder_that_keeps_no_verdict_is_named_at_once(tmp_path):
    """Not when the first fault was judged."""
    (tmp_path / "reach").write_text("a file in place of the folder")
    with pytest.raises(VerdictsNotKept, match=r"verdicts cannot be kept in .*reach/one\.jsonl"):
        Verdicts(tmp_path / "reach/one.jsonl")


def test_pages_that_cannot_be_written_are_named_before_anything_is_built(tmp_path, capsys):
    (tmp_path / "pages").write_text("a file in place of the folder")
    assert main(["coverage", "--into", str(tmp_path / "pages")]) == 2
    assert f"--into {tmp_path}/pages" in capsys.readouterr().err
