# SPDX-License-Identifier: MIT
"""A server runs under any command: pid, display, log, signals and its end are the server's."""

import os
import re
import shutil
import signal
from pathlib import Path

import pytest

from harness.deadlines import timeout_scale
from harness.servers.errors import ServerDied, ServerRefused
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.process.pool import ServerPool
from harness.servers.server import Ending
from harness.servers.spec import WRAPPED_SLOWDOWN, ServerSpec, slowdown
from harness.servers.wrapper import Wrappers, WrapperUnusable, parse_wrapper, wrapped
from tests.servers.traces import traces, traces_of_running

TERM_PASSES = 'trap : TERM\n"$@" &\nwhile kill -0 $! 2>/dev/null; do wait $!; status=$?; done\n'
"""A shell that stays before the server, and survives what is sent to its group."""

LEAK = """\
cat >&2 <<END
==7==ERROR: LeakSanitizer: detected memory leaks

Direct leak of 48 byte(s) in 1 object(s) allocated from:
    #0 0x55e68ee32ea5 in proc_present_pixmap ../present/present_request.c:87
END
"""


@pytest.fixture
def stubborn(script):
    """A wrapper that waits for the server and then reports a leak."""
    return (str(script(f"#!/bin/sh\n{TERM_PASSES}{LEAK}exit 99\n")),)


@pytest.fixture(autouse=True)
def _usual_deadlines(monkeypatch):
    monkeypatch.delenv("XHARNESS_TIMEOUT_SCALE", raising=False)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "expected a command, such as --server-wrapper 'valgrind --error-exitcode=99'"),
        ("  ", "expected a command"),
        ("xvfb=", "expected a command"),
        ("''", "'' is no program that can be run"),
        ("valgrind 'a", "its quotes do not match (No closing quotation); quote as in a shell"),
        ("xvfb=valgrind \\", "its quotes do not match (No escaped character)"),
        ("xhnone --flag", "'xhnone' is no program that can be run, neither on PATH nor as a file"),
        ("/etc/passwd", "'/etc/passwd' is no program that can be run"),
        ("/tmp", "'/tmp' is no program that can be run"),
        ("xorg7=env", "xorg7 is no kind of server; expected xvfb, xephyr, xorg, xvnc, xwayland"),
        ("A=b env", "one that sets a variable is: env A=b env"),
    ],
)
def test_a_wrapper_that_cannot_be_run_is_named(text, why):
    """What was given, what is wrong with it, and what to do."""
    with pytest.raises(WrapperUnusable, match=re.escape(why)) as refused:
        Wrappers([text])
    assert str(refused.value).startswith(f"--server-wrapper {text!r}: ")


def test_each_kind_has_its_wrapper_or_that_of_all():
    """The kind's goes before that of all; two for one are an error."""
    env = shutil.which("env")
    wrappers = Wrappers(["env -u A", "xvnc=env 'x y'"])
    assert wrappers.of(ServerKind.XVFB) == (env, "-u", "A")
    assert wrappers.of(ServerKind.XVNC) == (env, "x y")
    assert Wrappers().of(ServerKind.XVFB) == ()
    for values, of_what in (
        (["env", "nice"], "all kinds"),
        (["xvfb=env", "xvfb=nice"], "kind xvfb"),
    ):
        with pytest.raises(WrapperUnusable, match=f"there is one for {of_what} before it"):
            Wrappers(values)
    with pytest.raises(WrapperUnusable, match="no server of kind xvnc is judged, only xvfb"):
        wrappers.check([ServerKind.XVFB])


def test_a_relative_program_is_found_from_where_it_was_given(script, monkeypatch, tmp_path):
    """Servers run in folders of their own."""
    script("#!/bin/sh\n")
    monkeypatch.chdir(tmp_path)
    assert parse_wrapper("./script -a") == (str(tmp_path / "script"), "-a")


def test_valgrind_writes_into_the_servers_folder(tmp_path):
    """Unless the user says where; no other program gets a word."""
    log = f"--log-file={tmp_path}/valgrind.%p"
    assert wrapped(("/usr/bin/valgrind", "-q"), ["Xvfb"], tmp_path) == [
        *("/usr/bin/valgrind", log, "-q", "Xvfb")
    ]
    for own in ("--log-file=mine", "--log-fd=9", "--xml=yes"):
        command = ("/usr/bin/valgrind", own)
        assert wrapped(command, ["Xvfb"], tmp_path) == [*command, "Xvfb"]
    assert wrapped(("/usr/bin/env",), ["Xvfb"], tmp_path) == ["/usr/bin/env", "Xvfb"]
    assert wrapped((), ["Xvfb"], tmp_path) == ["Xvfb"]


