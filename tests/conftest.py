# SPDX-License-Identifier: MIT
"""Sessions of pytest inside tests: what a user sees who runs the plugin."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from harness.deadlines import timeout_scale

ROOT = Path(__file__).resolve().parent.parent
SESSION_SECONDS = 100.0 * timeout_scale()
USAGE_ERROR = 4

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that runs this in the background has it ignored, also by what the tests start.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says how busy the machine is.
settings.register_profile(
    "any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any-machine")

_BROWSERS = "chromium", "chromium-browser", "google-chrome"
_FOREIGN = ("CI", "DISPLAY", "XAUTHORITY", "PYTEST_ADDOPTS", "PYTEST_PLUGINS")


@dataclass(frozen=True, slots=True)
class Session:
    """How a session of pytest ended: exit status, and all it printed."""

    status: int
    text: str


@pytest.fixture(autouse=True)
def _usual_deadlines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not those of a slow server that an earlier test of this process has started."""
    monkeypatch.setattr("harness.deadlines._slowest", 1.0)


RunPytest = Callable[..., Session]


def command(*arguments: str | Path) -> list[str]:
    """The command line of a session with the plugin and no other."""
    fixed = ["-p", "harness.fixtures.plugin", "-p", "no:cacheprovider", "--color=no"]
    return [sys.executable, "-m", "pytest", *fixed, *map(str, arguments)]


def environment(changes: Mapping[str, str]) -> dict[str, str]:
    """Nothing of the session that runs this test, and the checkout to import."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _FOREIGN and not name.startswith("PYTEST_XDIST")
    }
    own = {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": str(ROOT),
        "PYTHONDONTWRITEBYTECODE": "1",
        "COLUMNS": "100",
    }
    return kept | own | dict(changes)


@pytest.fixture(scope="session")
def run_pytest() -> RunPytest:
    """Run a session with the plugin in ``folder``: ``run_pytest("test_a.py", folder=...)``.

    ``plugins`` are further plugins by module, keywords in capitals environment variables.
    """

    def run(
        *arguments: str | Path, folder: Path, plugins: tuple[str, ...] = (), **changes: str
    ) -> Session:
        further = [word for plugin in plugins for word in ("-p", plugin)]
        done = subprocess.run(
            command(*further, *arguments),
            cwd=folder,
            env=environment(changes),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SESSION_SECONDS,
            check=False,
        )
        return Session(done.returncode, done.stdout.decode(errors="replace"))

    return run


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium of the distribution."""
    found = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if found is None:
        pytest.skip("chromium not found on PATH (Debian: chromium; tools/setup ci installs it)")
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not in this environment: tools/setup ci"
    )
    with playwright.sync_playwright() as started:
        # Containers run as root, where Chromium has no sandbox.
        launched = started.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield launched
        launched.close()
