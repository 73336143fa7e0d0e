# SPDX-License-Identifier: MIT
"""The extensions that a client finds do not depend on what its script has imported."""

import ast
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def needed() -> set[str]:
    """Every extension that a mark ``needs`` of the suites names."""
    names = set()
    for path in (ROOT / "suites").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.needs":
                names |= {one.value for one in node.args if isinstance(one, ast.Constant)}
    return names


def test_what_suites_need_is_found_without_further_imports() -> None:
    code = (
        "import xcffib, harness.clients.connection.extensions;"
        "print(*(key.name for key in xcffib.extensions))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert {"RANDR", "XINERAMA", "DPMS"} <= needed()
    assert needed() <= set(run.stdout.split())
