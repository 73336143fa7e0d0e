# SPDX-License-Identifier: MIT
"""A meson project with the folders of an X server, whose servers only print their help."""

import os
import subprocess
from pathlib import Path

from harness.servers.kinds.table import ServerKind

_MESON = """\
project('tiny', 'c', version: '7.8.9')
if get_option('xvfb')
    subdir('hw/vfb')
endif
if get_option('xephyr')
    subdir('hw/kdrive/ephyr')
endif
if get_option('xorg') != 'false'
    subdir('hw/xfree86')
endif
"""

_OPTIONS = """\
option('xvfb', type: 'boolean', value: true)
option('xephyr', type: 'boolean', value: false)
option('xorg', type: 'combo', choices: ['true', 'false', 'auto'], value: 'auto')
option('glx', type: 'boolean', value: true)
option('docs', type: 'feature', value: 'auto')
option('word', type: 'string', value: 'plain')
"""

_PROGRAM = """\
#include <stdio.h>
int main(void) { puts("use: X [option]\\n-audit int   set audit level\\n%s"); return 0; }
"""

_XORG = """\
executable('Xorg', 'main.c')
configure_file(input: 'xorg-server.pc.in', output: 'xorg-server.pc',
    configuration: {'prefix': get_option('prefix')}, install_dir: 'lib/pkgconfig')
"""

_INTERFACE = """\
prefix=@prefix@
exec_prefix=${prefix}
libdir=${exec_prefix}/lib
moduledir=${exec_prefix}/lib/xorg/modules
abi_videodrv=%s

Name: xorg-server
Description: what drivers are built against
Version: 7.8.9
"""


def write_project(
    folder: Path, *kinds: ServerKind, fault: str = "", abi: str = "25.2", extra: str = ""
) -> Path:
    """The project with these ``kinds`` in ``folder``; a ``fault`` is C that does not compile.

    ``extra`` goes to the end of its meson.build.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "meson.build").write_text(_MESON + extra)
    (folder / "meson_options.txt").write_text(_OPTIONS)
    for kind in kinds or (ServerKind.XVFB,):
        place = (folder / kind.info.built_at).parent
        place.mkdir(parents=True, exist_ok=True)
        (place / "main.c").write_text(_PROGRAM % kind.info.help_mark + fault)
        (place / "meson.build").write_text(f"executable('{kind.info.program}', 'main.c')\n")
        if kind is ServerKind.XORG:
            (place / "meson.build").write_text(_XORG)
            (place / "xorg-server.pc.in").write_text(_INTERFACE % abi)
    return folder


def git(folder: Path, *words: str) -> str:
    """What git prints in ``folder``, with an author of its own."""
    own = {
        f"GIT_{role}_{what}": "a@b"
        for role in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
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


def commit(folder: Path, subject: str) -> str:
    """Commit all that is in ``folder``, made a repository first; the commit's name."""
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet", "--initial-branch=main", ".")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", subject)
    return git(folder, "rev-parse", "HEAD")
