# SPDX-License-Identifier: MIT
"""Pixmaps in memory that a client shares with the server (MIT-SHM), presented and redirected."""

import numpy as np
import pytest
import xcffib.shm
from xcffib.composite import Redirect

from harness.capture.arrival import await_picture
from harness.capture.get_image import capture
from harness.capture.shared_pixmap import GUARD, SharedMemory, SharedPixmap
from harness.capture.zpixmap import RowLayout
from harness.clients.resources.damage import Damage, DamageLevel
from harness.clients.resources.drawable import create_gc
from harness.pixels.canvas import Canvas
from harness.pixels.chart import chart_pixels
from suites.marks import SHOWN, SMALL

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs("Present", "MIT-SHM"),
]

WIDTHS = pytest.mark.parametrize("width", [1, 3, 31, 32, 33, 47])
OFFSETS = pytest.mark.parametrize("offset", [0, 4, 100, 4096, 4100])
SIZE = 64 * 1024


@pytest.fixture
def share():
    """Attaches memory for a client; skips the test where there is none to be shared."""

    def share(client, size=SIZE):
        memory = SharedMemory.attach(client, size)
        if memory is None:
            pytest.skip("needs pixmaps in shared memory, which the server has not")
        return memory

    return share


def untouched(pixmap):
    """Whether the bytes of the segment before and behind the pixmap are as they were."""
    memory, end = pixmap.memory, pixmap.offset + pixmap.size
    before, behind = memory.read(0, pixmap.offset), memory.read(end, memory.size - end)
    return set(before + behind) <= {GUARD}


def picture(pixmap, pixels):
    return Canvas(pixmap.width, pixmap.height, pixmap.depth).paste(pixels)


@WIDTHS
@OFFSETS
def test_what_a_client_stores_is_presented(presenter, share, width, offset):
    """Every pixel, whatever the width and the place in the segment (PRE-053, PRE-157)."""
    height, depth = 21, presenter.depth
    pixmap = SharedPixmap.lay(share(presenter), width, height, depth, offset)
    window = presenter.window(width, height)
    for seed in (1, 2):
        pixels = chart_pixels(width, height, depth, seed)
        pixmap.write(pixels)
        window.present(pixmap).wait_complete()
        await_picture(picture(pixmap, pixels), lambda: capture(window))
    assert untouched(pixmap)


@pytest.mark.parametrize("offset", [0, 65532, 65536, 65540, 1 << 20, (3 << 20) + 4])
def test_one_at_the_end_of_a_large_segment_is_presented(presenter, share, offset):
    """It may end with the last byte of the segment, and is where its offset says (PRE-233)."""
    width, height, depth = 33, 21, presenter.depth
    size = RowLayout.of(presenter.formats, presenter.byte_order, depth, width).stride * height
    pixmap = SharedPixmap.lay(share(presenter, offset + size), width, height, depth, offset)
    assert pixmap.offset + pixmap.size == pixmap.memory.size
    window = presenter.window(width, height)
    pixels = chart_pixels(width, height, depth)
    pixmap.write(pixels)
    window.present(pixmap).wait_complete()
    await_picture(picture(pixmap, pixels), lambda: capture(window))
    assert untouched(pixmap)


@WIDTHS
@OFFSETS
def test_what_the_server_draws_is_in_the_memory_and_nowhere_else(presenter, share, width, offset):
    """It reaches every pixel and no byte besides (PRE-157)."""
    height, depth = 21, presenter.depth
    pixmap = SharedPixmap.lay(share(presenter), width, height, depth, offset)
    pixmap.fill("green")
    pixels = chart_pixels(width, height, depth, 3)
    presenter.sync()
    assert (pixmap.stored() == pixmap.value("green")).all()
    pixmap.put(pixels)
    presenter.sync()
    assert np.array_equal(pixmap.stored(), picture(pixmap, pixels).frame.pixels)
    pixmap.fill("red", -5, -5, width + 10, height + 10)
    presenter.sync()
    assert (pixmap.stored() == pixmap.value("red")).all()
    assert untouched(pixmap)


