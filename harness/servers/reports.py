# SPDX-License-Identifier: MIT
"""What sanitizers and valgrind report of a server, read from the files that they write into."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import HarnessError

SHOWN_LINES = 24
"""Of a report that a message quotes; a leak check or a freed block adds many."""

KEPT_BYTES = 1 << 20
"""Of all reports of one server that are kept as evidence."""

VALGRIND_LOG = "valgrind"
SANITIZER_LOGS = "asan", "lsan", "msan", "tsan", "ubsan"
"""How the names of the files in a server's folder begin; a dot and a process id follow."""

_SANITIZER = re.compile(
    r"^(?:==\d+==)?(?:ERROR: (?P<error>(?:Address|HWAddress|Leak)Sanitizer: .*)"
    r"|(?:ERROR|WARNING): (?P<warning>(?:Memory|Thread)Sanitizer: .*)"
    r"|(?P<place>\S+:\d+:\d+): runtime error: (?P<undefined>.*))"
)
_LEAKS = "LeakSanitizer: detected memory leaks"
"""The line before a list of leaks, which are errors one by one."""
_LEAK = re.compile(r"^(?P<kind>Direct|Indirect) leak of .*(?= allocated from:)")
_VALGRIND = re.compile(r"^==\d+==(?: (?P<text>.*))?$")
_UNFINISHED = re.compile(rb"==\d+== *[^ \n]")
"""A line of valgrind's that another one follows: an empty one ends each error."""

_FRAME = re.compile(
    r"^\s+(?:#\d+ 0x[0-9a-f]+ in|(?:at|by) 0x[0-9A-F]+:) (?P<function>\S+) ?(?P<place>.*)"
)
_OF_THE_TOOL = re.compile(r"vgpreload|vg_replace|lib[a-z]+san\b|sanitizer_common|libsanitizer")
_NO_ERROR = re.compile(r"are (?:still reachable|indirectly lost)|^Process terminating")
"""What valgrind adds to its errors: memory that is in use, and how the server ended."""

_ADDRESS = re.compile(r" (?:on|at) (?:unknown )?address 0x.*| \(pid=\d+\)")


@dataclass(frozen=True, slots=True)
class Report:
    """One error that a tool saw in a server: in one line, and its first lines as written.

    ``at_start``: before the server was ready for clients.
    """

    headline: str
    excerpt: str
    at_start: bool = False


class SanitizerReported(HarnessError):
    """A sanitizer or valgrind reported errors of a server.

    ``when`` says when in words, ``served`` are the tests that the server had served, in order.
    The message has the first of ``reports``; ``text`` is all that was written.
    """

    def __init__(
        self,
        server: str,
        reports: Sequence[Report],
        when: str,
        served: Sequence[str] = (),
        text: str = "",
    ) -> None:
        first, *others = reports
        when = "while it started" if first.at_start else when
        lines = [first.headline, f"  reported of {server} {when}"]
        lines += [f"    {line}" for line in first.excerpt.splitlines()]
        if others:
            lines.append(f"  {len(others)} more, the next one: {others[0].headline}")
        lines += _listed(served)
        lines.append(
            "  To go on with an error that is known, give the tool a suppression file: "
            "docs/sanitizers.md"
        )
        super().__init__("\n".join(lines))
        self.server, self.reports, self.served = server, tuple(reports), tuple(served)
        self.text = text


class SanitizerReportedAtEnd(SanitizerReported):
    """A sanitizer or valgrind reported errors when a server ended that had served several tests.

    A leak is found at the end alone: one of ``served`` may have caused it, or several.
    """


def _listed(served: Sequence[str]) -> list[str]:
    return ["  it had served", *(f"    {name}" for name in served)] if served else []


def reports_in(text: str) -> list[Report]:
    """The errors in what a tool wrote, or in a server's log that has them among other lines."""
    blocks = list(_blocks(text.splitlines()))
    # Indirect leaks go with a direct one, unless they lead to each other.
    own = [block for block in blocks if not block[0].startswith("Indirect leak")]
    return [_report(block) for block in own or blocks]


