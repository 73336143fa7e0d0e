# SPDX-License-Identifier: MIT
"""Reports of sanitizers and valgrind are found in what they write, whole and one by one."""

import pytest

from harness.servers.reports import Report, ReportFiles, SanitizerReported, reports_in

ASAN = """\
=================================================================
==16==ERROR: AddressSanitizer: heap-use-after-free on address 0x6060000033e8 at pc 0x55 bp 0x7f
WRITE of size 8 at 0x6060000033e8 thread T0
    #0 0x55ec7adc0c58 in __interceptor_free ../../src/libsanitizer/asan/asan_malloc_linux.cpp:52
    #1 0x55ec7adc0c58 in present_add_window_notify ../present/present_notify.c:67
SUMMARY: AddressSanitizer: heap-use-after-free ../include/list.h:132 in __xorg_list_add
"""
UBSAN = """\
../randr/rrcrtc.c:195:5: runtime error: null pointer passed as argument 1
    #0 0x561d259e478b in RRCrtcNotify ../randr/rrcrtc.c:195
"""
LSAN = """\
==17==ERROR: LeakSanitizer: detected memory leaks

Direct leak of 24 byte(s) in 1 object(s) allocated from:
    #0 0x7fc2944b83b7 in __interceptor_calloc ../../../../src/libsanitizer/asan/asan_malloc.cpp:77
    #1 0x55e68ee32ea5 in ShmInitScreenPriv ../Xext/shm.c:213

Indirect leak of 2 byte(s) in 1 object(s) allocated from:
    #0 0x7fc29447077b in strdup (/lib/x86_64-linux-gnu/libasan.so.8+0x7077b)
    #1 0x55e68f1c1b4c in _XSERVTransParseAddress /usr/include/X11/Xtrans/Xtrans.c:378

SUMMARY: AddressSanitizer: 26 byte(s) leaked in 2 allocation(s).
"""
TSAN = """\
==================
WARNING: ThreadSanitizer: data race (pid=18)
  Write of size 8 at 0x7b04 by main thread:
    #0 0x55ec7adc0c58 in InputThread ../os/inputthread.c:67
"""
MSAN = """\
==19==WARNING: MemorySanitizer: use-of-uninitialized-value
    #0 0x55ec7adc0c58 in ProcGetImage ../dix/dispatch.c:67
"""
VALGRIND = """\
==20== Memcheck, a memory error detector
==20== Command: /usr/bin/Xvfb -displayfd 14
==20== Parent PID: 31205
==20==
==20== Invalid write of size 8
==20==    at 0x48465EF: free (in /usr/libexec/valgrind/vgpreload_memcheck-amd64-linux.so)
==20==    by 0x1635B1: ??? (in /usr/bin/Xvfb)
==20==    by 0x1644FE: present_execute (present_scmd.c:12)
==20==  Address 0x1ffefff000 is on thread 1's stack
==20==
==20==
==20== Process terminating with default action of signal 6 (SIGABRT)
==20==    at 0x5107829: raise (raise.S:38)
==20==
==20== HEAP SUMMARY:
==20==     in use at exit: 56,617 bytes in 41 blocks
==20==
==20== 24 bytes in 1 blocks are definitely lost in loss record 6 of 37
==20==    at 0x48465EF: calloc (vg_replace_malloc.c:1328)
==20==    by 0x1644FE: ShmRegisterFuncs (in /usr/bin/Xvfb)
==20==
==20== 99 bytes in 1 blocks are still reachable in loss record 7 of 37
==20==    at 0x48465EF: calloc (vg_replace_malloc.c:1328)
==20==    by 0x1644FE: main (in /usr/bin/Xvfb)
==20==
==20== ERROR SUMMARY: 2 errors from 2 contexts (suppressed: 0 from 0)
""".replace("==20==\n", "==20== \n")


