# SPDX-License-Identifier: MIT
"""Presentations while their CRTC is switched off, sleeps, turns or gets another mode.

Each that was accepted completes once and gives its pixmap back, and what the screen shows
afterwards is right.  The rules hold that none is early (target-reached) and that clocks go forward.
"""

from abc import ABC, abstractmethod
from functools import partial

import pytest
import xcffib.dpms

from harness.capture.crtc import capture_crtc
from harness.capture.get_image import capture, capture_root
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from harness.x11.present import CompleteMode
from harness.x11.randr import Rotation
from suites.marks import COMPLETED_WHEN_OFF, SHOWN

pytestmark = [
    pytest.mark.needs("RANDR", "Present"),
    pytest.mark.xserver(fps=600),
    COMPLETED_WHEN_OFF,
]

SOON = 150
"""Frames to the first target: the change comes before it, on all but the slowest machines."""
FAR = 2**20
PLACE, SIZE = (20, 30), (64, 48)
COLOURS = ("red", "green", "blue")
LATE = "the first target had passed before the CRTC had changed"

CLOCK_BACK_WHEN_OFF = pytest.mark.known_bug(
    reference=COMPLETED_WHEN_OFF.kwargs["reference"],
    servers=("xorg", "xorg-kms"),
    where={"flip": True},
    evidence="failed: AssertionError",
    strict=False,
)
COPIES = pytest.mark.needs(small_windows_copy=True)
OBEYS = pytest.mark.needs(resize=True, reason="others show what they showed")
TURNS = pytest.mark.needs(rotation=True)


class Change(ABC):
    """Something that happens to a CRTC, and the way back to what it showed before."""

    def __init__(self, head, barrier):
        self.head, self.barrier, self.before = head, barrier, head.info
        self.made = False

    def make(self):
        self.made = True
        self.do()

    def undo(self):
        """The CRTC as it was before; nothing if that is so."""
        if self.made:
            self.go_back()
        self.made = False

    @abstractmethod
    def do(self):
        """Send it."""

    def go_back(self):
        # Some servers do not survive a turn with drawing that they have put off.
        self.barrier()
        self.set(self.before.mode, self.before.rotation)

    def set(self, mode, rotation=Rotation.ROTATE_0):
        x, y = self.before.x, self.before.y
        assert self.head.set(mode, x, y, rotation=int(rotation)).status == 0


class Off(Change):
    def do(self):
        assert self.head.off().status == 0


class OffAndOn(Off):
    def do(self):
        super().do()
        self.go_back()


class Smaller(Change):
    def do(self):
        self.set(self.head.add_mode(96, 80).id)


class Turned(Change):
    def __init__(self, head, barrier, rotation):
        super().__init__(head, barrier)
        self.rotation = rotation

    def do(self):
        self.barrier()
        self.set(self.before.mode, self.rotation)


class Asleep(Change):
    """The monitors are in the DPMS state Off."""

    def __init__(self, head, barrier):
        super().__init__(head, barrier)
        self.dpms = head.monitors.client.extension(xcffib.dpms)
        if not self.dpms.Capable().reply().capable:
            pytest.skip("needs monitors that can sleep (DPMS)")
        self.enabled = self.dpms.Info().reply().state

    def do(self):
        self.dpms.Enable()
        self.force(xcffib.dpms.DPMSMode.Off)

    def go_back(self):
        self.force(xcffib.dpms.DPMSMode.On)
        if not self.enabled:
            self.dpms.Disable()

    def force(self, level):
        self.dpms.ForceLevel(level)
        assert self.dpms.Info().reply().power_level == level


CHANGES = {
    "off": pytest.param(Off, marks=OBEYS),
    "off-and-on": pytest.param(OffAndOn, marks=OBEYS),
    "smaller": pytest.param(Smaller, marks=OBEYS),
    "asleep": pytest.param(Asleep, marks=pytest.mark.needs("DPMS")),
    "upside-down": pytest.param(partial(Turned, rotation=Rotation.ROTATE_180), marks=TURNS),
    "on-its-side": pytest.param(partial(Turned, rotation=Rotation.ROTATE_90), marks=TURNS),
}


@pytest.fixture(params=CHANGES.values(), ids=list(CHANGES))
def change(request, head, barrier):
    """A change of the first CRTC; it is undone at the end, if it was made."""
    change = request.param(head, barrier)
    yield change
    if head.monitors.client.server.alive:
        change.undo()


