# SPDX-License-Identifier: MIT
"""Options of Xvfb's command line: each acts, leaves others alone, refuses what cannot be."""

import re
import subprocess
import tempfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from xcffib.xproto import POINT, CoordMode, VisualClass

from harness.clients.connection.client import Client
from harness.clients.resources.drawable import create_gc
from harness.clients.resources.window import Window
from harness.servers.errors import ServerRefused
from harness.servers.process.launch import launch
from harness.servers.server import Ending
from harness.servers.shared_segment import SharedSegment
from harness.servers.wrapper import parse_wrapper
from suites.own_screens import own_screens

pytestmark = [
    pytest.mark.usefixtures("startable"),
    pytest.mark.needs(servers="xvfb", reason="options of its own"),
    pytest.mark.xserver(any_depth=True),
]

ENDS_TWICE = pytest.mark.known_bug(
    reference="Xvfb of several screens frees something twice at its end",
    since={"X.Org": "21.1.99", "XLibre": "25"},
    strict=False,
)

SECOND = ("-screen", "1", "31x17x16")
DEFAULT = (1280, 1024, 24)
BARE = ("-extension", "Composite", "-extension", "COMPOSITE", "-extension", "GLX")
"""Without extensions that add visuals of their own, the first as new and as old servers name it."""
MOST_FORMATS = 8
TRUE_COLOURS = {
    15: (0x7C00, 0x03E0, 0x001F),
    16: (0xF800, 0x07E0, 0x001F),
    24: (0xFF0000, 0x00FF00, 0x0000FF),
    30: (0x3FF00000, 0x000FFC00, 0x000003FF),
}


@pytest.fixture
def start(server, need_option):
    """Starts an Xvfb with these options alone, whose first screen is ``first``; returns both."""
    with ExitStack() as ending:

        def start(*options, first=DEFAULT):
            for option in {"-fbdir", "-shmem"}.intersection(options):
                need_option(option)
            own = ending.enter_context(launch(own_screens(server.spec, options, first)))
            ending.callback(remove_segments, own)
            return own, ending.enter_context(Client(own))

        yield start


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


def shmids(server):
    return [int(id) for id in re.findall(r"screen \d+ shmid (\d+)", server.log_tail(500))]


def remove_segments(server):
    """Xvfb leaves them behind."""
    for id in shmids(server):
        if (segment := SharedSegment.attach(id)) is not None:
            segment.remove()


def screens(client):
    return [
        (screen.width_in_pixels, screen.height_in_pixels, screen.root_depth)
        for screen in client.setup.roots
    ]


def visuals_of_root(client):
    screen = client.screen
    (depth,) = (one for one in screen.allowed_depths if one.depth == screen.root_depth)
    return list(depth.visuals)


OPTIONS = [
    ("-linebias", "3"),
    ("-blackpixel", "1"),
    ("-whitepixel", "0"),
    ("-pixdepths", "12"),
    ("-pixdepths", "12", "2"),
    ("-render",),
    ("+render",),
    ("-shmem",),
    ("-fbdir", "FOLDER"),
    ("-screen", "0", "45x23x24"),
]


