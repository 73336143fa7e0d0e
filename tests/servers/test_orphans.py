# SPDX-License-Identifier: MIT
"""What servers and helpers leave behind is collected, whatever process 1 does."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

CAREFREE = """
import ctypes, subprocess, sys
from pathlib import Path
# In the place of process 1: orphans below become its children, and it collects none of them.
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
subprocess.run([sys.executable, "-c", {code!r}], check=True)
for pid in Path("/proc/thread-self/children").read_text().split():
    print(pid, Path(f"/proc/{{pid}}/stat").read_text(), Path(f"/proc/{{pid}}/comm").read_text())
"""

CASES = {
    "ended": "process.end(5)",
    "died": "os.kill(process.pid, signal.SIGKILL); assert process.wait(5)",
    "died at once": "assert process.wait(5)",
}


def orphans_after(code):
    """The zombies that a harness which runs ``code`` leaves to its grandparent."""
    return subprocess.run(
        [sys.executable, "-c", CAREFREE.format(code=code)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=60,
    ).stdout


@pytest.mark.parametrize("case", CASES)
def test_the_children_of_a_program_are_collected(case, tmp_path):
    """Whether it was ended, or died before its children."""
    last = "exit" if case == "died at once" else "echo ready; exec sleep 60"
    script = f"sh -c 'sleep 60; :' & sleep 60 & {last}"
    code = f"""
import os, signal
from pathlib import Path
from harness.servers.process.process import Process
log = Path({str(tmp_path / "log")!r})
process = Process(["/bin/sh", "-c", {script!r}], {{"PATH": os.environ["PATH"]}}, log)
while {case != "died at once"} and not log.read_text():
    process.wait(0.01)
{CASES[case]}
"""
    assert orphans_after(code) == ""


def test_westons_children_are_collected():
    """It leaves a shell and a keyboard."""
    code = """
from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec
for _ in range(2):
    launch(ServerSpec(build=find_on_path(ServerKind.XWAYLAND))).stop()
"""
    assert orphans_after(code) == ""


STRANGERS = """
import os, subprocess, sys
from pathlib import Path
from harness.servers.process.process import Process

def states(pids):
    return [Path(f"/proc/{{pid}}/stat").read_text().rpartition(") ")[2][0] for pid in pids
            if Path(f"/proc/{{pid}}").exists()]

def end_a_server():
    process = Process(["/bin/sleep", "60"], {{"PATH": os.environ["PATH"]}}, Path({log!r}))
    process.end(5)

end_a_server()
# A program of the user's starts a session with a child, and both end before the child does.
script = '''
import os
os.fork() and os._exit(0)
os.setsid()
os.fork() and os._exit(0)
print(os.getpid(), flush=True)
'''
done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, check=True)
orphan = int(done.stdout)
while states([orphan]) not in ([], ["Z"]):
    pass
own = subprocess.Popen(["/bin/sh", "-c", "exit 7"], start_new_session=True)
same = subprocess.Popen(["/bin/sh", "-c", "exit 8"])
while states([own.pid, same.pid]) != ["Z", "Z"]:
    pass
assert states([orphan]) == ["Z"], states([orphan])
end_a_server()
assert states([orphan]) == [], states([orphan])
assert states([own.pid, same.pid]) == ["Z", "Z"]
assert (own.wait(), same.wait()) == (7, 8)
"""


def test_orphans_of_other_programs_are_collected(tmp_path):
    """Those in a session that this process neither has nor gave; no one's status is stolen."""
    code = STRANGERS.format(log=str(tmp_path / "log"))
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, timeout=60, check=False)
    assert done.returncode == 0
