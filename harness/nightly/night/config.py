# SPDX-License-Identifier: MIT
"""``nightly.toml``: what a night judges, and what makes it red.

Its tables ``[builds.NAME]`` are read by the room of builds.
"""

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from enum import StrEnum
from pathlib import Path
from typing import Any

from harness.errors import HarnessError
from harness.servers.kinds.table import ServerKind

_TABLES = ("builds", "night", "policy")


class ConfigError(HarnessError):
    """The file cannot be used; the text names the file and the line."""


class _NotKnown(ValueError):
    """A word that is none of those which are expected."""

    def __init__(self, expected: str, got: str, word: str, known: tuple[str, ...]) -> None:
        self.expected, self.got, self.word, self.known = expected, got, word, known


class Weight(StrEnum):
    """What something found means for the night."""

    FAIL = "fail"
    """The night is red."""
    REPORT = "report"
    """It stands in the summary, and the night may be green."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UncoveredSkip:
    """An allowance: tests that no run of the night covers because of ``need``.

    ``need`` is a part of the words of the skip (``presentations that flip``); ``reason`` and
    ``link`` say why no server of the night has it.
    """

    need: str
    reason: str
    link: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What makes a night red.

    ``flakes_a_week`` is the budget of a pipeline; ``slower`` the factor from which a test counts
    as slower than in the last good night.
    """

    new_failures: Weight = Weight.FAIL
    old_failures: Weight = Weight.FAIL
    failed_builds: Weight = Weight.FAIL
    stale_expectations: Weight = Weight.FAIL
    uncovered_skips: Weight = Weight.FAIL
    flake_budget: Weight = Weight.FAIL
    slower_tests: Weight = Weight.REPORT
    flakes_a_week: int = 1
    slower: float = 2.0
    allowed_skips: tuple[UncoveredSkip, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NightConfig:
    """What a night judges, and how.

    ``builds`` are the names of the tables of builds, ``servers`` further servers as ``--server``
    takes them.  ``options`` are for pytest, ``workers`` is its ``-n``, ``shards`` into how many
    jobs each server is cut.  ``expectations`` are folders of expectations, ``suppressions`` is the
    one with what sanitizers are not to report, ``nights`` the one of the nights; of ``keep``
    nights results stay, of ``keep_evidence`` ones evidence and pages too.  At most ``bisect``
    causes of a night are bisected, and none is begun after ``explain_minutes``.
    """

    builds: tuple[str, ...] = ()
    suites: tuple[str, ...] = ("suites",)
    servers: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    workers: str = "auto"
    shards: int = 1
    expectations: tuple[str, ...] = ()
    suppressions: str = ""
    nights: str = "nights"
    keep: int = 30
    keep_evidence: int = 7
    bisect: int = 3
    explain_minutes: int = 60
    policy: Policy = field(default_factory=Policy)


def read_config(path: Path) -> NightConfig:
    """The configuration in the file ``path``.  Raises ConfigError, located by file and line."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: expected text in UTF-8: {error.reason}") from None
    except OSError as error:
        raise ConfigError(
            f"{path}: {error.strerror or error}; name the file that says what to judge "
            f"(--config FILE), or copy examples/nightly/nightly.toml"
        ) from None
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: {error}") from None
    source = _Source(path, text)
    for name in tables:
        if name not in _TABLES:
            wrong = _NotKnown(f"a table of {', '.join(_TABLES)}", f"[{name}]", name, _TABLES)
            raise source.unknown("", name, wrong)
    night = _members(source, "night", tables, NightConfig, without=("builds", "policy"))
    policy = _members(source, "policy", tables, Policy)
    config = NightConfig(builds=_builds(source, tables), policy=Policy(**policy), **night)
    if not config.builds and not config.servers:
        raise ConfigError(
            f"{path}: expected a table [builds.NAME], or servers in [night], got neither: there "
            f"is nothing to judge"
        )
    if config.keep_evidence > config.keep:
        raise source.error(
            "night", "keep-evidence", f"at most {config.keep}, as keep", str(config.keep_evidence)
        )
    return config


@dataclass(frozen=True, slots=True)
class _Source:
    path: Path
    text: str

    def unknown(self, table: str, key: str, error: _NotKnown) -> ConfigError:
        """What is not known at ``key`` of ``table``, and what it may have meant."""
        close = difflib.get_close_matches(error.word, error.known, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        return self.error(table, key, error.expected, f"{error.got}{hint}")

    def error(self, table: str, key: str, expected: str, got: str) -> ConfigError:
        """What is wrong with ``key`` of ``table``, and in which line."""
        place = f"[{table}] {key}" if table else key
        return ConfigError(
            f"{self.path} line {self._line(table, key)}: {place}: expected {expected}, got {got}"
        )

    def _line(self, table: str, key: str) -> int:
        """The line of the key, else that of its table, else the first."""
        whole = f"{table}.{key}" if table else key
        inside, found = not table, 1
        for number, line in enumerate(self.text.splitlines(), 1):
            if header := re.match(r"\s*\[+\s*([\w.\"'-]+)\s*\]+", line):
                if f"{header[1]}.".startswith(f"{whole}."):
                    return number
                inside = header[1] == table
                found = number if inside else found
            elif inside and re.match(rf"\s*[\"']?{re.escape(key)}[\"']?\s*[.=]", line):
                return number
        return found


def _builds(source: _Source, tables: Mapping[str, Any]) -> tuple[str, ...]:
    builds = tables.get("builds", {})
    if not isinstance(builds, dict):
        raise source.error("", "builds", "tables [builds.NAME]", repr(builds))
    return tuple(builds)


def _members(
    source: _Source,
    table: str,
    tables: Mapping[str, Any],
    kind: type,
    without: tuple[str, ...] = (),
) -> dict[str, Any]:
    """The values of a table by the fields of ``kind``; those that it leaves out are not there."""
    given = tables.get(table, {})
    if not isinstance(given, dict):
        raise source.error("", table, f"a table [{table}]", repr(given))
    known = {one.name.replace("_", "-"): one for one in fields(kind) if one.name not in without}
    found = {}
    for key, value in given.items():
        if key not in known:
            wrong = _NotKnown("a key of it", repr(key), key, tuple(known))
            raise source.unknown(table, key, wrong)
        words, read = _READERS[known[key].name]
        try:
            found[known[key].name] = read(value)
        except _NotKnown as error:
            raise source.unknown(table, key, error) from None
        except (TypeError, ValueError, KeyError):
            raise source.error(table, key, words, _shown(value)) from None
    return found


def _shown(value: object) -> str:
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise TypeError
    return value


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError
    return tuple(_text(one) for one in value)


def _some(value: object) -> tuple[str, ...]:
    found = _texts(value)
    if not found or len(set(found)) < len(found):
        raise ValueError
    return found


def _servers(value: object) -> tuple[str, ...]:
    found = _some(value)
    kinds = tuple(ServerKind)
    for server in found:
        kind, at, name = server.partition("@")
        if kind not in kinds or (at and not name):
            expected = f"KIND or KIND@NAME with a kind of {', '.join(kinds)}"
            raise _NotKnown(expected, repr(server), kind, kinds)
    return found


def _count(least: int) -> Callable[[object], int]:
    def read(value: object) -> int:
        if type(value) is not int or value < least:
            raise TypeError
        return value

    return read


def _workers(value: object) -> str:
    return "auto" if value == "auto" else str(_count(1)(value))


def _factor(value: object) -> float:
    if type(value) not in (int, float) or not 1 < value < float("inf"):  # type: ignore[operator]
        raise TypeError
    return float(value)  # type: ignore[arg-type]


def _weight(value: object) -> Weight:
    return Weight(_text(value))


def _allowed(value: object) -> tuple[UncoveredSkip, ...]:
    if not isinstance(value, list):
        raise TypeError
    names = {one.name for one in fields(UncoveredSkip) if one.default is MISSING}
    for one in value:
        if not isinstance(one, dict) or set(one) != names:
            raise TypeError
        if not _text(one["link"]).startswith(("http://", "https://")):
            raise ValueError
    return tuple(UncoveredSkip(**{key: _text(text) for key, text in one.items()}) for one in value)


_WEIGHT = '"fail" or "report"'

_READERS: Mapping[str, tuple[str, Callable[[object], Any]]] = {
    "suites": ('a list of folders or files of tests, such as ["suites/present"]', _some),
    "servers": ('a list of servers, each once, such as ["xvfb", "xephyr@trixie"]', _servers),
    "options": ('a list of options for pytest, such as ["--quick"]', _texts),
    "workers": ('"auto" or a number of processes from 1 on', _workers),
    "shards": ("a number of jobs for each server from 1 on", _count(1)),
    "expectations": ("a list of folders of expectations", _texts),
    "suppressions": ("a folder with lsan.supp and ubsan.supp", _text),
    "nights": ("a folder", _text),
    "keep": ("a number of nights from 2 on", _count(2)),
    "keep_evidence": ("a number of nights from 1 on", _count(1)),
    "bisect": ("a number of causes from 0 on", _count(0)),
    "explain_minutes": ("a number of minutes from 0 on, 0 for no explanation", _count(0)),
    "new_failures": (_WEIGHT, _weight),
    "old_failures": (_WEIGHT, _weight),
    "failed_builds": (_WEIGHT, _weight),
    "stale_expectations": (_WEIGHT, _weight),
    "uncovered_skips": (_WEIGHT, _weight),
    "flake_budget": (_WEIGHT, _weight),
    "slower_tests": (_WEIGHT, _weight),
    "flakes_a_week": ("a number of flakes from 0 on", _count(0)),
    "slower": ("a factor above 1, such as 2.0", _factor),
    "allowed_skips": (
        "a list of tables with need, reason and link (http...), all of them texts",
        _allowed,
    ),
}
"""For each field the words for what it takes, and what reads it."""
