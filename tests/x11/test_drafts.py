# SPDX-License-Identifier: MIT
"""Drafts are known once something that speaks them is imported, and not before."""

import subprocess
import sys

import pytest

NAMED = (
    "from harness.x11 import names\n"
    "print('PresentIdle' in names.request_names(), names.request_name('Present', 240))"
)


@pytest.mark.parametrize(
    ("module", "known"),
    [
        ("harness.x11.names", False),
        ("harness.clients.connection.client", False),
        ("harness.proxy.proxy", False),
        ("harness.clients.present.redirector", True),
        ("harness.proposals.present_redirect", True),
        ("harness.proxy.tracing.trace", True),
        ("harness.faults.scripted", True),
    ],
)
def test_importing_decides_what_is_known(module, known):
    """The base client decodes no draft; its own client, its implementation, the trace and the
    faults know its names."""
    code = f"import {module}\n{NAMED}"
    output = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    assert output == ("True PresentIdle\n" if known else "False Present240\n")
