# SPDX-License-Identifier: MIT
"""Marks, parameters and known bugs that the tests of several files share."""

import sys

import pytest
from xcffib.composite import Redirect

from harness.x11.present import CompleteMode

FOREIGN = ">" if sys.byteorder == "little" else "<"
"""The byte order that this machine does not have."""

BYTE_ORDERS = pytest.mark.parametrize("order", "<>", ids=["little-endian", "big-endian"])
BORDERS = pytest.mark.parametrize("border", [0, 3])
SHOWN = CompleteMode.COPY, CompleteMode.FLIP
"""How a presentation may complete that is not skipped, where that is not the subject of the test.

A server that copies is held to that by the rule ``no-flip``, others by ``test_flips.py``.
"""
YOUNG = 2
"""The MSC from which on frames have passed: the clock of a driver, or of a window, starts at 0."""

UPDATES = pytest.mark.parametrize(
    "update", [Redirect.Automatic, Redirect.Manual], ids=["automatic", "manual"]
)


def at_least(width: int, height: int) -> pytest.MarkDecorator:
    """The screen must be this large (pixels) at the start."""
    return pytest.mark.xserver(at_least=(width, height))


LARGE, MEDIUM = at_least(1280, 1024), at_least(640, 480)
SMALL = 160, 120
"""A screen of this size saves time; the goldens of tests that take a larger one too have it."""

PLAIN_DRIVERS = ("xvfb", "xephyr", "xorg", "xvnc", "xwayland", "x2gokdrive", "sway")
WITHOUT_CARD = pytest.mark.needs(
    servers=PLAIN_DRIVERS, reason="a driver without providers and leases"
)

DEPTH_24 = pytest.mark.xserver(depth=24)


def from_edges(client, x: int, y: int) -> tuple[int, int]:
    """A place near the edges of the screen.

    It is given for one of 640x480; what is nearer to the right or lower edge keeps its distance
    to that.
    """
    root = client.geometry(client.root)
    return (
        x if x < 320 else x - 640 + root.width,
        y if y < 240 else y - 480 + root.height,
    )


AFTER_21 = {"X.Org": "26", "XLibre": "25", "Xwayland": "26"}
"""The first releases of what was developed behind X.Org 21.1 and Xwayland 24.1."""

STARTS_LARGE = pytest.mark.known_bug(
    reference="Xvfb with -crtcs starts its CRTC with 1280x1024 whatever the screen's size",
    since={"X.Org": "21.1.99", "XLibre": "25"},
    servers=("xvfb",),
    evidence="failed: AssertionError",
    strict=False,
)

STEPS_AS_PLACES = pytest.mark.known_bug(
    reference="xserver commit 940333591: the damage of points takes steps for places",
    fixed={"X.Org": "1.20.2", "XLibre": "25", "Xwayland": "21"},
    evidence="failed: AssertionError points_step_by_step",
    strict=False,
)

PLACE_COUNTS_TWICE = pytest.mark.known_bug(
    reference="X11Libre #2159: SetScreenSize adds the place of a CRTC to where its area ends",
    since={"X.Org": "21.1.99", "XLibre": "25"},
    fixed={"XLibre": "25.1.5"},
    evidence=(
        "failed: AssertionError ('Match'",
        "failed: ProtocolError got a Match error for RANDR:SetScreenSize",
    ),
    strict=False,
)

NO_CRTC_IS_SET = (
    "SetCrtcConfig sets no CRTC: Xwayland before 24.1 answers with Success, x2gokdrive with Failed"
)
EMULATED = pytest.mark.known_bug(
    reference=NO_CRTC_IS_SET,
    fixed={"Xwayland": "24.1"},
    servers=("xwayland", "x2gokdrive"),
    evidence="failed",
    strict=True,
)
"""Xwayland leaves its monitors to the Wayland compositor, x2gokdrive to the client of X2Go."""

ROOTLESS = pytest.mark.known_bug(reference=NO_CRTC_IS_SET, servers=("sway",))
"""Each window is shown for itself, and a mode that is set is that of its client alone."""

REFUSING = pytest.mark.known_bug(reference=NO_CRTC_IS_SET, servers=("x2gokdrive",))
"""Where a CRTC that only seems to be set is enough."""

OLD_DRIVER = pytest.mark.known_bug(
    reference="xf86RandR.c keeps the size of the screen, and tells nothing of modes that are set, "
    "for drivers older than RANDR 1.2",
    fixed={"X.Org": "21", "XLibre": "25"},
    servers=("xorg",),
    effect="AssertionError",
)
FREED_TWICE = pytest.mark.known_bug(
    reference="dbus-core.c frees its timer twice",
    servers=("xorg", "xorg-flip", "xorg-kms"),
    evidence=(
        "hung: ServerEndedBadly SIGABRT",
        "crashed: ServerEndedBadly SIGABRT",
        "crashed: ServerEndedBadly SIGSEGV",
    ),
    strict=False,
)

RELEASED_FOR_EVER = pytest.mark.known_bug(
    reference="a flip that its wait fence releases after its target is completed for ever (seen on "
    "Xwayland 24.1.14, X.Org 1.20.11, 21.1.7 and 21.1.25, not on Xwayland 24.1.6)",
    since={"Xwayland": "24.1.7", "X.Org": "1.20.11", "XLibre": "25"},
    evidence=("hung", "failed: WaitTimeout", "rule violated: complete-once"),
    strict=False,
    fatal=True,
)

COMPLETED_WHEN_OFF = pytest.mark.known_bug(
    reference="Xorg's modesetting driver completes what is queued for a CRTC when that is switched "
    "off, and has MSC and UST 0, or lower ones, until it is on",
    servers=("xorg", "xorg-kms"),
    where={"flip": True},
    evidence=(
        "rule violated: target-reached",
        "rule violated: clock-forward",
        "rule violated: flip-per-frame",
        "rule violated: zero-clock",
        "failed: UnexpectedPicture",
    ),
)
"""Expected of drivers that flip; the dummy driver of the kind has a clock that never stops."""

SCANNED_OUT = pytest.mark.needs(
    servers=("xorg-flip", "xorg-kms"), reason="a monitor whose picture can be read"
)
"""Elsewhere what a CRTC shows is computed from the screen."""

KERNEL_EVENTS = pytest.mark.known_bug(
    reference="Xorg's modesetting driver can queue 128 events of the kernel: while they wait, "
    "targets of all clients count as reached",
    servers=("xorg", "xorg-kms"),
    where={"flip": True},
    evidence=("rule violated: target-reached", "failed: AssertionError"),
    fatal=True,
)
"""They stay in the kernel after their client has left: the server is of no use to further tests."""

LATER_IN_COPY = pytest.mark.known_bug(
    reference="glamor copies within a pixmap without a barrier behind: llvmpipe takes over some of "
    "what is drawn later",
    servers=("xorg-kms",),
    evidence="failed: UnexpectedPicture",
    strict=False,
)
"""A window that is moved may show what was painted where it came from."""
