# SPDX-License-Identifier: MIT
"""``xharness proxy``: as a person starts it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.deadlines import Deadline
from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec
from harness.x11.address import Address
from harness.x11.authority import find_cookie
from harness.x11.plain_connection import connect


def xharness(*words, **changes):
    environment = {name: text for name, text in os.environ.items() if name != "DISPLAY"}
    return subprocess.run(
        [sys.executable, "-m", "harness.cli", *words],
        env=environment | changes,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_a_command_runs_as_a_client_and_its_status_is_ours(tmp_path):
    """A server of its own, a trace of what the command did, the end when the command ends."""
    done = xharness(
        *("proxy", "--server", "xvfb", "--size", "320x200", "--protocol-trace", tmp_path),
        *("--", sys.executable, "-c", "import os, sys; print(os.environ['DISPLAY']); sys.exit(7)"),
    )
    assert done.returncode == 7, done.stderr
    told, cookies, seen = done.stdout.splitlines()
    assert told == f"DISPLAY={seen}"
    assert cookies.startswith("XAUTHORITY=/")


def test_it_serves_until_it_is_asked_to_end(tmp_path):
    """In front of a server that runs already, which goes on."""
    with launch(ServerSpec(build=find_on_path(ServerKind.XVFB)), tmp_path) as server:
        environment = os.environ | {"XAUTHORITY": str(server.authority)}
        argv = [sys.executable, "-m", "harness.cli", "proxy", "--display", server.display]
        with subprocess.Popen(argv, env=environment, stdout=subprocess.PIPE, text=True) as process:
            display = process.stdout.readline().strip().removeprefix("DISPLAY=")
            cookie = find_cookie(
                Path(process.stdout.readline().strip().removeprefix("XAUTHORITY=")), 1
            )
            with connect(Address.parse(display), cookie, Deadline.after(10)) as connection:
                assert connection.setup.vendor == server.vendor
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        assert not Path(f"/tmp/.X11-unix/X{display[1:]}").exists()
        server.check_alive()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(["proxy"], "give --display :N for one that runs", id="no-server"),
        pytest.param(["proxy", "--server", "xvfb", "--size", "big"], "WIDTHxHEIGHT", id="size"),
        pytest.param(
            ["proxy", "--server", "xvfb", "--", "/no/such"], "/no/such cannot be run", id="command"
        ),
        pytest.param(
            ["proxy", "--display", ":1", "--proposal", "wayland"],
            "expected present-redirect or randr-percrtc",
            id="proposal",
        ),
    ],
)
def test_what_cannot_be_is_told_in_one_sentence(words, told):
    """What was expected, and what to give instead."""
    done = xharness(*words)
    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr
