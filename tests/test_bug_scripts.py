# SPDX-License-Identifier: MIT
"""The scripts of known bugs show them on servers that have them, and find others sound."""

import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from harness.servers.builds import find_on_path
from harness.servers.host import virtual_host
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec

FOLDER = Path(__file__).resolve().parent.parent / "examples" / "bugs"
SOUND, BUG, CANNOT_TELL = 0, 1, 125
KNOWN_VERSIONS = ("21.1.7",)
"""Those that docs/server-bugs.md names and a distribution ships: elsewhere it may be mended."""

STATUSES = {
    "border_grows_in_place": {ServerKind.XVFB: BUG, ServerKind.XEPHYR: BUG},
    "clock_stops_when_off": {ServerKind.XVFB: SOUND, ServerKind.XORG: SOUND},
    "completed_when_off": {ServerKind.XVFB: SOUND, ServerKind.XORG: SOUND},
    "flip_without_a_frame": {ServerKind.XVFB: CANNOT_TELL, ServerKind.XORG: SOUND},
    "idle_of_a_backing_pixmap": {ServerKind.XVFB: BUG, ServerKind.XEPHYR: BUG},
    "modes_that_differ_by_name": {ServerKind.XVFB: SOUND, ServerKind.XORG: BUG},
    "overlay_has_a_pixmap": {ServerKind.XVFB: BUG, ServerKind.XEPHYR: BUG},
    "resource_bytes_of_one_client": {ServerKind.XVFB: BUG, ServerKind.XEPHYR: BUG},
    "resources_unknown_at_first": {ServerKind.XVFB: SOUND, ServerKind.XEPHYR: BUG},
    "screen_info_switches_on": {ServerKind.XVFB: SOUND, ServerKind.XEPHYR: BUG},
    "two_primary_monitors": {ServerKind.XVFB: BUG, ServerKind.XEPHYR: BUG},
}


def test_every_script_is_tested():
    """A new one says where it must show its bug."""
    assert {path.stem for path in FOLDER.glob("*.py")} == STATUSES.keys()


@pytest.mark.parametrize(
    ("name", "kind"), [(name, kind) for name, statuses in STATUSES.items() for kind in statuses]
)
def test_a_script_judges_a_server(name, kind):
    """Status 1 where the bug is, 0 where it is not."""
    build = find_on_path(kind)
    with (
        virtual_host() if build.kind.info.needs_host else nullcontext() as host,
        launch(ServerSpec(build=build, host=host)) as server,
    ):
        environment = {**os.environ, "DISPLAY": server.display}
        environment["XAUTHORITY"] = str(server.authority)
        done = subprocess.run(
            [sys.executable, FOLDER / f"{name}.py"],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        expected = {STATUSES[name][kind]}
        if str(server.version) not in KNOWN_VERSIONS:
            expected |= {SOUND}
    assert done.returncode in expected, done.stdout + done.stderr


@pytest.mark.parametrize("name", STATUSES)
def test_a_script_without_a_server_cannot_tell(name):
    """Status 125, with the reason."""
    done = subprocess.run(
        [sys.executable, FOLDER / f"{name}.py", "/bin/false"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == CANNOT_TELL
    assert done.stderr.startswith("cannot tell: ")
    assert "Traceback" not in done.stderr
