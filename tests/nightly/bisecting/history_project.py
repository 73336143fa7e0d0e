# SPDX-License-Identifier: MIT
"""A repository whose commits build a server in no time, good, bad, rare or broken ones."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from harness.servers.kinds.table import ServerKind

_SERVER = """\
#!/bin/sh
# It prints its state; what it is started for is not served.
if [ "$1" = -help ]; then
    echo ' MARK'
    echo '-audit int'
    exit
fi
"""

_RARE = """\
count=$(cat "$0.count" 2>/dev/null || echo 0)
echo $((count + 1)) >"$0.count"
[ $((count % 4)) = 3 ] && echo bug || echo fine
"""

_STATES: Mapping[str, str] = {
    "good": "echo fine\n",
    "bad": "echo bug\n",
    "other": "echo other\n",
    "rare": _RARE,
    "broken": "",
}

SCRIPT = """\
import subprocess, sys

said = subprocess.check_output([sys.argv[1], "-screen"], text=True).strip()
print(said)
sys.exit({"fine": 0, "bug": 1}.get(said, 125))
"""
"""As xharness repro writes them: 0 the server is sound, 1 it has the bug, 125 cannot tell."""


def write_script(path: Path) -> Path:
    """The script that shows the bug."""
    path.write_text(SCRIPT)
    return path


def repository_of(folder: Path, *states: str) -> Path:
    """A repository with a commit for each of ``states``, tagged v0, v1, ...

    The servers of ``rare`` ones have the bug each fourth time that they run; what is no known
    state is the text of the server itself.
    """
    place = folder / "hw/vfb"
    place.mkdir(parents=True)
    (folder / "meson.build").write_text("project('tiny', version: '1.0')\nsubdir('hw/vfb')\n")
    git(folder, "init", "--quiet", "--initial-branch=main", ".")
    for number, state in enumerate(states):
        program = _SERVER.replace("MARK", ServerKind.XVFB.info.help_mark) + _STATES.get(state, "")
        (place / "server").write_text(program if state in _STATES else state)
        (place / "server").chmod(0o755)
        copied = "'cp', '-p', '@INPUT@', '@OUTPUT@'" if state != "broken" else "'false'"
        (place / "meson.build").write_text(
            "custom_target('Xvfb', input: 'server', output: 'Xvfb', build_by_default: true,\n"
            f"    command: [{copied}])\n"
        )
        (folder / "note").write_text(f"{number}\n")
        git(folder, "add", "--all")
        git(folder, "commit", "--quiet", "--message", f"{state.split()[0]} number {number}")
        git(folder, "tag", f"v{number}")
    return folder


def git(folder: Path, *words: str) -> str:
    """What git prints in ``folder``."""
    own = {
        f"GIT_{role}_{what}": text
        for role in ("AUTHOR", "COMMITTER")
        for what, text in (("NAME", "Ann Author"), ("EMAIL", "ann@example.org"))
    }
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-C", str(folder), *words],
        check=True,
        capture_output=True,
        text=True,
        env=clean | own,
    )
    return done.stdout.strip()
