# SPDX-License-Identifier: MIT
"""Single faults that C sources can have: each changes one operator, constant, call or condition.

Where one can be is read from the syntax tree, so that comments, texts and directives of the
preprocessor stay as they are.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from tree_sitter import Node

from tools.reach.syntax import functions_in, name_of, text_of

_OPERATORS: Mapping[str, str] = dict(
    pair.split()
    for pair in (
        *("< <=", "<= <", "> >=", ">= >", "== !=", "!= =="),
        *("+ -", "- +", "* +", "/ *", "% +", "<< >>", ">> <<"),
        *("& |", "| &", "^ |", "&& ||", "|| &&"),
        *("+= -=", "-= +=", "|= &=", "&= |=", "++ --", "-- ++"),
    )
)

_WORDS: Mapping[str, str] = dict(
    pair.split()
    for pair in (
        "TRUE FALSE",
        "FALSE TRUE",
        "true false",
        "false true",
        "xTrue xFalse",
        "xFalse xTrue",
    )
)

_UNSEEN_CALLS = frozenset(
    {
        *("assert", "free", "ErrorF", "LogMessage", "LogMessageVerb", "xf86DrvMsg", "xf86Msg"),
        *("DebugPresent", "DebugF", "BUG_WARN", "BUG_RETURN", "perror"),
    }
)
"""Calls that leave no trace in the protocol or in pixels: logs, checks of the server's own state,
and memory that is given back, which sanitizers and tests of leaks are about."""


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


def draw(files: Mapping[str, bytes], seed: str) -> Iterator[Fault]:
    """All lines of ``files`` that can have a fault, in an order by ``seed``: one fault of each.

    The order depends on the sources and the seed alone.
    """
    lines: dict[tuple[str, int], list[Fault]] = {}
    for file in sorted(files):
        for fault in faults_in(file, files[file]):
            lines.setdefault((file, fault.line), []).append(fault)
    chance = random.Random(seed)
    places = sorted(lines)
    chance.shuffle(places)
    for place in places:
        yield chance.choice(lines[place])


def faults_in(file: str, source: bytes) -> list[Fault]:
    """Every fault that the functions of ``source`` can have, in the order of its text."""
    found = [
        _fault(file, source, function, *change)
        for function in functions_in(source)
        for node in _all(function.child_by_field_name("body"))
        for change in _changes(node)
    ]
    return _numbered(sorted(found, key=lambda fault: (fault.start, fault.end, fault.after)))


def _numbered(faults: Iterable[Fault]) -> list[Fault]:
    counts: Counter[tuple[str, str, str]] = Counter()
    found = []
    for fault in faults:
        counts[alike := (fault.function, fault.text, fault.becomes)] += 1
        found.append(replace(fault, nth=counts[alike]))
    return found


_Change = tuple[Node, str, str]
"""What is replaced, by what, and what that is in words."""


def _changes(node: Node) -> Iterator[_Change]:
    for change in _RULES.get(node.type, ()):
        yield from change(node)


def _operator(node: Node) -> Iterator[_Change]:
    operator = node.child_by_field_name("operator")
    if operator is not None and (other := _OPERATORS.get(text_of(operator))):
        yield operator, other, "operator"


def _number(node: Node) -> Iterator[_Change]:
    text = text_of(node)
    try:
        value = int(text, 0)
    except ValueError:
        return
    yield node, str(value + 1), "constant"
    if value:
        yield node, str(value - 1), "constant"


def _word(node: Node) -> Iterator[_Change]:
    if other := _WORDS.get(text_of(node)):
        yield node, other, "constant"


def _statement(node: Node) -> Iterator[_Change]:
    inner = node.named_children[0] if node.named_children else None
    if inner is None:
        return
    if inner.type == "assignment_expression":
        yield node, ";", "assignment removed"
    elif inner.type == "call_expression":
        called = inner.child_by_field_name("function")
        name = text_of(called).rsplit(">", 1)[-1] if called is not None else ""
        # In capital letters it is a macro, of which those that declare something do not compile.
        if name not in _UNSEEN_CALLS:
            yield node, ";", "call removed"
    elif inner.type == "update_expression":
        yield node, ";", "step removed"


def _condition(node: Node) -> Iterator[_Change]:
    condition = node.child_by_field_name("condition")
    if condition is None:
        return
    if condition.type == "parenthesized_expression":
        yield condition, f"(!{text_of(condition)})", "condition negated"
    else:
        yield condition, f"!({text_of(condition)})", "condition negated"


def _return(node: Node) -> Iterator[_Change]:
    value = node.named_children[0] if node.named_children else None
    if value is not None and value.type in ("identifier", "field_expression", "call_expression"):
        yield value, f"!({text_of(value)})", "result negated"


def _off_by_one(node: Node) -> Iterator[_Change]:
    """A bound of a comparison that is one more."""
    operator, bound = node.child_by_field_name("operator"), node.child_by_field_name("right")
    if operator is None or bound is None or text_of(operator) not in ("<", "<=", ">", ">="):
        return
    if bound.type in ("identifier", "field_expression"):
        yield bound, f"({text_of(bound)} + 1)", "off by one"


def _jump(node: Node) -> Iterator[_Change]:
    # A case that falls through is a fault of its own; one that ends its switch is none.
    yield node, ";", f"{text_of(node).rstrip(';')} removed"


_RULES: Mapping[str, tuple[Callable[[Node], Iterator[_Change]], ...]] = {
    "binary_expression": (_operator, _off_by_one),
    "update_expression": (_operator,),
    "assignment_expression": (_operator,),
    "number_literal": (_number,),
    "identifier": (_word,),
    "true": (_word,),
    "false": (_word,),
    "expression_statement": (_statement,),
    "if_statement": (_condition,),
    "while_statement": (_condition,),
    "for_statement": (_condition,),
    "conditional_expression": (_condition,),
    "return_statement": (_return,),
    "break_statement": (_jump,),
    "continue_statement": (_jump,),
}


def _fault(file: str, source: bytes, function: Node, node: Node, after: str, what: str) -> Fault:
    start, end = node.start_byte, node.end_byte
    before = source[start:end].decode(errors="replace")
    first = source.rfind(b"\n", 0, start) + 1
    last = source.find(b"\n", end)
    last = len(source) if last < 0 else last
    return Fault(
        file=file,
        function=name_of(function),
        line=node.start_point[0] + 1,
        start=start,
        end=end,
        before=before,
        after=after,
        what=what,
        text=_flat(source[first:last]),
        becomes=_flat(source[first:start] + after.encode() + source[end:last]),
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
        if called is not None and text_of(called) in _UNSEEN_CALLS:
            return
    yield node
    for child in node.children:
        yield from _all(child)


def _flat(text: bytes) -> str:
    return " ".join(text.decode(errors="replace").split())
