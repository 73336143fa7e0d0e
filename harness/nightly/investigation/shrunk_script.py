# SPDX-License-Identifier: MIT
"""A stand-alone script of a failure that was recorded, by ``xharness repro``."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_WRITTEN, _NOTHING = 1, 0
_LONGER = 90.0
"""Seconds beyond the search itself: the script is tried at the end."""


def script_of(
    recording: Path, server: Sequence[str], output: Path, seconds: float
) -> tuple[str, str]:
    """The path of the script, empty for none, and why there is none.

    ``server`` are the options of ``xharness repro`` for the server, ``seconds`` (s) the time for
    making the recording shorter.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "harness.cli", "repro", str(recording), *server]
    command += ["--minimise", "--seconds", f"{seconds:.0f}", "-o", str(output)]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=seconds + _LONGER,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return "", "xharness repro had no end"
    if done.returncode == _WRITTEN and output.exists():
        return str(output), ""
    last = (done.stdout.strip().splitlines() or ["xharness repro printed nothing"])[-1]
    if done.returncode == _NOTHING:
        return "", f"what the clients sent and received shows no fault: {last}"
    return "", last
