# SPDX-License-Identifier: MIT
"""A reply that a sound server gives otherwise: the field of it that a script looks at."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import xcffib

from harness.recordings.messages import RecordedMessage
from harness.recordings.references.finding import References
from harness.recordings.script.calls import module_of
from harness.recordings.script.expressions import MOST_BYTES, bytes_text
from harness.recordings.symptom import without_indices

_EACH = "[]"

Found = int | bytes | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ExpectedReply:
    """What a sound server replies to a request.

    ``client`` and ``sequence`` are those of the request.  ``path`` names the field as xcffib does,
    ``monitors[].primary`` that of each element; ``right`` is its value, ``wrong`` that of the
    faulty server.  ``ids`` says that they are ids, ``right`` then has those of the recording.
    """

    client: int
    sequence: int
    path: str
    right: Found
    wrong: Found
    ids: bool = False


def field_of(references: References, reply: RecordedMessage, path: str) -> Found | None:
    """The value in ``reply`` of the field that a script would see; None for one that it cannot."""
    extension, _, name = references.request_name(reply.answers).rpartition(":")
    cls = getattr(module_of(extension), f"{name}Reply", None)
    if cls is None or path.count(_EACH) > 1:
        return None
    outer, several, inner = path.partition(_EACH)
    unpacker = xcffib.MemoryUnpacker(reply.data)
    # A reply reads its length from memory of C.
    unpacker.cdata = xcffib.ffi.from_buffer(reply.data)
    try:
        found = _attribute(cls(unpacker), outer)
        if several and not (isinstance(found, xcffib.List) and isinstance(found.typ, str)):
            return tuple(int(_attribute(one, inner.lstrip("."))) for one in found)
    except Exception:  # xcffib's classes are generated and check nothing
        return None
    if isinstance(found, xcffib.List):
        return found.buf() if found.typ in ("c", "B", "b") else tuple(map(int, found))
    return found if isinstance(found, int) else None


def is_reference(references: References, reply: RecordedMessage, path: str) -> bool:
    """Whether the field has ids, atoms or times."""
    return any(without_indices(one.name) == path for one in references.of(reply))


def reply_check(
    expected: ExpectedReply | None, variable: str, name: Callable[[int], str]
) -> list[str] | None:
    """The statements that end with a value for ``wrong``; None when a script cannot tell it."""
    if expected is None:
        return None
    right, wrong = expected.right, expected.wrong
    outer, _, inner = expected.path.partition(_EACH)
    field = f"{variable}.{outer}"
    if isinstance(right, tuple) and isinstance(wrong, tuple) and len(right) != len(wrong):
        return _shown(f"len({field})", str(len(right)))
    if isinstance(right, bytes):
        if len(right) > MOST_BYTES:
            digest = hashlib.sha256(right).hexdigest()
            return _shown(f"hashlib.sha256({field}.buf()).hexdigest()", f'"{digest}"')
        return _shown(f"{field}.buf()", bytes_text(right))
    values = right if isinstance(right, tuple) else (right,)
    texts = [name(one) if expected.ids and one else str(one) for one in values]
    if expected.ids and not all(one == "0" or not one[0].isdigit() for one in texts):
        return None
    if not isinstance(right, tuple):
        return _shown(field, texts[0])
    inner = inner.lstrip(".")
    found = f"[one.{inner} for one in {field}]" if inner else f"list({field})"
    return _shown(found, f"[{', '.join(texts)}]")


def _shown(found: str, right: str) -> list[str]:
    return [
        f"found, right = {found}, {right}",
        'print(f"{found}, right is {right}")',
        "wrong = found != right",
    ]


def _attribute(value: Any, path: str) -> Any:
    for one in filter(None, path.split(".")):
        value = getattr(value, one)
    return value
