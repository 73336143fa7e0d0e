# SPDX-License-Identifier: MIT
"""Servers that do not start as they should: each fault has its own words."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import pytest

from harness.deadlines import Deadline
from harness.servers.errors import ServerNotReady, ServerRefused
from harness.servers.process import reaper_process
from harness.servers.process.launch import launch
from harness.servers.server import Ending
from harness.servers.spec import ServerSpec


def test_an_exit_with_a_message_is_a_refusal(fake, tmp_path):
    """Status and message."""
    build = fake("sys.exit('no screens found')")
    with pytest.raises(ServerRefused, match="exit status 1") as caught:
        launch(ServerSpec(build=build), tmp_path)
    assert caught.value.log == "no screens found"


def test_a_death_by_signal_is_a_refusal(fake, tmp_path):
    """The signal's name."""
    build = fake("os.kill(os.getpid(), signal.SIGKILL)")
    with pytest.raises(ServerRefused, match="SIGKILL"):
        launch(ServerSpec(build=build), tmp_path)


SILENT = {
    "half a number": (
        "os.write(displayfd, b'1'); signal.pause()",
        "no display number came (got b'1')",
    ),
    "no number": ("signal.pause()", "no display number came"),
    "closed pipe": ("os.close(displayfd); signal.pause()", "no display number came"),
    "words": (
        "os.write(displayfd, b'none\\n'); signal.pause()",
        "b'none\\n' came in place of a display number",
    ),
    "no socket": ("os.write(displayfd, b'59999\\n'); signal.pause()", "no connection to :59999"),
    "no answer": ("serve(lambda stream: None)", "no answer to the connection set-up"),
    "garbage": (
        "serve(lambda stream: stream.sendall(struct.pack('=BxHHH', 1, 11, 0, 2) + bytes(8)))",
        "the connection set-up was cut short or malformed",
    ),
    "half an answer": (
        "serve(lambda stream: (stream.sendall(setup()[:20]), stream.shutdown(2)))",
        "the connection was closed during the connection set-up",
    ),
    "refusal": (
        "reason = b'Go away.'\n"
        "head = struct.pack('=BBHHH', 0, len(reason), 11, 0, len(reason) // 4)\n"
        "serve(lambda stream: stream.sendall(head + reason))",
        "the connection was refused (Go away.)",
    ),
    "mute about extensions": (
        "serve(lambda stream: stream.sendall(setup()))",
        "no answer to QueryExtension Present",
    ),
}
"""Faults that only a deadline ends: the server's code, and what must be said."""


@pytest.fixture(scope="module")
def silences(fake):
    """What launch says of each of SILENT, all tried at once."""

    def attempt(build):
        spec = ServerSpec(build=build, extensions=("Present",))
        with pytest.raises(ServerNotReady) as caught:
            launch(spec)
        return caught.value

    builds = [fake(code) for code, _ in SILENT.values()]
    with ThreadPoolExecutor(len(builds)) as threads:
        return dict(zip(SILENT, threads.map(attempt, builds), strict=True))


@pytest.mark.parametrize("fault", SILENT)
def test_a_server_that_never_gets_ready_tells_what_is_missing(fault, silences):
    """Half a number may go on, a socket may not answer: what was still missing is named."""
    error = silences[fault]
    assert SILENT[fault][1] in error.missing
    assert error.missing in str(error)


def test_a_wrong_root_is_not_readiness(fake, tmp_path):
    """Size and depth must be those asked for."""
    build = fake("serve(lambda stream: stream.sendall(setup()))")
    wanted = ServerSpec(build=build)
    with launch(wanted) as server:
        assert server.vendor == "Fake"
    for change, words in (
        ({"width": 800}, "its root is 640x480, not 800x480"),
        ({"depth": 16}, "its root has depth 24, not 16"),
    ):
        with pytest.raises(ServerNotReady, match=words):
            launch(replace(wanted, **change), settle_seconds=0.05)


def test_a_root_that_comes_late_is_waited_for(fake):
    """A server may accept connections before its root has the size asked for."""
    build = fake(
        "sizes = iter([640, 640, 640])\n"
        "serve(lambda stream: stream.sendall(setup(width=next(sizes, 800))))"
    )
    with launch(ServerSpec(build=build, width=800)) as server:
        assert server.setup.width == 800


def test_a_missing_extension_is_named(spec):
    """A real server lacks what nobody has, or what it was told to leave out."""
    wanted = replace(
        spec, extensions=("Present", "RECORD", "NoSuch"), extra_args=("-extension", "RECORD")
    )
    with pytest.raises(ServerNotReady, match="it lacks RECORD, NoSuch"):
        launch(wanted, settle_seconds=0.05)


def test_a_server_that_prints_megabytes_starts_and_shows_its_end(fake):
    """Neither blocked by its own output nor quoted at length."""
    build = fake(
        "os.write(2, b'x' * 5_000_000 + b'\\xff\\x1b[2J\\nlast words\\n')\n"
        "serve(lambda stream: stream.sendall(setup()))"
    )
    with launch(ServerSpec(build=build)) as server:
        tail = server.log_tail()
        assert len(tail) < 9000
        assert tail.endswith("\\xff\\x1b[2J\nlast words")


def test_a_flooded_log_is_cut_and_says_so(tmp_path):
    """The disk stays free; the server, which appends, is not disturbed."""
    log = tmp_path / "server.log"
    with log.open("ab") as writer:
        writer.truncate(reaper_process.LOG_BYTES + 1)
        reaper_process.limit_log(str(log))
        writer.write(b"after\n")
    lines = log.read_text().splitlines()
    assert "cut this log" in lines[0]
    assert lines[1:] == ["after"]


def test_the_log_of_a_running_server_is_kept_short(spec):
    """The reaper looks after it, whatever the test is busy with."""
    with launch(spec) as server:
        os.truncate(server.log_path, reaper_process.LOG_BYTES + 1)
        deadline, never = Deadline.after(30), Event()
        while "cut this log" not in server.log_tail() and not deadline.passed:
            never.wait(0.05)
        assert server.log_path.stat().st_size < reaper_process.LOG_BYTES
        server.check_alive()


def test_a_bad_exit_at_the_end_is_seen(fake):
    """A sanitizer that speaks up at exit, a crash while stopping."""
    build = fake(
        "def last(*_):\n"
        "    print('ERROR: LeakSanitizer', flush=True)\n"
        "    os._exit(23)\n"
        "def conversation(stream):\n"
        "    signal.signal(signal.SIGTERM, last)\n"
        "    stream.sendall(setup())\n"
        "serve(conversation)"
    )
    server = launch(ServerSpec(build=build))
    stop = server.stop()
    assert stop.ending is Ending.FAILED
    assert str(stop) == "failed while stopping: exit status 23"
    assert "LeakSanitizer" in stop.log
    assert "LeakSanitizer" in server.log_tail()


def test_a_server_that_misses_the_first_request_to_end_is_asked_again(fake):
    """The signal may come just before the server goes to sleep; the next one wakes it."""
    build = fake(
        "asked = []\n"
        "def terminate(*_):\n"
        "    asked.append(1)\n"
        "    if len(asked) == 2:\n"
        "        os._exit(128 + signal.SIGTERM)\n"
        "def conversation(stream):\n"
        "    signal.signal(signal.SIGTERM, terminate)\n"
        "    stream.sendall(setup())\n"
        "serve(conversation)"
    )
    assert launch(ServerSpec(build=build)).stop().ending is Ending.CLEAN
