# SPDX-License-Identifier: MIT
"""``xharness proxy``: as a person starts it."""

import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.deadlines import Deadline
from harness.proxy.display import OwnDisplay
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
    display, cookies = done.stderr.splitlines()
    assert f"DISPLAY={done.stdout}" == f"{display}\n"
    assert cookies.startswith("XAUTHORITY=/")


def test_the_display_has_the_faults_that_are_given():
    """Its clients see a server that does wrong; how often it did is said at the end."""
    done = xharness(
        *("proxy", "--server", "xvfb", "--fault", 'Refuse("InternAtom", "Alloc", nth=2)'),
        *("--", sys.executable, "-c", _INTERNING),
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "fine Alloc fine\n"
    assert """Refuse('InternAtom', 'Alloc', nth=2)""" in done.stderr


_INTERNING = """\
import xcffib, xcffib.xproto

core, said = xcffib.connect().core, []
for name in "one", "two", "three":
    try:
        core.InternAtom(False, len(name), name).reply()
        said.append("fine")
    except xcffib.xproto.AllocError:
        said.append("Alloc")
print(*said)
"""


@pytest.mark.parametrize(
    ("command", "status"),
    [
        pytest.param(["sh", "-c", "kill -SEGV $$"], 139, id="signal"),
        pytest.param(["/no/such"], 127, id="missing"),
        pytest.param(["/etc/passwd"], 126, id="not-executable"),
        pytest.param(["/etc"], 126, id="folder"),
    ],
)
def test_a_command_that_fails_has_the_status_that_a_shell_gives(command, status):
    """And one that cannot be run is named, with the reason."""
    done = xharness("proxy", "--server", "xvfb", "--", *command)
    assert done.returncode == status, done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert (f"{command[0]} cannot be run: " in done.stderr) == (status < 128)


ON_SIGNAL = """
import os, signal, sys
def end(number, _):
    # print may be interrupted by this handler and must not be entered twice.
    os.write(1, signal.Signals(number).name.encode() + b"\\n")
    sys.exit(5)
for name in sys.argv[1:]:
    signal.signal(getattr(signal, name), end)
print("ready", flush=True)
signal.pause()
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1"])
def test_a_signal_goes_to_the_command_which_ends_both(name):
    """The command cleans up, and its status is ours; without a terminal SIGINT is like others."""
    argv = [sys.executable, "-m", "harness.cli", "proxy", "--server", "xvfb", "--"]
    argv += [sys.executable, "-c", ON_SIGNAL, name]
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, start_new_session=True
    ) as process:
        assert process.stdout.readline() == "ready\n"
        process.send_signal(getattr(signal, name))
        assert process.wait(20) == 5
        assert process.stdout.read() == f"{name}\n"


def test_a_command_that_a_signal_ends_leaves_nothing_behind():
    """Not even itself: its standard output is closed when ours has ended."""
    argv = [sys.executable, "-m", "harness.cli", "proxy", "--server", "xvfb", "--"]
    argv += ["sh", "-c", "echo $$; exec sleep 777"]
    with subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        pid = int(process.stdout.readline())
        process.terminate()
        assert process.wait(20) == 128 + signal.SIGTERM
        assert process.stdout.read() == ""
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_terminal_interrupts_the_command_once():
    """Ctrl-C reaches the command by the terminal; it must not come again through us."""
    script = "counted = []\n" + ON_SIGNAL.replace("sys.exit(5)", "counted.append(number)").replace(
        "signal.pause()", "while sys.stdin.readline() != 'end\\n': pass\nprint(len(counted))"
    )
    argv = [sys.executable, "-m", "harness.cli", "proxy", "--server", "xvfb", "--"]
    argv += [sys.executable, "-c", script, "SIGINT"]
    controller, terminal = os.openpty()
    try:
        with subprocess.Popen(
            [sys.executable, "-c", IN_TERMINAL, *argv],
            stdin=terminal,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=True,
        ) as process:
            assert process.stdout.readline() == "ready\n"
            os.write(controller, b"\x03")
            assert process.stdout.readline() == "SIGINT\n"
            os.write(controller, b"end\n")
            assert process.stdout.readline() == "1\n"
            assert process.wait(20) == 0
    finally:
        os.close(controller)
        os.close(terminal)


IN_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""


PRINT_DISPLAY = ("--", sys.executable, "-c", "import os; print(os.environ['DISPLAY'][1:])")


def test_the_number_of_the_display_can_be_given():
    """One in use is named, not taken."""
    with contextlib.closing(OwnDisplay()) as high:
        refused = xharness("proxy", "--server", "xvfb", "--number", str(high.number))
        assert refused.returncode == 125
        assert f"display :{high.number} is in use; give another number" in refused.stderr
    done = xharness("proxy", "--server", "xvfb", "--number", str(high.number), *PRINT_DISPLAY)
    assert int(done.stdout) == high.number, done.stderr


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
            socket = Path(f"/tmp/.X11-unix/X{display[1:]}")
            served = socket.stat()
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        # Another program may serve this number already.
        assert not socket.exists() or socket.stat().st_ctime_ns != served.st_ctime_ns
        server.check_alive()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        pytest.param(["proxy"], "give --display :N for one that runs", id="no-server"),
        pytest.param(["proxy", "--server", "xvfb", "--size", "big"], "WIDTHxHEIGHT", id="size"),
        pytest.param(
            ["proxy", "--server", "xvfb", "--number", "65536"], "expected 0 to 65535", id="number"
        ),
        pytest.param(
            ["proxy", "--display", ":1", "--proposal", "wayland"],
            "expected present-redirect or randr-percrtc",
            id="proposal",
        ),
        pytest.param(
            ["proxy", "--display", ":1", "--proposal", "present-redirect,idle=²"],
            "idle='²': expected each or burst",
            id="knob",
        ),
    ],
)
def test_what_cannot_be_is_told_in_one_sentence(words, told):
    """What was expected, and what to give instead."""
    done = xharness(*words)
    assert done.returncode == 125
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_the_traces_of_an_earlier_run_are_kept(tmp_path):
    """Neither overwritten nor mixed with new ones."""
    earlier = tmp_path / "client-1.txt"
    earlier.write_text("kept")
    done = xharness("proxy", "--server", "xvfb", "--protocol-trace", str(tmp_path), "--", "true")
    assert done.returncode == 125
    assert "expected a folder without traces, and it has those of an earlier run" in done.stderr
    assert earlier.read_text() == "kept"
