# SPDX-License-Identifier: MIT
"""Statements as ``ruff format`` lays them out, on lines of at most 100 columns."""

COLUMNS = 100
_OPENING, _CLOSING = "([{", ")]}"
_OPERATORS = ((" if ", " else "), (" or ",), (" and ",), (" | ",), (" + ",))
"""Inside of brackets a line breaks before these, the loosest first."""


def laid_out(statement: str, indent: int = 1, *, inside: bool = False) -> str:
    """A statement on one line, or with the contents of its outermost last bracket below it.

    ``indent`` counts steps of four spaces; ``inside`` is whether it stands in brackets.
    """
    margin = " " * (4 * indent)
    if len(margin) + len(statement) <= COLUMNS:
        return margin + statement
    if inside and (operands := _operands(statement)):
        return "\n".join(margin + one for one in operands)
    if (bracket := _last_bracket(statement)) is None:
        return margin + statement
    target, assigned, value = statement.partition(" = ")
    if assigned and value[-1] not in _CLOSING and len(margin) + 4 + len(value) <= COLUMNS:
        return f"{margin}{target} = (\n{margin}    {value}\n{margin})"
    start, end = bracket
    parts = _parts(statement[start + 1 : end])
    inner = f"{margin}    {', '.join(parts)}"
    if len(inner) > COLUMNS or len(parts) == 1:
        many = len(parts) > 1 or statement[start] in "[{"
        inner = "\n".join(laid_out(part + "," * many, indent + 1, inside=True) for part in parts)
    return f"{margin}{statement[: start + 1]}\n{inner}\n{margin}{statement[end:]}"


def _last_bracket(text: str) -> tuple[int, int] | None:
    """Where the last bracket at the outermost level opens and closes; empty ones do not count."""
    found, starts = None, list[int]()
    for at, character in _outside_strings(text):
        if character in _OPENING:
            starts.append(at)
        elif character in _CLOSING:
            start = starts.pop()
            if not starts and at > start + 1:
                found = start, at
    return found


def _parts(text: str) -> list[str]:
    """The parts between commas at the outermost level."""
    depth, start, parts = 0, 0, list[str]()
    for at, character in _outside_strings(text):
        depth += (character in _OPENING) - (character in _CLOSING)
        if character == "," and not depth:
            parts.append(text[start:at].strip())
            start = at + 1
    last = text[start:].strip()
    return [*parts, last] if last else parts


def _operands(text: str) -> list[str]:
    """The operands at the outermost level, each but the first behind its operator."""
    outer, depth = set[int](), 0
    for at, character in _outside_strings(text):
        depth += (character in _OPENING) - (character in _CLOSING)
        if not depth:
            outer.add(at)
    for operators in _OPERATORS:
        cuts = [at for at in sorted(outer) if any(text.startswith(one, at) for one in operators)]
        if cuts:
            ends = [*cuts[1:], len(text)]
            return [text[: cuts[0]], *(text[a + 1 : b] for a, b in zip(cuts, ends, strict=True))]
    return []


def _outside_strings(text: str) -> list[tuple[int, str]]:
    """The characters that stand in no string literal, with their places."""
    found, quote, escaped = list[tuple[int, str]](), "", False
    for at, character in enumerate(text):
        if quote:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == quote:
                quote = ""
        elif character in "\"'":
            quote = character
        else:
            found.append((at, character))
    return found