@pytest.mark.parametrize("option", OPTIONS, ids=" ".join)
@pytest.mark.parametrize("place", ["first", "last"])
def test_an_option_takes_its_own_words_alone(start, folder, option, place):
    """What stands before and behind it acts (RND-135)."""
    words = [str(folder) if word == "FOLDER" else word for word in option]
    first = (45, 23, 24) if "-screen" in option else DEFAULT
    before, after = (SECOND, ()) if place == "last" else ((), SECOND)
    _, client = start(*before, *words, *after, first=first)
    assert screens(client) == [first, (31, 17, 16)]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("-screen",), "Required argument to -screen not specified"),
        (("-screen", "0"), "Required argument to -screen not specified"),
        (("-pixdepths",), "Required argument to -pixdepths not specified"),
        (("-blackpixel",), "Required argument to -blackpixel not specified"),
        (("-whitepixel",), "Required argument to -whitepixel not specified"),
        (("-linebias",), "Required argument to -linebias not specified"),
        (("-fbdir",), "Required argument to -fbdir not specified"),
        (("-screen", "-1", "9x9x24"), "Invalid screen number -1 passed to -screen"),
        (("-screen", "255", "9x9x24"), "Invalid screen number 255 passed to -screen"),
        (("-screen", "0", "64x48"), "Invalid screen configuration 64x48 for -screen 0"),
        (("-screen", "0", "big"), "Invalid screen configuration big for -screen 0"),
        (("-pixdepths", "33"), "Invalid pixmap depth 33 passed to -pixdepths"),
        (("-pixdepths", "8", "-1"), "Invalid pixmap depth -1 passed to -pixdepths"),
        (("-pixdepths", "8", "0"), "Unrecognized option: 0"),
        (("-linebias", "1", "2"), "Unrecognized option: 2"),
        (("-fbdi", "/tmp"), "Unrecognized option: -fbdi"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_an_option_cannot_take_is_refused(server, folder, options, words):
    """The server ends before it has a display, and says why and what it takes (RND-136)."""
    log = refused(server, folder, options)
    assert words in log
    assert "-fbdir directory" in log


@pytest.mark.parametrize("depth", [12, 25, 31])
def test_a_screen_of_an_unknown_depth_is_refused(server, folder, depth):
    """And named (RND-136)."""
    log = refused(server, folder, ("-screen", 0, f"64x48x{depth}"))
    assert "Couldn't add screen 0" in log


def test_frame_buffers_in_a_folder_that_is_missing_are_refused(server, folder):
    """The file is named (RND-136)."""
    log = refused(server, folder, ("-fbdir", folder / "missing"))
    assert f"open {folder}/missing/Xvfb_screen0 failed" in log


@pytest.mark.parametrize(("device", "call"), [("/dev/full", "write"), ("/dev/null", "mmap")])
def test_a_frame_buffer_that_the_system_refuses_is_named(server, folder, device, call):
    """No space on the disk, or a file that cannot be mapped: the server ends, says which file, and
    leaves none (RND-170)."""
    buffers = folder / "buffers"
    buffers.mkdir()
    file = buffers / "Xvfb_screen0"
    file.symlink_to(device)
    log = refused(server, folder, ("-fbdir", buffers))
    assert f"{call} {file} failed" in log
    assert "Couldn't add screen 0" in log
    assert not file.is_symlink()


def test_a_segment_of_id_0_serves_like_others(server, folder):
    """A machine gives it to who asks first, as in an IPC namespace of its own (RND-135)."""
    command = "unshare --map-root-user --ipc"
    tried = f"{command} true 2> /dev/null"
    if subprocess.run(["sh", "-c", tried], stdin=subprocess.DEVNULL, check=False).returncode:
        pytest.skip("needs an IPC namespace of its own, which this machine gives to nobody")
    spec = own_screens(server.spec, ("-screen", "0", "45x23x24", "-shmem"), (45, 23, 24))
    with launch(replace(spec, wrapper=parse_wrapper(command)), folder) as own:
        assert shmids(own) == [0]
        with Client(own) as client:
            assert screens(client) == [(45, 23, 24)]


def test_a_file_that_others_removed_is_missed_at_the_end(start, folder):
    """The server says which one, and ends as it always does (RND-170)."""
    own, client = start("-screen", "0", "45x23x24", "-fbdir", folder, first=(45, 23, 24))
    file = folder / "Xvfb_screen0"
    file.unlink()
    client.close()
    stop = own.stop()
    assert stop.ending is Ending.CLEAN
    assert f"unlink {file} failed" in stop.log


@ENDS_TWICE
def test_the_largest_number_of_a_screen_is_254(server, folder):
    """Beyond that the connection setup cannot count them; a server may allow fewer
    (RND-136)."""
    _, refusal = formats_or_refusal(server, folder, ("-screen", 254, "9x9x24"))
    assert refusal is None or "Invalid screen number" not in refusal


@pytest.mark.parametrize("count", [MOST_FORMATS, MOST_FORMATS + 1])
def test_as_many_depths_of_pixmaps_as_there_can_be(server, folder, count):
    """All that were named, or a refusal in words (RND-136)."""
    depths = {1, 24, *range(2, count)}
    assert len(depths) == count
    options = ("-screen", 0, "45x23x24", "-render", "-pixdepths", *depths)
    formats, refusal = formats_or_refusal(server, folder, options, (45, 23, 24))
    if refusal is None:
        assert formats.keys() == depths
    else:
        assert count > MOST_FORMATS
        assert "MAXFORMATS is too small" in refusal


def refused(server, folder, options):
    """What a server says that does not start."""
    _, refusal = formats_or_refusal(server, folder, options)
    assert refusal is not None
    return refusal


def formats_or_refusal(server, folder, options, first=DEFAULT):
    """The formats of pixmaps that a server has with these options, or what it says instead."""
    try:
        own = launch(own_screens(server.spec, options, first), folder)
    except ServerRefused as error:
        status = error.status
    else:
        with own, Client(own) as client:
            return client.formats, None
    assert status == 1
    return None, (folder / "server.log").read_text()


def test_a_server_without_options_has_a_screen(start):
    """One, of 1280x1024 pixels and depth 24, with RENDER, and GLX as if that were asked for: where
    the machine has no driver it is missing, without a word (RND-135)."""
    _, client = start()
    assert screens(client) == [DEFAULT]
    assert client.has_extension("RENDER")
    assert {1, 4, 8, 16, 24, 32} <= client.formats.keys() <= {1, 4, 8, 12, 15, 16, 24, 30, 32}
    _, asked = start("+extension", "GLX")
    assert has_glx(client) == has_glx(asked)


def has_glx(client):
    return bool(client.core.QueryExtension(3, "GLX").reply().present)


@pytest.mark.parametrize("depth", [8, *TRUE_COLOURS])
def test_windows_have_the_depth_of_the_root_alone(start, depth):
    """The other depths, all for which there are pixmaps, have no visuals (RND-137)."""
    _, client = start("-screen", "0", f"45x23x{depth}", *BARE, first=(45, 23, depth))
    depths = {one.depth: len(one.visuals) for one in client.screen.allowed_depths}
    assert depths.keys() == client.formats.keys()
    assert {depth for depth, visuals in depths.items() if visuals} == {depth}


def test_screens_that_are_not_named_are_the_default(start):
    """As many as the highest number needs (RND-135)."""
    _, client = start("-screen", "2", "33x19x16", "-screen", "0", "35x21x8", first=(35, 21, 8))
    assert screens(client) == [(35, 21, 8), DEFAULT, (33, 19, 16)]


def test_a_pixel_counts_for_the_screen_that_was_named_before_it(start):
    """Before the first one it counts for all that name none of their own (RND-135)."""
    _, client = start(
        *("-blackpixel", "3", "-whitepixel", "2"),
        *("-screen", "0", "45x23x8", "-whitepixel", "9"),
        *("-screen", "1", "31x17x8", "-blackpixel", "5"),
        *("-screen", "2", "31x17x8", "-blackpixel", "6", "-whitepixel", "7"),
        first=(45, 23, 8),
    )
    pixels = [(screen.black_pixel, screen.white_pixel) for screen in client.setup.roots]
    assert pixels == [(3, 9), (5, 2), (6, 7)]


def test_black_and_white_are_0_and_1_where_colours_are_indexed(start):
    """Unless options name others (RND-135)."""
    _, client = start("-screen", "0", "45x23x8", first=(45, 23, 8))
    assert (client.screen.black_pixel, client.screen.white_pixel) == (0, 1)


@pytest.mark.parametrize(
    ("options", "has"),
    [
        ((), True),
        (("+render",), True),
        (("-render",), False),
        (("-render", "+render"), True),
        (("+render", "-render"), False),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_the_last_word_about_render_counts(start, options, has):
    """Without it there are no pixmaps of the depths that only RENDER needs (RND-135)."""
    _, client = start("-screen", "0", "45x23x24", *options, first=(45, 23, 24))
    assert client.has_extension("RENDER") is has
    assert (client.formats.keys() >= {4, 16, 32}) is has
    assert client.formats.keys() >= {1, 24}


def test_pixmaps_have_the_unit_of_their_depth(start):
    """1 bit, or the least of 8, 16 and 32 that holds the depth; rows of 32 bits each
    (RND-135)."""
    options = ("-render", "-pixdepths", 2, 7, 9, 15, 17, 31, "-linebias", 0)
    _, client = start("-screen", 0, "45x23x24", *options, first=(45, 23, 24))
    assert client.formats == {
        depth: (bits, 32)
        for depth, bits in {1: 1, 2: 8, 7: 8, 9: 16, 15: 16, 17: 32, 24: 32, 31: 32}.items()
    }


@pytest.mark.parametrize("dpi", [None, 75, 254])
def test_the_screen_is_as_large_as_its_dots(start, dpi):
    """As many to the inch as -dpi says; without that 100, or 96 as newer servers have it
    (RND-135)."""
    _, client = start(*(() if dpi is None else ("-dpi", dpi)))
    width, height, _ = DEFAULT
    told = client.screen.width_in_millimeters, client.screen.height_in_millimeters
    sizes = [(width * 25.4 / one, height * 25.4 / one) for one in ((100, 96), (dpi,))[bool(dpi)]]
    assert any(told == pytest.approx(size, abs=1) for size in sizes)


@pytest.mark.parametrize("depth", TRUE_COLOURS)
def test_a_screen_of_true_colours_has_both_classes(start, depth):
    """Each with as many entries as the masks need (RND-137)."""
    _, client = start("-screen", "0", f"45x23x{depth}", *BARE, first=(45, 23, depth))
    visuals, masks = visuals_of_root(client), TRUE_COLOURS[depth]
    classes = {visual._class for visual in visuals}
    assert classes == {VisualClass.TrueColor, VisualClass.DirectColor}
    (root,) = (one for one in visuals if one.visual_id == client.screen.root_visual)
    assert root._class == VisualClass.TrueColor
    bits = 10 if depth == 30 else 8
    entries = 1 << max(mask.bit_count() for mask in masks)
    for visual in visuals:
        assert (visual.red_mask, visual.green_mask, visual.blue_mask) == masks
        assert (visual.bits_per_rgb_value, visual.colormap_entries) == (bits, entries)


def test_a_screen_of_depth_8_has_all_classes(start):
    """The root is PseudoColor; maps of one index have an entry for each pixel (RND-137)."""
    _, client = start("-screen", "0", "45x23x8", *BARE, first=(45, 23, 8))
    visuals = {visual._class: visual for visual in visuals_of_root(client)}
    assert len(visuals) == len(visuals_of_root(client)) == 6
    root = visuals[VisualClass.PseudoColor]
    assert root.visual_id == client.screen.root_visual
    for kind, visual in visuals.items():
        masks = (visual.red_mask, visual.green_mask, visual.blue_mask)
        assert visual.bits_per_rgb_value == 8
        if kind in (VisualClass.TrueColor, VisualClass.DirectColor):
            assert sum(masks) == masks[0] | masks[1] | masks[2] == 0xFF
            assert visual.colormap_entries == 1 << max(mask.bit_count() for mask in masks)
        else:
            assert visual.colormap_entries == 256


@pytest.mark.parametrize("bias", [0, 255, 165])
def test_the_bias_decides_where_thin_lines_tie(start, bias):
    """A bit for each octant: a set one lets lines of it step along their axis where they pass
    through the middle between two pixels (RND-135)."""
    first = (64, 64, 24)
    _, client = start("-screen", "0", "64x64x24", "-linebias", bias, first=first)
    assert {octant for octant in range(8) if bias >> octant & 1} == {
        octant for octant in range(8) if steps_late(client, octant)
    }


def steps_late(client, octant):
    """Whether the first step of a line of slope 1/2 is along its axis; ``octant`` says of the
    line whether x falls (4), y falls (2), and y is the axis (1)."""
    window = Window.create(client, 32, 32)
    window.map()
    gc = create_gc(window, Foreground=0xFFFFFF, LineWidth=0)
    signs = (-1 if octant & 4 else 1, -1 if octant & 2 else 1)
    step, end = ((0, 1), (4, 8)) if octant & 1 else ((1, 0), (8, 4))
    middle = 16
    there = [middle + sign * way for sign, way in zip(signs, end, strict=True)]
    points = [POINT.synthetic(middle, middle), POINT.synthetic(*there)]
    client.core.PolyLine(CoordMode.Origin, window.id, gc, len(points), points)
    x, y = (middle + sign * way for sign, way in zip(signs, step, strict=True))
    return window.pixel(x, y) == 0xFFFFFF


@ENDS_TWICE
def test_each_screen_has_a_file_of_its_own_that_goes_with_the_server(start, folder):
    """And the server has nothing to complain about (RND-135)."""
    options = ("-screen", "0", "45x23x24", *SECOND, "-screen", "2", "33x300x24")
    own, client = start(*options, "-fbdir", folder, first=(45, 23, 24))
    files = [folder / f"Xvfb_screen{number}" for number in range(3)]
    assert sorted(folder.iterdir()) == files
    for number, file in enumerate(files):
        assert client.setup.roots[number].width_in_pixels == width_told(file)
    client.close()
    stop = own.stop()
    assert stop.ending is Ending.CLEAN
    assert "failed" not in stop.log
    assert list(folder.iterdir()) == []


def width_told(file):
    return int.from_bytes(file.read_bytes()[16:20])


@ENDS_TWICE
@pytest.mark.parametrize("option", [(), ("-shmem",)], ids=" ".join)
def test_a_server_with_several_screens_ends_without_a_complaint(start, option):
    """Wherever its frame buffers are (RND-135)."""
    own, client = start("-screen", "0", "45x23x24", *SECOND, *option, first=(45, 23, 24))
    assert len(shmids(own)) == (2 if option else 0)
    client.close()
    stop = own.stop()
    assert stop.ending is Ending.CLEAN
    assert "failed" not in stop.log
