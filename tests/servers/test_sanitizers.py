# SPDX-License-Identifier: MIT
"""Builds with sanitizers are recognised, and run with options beneath those of the user."""

import re
import subprocess
from pathlib import Path

import pytest

from harness.deadlines import Deadline, timeout_scale
from harness.servers import sanitizers
from harness.servers.process.launch import launch
from harness.servers.sanitizers import (
    built_in,
    chosen_logs,
    instrumented,
    sanitizer_environment,
)
from harness.servers.spec import SANITIZED_SLOWDOWN, ServerSpec, slowdown


def effective(options):
    """What a sanitizer makes of its variable: the last value of each name."""
    pairs = re.findall(r"(\w+)=('[^']*'|[^:]*)", options)
    return {name: value.strip("'") for name, value in pairs}


def test_reports_go_into_files_of_the_server(tmp_path):
    """Each sanitizer has its own, for each truncates what it opens."""
    made = sanitizer_environment(tmp_path, {})
    logs = [effective(options)["log_path"] for options in made.values()]
    assert logs == [str(tmp_path / name) for name in ("asan", "lsan", "msan", "tsan", "ubsan")]


def test_what_the_user_sets_wins_option_by_option(tmp_path):
    """The others stay as the harness has them."""
    given = {"ASAN_OPTIONS": "handle_segv=0:detect_leaks=0", "UBSAN_OPTIONS": "halt_on_error=1"}
    made = sanitizer_environment(tmp_path, given)
    address, undefined = effective(made["ASAN_OPTIONS"]), effective(made["UBSAN_OPTIONS"])
    assert (address["handle_segv"], address["detect_leaks"]) == ("0", "0")
    assert (address["handle_sigbus"], address["allocator_may_return_null"]) == ("2", "1")
    assert undefined == {
        "print_stacktrace": "1",
        "halt_on_error": "1",
        "log_path": str(tmp_path / "ubsan"),
    }


@pytest.mark.parametrize("variable", ["ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS"])
@pytest.mark.parametrize(
    ("value", "prefix"),
    [
        ("log_path=/var/tmp/mine", "/var/tmp/mine"),
        ("detect_leaks=0:log_path='/var/tmp/a b'", "/var/tmp/a b"),
        ("log_path=first:log_path=second", "FOLDER/second"),
        ("log_path=stderr", None),
    ],
)
def test_a_log_of_the_user_is_looked_into_too(tmp_path, variable, value, prefix):
    """It is the only one then, as a runtime that has several sanitizers has one log."""
    given = {variable: value}
    made = sanitizer_environment(tmp_path, given)
    assert sum("log_path" in options for options in made.values()) == 1
    assert made[variable].endswith(value)
    expected = [] if prefix is None else [prefix.replace("FOLDER", str(tmp_path))]
    assert list(map(str, chosen_logs(given, tmp_path))) == expected


def test_a_build_with_sanitizers_is_recognised(tmp_path, xvfb):
    """By what the compiler makes it call, in whatever place; a rebuilt one is another."""
    program = tmp_path / "Xvfb"
    program.write_bytes(b"\x7fELF\0__asan_init\0__ubsan_handle_add_overflow\0")
    assert built_in(program) == ("AddressSanitizer", "UndefinedBehaviorSanitizer")
    program.write_bytes(b"\x7fELF\0")
    assert built_in(program) == ()
    program.write_bytes(b"")
    assert built_in(program) == ()
    assert built_in(tmp_path / "none") == ()
    assert xvfb.sanitizers == ()


def test_a_process_with_sanitizers_is_recognised(tmp_path):
    """Behind a script too, which is not what the process runs in the end."""
    program, script = tmp_path / "program", tmp_path / "script"
    program.write_bytes(Path("/bin/sleep").read_bytes() + b"\0__asan_init\0")
    script.write_text(f'#!/bin/sh\nexec "{program}" 60\n')
    for path in (program, script):
        path.chmod(0o755)
    for command, expected in (([script], True), (["/bin/sleep", "60"], False)):
        with subprocess.Popen(command) as process:
            deadline = Deadline.after(5)
            while instrumented(process.pid) is not expected and not deadline.passed:
                """The script has not come to its last line."""
            try:
                assert instrumented(process.pid) is expected
            finally:
                process.kill()
    assert not instrumented(process.pid)


def test_deadlines_are_longer_for_a_build_with_sanitizers(fake, monkeypatch):
    """Only as much as it is slower; a scale of the user's that is larger counts."""
    build = fake("serve(lambda stream: stream.sendall(setup()))")
    assert slowdown(build, ()) == 1.0
    monkeypatch.setattr("harness.deadlines._slowest", 1.0)
    monkeypatch.setattr(sanitizers, "_built_in", lambda *_: ("AddressSanitizer",))
    monkeypatch.delenv("XHARNESS_TIMEOUT_SCALE", raising=False)
    assert timeout_scale() == 1.0
    with launch(ServerSpec(build=build)):
        assert timeout_scale() == SANITIZED_SLOWDOWN
    monkeypatch.setenv("XHARNESS_TIMEOUT_SCALE", "17")
    assert timeout_scale() == 17.0
