# SPDX-License-Identifier: MIT
"""The cost of the plugin in sessions that do not use it."""

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import entry_points

from benchmarks.measure import Run, Section, Variant
from benchmarks.sessions import INSTALLED, PLUGIN, session, session_folder
from benchmarks.yardsticks.peers import Peers

AIM = 1.05
OWN = "xharness"
BROUGHT = ("xvfb", "timeout")
"""Plugins that come with ours, by their entry points."""


@contextmanager
def section(_quick: bool) -> Iterator[Section]:
    """One empty test as a whole process, with and without the plugins of an installation."""
    found = {entry.name for entry in entry_points(group="pytest11")}
    peers = Peers()
    with session_folder({"test_empty.py": "def test_empty():\n    pass\n"}) as folder:

        def loading(*names: str) -> Run:
            # pytest loads every installed plugin unless -p no: excludes it.
            arguments = [f"-pno:{name}" for name in sorted(found - set(names))]
            if OWN in names and not INSTALLED:
                arguments += PLUGIN
            return lambda: session(folder, arguments, autoload=True) * 1000

        variants = [
            Variant("without", loading()),
            Variant("xharness", loading(OWN), AIM),
        ]
        for name in BROUGHT:
            if name in found:
                variants.append(Variant(f"pytest-{name}", loading(name)))
            else:
                peers.missing.append(f"pytest-{name} is not installed")
        together = [name for name in BROUGHT if name in found]
        title = " + ".join(["xharness", *(f"pytest-{name}" for name in together)])
        variants.append(Variant(title, loading(OWN, *together)))
        how = "as an installed entry point" if INSTALLED else "by -p, for it is not installed"
        yield Section(
            "pytest with one empty test, whole process; no other plugins",
            variants,
            rounds=25,
            missing=peers.missing,
            notes=[f"xharness is loaded {how}; the last row is what an installation brings"],
        )
