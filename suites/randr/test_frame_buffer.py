# SPDX-License-Identifier: MIT
"""The frame buffer of Xvfb in memory that others read (``-fbdir``, ``-shmem``), an XWD image."""

import re
import socket
import struct
import tempfile
from collections import namedtuple
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from operator import itemgetter
from pathlib import Path

import numpy as np
import pytest
from xcffib.xproto import COLORITEM, VisualClass

from harness.capture.get_image import capture_root
from harness.capture.zpixmap import RowLayout
from harness.clients.connection.client import Client
from harness.clients.present.presenter import Presenter
from harness.pixels.chart import chart_pixels
from harness.servers.process.launch import launch
from harness.servers.server import Ending
from harness.servers.shared_segment import SharedSegment
from suites.generations import new_generation

pytestmark = [
    pytest.mark.usefixtures("startable"),
    pytest.mark.needs(servers="xvfb", reason="a frame buffer that others can read"),
    pytest.mark.xserver(any_depth=True),
]

SIZE = 101, 43
DEPTHS = pytest.mark.parametrize("depth", [8, 15, 16, 24, 30])
HOW = pytest.mark.parametrize("how", ["file", "shared"])

FIELDS = (
    "header_size file_version pixmap_format depth width height xoffset byte_order bitmap_unit "
    "bitmap_bit_order bitmap_pad bits_per_pixel bytes_per_line visual_class red_mask green_mask "
    "blue_mask bits_per_rgb colormap_entries ncolors window_width window_height window_x window_y "
    "window_border"
)
Header = namedtuple("Header", FIELDS)
HEADER = struct.Struct(f">{len(Header._fields)}I")
COLOUR = struct.Struct(">I3HBx")
VERSION, Z_PIXMAP = 7, 2
MASKS = ("red_mask", "green_mask", "blue_mask")
OF_VISUAL = ("visual_class", *MASKS, "bits_per_rgb", "colormap_entries")
NAME_BYTES = 59
"""A longer name of the machine is cut, or left out, as gethostname() of the C library has it."""


class FrameBuffer:
    """What others read of the frame buffer, as it is now."""

    def __init__(self, size, read):
        self.size, self._read = size, read

    @property
    def header(self):
        return Header(*HEADER.unpack_from(self._read(HEADER.size)))

    @property
    def name(self):
        """The text between header and colours, and what follows it."""
        text, ended, rest = self._read(self.header.header_size)[HEADER.size :].partition(b"\0")
        return text.decode(), ended + rest

    @property
    def colours(self):
        """(pixel, red, green, blue, flags) of each entry."""
        start, count = self.header.header_size, self.header.ncolors
        return list(COLOUR.iter_unpack(self._read(start + count * COLOUR.size)[start:]))

    def pixels(self, client):
        header = self.header
        start = header.header_size + header.ncolors * COLOUR.size
        layout = RowLayout.of(client.formats, client.byte_order, header.depth, header.width)
        data = self._read(start + layout.stride * header.height)[start:]
        pixels = layout.pixels(data, header.height)
        return pixels & pixels.dtype.type((1 << header.depth) - 1)


@pytest.fixture
def start(server, need_option):
    """Starts an Xvfb of a depth; returns a client of it and its frame buffer."""
    with ExitStack() as ending:

        def start(how, depth, *options, size=SIZE):
            width, height = size
            folder = ending.enter_context(tempfile.TemporaryDirectory())
            keep = ("-fbdir", folder) if how == "file" else ("-shmem",)
            need_option(keep[0])
            extra = (*server.spec.extra_args, *options, *keep)
            spec = replace(server.spec, width=width, height=height, depth=depth, extra_args=extra)
            own = ending.enter_context(launch(spec))
            client = ending.enter_context(Presenter(own))
            if how == "file":
                path = Path(folder) / "Xvfb_screen0"
                return client, FrameBuffer(path.stat().st_size, lambda n: path.read_bytes()[:n])
            (id,) = re.findall(r"screen 0 shmid (\d+)", own.log_tail(200))
            segment = SharedSegment.attach(int(id))
            # Xvfb leaves it behind.
            segment.remove()
            return client, FrameBuffer(segment.size, lambda size: segment.read(0, size))

        yield start


def visual_of_root(client):
    for depth in client.screen.allowed_depths:
        for visual in depth.visuals:
            if visual.visual_id == client.screen.root_visual:
                return visual
    raise LookupError("the root's visual is not listed")


