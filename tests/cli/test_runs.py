# SPDX-License-Identifier: MIT
"""``xharness runs``: what it prints and writes, and how it ends."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from harness.cli.main import main
from harness.results.run import Attempt, Cause, CauseKind, Outcome
from harness.results.run_file import read_run, write_run
from harness.timeline.timeline_file import timeline_bytes
from tests.results.runs import XVFB, failed, passed, run
from tests.timeline.script import started


@pytest.fixture
def kept(tmp_path):
    """Write a run into a folder of this name; its path."""

    def keep(name, *tests, **members):
        write_run(tmp_path / name, run(*tests, **{"id": name, **members}))
        return str(tmp_path / name)

    return keep


def test_a_run_is_shown_in_a_few_lines(kept, capsys):
    """Servers, counts, and each test that went wrong with the first line of why."""
    path = kept("a", passed("one"), failed("two", message="it hangs\nfor ever"), complete=False)
    assert main(["runs", "show", path]) == 0
    said = capsys.readouterr().out
    assert "ended     finished, not complete" in said
    assert "server    xvfb X.Org 21.1.7 (xvfb 2:21.1.7-3)" in said
    assert "tests     2: 1 passed, 1 failed" in said
    assert "failed: test.py::two[xvfb] - it hangs\n" in said


@pytest.mark.parametrize("words", [["show", "{b}"], ["compare", "{a}", "{b}"]])
def test_a_run_says_nothing_to_the_terminal(kept, capsys, words):
    """Control characters are shown, not sent."""
    odd = failed("one", message="\x1b]0;title\x07\x9b2J\r odd\t\u00fc")
    places = {"a": kept("a", passed("one")), "b": kept("b", odd)}
    main(["runs", *(word.format(**places) for word in words)])
    assert r"\x1b]0;title\x07\x9b2J\r odd" + "\t\u00fc\n" in capsys.readouterr().out


def test_shards_are_merged(kept, capsys, tmp_path):
    """Into a folder that reads as one run."""
    paths = [kept("a", passed("one")), kept("b", failed("two"))]
    assert main(["runs", "merge", *paths, "-o", str(tmp_path / "whole")]) == 0
    assert "shard     a\nshard     b\n" in capsys.readouterr().out
    assert len(read_run(tmp_path / "whole").tests) == 2


@pytest.mark.parametrize(
    ("after", "status"), [(passed("one"), 0), (failed("one", message="no <b>\nmore"), 1)]
)
@pytest.mark.parametrize("form", ["text", "json", "html"])
def test_a_regression_is_the_exit_status(kept, capsys, after, status, form):
    """In every form."""
    paths = [kept("a", passed("one"), failed("two")), kept("b", after, passed("two"))]
    assert main(["runs", "compare", *paths, "--format", form]) == status
    said = capsys.readouterr().out
    if form == "json":
        found = json.loads(said)
        worse = [row["test"] for row in found.get("regressions", [])]
        assert worse == ["test.py::one[xvfb]"] * status
        (fixed,) = found["fixes"]
        assert (fixed["test"], fixed["values"]) == ("test.py::two[xvfb]", ["failed", "passed"])
    elif form == "html":
        words = "1 regression" if status else "0 regressions"
        assert f"<title>{words}, 1 fix</title>" in said
        assert f"<h1>{words}, 1 fix</h1>" in said
        assert "<b>" not in said
        assert ("no &lt;b&gt;" in said) == status
    else:
        assert "fixes: 1\n  test.py::two[xvfb]\n    failed | passed\n" in said
        assert ("regressions: 1" in said) == status


@pytest.mark.parametrize("form", ["text", "json", "html"])
@pytest.mark.parametrize(("only", "status"), [("", 1), ("one", 1), ("two", 0)])
def test_a_flaky_test_is_the_exit_status_of_a_history(kept, capsys, only, status, form):
    """In every form, of the tests that are looked at."""
    first = kept("a", passed("one"), passed("two"))
    later = kept("b", failed("one"), passed("two"), started="2026-11-30T14:00:00Z")
    chosen = ["--only", only] if only else []
    assert main(["runs", "history", later, first, *chosen, "--format", form]) == status
    said = capsys.readouterr().out
    if form == "json":
        found = json.loads(said)
        assert [one["run"] for one in found["runs"]] == ["a", "b"]
        assert [one["outcomes"] for one in found["tests"]] == [["passed", "failed"]] * status
    else:
        assert ("test.py::one[xvfb]" in said) == status
        assert "test.py::two" not in said


@pytest.mark.parametrize("form", ["text", "json"])
def test_more_flakes_than_the_budget_are_the_exit_status(kept, capsys, form):
    """Of the days that count."""
    attempts = Attempt(outcome=Outcome.FAILED), Attempt(outcome=Outcome.PASSED)
    flaky = [passed(name, outcome=Outcome.FLAKY, attempts=attempts) for name in ("one", "two")]
    paths = [kept("a", *flaky), kept("b", passed("one"), started="2026-12-02T14:00:00Z")]
    command = ["runs", "flakes", *paths, "--format", form]
    assert main(command) == 1
    said = capsys.readouterr().out
    if form == "json":
        assert [one["test"] for one in json.loads(said)["budget"]["flakes"]] == [
            "test.py::one[xvfb]",
            "test.py::two[xvfb]",
        ]
    else:
        assert "budget    2 of 1 since 2026-11-25T14:00:00Z: BEYOND the budget" in said
    assert main([*command, "--budget", "2"]) == 0
    assert main([*command, "--days", "2"]) == 0
    assert main([*command, "--days", "0.5"]) == 0
    assert main([*command, "--days", "1e6"]) == 1
    assert main([*command, "--days", "99999999999"]) == 1


def test_long_lists_are_cut_unless_all_is_wanted(kept, capsys):
    """And say how many more there are."""
    paths = [kept("a", *(passed(f"t{n}") for n in range(30))), kept("b", passed("t0"))]
    assert main(["runs", "compare", *paths]) == 0
    assert "... 9 more (--all)" in capsys.readouterr().out
    assert main(["runs", "compare", *paths, "--all"]) == 0
    assert "t29" in capsys.readouterr().out
    later = {"started": "2026-11-30T14:00:00Z"}
    paths = [paths[0], kept("c", *(failed(f"t{n}") for n in range(30)), **later)]
    assert main(["runs", "history", *paths]) == 1
    assert "... 10 more (--all)" in capsys.readouterr().out
    assert main(["runs", "history", *paths, "--all"]) == 1
    assert "t29" in capsys.readouterr().out


def test_servers_are_compared_to_where_their_timelines_part(kept, capsys, tmp_path):
    """Of one run, by the files that it kept."""
    files = {}
    for server, actor in (
        ("xvfb", started().present(1).idle(1).complete(1, 11)),
        ("xephyr", started().present(1).complete(1, 11)),
    ):
        files[server] = {"timeline data": f"{server}/timeline.jsonl"}
        (tmp_path / "a" / server).mkdir(parents=True)
        path = tmp_path / "a" / server / "timeline.jsonl"
        path.write_bytes(timeline_bytes(actor.timeline))
    path = kept(
        "a", passed("one", files=files["xvfb"]), failed("one", "xephyr", files=files["xephyr"])
    )
    assert main(["runs", "compare", path, "--server", "xvfb", "--server", "xephyr"]) == 1
    said = capsys.readouterr().out
    assert "where timelines part: 1\n  test.py::one\n" in said
    assert re.search(r"Idle serial=1 .* \| no more", said)
    (tmp_path / "a" / "xvfb" / "timeline.jsonl").write_text("odd\n")
    assert main(["runs", "compare", path, "--server", "xvfb", "--server", "xephyr"]) == 2
    assert "is no timeline" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["show", "{none}"], "does not exist|No such file"),
        (["show", "{damaged}"], "line 1: expected JSON, got 'odd'"),
        (["compare", "{good}"], "there is one thing only to compare"),
        (["compare", "{good}", "{damaged}"], "line 1: expected JSON"),
        (["compare", "{good}", "--server", "xorg"], "no run judges xorg"),
        (["history", "{good}", "{damaged}"], "line 1: expected JSON"),
        (["history", "{good}", "{good}"], "needs two runs or more"),
        (["history", "{good}", "{empty}", "--only", "odd"], "--only odd fits no test"),
        (
            ["table", "{good}", "{folder}", "-o", "{none}"],
            "folder holds no results.json: leave it out",
        ),
        (["history", "{folder}", "{good}"], "folder holds no results.json: leave it out"),
        (["merge", "{good}", "-o", "{good}"], "is one of the runs to merge"),
        (["table", "{empty}", "-o", "{none}"], "no test in .* ran on a server"),
        (["table", "{good}", "-o", "{none}", "--assertions", "{none}"], "is no folder of tables"),
        (["table", "{good}", "-o", "{none}", "--earlier", "{damaged}"], "odd: expected JSON"),
        (
            ["table", "{good}", "-o", "{none}", "--earlier", "{damaged}"],
            "name a verdicts.json that xharness runs table has written",
        ),
        (
            ["table", "{good}", "-o", "{none}", "--earlier", "{good}/results.json"],
            "name a file that xharness runs table has written",
        ),
        (
            ["table", "{good}", "-o", "{none}", "--earlier", "{good}"],
            "verdicts.json cannot be read",
        ),
    ],
)
def test_what_cannot_be_used_is_told_from_a_regression(kept, capsys, tmp_path, words, problem):
    """Status 2, and one sentence."""
    (tmp_path / "odd").write_text("odd")
    places = {"none": tmp_path / "none", "damaged": tmp_path / "odd"}
    (tmp_path / "folder").mkdir()
    places |= {
        "folder": tmp_path / "folder",
        "good": kept("a", passed("one")),
        "empty": kept("empty"),
    }
    assert main(["runs", *(word.format(**places) for word in words)]) == 2
    said = capsys.readouterr().err
    assert re.match(rf"xharness: .*({problem})", said)
    assert said.count("\n") == 1
    assert not (tmp_path / "none").exists()


def test_a_broken_pattern_is_refused(capsys):
    """By argparse, status 2."""
    with pytest.raises(SystemExit) as ended:
        main(["runs", "history", "a", "b", "--only", "("])
    assert ended.value.code == 2
    assert "'(' is no regular expression" in capsys.readouterr().err


@pytest.mark.parametrize("factor", ["0", "nan", "inf", "x", ""])
def test_an_impossible_factor_is_refused(factor, capsys):
    """By argparse, status 2."""
    with pytest.raises(SystemExit) as ended:
        main(["runs", "compare", "a", "b", "--slower", factor])
    assert ended.value.code == 2
    assert "--slower" in capsys.readouterr().err


@pytest.mark.parametrize("days", ["0", "-1", "nan", "inf", "x"])
def test_impossible_days_are_refused_as_days(days, capsys):
    """By argparse, status 2."""
    with pytest.raises(SystemExit) as ended:
        main(["runs", "flakes", "a", "--days", days])
    assert ended.value.code == 2
    assert f"--days: expected a number of days such as 7, got {days!r}" in capsys.readouterr().err


def test_the_table_is_a_page_and_its_data(kept, capsys, tmp_path):
    """Each cell says its verdict in words, and a known bug links to its report."""
    (tmp_path / "assertions").mkdir()
    (tmp_path / "assertions" / "present.toml").write_text(
        'title = "Present"\n["First"]\nPRE-001 = { status = "L", says = "One < two." }\n'
        'PRE-002 = { status = "L", says = "Nobody tests this." }\n'
    )
    cause = Cause(CauseKind.BUG, "CVE-2025-62229: a bug", "https://www.cve.org/1")
    bug = passed("one", outcome=Outcome.EXPECTED, cause=cause)
    path = kept(
        "a",
        replace(bug, assertions=("PRE-001",)),
        replace(passed("one", "xephyr"), assertions=("PRE-001",)),
    )
    output, tables = tmp_path / "out", tmp_path / "assertions"
    assert main(["runs", "table", path, "-o", str(output), "--assertions", str(tables)]) == 0
    said = capsys.readouterr().out
    assert "xephyr 21.1.16: 1 holds, 1 not run\nxvfb 21.1.7: 1 known bug, 1 not run\n" in said
    page = (output / "index.html").read_text(encoding="utf-8")
    assert "One &lt; two." in page
    assert re.search(r'data-holding="known bug">! known bug', page)
    assert '<a href="https://www.cve.org/1">CVE-2025-62229: a bug</a>' in page
    assert page.count('data-holding="not run"') == 2
    assert "http" not in page.replace("https://www.cve.org/1", "")
    data = json.loads((output / "verdicts.json").read_text(encoding="utf-8"))
    assert [server["version"] for server in data["servers"]] == ["21.1.16", "21.1.7"]


def test_a_table_keeps_the_servers_of_an_earlier_one(kept, capsys, tmp_path):
    """Those that are judged again are new; of an assertion that is new nothing is known before."""
    earlier = kept(
        "a",
        replace(passed("one", "xephyr"), assertions=("PRE-001",)),
        replace(failed("one"), assertions=("PRE-001",)),
    )
    later = kept("b", replace(passed("one"), assertions=("PRE-001", "PRE-002")))
    old, new, tables = tmp_path / "old", tmp_path / "new", tmp_path / "tables"
    tables.mkdir()
    words = ["--assertions", str(tables)]
    assert main(["runs", "table", earlier, "-o", str(old), *words]) == 0
    words += ["--earlier", str(old)]
    capsys.readouterr()
    assert main(["runs", "table", later, "-o", str(new), *words]) == 0
    assert capsys.readouterr().out.splitlines()[:2] == [
        *("xephyr 21.1.16: 1 holds, 1 not run", "xvfb 21.1.7: 2 holds")
    ]
    assert main(["runs", "table", later, "-o", str(new), *words]) == 0
    table = json.loads((new / "verdicts.json").read_text(encoding="utf-8"))
    assert [one["runs"] for one in table["servers"]] == [["a"], ["b"]]


def test_the_table_of_a_foreign_run_is_a_page_that_does_not_act(kept, tmp_path):
    """Only addresses become links; lone surrogates and odd versions do no harm."""
    cause = Cause(CauseKind.BUG, "a \ud800 bug", "javascript:alert(1)")
    test = replace(passed("one", outcome=Outcome.EXPECTED, cause=cause), assertions=("PRE-001",))
    path = kept("a", test, servers={"xvfb": replace(XVFB, version="\u00b2.1")})
    assert main(["runs", "table", path, "-o", str(tmp_path / "out")]) == 0
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert re.search(r"<title>What X servers do: \d+ assertions, 1 server</title>", page)
    assert "a \\ud800 bug" in page
    assert "javascript:" not in page


def test_what_the_system_refuses_is_told_from_a_regression(kept):
    """Such as a name that is too long, or a full disk."""
    good = kept("a", passed("one"))
    long = f"{good}-{'x' * 300}"
    with Path("/dev/full").open("w") as full:
        for words, stdout, problem in (
            (["show", long], subprocess.PIPE, "File name too long"),
            (["compare", good, good], full, "No space left on device"),
        ):
            command = [sys.executable, "-m", "harness.cli", "runs", *words]
            done = subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True)
            assert (done.returncode, done.stderr.count("\n")) == (2, 1)
            assert problem in done.stderr


def test_no_timeline_from_outside_of_a_run_is_read(kept, capsys, tmp_path):
    """A run that was downloaded may name anything."""
    (tmp_path / "secret").write_text("no timeline")
    test = passed("one", files={"timeline data": "../secret"})
    assert main(["runs", "compare", kept("a", test), kept("b", test)]) == 0
    assert "nothing differs" in capsys.readouterr().out


def test_a_run_that_a_link_names_too_counts_once(kept, tmp_path):
    """As latest does in results/*."""
    path = kept("a", replace(passed("one"), assertions=("PRE-001",)))
    (tmp_path / "latest").symlink_to(path)
    words = ["runs", "table", path, str(tmp_path / "latest"), "-o", str(tmp_path / "out")]
    assert main(words) == 0
    data = json.loads((tmp_path / "out" / "verdicts.json").read_text())
    (line,) = (one for one in data["assertions"] if one["id"] == "PRE-001")
    assert line["cells"][0]["tests"] == 1
