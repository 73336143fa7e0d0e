# SPDX-License-Identifier: MIT
"""Scripted faults as text, for those who write no test: ``Drop("PresentIdleNotify", nth=2)``."""

import ast

from harness.faults.errors import ScriptError
from harness.faults.scripted import Alter, Scripted

_EXAMPLE = "such as 'Drop(\"PresentIdleNotify\", nth=2)'"


def fault_written(text: str) -> Scripted:
    """The fault that ``text`` says, as a script of a test has it; its values are literals.

    Raises ScriptError for another form, and for a fault that there is not.
    """
    kinds = {kind.__name__: kind for kind in Scripted.__subclasses__()}
    try:
        call = ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        call = None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        raise ScriptError(f"expected a fault {_EXAMPLE}, got {text!r}")
    if call.func.id not in kinds:
        known = ", ".join(sorted(kinds))
        raise ScriptError(f"expected one of {known}, {_EXAMPLE}, got {text!r}")
    try:
        given = [ast.literal_eval(one) for one in call.args]
        named = {one.arg or "**": ast.literal_eval(one.value) for one in call.keywords}
        fault = kinds[call.func.id](*given, **named)
    except ValueError:
        raise ScriptError(f"expected texts and numbers {_EXAMPLE}, got {text!r}") from None
    except (TypeError, AttributeError) as error:
        raise ScriptError(f"expected a fault {_EXAMPLE}, got {text!r}: {error}") from None
    if _needs_code(fault):
        raise ScriptError(
            f"expected a fault that needs no function {_EXAMPLE}, got {text!r}: when=, At and "
            f"functions are for tests"
        )
    return fault


def _needs_code(fault: Scripted) -> bool:
    """Whether a literal stands where only code makes sense."""
    if isinstance(fault, Alter):
        numbers = all(isinstance(value, int) for value in fault.values.values())
        return bool(fault.changes) or not numbers or fault.when is not None
    return fault.when is not None