@COPIES
def test_copies_complete_at_their_targets(presenter, monitors, head, change, too_late):
    """What waits for its frame is shown at it, not before, and comes back; what lies far ahead
    still waits (PRE-065, PRE-087, PRE-112, PRE-117)."""
    window = presenter.window(*SIZE, x=PLACE[0], y=PLACE[1])
    now = window.msc()
    fences = [presenter.fence() for _ in COLOURS]
    shown = [
        window.present(
            window.pixmap(colour),
            target_msc=now + SOON + 10 * index,
            idle_fence=fence,
            target_crtc=head.crtc,
        )
        for index, (colour, fence) in enumerate(zip(COLOURS, fences, strict=True))
    ]
    asked = window.notify_msc(now + SOON + 15)
    window.present(window.pixmap("white"), target_msc=now + FAR, target_crtc=head.crtc)
    presenter.sync()
    change.make()
    if window.msc() >= now + SOON:
        too_late(LATE)
    for one, fence in zip(shown, fences, strict=True):
        assert one.wait_complete().mode in SHOWN
        one.wait_idle()
        assert fence.triggered
    asked.wait_complete()
    Canvas(*SIZE, presenter.depth, COLOURS[-1]).check(capture(window))
    change.undo()
    assert window.show("magenta").mode in SHOWN
    Canvas(*SIZE, presenter.depth, "magenta").check(
        capture_crtc(monitors, head.crtc).crop(*PLACE, *SIZE)
    )
    assert [len(one.completes()) for one in (*shown, asked)] == [1] * 4
    assert [len(one.idles()) for one in shown] == [1] * 3


@pytest.mark.needs(flip=True)
def test_flips_complete_at_their_targets(presenter, monitors, head, change, too_late):
    """A window that has the screen flips or copies while its CRTC changes: at the targets, each
    once, and all pixmaps but that on the screen come back.  Afterwards it flips again (PRE-065,
    PRE-088, PRE-089, PRE-141)."""
    window = presenter.screen_window()
    shown = [window.present(window.pixmap("white"), target_crtc=head.crtc)]
    assert shown[0].wait_complete().mode is CompleteMode.FLIP
    now = window.msc()
    shown += [
        window.present(
            window.pixmap(colour), target_msc=now + SOON + 10 * index, target_crtc=head.crtc
        )
        for index, colour in enumerate(COLOURS)
    ]
    presenter.sync()
    change.make()
    if window.msc() >= now + SOON:
        too_late(LATE)
    for one in shown[1:]:
        assert one.wait_complete().mode in SHOWN
    Canvas(window.width, window.height, presenter.depth, COLOURS[-1]).check(capture(window))
    change.undo()
    last = window.present(window.pixmap(), target_crtc=head.crtc)
    assert last.wait_complete().mode is CompleteMode.FLIP
    for one in shown:
        one.wait_idle()
    whole = Canvas(window.width, window.height, presenter.depth)
    whole.paste(chart_pixels(window.width, window.height, 24)).check(capture_root(presenter))
    whole.check(capture_crtc(monitors, head.crtc).crop(0, 0, window.width, window.height))
    window.wait_msc(last.wait_complete().msc + 4)
    assert [len(one.completes()) for one in (*shown, last)] == [1] * 5
    assert [len(one.idles()) for one in (*shown, last)] == [1] * 4 + [0]


@CLOCK_BACK_WHEN_OFF
@pytest.mark.parametrize(
    "whole",
    [
        pytest.param(False, id="window", marks=COPIES),
        pytest.param(True, id="screen", marks=pytest.mark.needs(flip=True)),
    ],
)
def test_a_client_that_waits_for_each_frame_goes_on(presenter, head, change, whole):
    """Presenting when the frame before is complete, it gets an answer each time, before, during
    and after the change, with a clock that goes on (PRE-077, PRE-087)."""
    window = presenter.screen_window() if whole else presenter.window(*SIZE)
    pixmaps = [window.pixmap(colour) for colour in COLOURS]
    clock = []

    def frames():
        for pixmap in pixmaps:
            complete = window.present(pixmap, target_crtc=head.crtc).wait_complete()
            assert complete.mode in SHOWN
            clock.append((complete.msc, complete.ust))

    frames()
    change.make()
    frames()
    change.undo()
    frames()
    assert clock == sorted(clock)
    assert window.pixel() == window.value(COLOURS[-1])


@COPIES
def test_a_hundred_presentations_complete_though_half_of_the_clients_leave(
    presenter, connect, head, change, too_late
):
    """Queued by four clients, of which two leave while the CRTC is changed: those of the others
    complete, each once and in the order of their targets (PRE-074, PRE-087, PRE-130)."""
    clients = [presenter, *(connect(f"client {index}") for index in range(1, 4))]
    windows = [
        client.window(*SIZE, x=80 * index, y=PLACE[1]) for index, client in enumerate(clients)
    ]
    pixmaps = [
        window.pixmap(colour) for window, colour in zip(windows, (*COLOURS, "white"), strict=True)
    ]
    now = windows[0].msc()
    shown = [
        windows[index % 4].present(
            pixmaps[index % 4], target_msc=now + SOON + index, target_crtc=head.crtc
        )
        for index in range(100)
    ]
    for client in clients:
        client.sync()
    change.make()
    for client in clients[2:]:
        client.close()
    if windows[0].msc() >= now + SOON:
        too_late(LATE)
    kept = [one for one in shown if one.window in windows[:2]]
    for one in kept:
        one.wait_idle()
    change.undo()
    done = [one.wait_complete() for one in kept]
    assert [one.msc for one in done] == sorted(one.msc for one in done)
    assert [(len(one.completes()), len(one.idles())) for one in kept] == [(1, 1)] * 50
    for window in windows[:2]:
        assert window.show("magenta").mode in SHOWN
        assert window.pixel() == window.value("magenta")