def _blocks(lines: Sequence[str]) -> Iterator[list[str]]:
    """The lines of each error, without the process id with which valgrind begins them."""
    block: list[str] = []
    valgrind = False
    for line in lines:
        quoted = _VALGRIND.match(line)
        if quoted is not None:
            text = quoted["text"] or ""
            if not valgrind or not text.strip():
                if _is_error(block):
                    yield block
                block = []
            valgrind = True
            block += [text] if text.strip() else []
        elif _SANITIZER.match(line) or _LEAK.match(line):
            if _is_error(block):
                yield block
            block, valgrind = [line], False
        elif not valgrind and block:
            block.append(line)
    if _is_error(block):
        yield block


def _is_error(block: Sequence[str]) -> bool:
    if not block:
        return False
    if _SANITIZER.match(block[0]):
        return not block[0].endswith(_LEAKS)
    if _LEAK.match(block[0]):
        return True
    return any(map(_FRAME.match, block)) and not _NO_ERROR.search(block[0])


def _report(block: Sequence[str]) -> Report:
    said, leak = _SANITIZER.match(block[0]), _LEAK.match(block[0])
    if leak is not None:
        what = f"LeakSanitizer: {leak[0][0].lower()}{leak[0][1:]}"
    elif said is None:
        what = f"valgrind: {block[0].strip()}"
    elif said["place"]:
        what = f"UndefinedBehaviorSanitizer: {said['undefined']}"
    else:
        what = (said["error"] or said["warning"]).strip()
    what = _ADDRESS.sub("", what)
    if said is not None and said["place"]:
        where = f" ({said['place']})"
    else:
        frames = (frame for frame in map(_FRAME.match, block) if frame is not None)
        own = (one for one in frames if not _OF_THE_TOOL.search(one["place"]))
        where = next((f" in {one['function']}" for one in own if one["function"] != "???"), "")
    omitted = len(block) - SHOWN_LINES
    more = [f"... {omitted} more lines"] if omitted > 0 else []
    return Report(f"{what}{where}", "\n".join([*block[:SHOWN_LINES], *more]))


class ReportFiles:
    """The files into which a tool writes about one server, among them the server's own log.

    They are those beside ``log`` and ``elsewhere``, prefixes of names that end with a process id.
    """

    def __init__(self, log: Path, elsewhere: Sequence[Path] = ()) -> None:
        self._log, self._elsewhere = log, elsewhere
        self._pids: set[int] = set()
        self._read: dict[Path, int] = {}
        self._kept = ""
        self.any = False
        """Whether there was an error."""

    def belong_to(self, *pids: int) -> None:
        """Note the processes whose files ``elsewhere`` are the server's."""
        self._pids.update(pids)

    def new(self, *, ended: bool) -> list[Report]:
        """The errors written since the last call.

        Unless the server has ``ended``, one that is being written counts the next time.
        """
        found: list[Report] = []
        for path in self._paths():
            text = self._unread(path, ended)
            reports = reports_in(text)
            found += reports
            if path != self._log or reports:
                self._kept = (self._kept + text)[:KEPT_BYTES]
        self.any = self.any or bool(found)
        return found

    @property
    def text(self) -> str:
        """What the tools wrote so far, as it was when ``new`` was last called."""
        return self._kept

    def _paths(self) -> list[Path]:
        own = [VALGRIND_LOG, *SANITIZER_LOGS]
        beside = [one for one in self._log.parent.glob("*.*") if one.name.split(".")[0] in own]
        further = [Path(f"{prefix}.{pid}") for prefix in self._elsewhere for pid in self._pids]
        return sorted({self._log, *beside, *(path for path in further if path.exists())})

    def _unread(self, path: Path, ended: bool) -> str:
        at = self._read.get(path, 0)
        try:
            if path.stat().st_size <= at:
                return ""
            with path.open("rb") as file:
                file.seek(at)
                data = file.read(KEPT_BYTES)
        except OSError:
            return ""
        if not ended:
            data = _whole(data)
        self._read[path] = at + len(data)
        return data.decode(errors="backslashreplace")


def _whole(data: bytes) -> bytes:
    """``data`` without its last line, and without the last error of valgrind, if cut short."""
    lines = data[: data.rfind(b"\n") + 1].splitlines(keepends=True)
    while lines and _UNFINISHED.match(lines[-1]):
        lines.pop()
    return b"".join(lines)