@pytest.mark.parametrize("depth", [8, 15, 16, 24, 32])
def test_pixmaps_of_every_depth_are_rows_of_memory(presenter, share, depth):
    """The pixels have the format that the server lists for their depth, read as well as written
    (PRE-157)."""
    if depth not in presenter.formats:
        pytest.skip(f"needs pixmaps of depth {depth}")
    pixmap = SharedPixmap.lay(share(presenter), 33, 9, depth, 8)
    pixels = chart_pixels(33, 9, depth)
    pixmap.write(pixels)
    picture(pixmap, pixels).check(capture(pixmap))
    other = presenter.pixmap(33, 9, depth).chart(seed=5)
    gc = create_gc(other, Foreground=0)
    presenter.core.CopyArea(other.id, pixmap.id, gc, 0, 0, 0, 0, 33, 9)
    presenter.sync()
    assert np.array_equal(pixmap.stored(), capture(other).pixels)
    assert untouched(pixmap)


@pytest.mark.needs(small_windows_copy=True)
def test_memory_that_changes_after_the_copy_changes_nothing_shown(presenter, share):
    """Until it is presented again (PRE-087, PRE-156, PRE-157)."""
    pixmap = SharedPixmap.lay(share(presenter), 33, 20, presenter.depth, 12)
    window = presenter.window(33, 20)
    first, second = (chart_pixels(33, 20, presenter.depth, seed) for seed in (1, 2))
    pixmap.write(first)
    shown = window.present(pixmap)
    shown.wait_idle()
    shown.wait_complete()
    pixmap.write(second)
    picture(pixmap, first).check(capture(window))
    window.present(pixmap, update=presenter.region((3, 4, 11, 9))).wait_complete()
    part = picture(pixmap, first)
    part.within((3, 4, 11, 9)).paste(second)
    part.check(capture(window))


@pytest.mark.needs(small_windows_copy=True)
@pytest.mark.parametrize("freed", ["pixmap", "segment", "both", "client"])
def test_the_memory_is_kept_while_it_waits_for_its_frame(presenter, connect, share, freed):
    """A pixmap whose name, segment or creator is gone meanwhile is shown nevertheless, with what
    the memory holds at its frame (PRE-133, PRE-157)."""
    owner = connect("owner")
    memory = share(owner)
    pixmap = SharedPixmap.lay(memory, 33, 20, presenter.depth, 100)
    window = presenter.window(33, 20)
    pixels = chart_pixels(33, 20, presenter.depth)
    wait = presenter.fence()
    shown = window.present(presenter.borrow_pixmap(pixmap), wait_fence=wait)
    presenter.sync()
    if freed in ("pixmap", "both"):
        pixmap.free()
    if freed in ("segment", "both"):
        memory.detach()
    if freed == "client":
        owner.close()
    else:
        owner.sync()
    pixmap.write(pixels)
    wait.trigger()
    assert shown.wait_complete().mode in SHOWN
    await_picture(picture(pixmap, pixels), lambda: capture(window))


@pytest.mark.xserver(fps=600, any_depth=True, small=SMALL)
def test_one_as_large_as_the_screen_is_shown(presenter, share):
    """Flipped or copied: the screen shows each of two in turn, and an idle one may be stored into
    again (PRE-087, PRE-141, PRE-157)."""
    window = presenter.screen_window()
    width, height, depth = window.width, window.height, presenter.depth
    pixmaps = [
        SharedPixmap.lay(share(presenter, 4 * width * height + 8), width, height, depth, 8)
        for _ in range(2)
    ]
    before = None
    for turn in range(6):
        pixmap, pixels = pixmaps[turn % 2], chart_pixels(width, height, depth, turn)
        pixmap.write(pixels)
        shown = window.present(pixmap)
        assert shown.wait_complete().mode in SHOWN
        await_picture(picture(pixmap, pixels), lambda: capture(window))
        if before is not None:
            before.wait_idle()
        before = shown
    assert all(untouched(pixmap) for pixmap in pixmaps)