@HOW
@DEPTHS
def test_the_header_describes_the_screen(start, how, depth):
    """Every field, as the setup data of clients have it (COR-005)."""
    client, buffer = start(how, depth)
    header, setup, visual = buffer.header, client.setup, visual_of_root(client)
    bits, _ = client.formats[depth]
    layout = RowLayout.of(client.formats, client.byte_order, depth, SIZE[0])
    assert (header.file_version, header.pixmap_format) == (VERSION, Z_PIXMAP)
    assert (header.depth, header.bits_per_pixel) == (depth, bits)
    assert (header.width, header.height) == (header.window_width, header.window_height) == SIZE
    assert header.bytes_per_line == layout.stride
    assert (header.byte_order, header.bitmap_bit_order) == (
        *(setup.image_byte_order, setup.bitmap_format_bit_order),
    )
    assert (header.bitmap_unit, header.bitmap_pad) == (
        *(setup.bitmap_format_scanline_unit, setup.bitmap_format_scanline_pad),
    )
    masks = itemgetter(*MASKS)(header._asdict())
    assert masks == (visual.red_mask, visual.green_mask, visual.blue_mask)
    assert header.visual_class == visual._class
    assert header.bits_per_rgb == visual.bits_per_rgb_value
    assert header.ncolors == header.colormap_entries == visual.colormap_entries
    places = (header.xoffset, header.window_x, header.window_y, header.window_border)
    assert places == (0, 0, 0, 0)
    assert header.header_size > HEADER.size
    assert [colour[0] for colour in buffer.colours] == list(range(header.ncolors))
    rest = header.ncolors * COLOUR.size + layout.stride * header.height
    assert buffer.size == header.header_size + rest
    name, rest = buffer.name
    assert name in names_told(client, header.header_size - HEADER.size)
    assert set(rest) <= {0}


def names_told(client, room):
    """What the name of the image may be, cut to ``room`` bytes with or without the final 0."""
    machine = socket.gethostname()
    told = {machine[:NAME_BYTES], machine if len(machine) <= NAME_BYTES else ""}
    texts = [f"Xvfb {name}{client.server.display}.0" for name in told]
    return {text[:most] for text in texts for most in (room, room - 1)}


@HOW
@pytest.mark.parametrize("size", [(640, 512), (331, 207)], ids=str)
def test_a_large_screen_is_kept_whole(start, how, size):
    """The last pixel is the last one that others read (COR-005)."""
    client, buffer = start(how, 24, size=size)
    header = buffer.header
    assert (header.width, header.height) == size
    rest = header.ncolors * COLOUR.size + header.bytes_per_line * header.height
    assert buffer.size == header.header_size + rest
    window = client.window(*size)
    window.put(chart_pixels(*size, seed=1))
    client.sync()
    assert np.array_equal(buffer.pixels(client), capture_root(client).pixels)


@HOW
@DEPTHS
def test_the_pixels_are_those_of_the_screen(start, how, depth):
    """Every row and column, after each drawing (COR-005)."""
    client, buffer = start(how, depth)
    for seed in (1, 2):
        window = client.window(*SIZE)
        window.put(chart_pixels(*SIZE, depth, seed))
        client.sync()
        shown = capture_root(client).pixels
        assert shown.shape == SIZE[::-1]
        assert len(np.unique(shown)) > 20
        assert np.array_equal(buffer.pixels(client), shown)


@HOW
def test_colours_of_the_installed_map_are_told(start, how):
    """Those that were there at the start, and those stored later, each channel for itself; not
    those of a map that is not installed (COR-005)."""
    client, buffer = start(how, 8)
    screen = client.screen
    assert buffer.colours[screen.black_pixel][1:4] == (0, 0, 0)
    assert buffer.colours[screen.white_pixel][1:4] == (0xFFFF, 0xFFFF, 0xFFFF)
    cells = client.core.AllocColorCells(False, screen.default_colormap, 2, 0).reply().pixels
    first, second = cells
    stored = (0x1200, 0x3400, 0x5600)
    client.core.StoreColors(screen.default_colormap, 1, [COLORITEM.synthetic(first, *stored, 7)])
    client.core.StoreColors(screen.default_colormap, 1, [COLORITEM.synthetic(second, *stored, 7)])
    client.core.StoreColors(
        screen.default_colormap, 1, [COLORITEM.synthetic(second, 0xAB00, 0xCD00, 0xEF00, 2)]
    )
    client.sync()
    told = exact(client, screen.default_colormap, cells)
    assert [buffer.colours[cell][1:4] for cell in cells] == told
    assert told[0] != told[1]
    assert [one == other for one, other in zip(*told, strict=True)] == [True, False, True]
    other = client.new_id()
    client.core.CreateColormap(0, other, client.root, screen.root_visual)
    before = buffer.colours
    pixel = client.core.AllocColor(other, 0x7700, 0x8800, 0x9900).reply().pixel
    client.sync()
    assert buffer.colours == before
    client.core.InstallColormap(other)
    client.sync()
    assert [buffer.colours[pixel][1:4]] == exact(client, other, [pixel])
    assert buffer.header.colormap_entries == visual_of_root(client).colormap_entries
    client.core.UninstallColormap(other)
    client.sync()
    assert [buffer.colours[cell][1:4] for cell in cells] == told


@DEPTHS
def test_the_header_describes_the_visual_of_the_installed_map(start, depth):
    """Whichever of the root's depth it has, and the root's own when that is gone (COR-005)."""
    client, buffer = start("file", depth)
    root = visual_of_root(client)
    (same,) = (one for one in client.screen.allowed_depths if one.depth == depth)
    assert described(buffer.header) == of_visual(root)
    for visual in same.visuals:
        colormap = client.new_id()
        client.core.CreateColormap(0, colormap, client.root, visual.visual_id)
        client.core.InstallColormap(colormap)
        client.sync()
        assert described(buffer.header) == of_visual(visual)
        client.core.UninstallColormap(colormap)
        client.sync()
        assert described(buffer.header) == of_visual(root)


def described(header):
    return itemgetter(*OF_VISUAL)(header._asdict())


def of_visual(visual):
    masks = visual.red_mask, visual.green_mask, visual.blue_mask
    return (visual._class, *masks, visual.bits_per_rgb_value, visual.colormap_entries)


@DEPTHS
def test_colours_of_a_map_of_three_indices_are_no_entries(start, depth):
    """Each of its pixels has three, which the image has no place for (COR-005)."""
    client, buffer = start("file", depth)
    (same,) = (one for one in client.screen.allowed_depths if one.depth == depth)
    visual = next(one for one in same.visuals if one._class == VisualClass.DirectColor)
    colormap = client.new_id()
    everything = 1
    client.core.CreateColormap(everything, colormap, client.root, visual.visual_id)
    client.core.InstallColormap(colormap)
    client.sync()
    before, pixels = buffer.colours, buffer.pixels(client)
    for pixel in (0, (1 << depth) - 1, visual.red_mask, visual.green_mask, visual.blue_mask):
        colour = COLORITEM.synthetic(pixel, 0x1200, 0x3400, 0x5600, 7)
        client.core.StoreColors(colormap, 1, [colour])
    client.sync()
    assert buffer.colours == before
    assert np.array_equal(buffer.pixels(client), pixels)


def test_the_channels_that_are_stored_are_told(start):
    """And the others left as they were (COR-005)."""
    client, buffer = start("file", 8)
    default = client.screen.default_colormap
    (pixel,) = client.core.AllocColorCells(False, default, 1, 0).reply().pixels
    for flags in range(1, 8):
        for values, which in (((0x1200, 0x3400, 0x5600), 7), ((0xAB00, 0xCD00, 0xEF00), flags)):
            client.core.StoreColors(default, 1, [COLORITEM.synthetic(pixel, *values, which)])
            client.sync()
            assert [buffer.colours[pixel][1:4]] == exact(client, default, [pixel])


@HOW
def test_every_entry_of_the_colours_is_told(start, how):
    """The first and the last one too, each of its three channels, once its map is installed
    (COR-005)."""
    client, buffer = start(how, 8)
    colormap, root = client.new_id(), client.screen.root_visual
    everything, before = 1, buffer.colours
    client.core.CreateColormap(everything, colormap, client.root, root)
    for pixel in range(256):
        colour = COLORITEM.synthetic(pixel, pixel << 8, (255 - pixel) << 8, (pixel ^ 0x55) << 8, 7)
        client.core.StoreColors(colormap, 1, [colour])
    client.sync()
    assert buffer.colours == before
    client.core.InstallColormap(colormap)
    client.sync()
    told = [colour[1:4] for colour in buffer.colours]
    assert told == exact(client, colormap, range(256))
    assert len(set(told)) == 256
    for pixel in (0, 255):
        client.core.StoreColors(
            colormap, 1, [COLORITEM.synthetic(pixel, 0x1200, 0x3400, 0x5600, 7)]
        )
    client.sync()
    assert [colour[1:4] for colour in buffer.colours] == exact(client, colormap, range(256))


def exact(client, colormap, pixels):
    colours = client.core.QueryColors(colormap, len(pixels), list(pixels)).reply().colors
    return [(colour.red, colour.green, colour.blue) for colour in colours]


def test_everybody_may_read_the_segment(start):
    """Its mode says so (COR-005)."""
    client, _ = start("shared", 24)
    (id,) = re.findall(r"screen 0 shmid (\d+)", client.server.log_tail(200))
    rows = [line.split() for line in Path("/proc/sysvipc/shm").read_text().splitlines()]
    (row,) = (dict(zip(rows[0], row, strict=True)) for row in rows[1:] if row[1] == id)
    assert int(row["perms"], 8) & 0o004


def test_black_and_white_are_the_pixels_of_the_options(server):
    """-blackpixel and -whitepixel name them where the root's colours are indexed (COR-005)."""
    options = ("-screen", "0", "64x48x8", "-blackpixel", "5", "-whitepixel", "7")
    spec = replace(server.spec, width=64, height=48, depth=8, extra_args=options)
    with launch(spec) as own, Client(own) as client:
        black, white = client.screen.black_pixel, client.screen.white_pixel
        assert (black, white) == (5, 7)
        colours = exact(client, client.screen.default_colormap, (black, white))
        assert colours == [(0, 0, 0), (0xFFFF, 0xFFFF, 0xFFFF)]


@pytest.mark.parametrize("depths", [(1, 4, 8), (16,), (1, 8, 15, 16, 24, 30, 32)], ids=str)
def test_depths_of_pixmaps_are_those_of_the_option(server, depths):
    """-pixdepths names them, besides those that each screen has (COR-005)."""
    extra = (*server.spec.extra_args, "-pixdepths", *map(str, depths))
    with launch(replace(server.spec, extra_args=extra)) as own, Client(own) as client:
        assert set(depths) <= client.formats.keys()
        for depth in depths:
            client.core.CreatePixmap(depth, client.new_id(), client.root, 8, 8)
        client.sync()


@pytest.mark.parametrize(
    "option",
    [("-linebias", "0"), ("-linebias", "165"), ("-blackpixel", "0"), ("-whitepixel", "0")],
    ids=" ".join,
)
def test_the_server_starts_with_each_option(server, option):
    """And has the screen that it was started with (COR-005)."""
    spec = replace(server.spec, extra_args=(*server.spec.extra_args, *option))
    with launch(spec) as own, Client(own) as client:
        root = client.geometry(client.root)
        assert (root.width, root.height, root.depth) == (spec.width, spec.height, spec.depth)


def test_the_file_goes_with_the_server(server):
    """A server that was told to end leaves an empty folder (COR-005)."""
    with tempfile.TemporaryDirectory() as folder:
        spec = replace(server.spec, extra_args=(*server.spec.extra_args, "-fbdir", folder))
        with launch(spec) as own:
            with Client(own) as client:
                client.sync()
            assert [path.name for path in Path(folder).iterdir()] == ["Xvfb_screen0"]
        assert list(Path(folder).iterdir()) == []


@pytest.mark.xserver(reset=True)
def test_each_generation_has_the_same_frame_buffer(server):
    """Its header is as it was, and its pixels are those of the screen (COR-005)."""
    with tempfile.TemporaryDirectory() as folder:
        extra = (*server.spec.extra_args, "-fbdir", folder)
        spec = replace(server.spec, depth=8, extra_args=extra)
        path = Path(folder) / "Xvfb_screen0"
        headers = []
        with launch(spec) as own:
            for seed in range(3):
                with new_generation(partial(Presenter, own, patience=5)) as client:
                    buffer = FrameBuffer(path.stat().st_size, lambda n: path.read_bytes()[:n])
                    headers.append((buffer.header, buffer.name, buffer.size, path.stat().st_ino))
                    window = client.window(spec.width, spec.height)
                    window.put(chart_pixels(spec.width, spec.height, 8, seed))
                    client.sync()
                    assert np.array_equal(buffer.pixels(client), capture_root(client).pixels)
            assert own.stop().ending is Ending.CLEAN
        assert headers[0] == headers[1] == headers[2]
        assert list(Path(folder).iterdir()) == []
