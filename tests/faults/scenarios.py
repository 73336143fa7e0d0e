# SPDX-License-Identifier: MIT
"""Small tests as users write them, good on every good server; faults must make them fail."""

import pytest
import xcffib.composite

from harness.x11.present import CompleteMode, EventMask

pytestmark = pytest.mark.xserver(fps=600)


def test_three_frames(presenter):
    """Three frames, none waited for: whatever is wrong is found when the test is over."""
    window = presenter.window(32, 32)
    start = window.msc()
    for number, colour in enumerate(("red", "green", "blue")):
        window.present(
            window.pixmap(colour),
            serial=101 + number,
            target_msc=start + 300 * number + 150,
            idle_fence=presenter.fence(),
        )
    window.wait_msc(start + 900)


def test_two_awaited_frames(presenter):
    """Two frames, each waited for."""
    window = presenter.window(32, 32)
    red, green = window.pixmap("red"), window.pixmap("green")
    for serial, pixmap in ((101, red), (102, green)):
        window.present(pixmap, serial=serial).wait_complete()


def test_idle_fence(presenter):
    """The idle fence is triggered when Idle comes."""
    window = presenter.window(32, 32)
    fence = presenter.fence()
    window.present(window.pixmap("red"), serial=101, idle_fence=fence).wait_idle()
    _ = fence.triggered


def test_image(presenter):
    """An image, and a round trip after it."""
    window = presenter.window(32, 32)
    for _ in range(3):
        presenter.get_image(window.id, 0, 0, 32, 32)
        presenter.sync()


def test_offset(presenter, golden):
    """A chart off the corner."""
    window = presenter.window(32, 32)
    chart = window.pixmap(width=16, height=16)
    window.present(chart, x_off=9, y_off=5).wait_complete()
    golden.check(window, "offset")


def test_update(presenter, golden):
    """A part of a frame over another frame."""
    window = presenter.window(32, 32)
    window.present(window.pixmap("red")).wait_complete()
    window.present(window.pixmap("blue"), update=presenter.region((4, 6, 9, 7))).wait_complete()
    golden.check(window, "update")


def test_wait_fence(presenter):
    """A frame that waits for its fence."""
    window = presenter.window(32, 32)
    fence = presenter.fence()
    shown = window.present(window.pixmap("red"), serial=101, wait_fence=fence)
    window.wait_msc(window.msc() + 5)
    fence.trigger()
    shown.wait_complete()


def test_skip(presenter):
    """The first of two frames for the same moment is skipped."""
    window = presenter.window(32, 32)
    target = window.msc() + 300
    first = window.present(window.pixmap("red"), serial=101, target_msc=target)
    window.present(window.pixmap("green"), serial=102, target_msc=target)
    assert first.wait_complete().mode is CompleteMode.SKIP


def test_divisor(presenter):
    """A past target and a divisor: the frame comes when the remainder is right."""
    window = presenter.window(32, 32)
    now = window.msc()
    remainder = (now + 300) % 400
    shown = window.present(
        window.pixmap("red"), serial=101, target_msc=1, divisor=400, remainder=remainder
    )
    shown.wait_complete()


def test_far_target(presenter):
    """A frame for next year does not come now."""
    window = presenter.window(32, 32)
    target = window.msc() + (1 << 33)
    window.present(window.pixmap("red"), serial=101, target_msc=target)
    window.wait_msc(window.msc() + 5)


def test_only_complete_selected(presenter):
    """A context that selects completions."""
    window = presenter.window(32, 32, events=EventMask.COMPLETE)
    window.present(window.pixmap("red"), serial=101).wait_complete()


def test_deleted_context(presenter):
    """A context that is deleted gets no event; another one does."""
    window = presenter.window(32, 32)
    other = window.select()
    window.context.delete()
    window.present(window.pixmap("red"), serial=101).wait_complete(context=other)


def test_two_contexts(presenter):
    """Both contexts of a window get events."""
    window = presenter.window(32, 32)
    other = window.select()
    window.present(window.pixmap("red"), serial=101).wait_complete(context=other)


def test_destroyed_window(presenter):
    """A window is presented to, then destroyed."""
    window = presenter.window(32, 32)
    window.present(window.pixmap("red"), serial=101).wait_complete()
    window.destroy()


def test_resize(presenter):
    """A window that is resized reports it."""
    window = presenter.window(32, 32)
    window.resize(48, 40)
    window.context.wait_configure()


def test_refused(presenter):
    """A pixmap that does not exist."""
    window = presenter.window(32, 32)
    with presenter.expect_error("Pixmap"):
        window.present(0x1234, serial=101)


def speak(wire):
    """An accepted request, a refused one and others, as a client that writes its own bytes."""
    present = wire.major("Present")
    wire.create_window(8, 8)
    wire.sync()
    refused = wire.request(present, 1, wire.pack("17I", *range(17)))
    assert wire.error_of(refused).name == "Window"
    wire.sync()


@pytest.mark.xserver(swapped=True)
def test_little_endian_wire(connect_wire):
    """A raw client."""
    speak(connect_wire("<"))


@pytest.mark.xserver(swapped=True)
def test_big_endian_wire(connect_wire):
    """A raw client."""
    speak(connect_wire(">"))


def test_window_made_again(presenter):
    """A window is destroyed, and its id used for another."""
    window = presenter.window(32, 32)
    window.present(window.pixmap("red"), serial=101).wait_complete()
    window.destroy()
    presenter.core.CreateWindow(
        *(0, window.id, presenter.root, 0, 0, 32, 32, 0, 1, 0, 0, []),
    )
    window.context = window.select()
    window.present(window.pixmap("red"), serial=102).wait_complete()


def test_overlay_made_again(presenter):
    """The overlay is released, found absent, and made again."""
    composite = presenter.extension(xcffib.composite)
    for serial in (101, 102):
        overlay = presenter.root_window(events=0)
        overlay.id = composite.GetOverlayWindow(presenter.root).reply().overlay_win
        overlay.context = overlay.select()
        overlay.present(presenter.pixmap(9, 9, colour="red"), serial=serial).wait_complete()
        composite.ReleaseOverlayWindow(presenter.root)
        with presenter.expect_error("Window"):
            overlay.unmap()
