# SPDX-License-Identifier: MIT
"""How long a fresh server takes from its start to its first reply."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any

from benchmarks.measure import Run, Section, Variant
from benchmarks.yardsticks.default_server import default_server, first_reply
from benchmarks.yardsticks.peers import Peers
from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.process.reaper import REAPER
from harness.servers.spec import ServerSpec

AIM = 0.36
FLIP_AIM = 1.1


@contextmanager
def section(_quick: bool) -> Iterator[Section]:
    """Our launch, lean and with GLX and fonts, against Xvfb with default options."""
    build = find_on_path(ServerKind.XVFB)
    peers = Peers()
    lean, full = ServerSpec(build=build), ServerSpec(build=build, lean=False)
    variants = [
        Variant("Xvfb as it comes, by Popen", _entering(default_server)),
        Variant("xharness", _entering(lambda: launch(lean)), AIM),
        Variant("xharness, lean=False", _entering(lambda: launch(full))),
    ]
    if pyvirtualdisplay := peers.module("pyvirtualdisplay", "PyVirtualDisplay"):
        variants.append(Variant("PyVirtualDisplay", _entering(lambda: _virtual(pyvirtualdisplay))))
    if xvfbwrapper := peers.module("xvfbwrapper"):
        variants.append(Variant("xvfbwrapper", _entering(lambda: _wrapped(xvfbwrapper))))
    try:
        yield Section(
            "a fresh server, 640x480, from start to first reply",
            variants,
            rounds=25,
            missing=peers.missing,
            notes=[
                "xharness: without GLX and font folders, keymap from a digest, with a "
                "cookie, root and size checked"
            ],
        )
    finally:
        REAPER.end_if_idle()


@contextmanager
def flip_section(_quick: bool) -> Iterator[Section]:
    """Xorg with the driver of the harness's own against Xorg with the dummy driver."""
    specs = [
        ServerSpec(build=find_on_path(kind)) for kind in (ServerKind.XORG, ServerKind.XORG_FLIP)
    ]
    dummy, flip = (_entering(partial(launch, spec)) for spec in specs)
    try:
        yield Section(
            "a fresh Xorg, 640x480, from start to first reply",
            [Variant("xorg, with the dummy driver", dummy), Variant("xorg-flip", flip, FLIP_AIM)],
            rounds=25,
        )
    finally:
        REAPER.end_if_idle()


def _entering(start: Callable[[], AbstractContextManager[object]]) -> Run:
    """A run that times the entry of the context, not its exit."""

    def run() -> float:
        began = time.perf_counter()
        with start():
            return (time.perf_counter() - began) * 1000

    return run


@contextmanager
def _virtual(pyvirtualdisplay: Any) -> Iterator[None]:
    with pyvirtualdisplay.Display(visible=False, size=(640, 480), manage_global_env=False) as shown:
        first_reply(shown.display)
        yield


@contextmanager
def _wrapped(xvfbwrapper: Any) -> Iterator[None]:
    # With an environment of its own it does not change ours.
    with xvfbwrapper.Xvfb(640, 480, environ=dict(os.environ)) as shown:
        first_reply(shown.new_display)
        yield
