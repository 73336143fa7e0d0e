# SPDX-License-Identifier: MIT
"""Modes of one size: told apart by a single number of their timing, or by their height alone."""

from dataclasses import dataclass, replace

import pytest
from xcffib.randr import ModeFlag, ModeInfo

from harness.clients.randr.observer import Observer
from harness.x11.randr import CrtcChangeNotify
from suites.marks import EMULATED, MEDIUM, ROOTLESS

pytestmark = pytest.mark.needs("RANDR", crtcs=1)


@dataclass(frozen=True, slots=True)
class Timing:
    """The numbers of a mode, in the order of the request."""

    width: int = 320
    height: int = 240
    clock: int = 6_240_000
    hsync_start: int = 328
    hsync_end: int = 360
    htotal: int = 400
    hskew: int = 0
    vsync_start: int = 243
    vsync_end: int = 249
    vtotal: int = 260
    flags: int = 0

    def create(self, monitors, name):
        """The id of a new mode."""
        *numbers, flags = (getattr(self, name) for name in self.__slots__)
        info = ModeInfo.synthetic(0, *numbers, len(name), flags)
        requests = monitors.requests
        reply = requests.CreateMode(monitors.client.root, info, len(name), name.encode()).reply()
        return reply.mode


BASE = Timing()
OTHERS = {
    "clock": replace(BASE, clock=6_241_000),
    "hsync start": replace(BASE, hsync_start=336),
    "hsync end": replace(BASE, hsync_end=368),
    "htotal": replace(BASE, htotal=408),
    "vsync start": replace(BASE, vsync_start=244),
    "vsync end": replace(BASE, vsync_end=250),
    "vtotal": replace(BASE, vtotal=261),
    "hsync": replace(BASE, flags=ModeFlag.HsyncPositive),
    "vsync": replace(BASE, flags=ModeFlag.VsyncPositive),
    "height": replace(BASE, height=200),
    "width": replace(BASE, width=312),
}
"""Each differs from BASE in one number."""


def listed(monitors, id):
    reply = monitors.requests.GetScreenResourcesCurrent(monitors.client.root).reply()
    (info,) = [info for info in reply.modes if info.id == id]
    return Timing(
        *(info.width, info.height, info.dot_clock, info.hsync_start, info.hsync_end, info.htotal),
        *(info.hskew, info.vsync_start, info.vsync_end, info.vtotal, info.mode_flags),
    )


@MEDIUM
@EMULATED
@ROOTLESS
@pytest.mark.known_bug(
    reference="xserver commit f1bd82552: Xephyr tells of a mode of its own before the one that "
    "is set",
    since={"X.Org": "21.1.99", "XLibre": "25"},
    servers=("xephyr",),
    evidence="failed: AssertionError assert [",
    strict=False,
)
@pytest.mark.parametrize("case", OTHERS)
def test_modes_that_differ_by_one_number_are_told_apart(monitors, head, case):
    """Whichever is set is the CRTC's, in GetCrtcInfo and in CrtcChange, and each is listed as it
    was made (RND-031, RND-045, RND-070)."""
    timings = {"base": BASE, "other": OTHERS[case]}
    modes = {name: timing.create(monitors, name) for name, timing in timings.items()}
    with monitors.client.catch_errors() as errors:
        for mode in modes.values():
            monitors.add_mode(head.output, mode)
    if errors:
        pytest.skip("needs a driver that takes modes of any timing")
    assert {name: listed(monitors, mode) for name, mode in modes.items()} == timings
    assert [mode for mode in head.output_info.modes if mode in modes.values()] == [*modes.values()]
    observer = Observer(monitors)
    for name in ("base", "other", "base", "other"):
        if head.set(modes[name]).status != 0:
            pytest.skip("needs a driver that sets modes of any timing")
        info = head.info
        assert info.mode == modes[name]
        assert (info.width, info.height) == (timings[name].width, timings[name].height)
        told = [event for event in observer.take() if isinstance(event, CrtcChangeNotify)]
        assert [event.mode for event in told] == [modes[name]]


@MEDIUM
@EMULATED
@ROOTLESS
@pytest.mark.parametrize("case", ["height", "width"])
def test_sizes_that_share_a_side_are_told_apart(monitors, head, case):
    """GetScreenInfo lists both, and names the one that is set (RND-094)."""
    timings = {"base": BASE, "other": OTHERS[case]}
    modes = {name: timing.create(monitors, name) for name, timing in timings.items()}
    for mode in modes.values():
        monitors.add_mode(head.output, mode)
    for name in ("other", "base", "other"):
        assert head.set(modes[name]).status == 0
        info = monitors.screen_info()
        sizes = [(timing.width, timing.height) for timing in timings.values()]
        assert [size for size in info.sizes if size in sizes] == sizes
        assert info.sizes[info.size] == (timings[name].width, timings[name].height)
        assert info.rate in info.rates[info.size]


@MEDIUM
@EMULATED
@ROOTLESS
@pytest.mark.known_bug(
    reference="GetScreenInfo makes Xephyr set its CRTC to a mode of its own of the same size",
    servers=("xephyr",),
    evidence=(
        "failed: AssertionError the current rate is 0 Hz",
        "failed: AssertionError the current rate is 60 Hz, not 75",
    ),
)
def test_rates_of_one_size_are_told_apart(monitors, head):
    """GetScreenInfo lists the size once with each rate, and names the one that is set (RND-094)."""
    timings = {rate: replace(BASE, clock=rate * BASE.htotal * BASE.vtotal) for rate in (50, 60, 75)}
    modes = {rate: timing.create(monitors, f"{rate} Hz") for rate, timing in timings.items()}
    for mode in modes.values():
        monitors.add_mode(head.output, mode)
    for rate in (75, 50, 60):
        assert head.set(modes[rate]).status == 0
        info = monitors.screen_info()
        at = info.sizes.index((320, 240))
        assert info.sizes.count((320, 240)) == 1
        assert set(timings) <= set(info.rates[at])
        assert info.size == at
        assert info.rate == rate, f"the current rate is {info.rate} Hz, not {rate}"
        assert head.info.mode == modes[rate]
