# SPDX-License-Identifier: MIT
"""``nightly.toml``: every value that cannot be used is named with its line."""

import re
from pathlib import Path

import pytest

from harness.nightly.night.config import ConfigError, NightConfig, Policy, Weight, read_config

ROOT = Path(__file__).resolve().parents[3]

GOOD = '[night]\nservers = ["xvfb"]\n'


@pytest.fixture
def config(tmp_path):
    """Read a configuration with this text."""

    def read(text):
        path = tmp_path / "nightly.toml"
        path.write_text(text)
        return read_config(path)

    return read


def test_what_is_left_out_has_its_default(config):
    """One server is enough."""
    assert config(GOOD) == NightConfig(servers=("xvfb",))
    assert config("[builds.main]\ngit = 'x'\nref = 'main'\n") == NightConfig(builds=("main",))


def test_every_key_is_read(config):
    """In the words of the file, hyphens for underscores."""
    text = """
[builds.main]
git = "x"
ref = "main"
[night]
suites = ["suites/present", "suites/randr/test_version.py"]
servers = ["xephyr@trixie"]
options = ["--quick"]
workers = 4
shards = 2
expectations = ["expectations"]
suppressions = "tools/suppressions"
nights = "all"
keep = 9
keep-evidence = 2
bisect = 0
[policy]
new-failures = "report"
flake-budget = "report"
flakes-a-week = 0
slower = 3
slower-tests = "fail"
[[policy.allowed-skips]]
need = "16 CRTCs"
reason = "no driver"
link = "https://example.org/1"
"""
    found = config(text)
    assert (found.builds, found.servers, found.workers) == (("main",), ("xephyr@trixie",), "4")
    assert (found.keep, found.keep_evidence, found.bisect, found.nights) == (9, 2, 0, "all")
    policy = found.policy
    assert (policy.new_failures, policy.old_failures) == (Weight.REPORT, Weight.FAIL)
    assert (policy.flakes_a_week, policy.slower) == (0, 3.0)
    assert policy.allowed_skips[0].need == "16 CRTCs"


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        (
            "[night]\nservers = ['xvfb', 'xvbf']\n",
            2,
            r"KIND or KIND@NAME with a kind of xvfb, .*, got 'xvbf'; did you mean xvfb\?",
        ),
        ("[night]\nservers = ['xefyr@sid']\n", 2, r"'xefyr@sid'; did you mean xephyr\?"),
        ("[night]\nservers = ['xvfb@']\n", 2, "got 'xvfb@'"),
        (GOOD + "suite = ['x']\n", 3, "a key of it, got 'suite'; did you mean suites?"),
        (GOOD + "suites = 'x'\n", 3, "a list of folders or files of tests"),
        (GOOD + "suites = []\n", 3, "a list of folders or files of tests"),
        ('[night]\nservers = ["xvfb", "xvfb"]\n', 2, "each once"),
        (GOOD + "\n# keep = 1\nkeep = true\n", 5, "a number of nights from 2 on.*got true"),
        (GOOD + "keep = 3\nkeep-evidence = 4\n", 4, "at most 3, as keep"),
        (GOOD + "workers = 0\n", 3, '"auto" or a number'),
        (GOOD + "workers = 'many'\n", 3, '"auto" or a number'),
        (GOOD + "options = [1]\n", 3, "a list of options"),
        (GOOD + "[policy]\nnew-failures = 'warn'\n", 4, '"fail" or "report", got \'warn\''),
        (GOOD + "[policy]\nslower = 1\n", 4, "a factor above 1"),
        (GOOD + "[policy]\nslower = nan\n", 4, "a factor above 1"),
        (GOOD + "[policy]\nflakes-a-week = -1\n", 4, "a number of flakes"),
        (
            GOOD + "[[policy.allowed-skips]]\nneed = 'x'\nreason = 'y'\n",
            3,
            "need, reason and link",
        ),
        (
            GOOD + "[policy]\nallowed-skips = [{need='x', reason='y', link='z'}]\n",
            4,
            "need, reason and link",
        ),
        (GOOD + "[nightly]\n", 3, r"a table of builds, night, policy, got \[nightly\]"),
        ("night = 3\n", 1, r"a table \[night\], got 3"),
        ("builds = 3\n" + GOOD, 1, r"tables \[builds.NAME\], got 3"),
    ],
)
def test_a_wrong_value_is_located(config, text, line, problem):
    """By its file and line, with what was expected."""
    with pytest.raises(ConfigError, match=problem) as raised:
        config(text)
    assert f"nightly.toml line {line}: " in str(raised.value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[night\n", r"at line 1, column 7"),
        ("", "there is nothing to judge"),
        ("[night]\nsuites = ['x']\n", "there is nothing to judge"),
    ],
)
def test_a_file_that_says_nothing_is_refused(config, text, problem):
    """Also one that is no TOML."""
    with pytest.raises(ConfigError, match=problem):
        config(text)


def test_a_file_that_is_not_there_names_the_example(tmp_path):
    """It is the first that a new user meets."""
    with pytest.raises(ConfigError, match=r"No such file.*examples/nightly/nightly.toml"):
        read_config(tmp_path / "nightly.toml")
    (tmp_path / "binary").write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="expected text in UTF-8"):
        read_config(tmp_path / "binary")


def test_the_example_says_all_keys():
    """Each with its default, or with a comment: the example is their reference."""
    path = ROOT / "examples" / "nightly" / "nightly.toml"
    read_config(path)
    text = path.read_text(encoding="utf-8")
    for kind in (NightConfig, Policy):
        for name in set(kind.__slots__) - {"builds", "policy"}:
            assert re.search(rf"^#? ?\[*(policy\.)?{name.replace('_', '-')}", text, re.M), name
