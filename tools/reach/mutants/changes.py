# SPDX-License-Identifier: MIT
"""The changes that a node of the syntax tree of C sources can have, each by one operator.

``BASIC`` are operators, constants, conditions, and what is left out; ``ALL`` also the slips of
whoever writes or merges such code: a name, an argument or an error in the place of its neighbour.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from tree_sitter import Node

from tools.reach.syntax import text_of

UNSEEN_CALLS = frozenset(
    {
        *("assert", "free", "ErrorF", "LogMessage", "LogMessageVerb", "xf86DrvMsg", "xf86Msg"),
        *("DebugPresent", "DebugF", "BUG_WARN", "BUG_RETURN", "perror"),
    }
)
"""Calls that leave no trace in the protocol or in pixels: logs, checks of the server's own state,
and memory that is given back, which sanitizers and tests of leaks are about."""


@dataclass(frozen=True, slots=True)
class Change:
    """``after`` in the place of the bytes from ``start`` to ``end``; ``what`` says it in words."""

    start: int
    end: int
    after: str
    what: str


Operators = Mapping[str, tuple[Callable[[Node], Iterator[Change]], ...]]
"""By the type of a node, what makes the changes that it can have."""

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
        *("TRUE FALSE", "FALSE TRUE", "true false", "false true"),
        *("xTrue xFalse", "xFalse xTrue"),
    )
)

_PAIRS = (
    *("x y", "X Y", "x1 x2", "y1 y2", "dx dy", "width height", "Width Height", "Horz Vert"),
    *("min max", "Min Max", "num max", "left right", "top bottom", "first last", "begin end"),
    *("src dst", "source dest", "Source Sink", "old new", "before after", "next prev"),
    *("red green", "msc ust", "valid update", "wait idle", "crtc output", "crtcs outputs"),
    *("Crtc Output", "window pixmap", "Window Pixmap", "Add Remove", "Intersect Union"),
)
_NEIGHBOURS: Mapping[str, str] = {
    one: other for pair in _PAIRS for one, other in (pair.split(), reversed(pair.split()))
}
"""Parts of names, and what a slip makes of them; what then names nothing does not compile."""

_ALIKE: Mapping[str, str] = dict(
    pair.split()
    for pair in (
        *("BadValue BadMatch", "BadMatch BadValue", "BadAccess BadMatch", "BadIDChoice BadValue"),
        *("BadLength Success", "BadWindow BadDrawable", "BadName BadValue"),
        *("RRSetConfigFailed RRSetConfigInvalidTime", "RRSetConfigInvalidTime RRSetConfigFailed"),
        *("RR_Rotate_0 RR_Rotate_180", "RR_Rotate_90 RR_Rotate_270", "RR_Rotate_180 RR_Rotate_0"),
        *("RR_Rotate_270 RR_Rotate_90", "RR_Reflect_X RR_Reflect_Y", "RR_Reflect_Y RR_Reflect_X"),
        *("RR_Connected RR_Disconnected", "RR_Disconnected RR_UnknownConnection"),
        "RRScreenChangeNotifyMask RRCrtcChangeNotifyMask",
        "RRCrtcChangeNotifyMask RROutputChangeNotifyMask",
        "PresentCompleteModeCopy PresentCompleteModeSkip",
        "PresentCompleteModeSkip PresentCompleteModeCopy",
        "PresentCompleteModeFlip PresentCompleteModeCopy",
        "PresentCompleteKindPixmap PresentCompleteKindNotifyMSC",
        "PresentCompleteKindNotifyMSC PresentCompleteKindPixmap",
        "DamageReportRawRegion DamageReportDeltaRegion",
        "DamageReportDeltaRegion DamageReportRawRegion",
        "DamageReportBoundingBox DamageReportNonEmpty",
        "DamageReportNonEmpty DamageReportBoundingBox",
        "CompositeRedirectManual CompositeRedirectAutomatic",
        "CompositeRedirectAutomatic CompositeRedirectManual",
        *("ClipByChildren IncludeInferiors", "IncludeInferiors ClipByChildren"),
        *("PropertyNewValue PropertyDelete", "PropertyDelete PropertyNewValue"),
    )
)
"""Constants of the protocol, and one of the same kind."""

_PARTS = re.compile(r"[A-Z]?[a-z]+\d?|[A-Z]+(?![a-z])|\d+|_")


def changes(node: Node, operators: Operators) -> Iterator[Change]:
    """What ``operators`` make of ``node`` itself."""
    for operator in operators.get(node.type, ()):
        yield from operator(node)


def _instead(node: Node, after: str, what: str) -> Change:
    return Change(node.start_byte, node.end_byte, after, what)


def _operator(node: Node) -> Iterator[Change]:
    operator = node.child_by_field_name("operator")
    if operator is not None and (other := _OPERATORS.get(text_of(operator))):
        yield _instead(operator, other, "operator")


def _number(node: Node) -> Iterator[Change]:
    text = text_of(node)
    try:
        value = int(text, 0)
    except ValueError:
        return
    yield _instead(node, str(value + 1), "constant")
    if value:
        yield _instead(node, str(value - 1), "constant")


def _word(node: Node) -> Iterator[Change]:
    if other := _WORDS.get(text_of(node)):
        yield _instead(node, other, "constant")


def _statement(node: Node) -> Iterator[Change]:
    inner = node.named_children[0] if node.named_children else None
    if inner is None:
        return
    if inner.type == "assignment_expression":
        yield _instead(node, ";", "assignment removed")
    elif inner.type == "call_expression":
        called = inner.child_by_field_name("function")
        name = text_of(called).rsplit(">", 1)[-1] if called is not None else ""
        # In capital letters it is a macro, of which those that declare something do not compile.
        if name not in UNSEEN_CALLS:
            yield _instead(node, ";", "call removed")
    elif inner.type == "update_expression":
        yield _instead(node, ";", "step removed")


def _condition(node: Node) -> Iterator[Change]:
    condition = node.child_by_field_name("condition")
    if condition is None:
        return
    if condition.type == "parenthesized_expression":
        yield _instead(condition, f"(!{text_of(condition)})", "condition negated")
    else:
        yield _instead(condition, f"!({text_of(condition)})", "condition negated")


def _return(node: Node) -> Iterator[Change]:
    value = node.named_children[0] if node.named_children else None
    if value is not None and value.type in ("identifier", "field_expression", "call_expression"):
        yield _instead(value, f"!({text_of(value)})", "result negated")


def _off_by_one(node: Node) -> Iterator[Change]:
    """A bound of a comparison that is one more."""
    operator, bound = node.child_by_field_name("operator"), node.child_by_field_name("right")
    if operator is None or bound is None or text_of(operator) not in ("<", "<=", ">", ">="):
        return
    if bound.type in ("identifier", "field_expression"):
        yield _instead(bound, f"({text_of(bound)} + 1)", "off by one")


def _jump(node: Node) -> Iterator[Change]:
    # A case that falls through is a fault of its own; one that ends its switch is none.
    yield _instead(node, ";", f"{text_of(node).rstrip(';')} removed")


def _early_end(node: Node) -> Iterator[Change]:
    """A function that goes on where it should have ended."""
    after = node.next_named_sibling
    if after is not None or (node.parent is not None and node.parent.type != "compound_statement"):
        yield _instead(node, ";", "return removed")


def _arguments(node: Node) -> Iterator[Change]:
    """Two neighbours of a call's arguments in the wrong order."""
    arguments = [one for one in node.named_children if one.type != "comment"]
    for one, other in pairwise(arguments):
        if text_of(one) != text_of(other):
            swapped = f"{text_of(other)}, {text_of(one)}"
            yield Change(one.start_byte, other.end_byte, swapped, "arguments swapped")


