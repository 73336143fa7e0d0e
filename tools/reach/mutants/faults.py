# SPDX-License-Identifier: MIT
"""Single faults that C sources can have: each changes one operator, constant, call or condition.

Where one can be is read from the syntax tree, so that comments, texts and directives of the
preprocessor stay as they are.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from tree_sitter import Node

from tools.reach.mutants.changes import BASIC, UNSEEN_CALLS, Change, Operators, changes
from tools.reach.syntax import functions_in, name_of, text_of


@dataclass(frozen=True, slots=True)
class Fault:
    """A change of ``file``: ``after`` for the bytes from ``start`` to ``end``.

    ``line`` is where it begins, from 1, ``function`` what it is in; ``text`` and ``becomes`` are
    the whole lines that it changes, with single spaces, before and after; it is the ``nth`` such
    change of its function.
    """

    file: str
    function: str
    line: int
    start: int
    end: int
    before: str
    after: str
    what: str
    text: str
    becomes: str
    nth: int = 1

    @property
    def key(self) -> str:
        """What tells it from all other faults of the same sources."""
        return f"{self.file}:{self.start}-{self.end}:{self.after}"

    def applied(self, source: bytes) -> bytes:
        """The sources with the fault, on as many lines as before."""
        return source[: self.start] + _replacing(self.before, self.after) + source[self.end :]


def draw(files: Mapping[str, bytes], seed: str, operators: Operators = BASIC) -> Iterator[Fault]:
    """All lines of ``files`` that can have a fault, in an order by ``seed``: one fault of each.

    The order depends on the sources and the seed alone.
    """
    lines: dict[tuple[str, int], list[Fault]] = {}
    for file in sorted(files):
        for fault in faults_in(file, files[file], operators):
            lines.setdefault((file, fault.line), []).append(fault)
    chance = random.Random(seed)
    places = sorted(lines)
    chance.shuffle(places)
    for place in places:
        yield chance.choice(lines[place])


def faults_in(file: str, source: bytes, operators: Operators = BASIC) -> list[Fault]:
    """Every fault that the functions of ``source`` can have, in the order of its text."""
    found = [
        _fault(file, source, function, change)
        for function in functions_in(source)
        for node in _all(function.child_by_field_name("body"))
        for change in changes(node, operators)
    ]
    return _numbered(sorted(found, key=lambda fault: (fault.start, fault.end, fault.after)))


def _numbered(faults: Iterable[Fault]) -> list[Fault]:
    counts: Counter[tuple[str, str, str]] = Counter()
    found = []
    for fault in faults:
        counts[alike := (fault.function, fault.text, fault.becomes)] += 1
        found.append(replace(fault, nth=counts[alike]))
    return found


def _fault(file: str, source: bytes, function: Node, change: Change) -> Fault:
    start, end = change.start, change.end
    before = source[start:end].decode(errors="replace")
    first = source.rfind(b"\n", 0, start) + 1
    last = source.find(b"\n", end)
    last = len(source) if last < 0 else last
    return Fault(
        file=file,
        function=name_of(function),
        line=source.count(b"\n", 0, start) + 1,
        start=start,
        end=end,
        before=before,
        after=change.after,
        what=change.what,
        text=_flat(source[first:last]),
        becomes=_flat(source[first:start] + change.after.encode() + source[end:last]),
    )


def _replacing(before: str, after: str) -> bytes:
    """``after`` with as many ends of lines as ``before``: other lines keep their numbers."""
    return (after + "\n" * (before.count("\n") - after.count("\n"))).encode()


def _all(node: Node | None) -> Iterator[Node]:
    """``node`` and all below it that is compiled as it stands."""
    if node is None or node.type in ("preproc_def", "preproc_function_def", "sizeof_expression"):
        return
    if node.type == "call_expression":
        called = node.child_by_field_name("function")
        if called is not None and text_of(called) in UNSEEN_CALLS:
            return
    yield node
    for child in node.children:
        yield from _all(child)


def _flat(text: bytes) -> str:
    return " ".join(text.decode(errors="replace").split())
