# SPDX-License-Identifier: MIT
"""Whole pytest sessions of generated tests, each in a process and a folder of its own."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.metadata import entry_points
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 600.0

PLUGIN = ("-p", "harness.fixtures.plugin")
"""Loads our plugin, and none of other packages."""

INSTALLED = any(
    entry.value == PLUGIN[1] for entry in entry_points(group="pytest11", name="xharness")
)
"""Whether pytest finds our plugin as an entry point, as after ``pip install``."""


class SessionFailed(Exception):
    """A session did not pass all of its tests."""


@contextmanager
def session_folder(files: Mapping[str, str]) -> Iterator[Path]:
    """A folder with these files, outside of our configuration."""
    with tempfile.TemporaryDirectory(prefix="xharness-") as name:
        folder = Path(name)
        for file, text in {"pytest.ini": "[pytest]\n", **files}.items():
            (folder / file).write_text(text, encoding="utf-8")
        yield folder


def session(
    folder: Path,
    arguments: Sequence[str],
    *,
    autoload: bool = False,
    checkout: Path = ROOT,
    plugins: Path | None = None,
    variables: Mapping[str, str] | None = None,
) -> float:
    """Seconds that pytest takes as a whole process; every test must pass.

    The harness is that of ``checkout``, its Python the one of its .venv if it is not ours.
    ``plugins`` is a folder of modules for ``-p``, ``variables`` are added to the environment.
    """
    # Compiled files are kept, as they are after an installation.
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTEST") and name != "PYTHONDONTWRITEBYTECODE"
    }
    environment |= variables or {}
    environment["PYTHONPATH"] = os.pathsep.join(map(str, filter(None, (checkout, plugins))))
    python = sys.executable if checkout == ROOT else str(checkout / ".venv/bin/python")
    if not autoload:
        environment["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    began = time.perf_counter()
    done = subprocess.run(
        [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
    )
    took = time.perf_counter() - began
    if done.returncode:
        raise SessionFailed(f"{' '.join(done.args)} failed:\n{done.stdout}{done.stderr}")
    return took