def _operand(node: Node) -> Iterator[Change]:
    """One of two conditions that was forgotten."""
    operator = node.child_by_field_name("operator")
    if operator is not None and text_of(operator) in ("&&", "||"):
        for kept in ("left", "right"):
            if (operand := node.child_by_field_name(kept)) is not None:
                yield _instead(node, text_of(operand), "condition removed")


def _sign(node: Node) -> Iterator[Change]:
    operator, operand = node.child_by_field_name("operator"), node.child_by_field_name("argument")
    if operator is not None and operand is not None and text_of(operator) in ("!", "-", "~"):
        yield _instead(node, text_of(operand), "operator removed")


def _neighbour(node: Node) -> Iterator[Change]:
    """A name in the place of its neighbour, such as ``width`` for ``height``."""
    text = text_of(node)
    if other := _ALIKE.get(text):
        yield _instead(node, other, "constant")
    parts = _PARTS.findall(text)
    if "".join(parts) == text:
        for number, part in enumerate(parts):
            if other := _NEIGHBOURS.get(part):
                slip = "".join([*parts[:number], other, *parts[number + 1 :]])
                yield _instead(node, slip, "neighbour")


def _else(node: Node) -> Iterator[Change]:
    yield _instead(node, "", "else removed")


BASIC: Operators = {
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

_SLIPS: Operators = {
    "binary_expression": (_operand,),
    "unary_expression": (_sign,),
    "identifier": (_neighbour,),
    "field_identifier": (_neighbour,),
    "argument_list": (_arguments,),
    "return_statement": (_early_end,),
    "else_clause": (_else,),
}

ALL: Operators = {
    kind: (*BASIC.get(kind, ()), *_SLIPS.get(kind, ())) for kind in {**BASIC, **_SLIPS}
}
