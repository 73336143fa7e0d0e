# SPDX-License-Identifier: MIT
"""How long a cache takes that has a build already, against the build."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from benchmarks.measure import Section, Variant, timed
from harness.nightly.builds.cache import BuildCache
from harness.nightly.builds.definitions import BuildDefinition
from harness.nightly.builds.making import make

AIM = 0.05

FILES = 120
"""A third of those of an Xvfb, so that a round takes seconds; each includes headers as they do."""

_MESON = """\
project('measured', 'c', version: '1')
subdir('hw/vfb')
"""

_FILE = """\
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <math.h>
#include <sys/socket.h>
int f{n}(int a) {{ char b[64]; snprintf(b, sizeof b, "%d", a); return atoi(b) + (int) strlen(b); }}
"""

_MAIN = """\
#include <stdio.h>
int main(void) { puts("-audit int\\n-fbdir directory"); return 0; }
"""


@contextmanager
def section(quick: bool) -> Iterator[Section]:
    """The build of a definition with an empty cache, and with one that has it."""
    os.environ["CCACHE_DISABLE"] = "1"
    files = 3 if quick else FILES
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write_sources(folder / "source", files)
        definition = BuildDefinition(name="measured", source=str(folder / "source"))
        empty = (BuildCache(folder / str(number) / "builds") for number in count())
        warm = BuildCache(folder / "warm/builds")
        make(warm, definition)
        yield Section(
            f"a build of {files} files and a server, and the same again",
            [
                Variant("the build", timed(lambda: make(next(empty), definition))),
                Variant("a cache that has it", timed(lambda: make(warm, definition)), AIM),
            ],
            rounds=5,
            notes=["an Xvfb has 290 files, Xvfb, Xephyr and Xorg together 547"],
        )


def _write_sources(folder: Path, files: int) -> None:
    place = folder / "hw/vfb"
    place.mkdir(parents=True)
    (folder / "meson.build").write_text(_MESON, encoding="utf-8")
    (place / "main.c").write_text(_MAIN, encoding="utf-8")
    names = [f"f{n}.c" for n in range(files)]
    for n, name in enumerate(names):
        (place / name).write_text(_FILE.format(n=n), encoding="utf-8")
    listed = ", ".join(map(repr, ["main.c", *names]))
    (place / "meson.build").write_text(f"executable('Xvfb', {listed})\n", encoding="utf-8")