@pytest.mark.parametrize(
    ("text", "headlines"),
    [
        pytest.param(
            ASAN,
            ["AddressSanitizer: heap-use-after-free in present_add_window_notify"],
            id="address",
        ),
        pytest.param(
            UBSAN,
            [
                "UndefinedBehaviorSanitizer: null pointer passed as argument 1 "
                "(../randr/rrcrtc.c:195:5)"
            ],
            id="undefined",
        ),
        pytest.param(
            LSAN,
            ["LeakSanitizer: direct leak of 24 byte(s) in 1 object(s) in ShmInitScreenPriv"],
            id="leak",
        ),
        pytest.param(
            LSAN.replace("Direct", "Indirect"),
            [
                "LeakSanitizer: indirect leak of 24 byte(s) in 1 object(s) in ShmInitScreenPriv",
                "LeakSanitizer: indirect leak of 2 byte(s) in 1 object(s) "
                "in _XSERVTransParseAddress",
            ],
            id="leaks-that-lead-to-each-other",
        ),
        pytest.param(TSAN, ["ThreadSanitizer: data race in InputThread"], id="thread"),
        pytest.param(
            MSAN, ["MemorySanitizer: use-of-uninitialized-value in ProcGetImage"], id="memory"
        ),
        pytest.param(
            VALGRIND,
            [
                "valgrind: Invalid write of size 8 in present_execute",
                "valgrind: 24 bytes in 1 blocks are definitely lost in loss record 6 of 37 "
                "in ShmRegisterFuncs",
            ],
            id="valgrind",
        ),
        pytest.param(
            f"(EE) a line of the server\n{UBSAN}(EE) another one\n{UBSAN}",
            ["UndefinedBehaviorSanitizer: null pointer passed as argument 1 "
             "(../randr/rrcrtc.c:195:5)"] * 2,
            id="between-lines-of-the-server",
        ),
        pytest.param("(EE) AddressSanitizer is a tool\n==20==\n==7==WARNING: no\n", [], id="none"),
        pytest.param("", [], id="nothing"),
    ],
)  # fmt: skip
def test_each_error_is_one_report(text, headlines):
    """By its kind and the function of the server, not by addresses or the tool's functions."""
    assert [report.headline for report in reports_in(text)] == headlines


def test_an_excerpt_is_as_written_and_short():
    """The first lines, and how many more there are."""
    (report,) = reports_in(ASAN + "Shadow bytes\n" * 100)
    assert report.excerpt.splitlines()[0] == ASAN.splitlines()[1]
    assert report.excerpt.splitlines()[-1] == "... 81 more lines"


def test_what_came_since_the_last_look(tmp_path):
    """Each error once, in whatever file, the server's log among them."""
    log = tmp_path / "server.log"
    log.write_text("(EE) nothing\n")
    files = ReportFiles(log)
    assert files.new(ended=False) == []
    log.write_text(f"(EE) nothing\n{UBSAN}")
    (tmp_path / "asan.16").write_text(ASAN)
    (tmp_path / "ubsan.16").write_text(UBSAN)
    (tmp_path / "Xauthority").write_text(ASAN)
    assert len(files.new(ended=False)) == 3
    assert files.new(ended=False) == []
    with (tmp_path / "asan.16").open("a") as file:
        file.write(LSAN)
    assert [report.headline.split(":")[0] for report in files.new(ended=True)] == ["LeakSanitizer"]
    assert ASAN + LSAN in files.text.replace(UBSAN, "").replace("(EE) nothing\n", "")


def test_an_error_that_is_being_written_counts_when_it_is_whole(tmp_path):
    """Valgrind writes line by line, and ends each error with an empty one."""
    log, text = tmp_path / "valgrind.20", VALGRIND.splitlines(keepends=True)
    files = ReportFiles(tmp_path / "server.log")
    found = []
    for count in range(1, len(text)):
        log.write_text("".join(text[:count]))
        found += files.new(ended=False)
    assert found == reports_in(VALGRIND)
    log.write_text("".join(text[:6]))
    assert ReportFiles(tmp_path / "server.log").new(ended=False) == []
    assert len(ReportFiles(tmp_path / "server.log").new(ended=True)) == 1


def test_files_of_other_processes_are_not_the_servers(tmp_path):
    """Where a user's log_path collects the reports of all servers, their number tells."""
    files = ReportFiles(tmp_path / "server.log", [tmp_path / "mine"])
    (tmp_path / "mine.16").write_text(ASAN)
    (tmp_path / "mine.17").write_text(ASAN)
    assert files.new(ended=False) == []
    files.belong_to(16)
    assert len(files.new(ended=False)) == 1


def test_the_message_quotes_the_first_and_counts_the_rest():
    """With the tests that the server had served, and what to do."""
    reports = [Report("first", "a\nb"), Report("second", ""), Report("third", "")]
    said = str(SanitizerReported("Xvfb", reports, "when it ended", ["test_a", "test_b"]))
    assert said.splitlines() == [
        "first",
        "  reported of Xvfb when it ended",
        "    a",
        "    b",
        "  2 more, the next one: second",
        "  it had served",
        "    test_a",
        "    test_b",
        "  To go on with an error that is known, give the tool a suppression file: "
        "docs/sanitizers.md",
    ]