def test_a_wrapped_server_is_the_server(spec, stubborn, tmp_path, gone):
    """Its pid is not the wrapper's; SIGTERM reaches it; the wrapper's last words are its own."""
    wrapped_spec = ServerSpec(build=spec.build, wrapper=stubborn)
    with launch(wrapped_spec, tmp_path) as server:
        assert Path(f"/proc/{server.pid}/comm").read_text() == "Xvfb\n"
        parent = int(Path(f"/proc/{server.pid}/stat").read_text().rpartition(") ")[2].split()[1])
        assert Path(f"/proc/{parent}/comm").read_text() == "script\n"
        assert not server.reported
        left = traces_of_running(server.display)
        assert left
        stop = server.stop()
    assert gone(server.pid)
    assert gone(parent)
    assert (stop.ending, stop.status, stop.clean) == (Ending.CLEAN, 99, False)
    (report,) = stop.end_reports
    assert report.headline.endswith("leak of 48 byte(s) in 1 object(s) in proc_present_pixmap")
    assert not left & traces(server.display)


def test_a_wrapped_server_that_dies_has_died(spec, stubborn, tmp_path):
    """Though its wrapper goes on for a while; what it reports then is in the message."""
    with launch(ServerSpec(build=spec.build, wrapper=stubborn), tmp_path) as server:
        os.kill(server.pid, signal.SIGKILL)
        with pytest.raises(ServerDied, match="exit status 99 after 'LeakSanitizer: direct leak"):
            server.check_alive(grace=10.0)


def test_deadlines_are_longer_for_a_wrapped_server(spec, script):
    """A server under valgrind takes seconds to start."""
    wrapper = (str(script('#!/bin/sh\nexec "$@"\n')),)
    with launch(ServerSpec(build=spec.build, wrapper=wrapper)):
        assert timeout_scale() == WRAPPED_SLOWDOWN


def test_a_wrapper_that_does_not_run_the_server_refuses(spec, script, tmp_path):
    """With its status and what it said, a report among that."""
    wrapper = (str(script(f"#!/bin/sh\n{LEAK}echo no such tool\nexit 3\n")),)
    with pytest.raises(ServerRefused, match="script refused to start: exit status 3") as refused:
        launch(ServerSpec(build=spec.build, wrapper=wrapper), tmp_path)
    assert "no such tool" in str(refused.value)
    assert "Direct leak of 48 byte(s)" in str(refused.value)


def test_the_pool_tells_wrapped_servers_from_others(spec, stubborn):
    """A server started ahead serves those alone who asked for its wrapper."""
    wrapped_spec = ServerSpec(build=spec.build, wrapper=stubborn)
    with ServerPool() as pool:
        pool.expect(wrapped_spec)
        plain, under = pool.take(spec), pool.take(wrapped_spec)
        assert pool.retire(plain).clean
        assert not pool.retire(under).clean


def test_valgrind_that_does_not_see_the_server_is_refused(spec, tmp_path):
    """It follows no script to another program: without an error nothing would be known."""
    valgrind = tmp_path / "bin" / "valgrind"
    valgrind.parent.mkdir()
    valgrind.write_text('#!/bin/sh\nshift\nexec "$@"\n')
    valgrind.chmod(0o755)
    with pytest.raises(WrapperUnusable, match="add --trace-children=yes"):
        launch(ServerSpec(build=spec.build, wrapper=(str(valgrind),)), tmp_path)


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind not found on PATH")
def test_valgrind_itself(spec, tmp_path):
    """A server under it starts, serves and ends; what it reports is in its own file."""
    suppressions = Path(__file__).parents[2] / "tools" / "suppressions" / "valgrind.supp"
    command = (
        f"valgrind --error-exitcode=99 --suppressions={suppressions} --leak-check=full "
        f"--show-leak-kinds=definite --errors-for-leak-kinds=definite"
    )
    with launch(ServerSpec(build=spec.build, wrapper=parse_wrapper(command)), tmp_path) as server:
        assert list(tmp_path.glob(f"valgrind.{server.pid}"))
        assert "==" not in server.log_tail()
        stop = server.stop()
    assert stop.clean, stop.report_text
    assert "ERROR SUMMARY: 0 errors" in stop.report_text
    unsuppressed = parse_wrapper("valgrind -q --leak-check=full")
    with launch(ServerSpec(build=spec.build, wrapper=unsuppressed)) as server:
        stop = server.stop()
    assert any("ShmRegisterFuncs" in report.headline for report in stop.end_reports)


@pytest.mark.parametrize(
    ("command", "slow"),
    [
        ("env A=1 B=2", False),
        ("unshare --map-root-user --ipc", False),
        ("nice -n 5", False),
        ("env A=1 sh -c", True),
        ("sh -c", True),
        ("nice sh", True),
    ],
)
def test_what_only_sets_the_server_up_lengthens_no_deadline(command, slow, fake):
    """A program behind it may be anything."""
    build = fake("serve(lambda stream: stream.sendall(setup()))")
    assert slowdown(build, parse_wrapper(command)) == (WRAPPED_SLOWDOWN if slow else 1.0)
