# SPDX-License-Identifier: MIT
"""How long the comparison of a frame of 3840x2160 pixels with its golden takes."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image, ImageChops

from benchmarks.measure import Run, Section, Variant, timed
from benchmarks.yardsticks.memory_copy import BYTES, HEIGHT, ORDINARY, WIDTH, MemoryCopy, pages
from benchmarks.yardsticks.peers import Peers
from harness.pixels.chart import chart_pixels
from harness.pixels.comparison import Verdict, compare
from harness.pixels.frame import Frame, FrameSource

AIM_EQUAL = 1.0
AIM_ONE = 1.5
PLACE = (2900, 1700)
"""The pixel that differs: most of the frame comes before it."""

EQUAL, ONE = "all equal", "one differs"


@contextmanager
def section(_quick: bool) -> Iterator[Section]:
    """Comparisons that pass, and that find one pixel, its number and its bounding box."""
    peers = Peers()
    golden, same, other = _frame(), _frame(), _frame(PLACE)
    _check(golden, same, other)
    variants = [
        Variant(ORDINARY, timed(MemoryCopy.of())),
        Variant(f"xharness, {EQUAL}", timed(lambda: compare(golden, same)), AIM_EQUAL),
        Variant(f"xharness, {ONE}", timed(lambda: compare(golden, other)), AIM_ONE),
    ]
    pictures = [frame.to_image() for frame in (golden, same, other)]
    pairs = [(pictures[0], picture) for picture in pictures[1:]]
    variants += [
        Variant(f"Pillow, {words}", _pillow(*pair))
        for words, pair in zip((EQUAL, ONE), pairs, strict=True)
    ]
    if pixelmatch := peers.module("pixelmatch", "pixelmatch-fast"):
        variants += [
            Variant(f"pixelmatch-fast, {words}", timed(partial(pixelmatch.pixelmatch, *pair)))
            for words, pair in zip((EQUAL, ONE), pairs, strict=True)
        ]
    notes = ["frames and pictures are in memory, decoded; pixelmatch-fast finds no bounding box"]
    with tempfile.TemporaryDirectory(prefix="xharness-") as folder:
        if odiff := peers.program("odiff", "npm install -g odiff-bin"):
            files = [Path(folder) / name for name in ("golden.png", "same.png", "other.png")]
            for picture, file in zip(pictures, files, strict=True):
                picture.save(file, compress_level=1)
            variants += [
                Variant(f"odiff, {words}", _odiff(odiff, files[0], file))
                for words, file in zip((EQUAL, ONE), files[1:], strict=True)
            ]
            notes.append("odiff is a program that reads two PNG files, which is part of its time")
        yield Section(
            f"{WIDTH}x{HEIGHT} pixels of depth 24: all equal, or one that differs is described",
            variants,
            rounds=15,
            missing=peers.missing,
            notes=notes,
        )


def _frame(different: tuple[int, int] | None = None) -> Frame:
    pixels = np.frombuffer(pages(BYTES), np.uint32).reshape(HEIGHT, WIDTH)
    pixels[:] = chart_pixels(WIDTH, HEIGHT, 24)
    if different:
        x, y = different
        pixels[y, x] ^= 0xFFFFFF
    return Frame(pixels, 24, FrameSource.WINDOW)


def _check(golden: Frame, same: Frame, other: Frame) -> None:
    found = compare(golden, other)
    box = found.box
    if compare(golden, same).verdict is not Verdict.MATCH or found.differing != 1:
        raise AssertionError(f"the comparison is wrong: {found}")
    if box is None or (box.x, box.y, box.width, box.height) != (*PLACE, 1, 1):
        raise AssertionError(f"the bounding box is wrong: {box}")


def _pillow(golden: Image.Image, picture: Image.Image) -> Run:
    return timed(lambda: ImageChops.difference(golden, picture).getbbox())


def _odiff(program: str, golden: Path, picture: Path) -> Run:
    argv = [program, str(golden), str(picture), "--parsable-stdout"]
    return timed(lambda: subprocess.run(argv, stdout=subprocess.DEVNULL, check=False))