@pytest.mark.needs("Composite")
@pytest.mark.parametrize(
    "update", [Redirect.Manual, Redirect.Automatic], ids=["manual", "automatic"]
)
def test_a_redirected_window_takes_them_and_gives_its_own(presenter, share, barrier, update):
    """Presented to a redirected window they are in its named pixmap, which is copied into the
    memory as it is (PRE-062, PRE-157)."""
    memory = share(presenter)
    source = SharedPixmap.lay(memory, 33, 20, presenter.depth, 4)
    target = SharedPixmap.lay(memory, 33, 20, presenter.depth, 4 + source.size + 4)
    window = presenter.window(33, 20)
    window.redirect(update)
    pixels = chart_pixels(33, 20, presenter.depth)
    source.write(pixels)
    window.present(source).wait_complete()
    barrier()
    named = window.name_pixmap()
    await_picture(picture(source, pixels), lambda: capture(named))
    gc = create_gc(target, Foreground=0)
    presenter.core.CopyArea(named.id, target.id, gc, 0, 0, 0, 0, 33, 20)
    presenter.sync()
    assert np.array_equal(target.stored(), picture(source, pixels).frame.pixels)
    assert memory.read(0, 4) == memory.read(4 + source.size, 4) == bytes([GUARD] * 4)


@pytest.mark.needs("DAMAGE")
def test_drawing_in_the_memory_is_damage_and_storing_is_not(presenter, share):
    """The server reports what it draws there; what the client stores it cannot know (CMP-085,
    PRE-157)."""
    pixmap = SharedPixmap.lay(share(presenter), 33, 20, presenter.depth, 4)
    damage = Damage.watch(pixmap, DamageLevel.RAW_RECTANGLES)
    pixmap.write(chart_pixels(33, 20, presenter.depth))
    presenter.sync()
    assert damage.areas() == []
    pixmap.fill("red", 4, 5, 6, 7)
    assert damage.areas() == [(4, 5, 6, 7)]


WRONG = {
    "behind the segment": (dict(offset=SIZE), "Access"),
    "a row too long": (dict(offset=None), "Access"),
    "a far offset": (dict(offset=0xFFFFFFFC), "Value"),
    "an odd offset": (dict(offset=2), "Value"),
    "no width": (dict(width=0), "Value"),
    "no height": (dict(height=0), "Value"),
    "an unknown depth": (dict(depth=13), "Value"),
    "a taken id": (dict(id="window"), "IDChoice"),
    "no drawable": (dict(drawable=0), "Drawable"),
    "no segment": (dict(segment=0), "Seg"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_lie_in_the_segment_is_refused(presenter, share, case):
    """And leaves no pixmap and no byte behind (PRE-157)."""
    changes, expected = WRONG[case]
    memory = share(presenter)
    window = presenter.window(8, 8, events=0)
    given = {
        **dict(id=presenter.new_id(), drawable=presenter.root, width=33, height=20),
        **(dict(depth=presenter.depth, segment=memory.id, offset=0) | changes),
    }
    given["id"] = window.id if given["id"] == "window" else given["id"]
    if given["offset"] is None:
        layout = RowLayout.of(presenter.formats, presenter.byte_order, presenter.depth, 33)
        given["offset"] = SIZE - 20 * layout.stride + 4
    order = ("id", "drawable", "width", "height", "depth", "segment", "offset")
    with presenter.catch_errors() as errors:
        presenter.extension(xcffib.shm).CreatePixmap(*(given[name] for name in order))
    assert [error.name.split(":")[-1] for error in errors] == [expected]
    if case != "a taken id":
        with presenter.expect_error("Drawable", given["id"]):
            presenter.geometry(given["id"])
    assert set(memory.read(0, SIZE)) == {GUARD}
