# SPDX-License-Identifier: MIT
"""Each fault in presentations and in the life of a server is caught, and its failure names the
right thing."""

import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.timeline import rules
from tests.doubles import message_faults, present_faults, server_faults
from tests.doubles.faults import faults_of, write_launcher

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent

TESTS_FAILED = 1


@dataclass(frozen=True, slots=True)
class Case:
    """A fault, tests that must fail because of it, and patterns that their output must hold.

    ``tests`` are names from scenarios.py, or paths below suites/ with or without ``::name``.
    ``rule`` is the rule that must be reported as broken, ``scale`` shortens deadlines that must run
    out.
    """

    fault: str
    tests: tuple[str, ...]
    patterns: tuple[str, ...] = ()
    rule: str = ""
    scale: float = field(default=1.0, kw_only=True)


def broken(fault: str, test: str, rule: str, *patterns: str) -> Case:
    """A case of a broken rule."""
    return Case(fault, (test,), patterns, rule)


CASES = [
    broken("drops-idle", "three_frames", "idle-missing", "serial 101 .* its IdleNotify never"),
    broken("drops-one-idle", "three_frames", "idle-missing", "serial 102 .* IdleNotify never"),
    broken("drops-complete", "three_frames", "complete-missing", r"serial 10\d .* never did"),
    broken("repeats-idle", "three_frames", "idle-once", "serial 101 .* one too many: 2 came for 1"),
    broken("repeats-complete", "three_frames", "complete-once", "serial 101 .* one too many"),
    broken("loses-presentations", "three_frames", "overdue", "serial 101 .* never completed"),
    broken("forgets-one-context", "two_contexts", "every-context", "serial 101 .* did not reach"),
    broken("invents-serial", "three_frames", "unknown-serial", "no PresentPixmap .* serial 1101"),
    Case("floods", ("two_awaited_frames",), ("EventFlood: presenter received more than 100000",)),
    broken("completes-before-idle", "three_frames", "idle-first", "serial 101 .* before its Idle"),
    broken("idles-late", "three_frames", "idle-first", "serial 101 .* before its IdleNotify"),
    broken("swaps-serials", "three_frames", "target-reached", "serial 102 .* before its target"),
    broken("tells-msc-below-target", "three_frames", "target-reached", "serial 101 .* before its"),
    broken("runs-msc-backwards", "three_frames", "clock-forward", "MSC ran backwards"),
    broken("runs-ust-backwards", "three_frames", "clock-forward", "UST ran backwards"),
    broken("stops-clock", "three_frames", "zero-clock", "serial 101 .* has UST and MSC 0"),
    broken("names-wrong-pixmap", "three_frames", "idle-pixmap", "serial 101 .* names pixmap 0x"),
    broken("names-wrong-fence", "three_frames", "idle-fence", "serial 101 .* names idle fence 0x"),
    broken("names-wrong-context", "three_frames", "event-context", "serial 101 .* names event id"),
    broken("claims-flip", "three_frames", "no-flip", "FLIP.* serial 101 .* only copies"),
    broken("claims-suboptimal", "three_frames", "suboptimal-asked", "SuboptimalCopy although"),
    broken("claims-skip", "three_frames", "skip-superseded", "serial 101 .* was skipped, but no"),
    Case("hides-skip", ("skip",), ("CompleteMode.COPY.* is .*CompleteMode.SKIP",)),
    broken("mistakes-kind", "three_frames", "unknown-serial", "no NotifyMSC there had serial 101"),
    broken("invents-mode", "three_frames", "complete-values", "mode 9 is not defined"),
    broken("mistells-size", "resize", "configure-values", r"pixmap size \(49, 40\)"),
    broken("invents-event-type", "three_frames", "encoding", "evtype 9 is unknown"),
    broken("tells-unselected", "only_complete_selected", "selected-mask", "serial 101 .* mask was"),
    broken("tells-deleted-context", "deleted_context", "event-context", "deleted by mask 0"),
    broken("tells-destroyed-window", "destroyed_window", "window-alive", "had been destroyed by"),
    Case(
        "keeps-contexts",
        ("window_made_again",),
        ("serial 102 .* had ended with its window",),
        "event-context",
    ),
    broken("invents-events", "two_awaited_frames", "message-type", "an event of type 127"),
    broken("invents-extensions", "two_awaited_frames", "message-type", "extension 250, evtype 0"),
    broken("lengthens-replies", "two_awaited_frames", "message-length", "length field says 1"),
    Case(
        "cuts-replies",
        ("two_awaited_frames",),
        ("MessageTruncated: .* length field says more than was sent; unanswered: .*GetInputFocus",),
        scale=0.2,
    ),
    broken("counts-ahead", "two_awaited_frames", "message-sequence", "before it had sent that"),
    broken("blames-another-extension", "refused", "error-request", "error Pixmap .* PresentPix"),
    broken("blames-another-request", "refused", "error-request", r"error Pixmap .* \(\d+\.1\)"),
    Case(
        "invents-error-type",
        ("refused",),
        ("NoError: .* the error Pixmap, got 255", "an error of type 255.* rule message-type "),
    ),
    Case("counts-far-ahead", ("two_awaited_frames",), ("ReplyMissing: .* got no reply to",)),
    Case("counts-back", ("two_awaited_frames",), ("ReplyMissing: .* got no reply to",)),
    broken("completes-refused", "refused", "rejected-request", "refused that request with error"),
    Case("draws-at-wrong-offset", ("offset",), ("GoldenMismatch: .* of 1024 pixels differ",)),
    Case("ignores-update", ("update",), ("GoldenMismatch: 961 of 1024 pixels differ",)),
    Case("draws-previous-pixmap", ("update",), ("GoldenMismatch: 63 of 1024 pixels differ",)),
    Case("shows-wrong-pixel", ("offset",), ("GoldenMismatch: 1 of 1024 pixels differ",)),
    broken(
        "ignores-wait-fence", "wait_fence", "wait-fence", "serial 101 .* had triggered its wait"
    ),
    broken(
        "leaves-idle-fence", "idle_fence", "idle-fence-triggered", "serial 101 .* not triggered"
    ),
    broken("ignores-target", "three_frames", "target-reached", "serial 102 .* before its target"),
    broken("cuts-target", "far_target", "target-reached", "serial 101 .* before its target"),
    broken("ignores-divisor", "divisor", "past-target", r"serial 101 .* \(divisor 400, remainder"),
    Case("swallows-errors", ("refused",), ("NoError: .* expected the error Pixmap, got no error",)),
    Case("mistakes-errors", ("refused",), ("NoError: .* expected the error Pixmap, got Request",)),
    Case("complains-without-reason", ("two_awaited_frames",), ("ProtocolError: .* Request error",)),
    Case("crashes", ("two_awaited_frames",), (r"ServerDied: .* SIGSEGV .*handling PresentPixmap",)),
    Case(
        "hangs", ("two_awaited_frames",), ("ServerHung: .* no answer to PresentPixmap",), scale=0.5
    ),
    Case("interrupts-replies", ("image",), ("ReplyMissing: .* got no reply to GetInputFocus",)),
    Case("hangs-up", ("two_awaited_frames",), ("ConnectionLost: .* is alive; .*PresentPixmap",)),
    Case(
        "hangs-at-start",
        ("two_awaited_frames",),
        ("ServerNotReady: .* no display number came",),
        scale=0.5,
    ),
    Case(
        "refuses-to-start",
        ("two_awaited_frames",),
        ("ServerRefused: .* refused to start: exit status 1", "no screens found"),
    ),
    Case("ignores-sigterm", ("refused",), ("ServerEndedBadly: .* did not end as it",), scale=0.5),
    Case("fails-at-the-end", ("refused",), ("ServerEndedBadly: .*exit status 23",)),
]

