# SPDX-License-Identifier: MIT
"""``summary.md``: the verdict on a night in Markdown, what is new and bad first."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from harness.inputs import printable
from harness.nightly.night.night import (
    BuildStatus,
    BuildVerdict,
    JobStatus,
    Night,
    NightFailure,
    Uncovered,
)
from harness.wording import counted

SHOWN = 12
"""Of each kind of thing; the report has all."""

_LONGEST = 300
"""How much (characters) of a message stands in the summary."""


def summary(night: Night, links: Mapping[str, str], pages: Sequence[tuple[str, str]]) -> str:
    """The summary of the night.

    ``links`` are the places of tests in the report by their ids, ``pages`` titles and places of
    pages; all relative to the folder of the summary.
    """
    parts: Iterable[Iterator[str]] = (
        _head(night),
        _new_failures(night.new_failures, links),
        _builds(night.builds),
        _jobs(night),
        _old_failures(night.old_failures, links),
        _flakes(night, links),
        _listed("Fixed", (f"{_test(name, links)}" for name in night.fixed), len(night.fixed)),
        _stale("Stale expectations", night.stale),
        _stale("Expectations that may go", night.needless),
        _uncovered(night.uncovered),
        _listed(
            "Slower tests",
            (f"{_test(s.test, links)}: {s.before:.2f} s, now {s.now:.2f} s" for s in night.slower),
            len(night.slower),
        ),
        _pages(pages),
    )
    lines = [""]
    # A block ends with an empty line, and a section begins with one.
    lines += (line for line in chain.from_iterable(parts) if line or lines[-1])
    return printable("\n".join(lines[1:])) + "\n"


def in_a_line(night: Night) -> str:
    """The verdict in one line: ``red: 2 new failures``."""
    return f"red: {', '.join(night.red)}" if night.red else "green"


def _head(night: Night) -> Iterator[str]:
    began = night.started.replace("T", " ").replace("Z", " UTC")
    yield f"# Night of {began}: {'red' if night.red else 'green'}"
    yield ""
    yield from (f"- **{_plain(reason)}**" for reason in night.red)
    good = (
        f"the last green night is `{night.last_good}`"
        if night.last_good
        else "no night before was green"
    )
    yield f"- night `{night.id}`, suites of {_plain(night.suites)}; {good}"
    yield from (f"- {_plain(note)}" for note in night.notes)
    if night.counts:
        yield from ("", "| server | tests |", "|---|---|")
        yield from (f"| {_plain(server)} | {_plain(words)} |" for server, words in night.counts)


def _new_failures(failures: Sequence[NightFailure], links: Mapping[str, str]) -> Iterator[str]:
    if not failures:
        return
    groups = _grouped(failures)
    yield from ("", f"## {counted(len(failures), 'new failure').capitalize()}")
    for group in groups[:SHOWN]:
        first = group[0]
        yield ""
        yield f"### {_title(first)}"
        yield ""
        if first.explanation:
            yield from (_plain(first.explanation), "")
        yield f"{_outcome(first)}: {_code(first.message)}"
        if first.script:
            yield f"([script that shows it]({_address(first.script)}))"
        yield ""
        yield from (f"- {_test(one.test, links)}" for one in group[:SHOWN])
        yield from _more(len(group), "test")
    yield from _more(len(groups), "group")


def _title(failure: NightFailure) -> str:
    if failure.commit is None:
        return _plain(failure.verdict or "not explained")
    words = f"`{failure.commit.commit[:12]}` {_plain(failure.commit.subject)}"
    words += f" ({_plain(failure.commit.author)})" if failure.commit.author else ""
    others = len(failure.commit.candidates)
    doubt = (
        f", or one of {counted(others, 'other commit')} that could not be built" if others else ""
    )
    return f"{_plain(failure.verdict)}: {words}{doubt}"


def _grouped(failures: Sequence[NightFailure]) -> list[list[NightFailure]]:
    """Failures of one explanation and cause together, the largest group first."""
    groups: dict[tuple[object, ...], list[NightFailure]] = {}
    for one in failures:
        cause = one.outcome, one.cause
        # What a commit broke is one thing, however it shows.
        key = (one.commit,) if one.commit else (one.verdict, one.explanation, *cause)
        groups.setdefault(key, []).append(one)
    return sorted(groups.values(), key=lambda group: -len(group))


def _builds(builds: Sequence[BuildVerdict]) -> Iterator[str]:
    bad = [one for one in builds if not one.good]
    if not bad:
        return
    yield from ("", f"## {counted(len(bad), 'build that failed').capitalize()}", "")
    for one in bad:
        where = " ".join(filter(None, (one.repository, one.ref, one.commit[:12])))
        log = f" ([log]({_address(one.log)}))" if one.log else ""
        named = f"- **{_plain(one.name)}** ({_plain(where)})"
        if one.status is not BuildStatus.BUILT:
            yield f"{named}: {one.status}{log}"
            yield from _block(one.reason)
        for kind, reason in one.lacks.items():
            yield f"{named}: no {kind}{log}"
            yield from _block(reason)


def _jobs(night: Night) -> Iterator[str]:
    told = {one.name for one in night.builds if not one.good}
    bad = [
        one
        for one in night.jobs
        if one.status is not JobStatus.JUDGED
        and not (one.status is JobStatus.NOT_BUILT and told & _origins(one.server))
    ]
    if not bad:
        return
    yield from ("", "## Jobs without a whole result", "")
    for one in bad:
        yield f"- {_plain(one.name)}: **{one.status}**"
        yield from _block(one.reason)


def _origins(server: str) -> set[str]:
    """The names that the build of a server may have: its own, or that of its package."""
    return {server, server.partition("@")[2]}


def _block(text: str) -> Iterator[str]:
    """Lines of ``text`` as code below the point of a list: its first and its last ones."""
    lines = text.strip().splitlines()
    if len(lines) > SHOWN:
        lines[SHOWN // 2 : -SHOWN // 2] = ["..."]
    if lines:
        yield from ("", *(f"      {line[:_LONGEST]}" for line in lines), "")


def _old_failures(failures: Sequence[NightFailure], links: Mapping[str, str]) -> Iterator[str]:
    lines = (
        f"{_test(one.test, links)}: {_outcome(one)}, since `{one.since}` "
        f"({counted(one.nights, 'night')}){f', {_title(one)}' if one.verdict else ''}: "
        f"{_code(one.message)}"
        for one in failures
    )
    return _listed("Failures of earlier nights", lines, len(failures))


def _flakes(night: Night, links: Mapping[str, str]) -> Iterator[str]:
    lines = (
        f"{_test(one.test, links)}: flaky in {one.flaky} of {counted(one.judged, 'night')} "
        f"({one.rate:.0%}), {_code(one.message)}"
        for one in night.flakes
    )
    return _listed(f"Flakes ({night.flakes_of_week} in a week)", lines, len(night.flakes))


def _stale(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield from ("", f"## {title}", "")
    for line in lines[:SHOWN]:
        where, _, text = line.partition("\n")
        yield f"- {_plain(where)}"
        yield from _block(text)
    yield from _more(len(lines), "line")


def _uncovered(skips: Sequence[Uncovered]) -> Iterator[str]:
    lines = (
        f"{counted(len(one.tests), 'test')}, {_plain(one.need)}: "
        + (f"allowed, {_plain(one.allowed)} (<{one.link}>)" if one.allowed else _code(one.tests[0]))
        for one in skips
    )
    yield from _listed("Tests that no run covers", lines, len(skips))
    if any(not one.allowed for one in skips):
        yield from (
            "",
            "Name a server that covers them, or allow them: `[[policy.allowed-skips]]`.",
        )


def _pages(pages: Sequence[tuple[str, str]]) -> Iterator[str]:
    if pages:
        yield from ("", "## Pages", "")
        yield from (f"- [{title}]({_address(place)})" for title, place in pages)


def _listed(title: str, lines: Iterable[str], count: int) -> Iterator[str]:
    if not count:
        return
    yield from ("", f"## {title}", "")
    yield from (f"- {line}" for line, _ in zip(lines, range(SHOWN), strict=False))
    yield from _more(count, "line")


def _more(count: int, words: str) -> Iterator[str]:
    if count > SHOWN:
        yield f"- ... {counted(count - SHOWN, f'more {words}')}"


def _outcome(failure: NightFailure) -> str:
    return _plain(
        " ".join(filter(None, (failure.outcome, f"({failure.cause})" if failure.cause else "")))
    )


def _test(name: str, links: Mapping[str, str]) -> str:
    place = links.get(name)
    return f"[{_code(name)}]({_address(place)})" if place else _code(name)


def _code(text: str) -> str:
    """The first line of ``text`` as code, whatever it holds."""
    line = text.strip().partition("\n")[0].replace("`", "'").strip()
    return f"`{line[:_LONGEST]}`" if line else "`-`"


def _plain(text: str) -> str:
    """``text`` on one line, in which nothing is Markdown or HTML."""
    line = " ".join(text.split())
    return re.sub(r"([\\`*_\[\]<>|#])", r"\\\1", line[: 3 * _LONGEST])


def _address(place: str | Path) -> str:
    """A place as the address of a link: what would end it is encoded."""
    text = str(place)
    return re.sub(r"[\s()<>]", lambda found: f"%{ord(found[0]):02X}", text)