TOLERATED = {"honest", "fills-its-log"}
"""What a server may do: every scenario passes, and little of it is kept."""

RECEIVED = {
    "invents-events": "events of type 127",
    "invents-extensions": "generic events of type 0 and opcode 250",
    "invents-error-type": "errors of type 255",
    "lengthens-replies": "length field says 1 words",
    "counts-far-ahead": "its sequence number is",
    "counts-back": "its sequence number is",
    "blames-another-extension": "an error for request",
    "blames-another-request": "an error for request",
}
"""What a raw client says of each fault in what it receives."""

NOT_PROVOKED = {
    "request-first": "the double cannot know what a client will ask",
    "flip-allowed": "a server that flips is needed; for others no-flip speaks",
    "flip-per-frame": "a driver that flips is needed, which tests/servers/test_flip.py has hurry",
    "notify-agrees": "a notifies list kills the real server behind the double",
}
"""Rules that no double breaks; the tests of the rules themselves do."""


@pytest.fixture(scope="session")
def folder(tmp_path_factory, run_pytest):
    """A project with the scenarios, and goldens from a real server, on which all pass."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(HERE / "scenarios.py", folder / "test_scenarios.py")
    (folder / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    session = run_pytest("--server", "xvfb", "--golden=add", folder=folder)
    assert session.status == 0, session.text
    return folder


@pytest.fixture
def judge(tmp_path, folder, run_pytest):
    """Run tests against the double with a fault."""

    def judge(fault, tests, scale=1.0):
        launcher = write_launcher(tmp_path / fault, fault)
        paths = [
            str(ROOT / test) if test.startswith("suites/") else f"test_scenarios.py::test_{test}"
            for test in tests
        ]
        plugins = ("pytest_timeout",) if any(test.startswith("suites/") for test in tests) else ()
        return run_pytest(
            *(paths or ["test_scenarios.py"]),
            *("--server-path", launcher, "--results", tmp_path / "results"),
            folder=folder,
            plugins=plugins,
            XHARNESS_TIMEOUT_SCALE=str(scale),
        )

    return judge


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fault)
def test_fault_is_caught(case, judge):
    """The run fails, and says which promise was broken, by which serial."""
    session = judge(case.fault, case.tests, case.scale)
    assert session.status == TESTS_FAILED, session.text
    text = " ".join(session.text.split())
    rule = [rf"RuleViolated\b.* rule {case.rule} "] if case.rule else []
    missing = [pattern for pattern in (*rule, *case.patterns) if not re.search(pattern, text)]
    assert not missing, session.text


def test_context_that_outlives_the_overlay_is_noticed(judge):
    """The overlay has its own ways to end, and comes back under the same id."""
    session = judge("keeps-contexts", ("overlay_made_again",))
    text = " ".join(session.text.split())
    assert re.search(r"serial 102 .* had ended with its window.* rule event-context", text)


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("fault", sorted(RECEIVED))
def test_raw_clients_notice_what_no_server_may_send(fault, order, judge):
    """In either byte order, by themselves, as soon as they receive it."""
    session = judge(fault, (f"{order}_endian_wire",))
    assert session.status == TESTS_FAILED
    text = " ".join(session.text.split())
    assert re.search(rf"IllegalMessage: .* no server may send: .*{RECEIVED[fault]}", text), text


@pytest.mark.parametrize("fault", sorted(TOLERATED))
def test_harmless_double_is_not_noticed(fault, judge):
    """What the double does besides its fault disturbs no test."""
    session = judge(fault, ())
    assert session.status == 0, session.text


def test_every_fault_is_tried():
    """No fault of these doubles is forgotten."""
    faults = faults_of(message_faults, present_faults, server_faults)
    assert sorted([*(case.fault for case in CASES), *TOLERATED]) == sorted(faults)


def test_every_rule_has_a_fault_that_breaks_it():
    """A rule of Present that no fault can break is named with the reason.

    Those of its redirection are broken in front of its implementation, in tests/proposals.
    """
    provoked = {case.rule for case in CASES if case.rule}
    others = ("randr-", "redirect-")
    names = {rule.name for rule in rules.RULES if not rule.name.startswith(others)}
    assert provoked | NOT_PROVOKED.keys() == names


def test_megabytes_of_log_are_shown_by_their_end(tmp_path, run_pytest):
    """A failing test on a server that writes megabytes shows the last lines only."""
    launcher = write_launcher(tmp_path / "fills-its-log", "fills-its-log")
    (tmp_path / "test_talk.py").write_text(
        "def test_talk(presenter):\n"
        "    window = presenter.window(8, 8)\n"
        "    window.present(window.pixmap('red')).wait_complete()\n"
        "    assert not window\n"
    )
    session = run_pytest("--server-path", launcher, folder=tmp_path)
    assert session.status == TESTS_FAILED
    assert 1 <= session.text.count("the weather is fine") <= 20
