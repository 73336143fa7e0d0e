# SPDX-License-Identifier: MIT
"""Pictures of the target when a replay is over: the root, and each mapped top-level window."""

import struct
from collections.abc import Callable, Iterator
from contextlib import suppress

import numpy as np

from harness.pixels.channels import UnknownDepthError
from harness.pixels.frame import Frame, FrameSource
from harness.pixels.image_encoding import pixel_type
from harness.proxy.tasks import ChannelLost, Pending
from harness.recordings.replay.result import FinalPicture
from harness.recordings.replay.target.connection import Connection
from harness.recordings.replay.target.target import ANSWER_SECONDS, Target
from harness.x11 import encoding
from harness.x11.encoding import ByteOrder, padded
from harness.x11.setup import first_screen

_GET_WINDOW_ATTRIBUTES = 3
_VIEWABLE = 2
_Z_PIXMAP = 2


def pictures(target: Target, recorded_id: Callable[[int], int]) -> Iterator[FinalPicture]:
    """What the root and its viewable children show; those that cannot be read are left out.

    ``recorded_id`` gives the recording's id of a window.  Raises TargetLost.
    """
    own = target.observe()
    assert own.accepted is not None
    screen = first_screen(own.accepted, own.order)
    reader = _Reader(target, own)
    if (frame := reader.frame(screen.root, FrameSource.ROOT)) is not None:
        yield FinalPicture(recorded_id(screen.root), "root", frame)
    tree = reader.reply(own.new_request(encoding.QUERY_TREE, 0, "I", screen.root))
    if tree is None:
        return
    (count,) = own.unpack("H", tree, 16)
    for child in own.unpack(f"{count}I", tree, 32):
        attributes = reader.reply(own.new_request(_GET_WINDOW_ATTRIBUTES, 0, "I", child))
        if attributes is None or attributes[26] != _VIEWABLE:
            continue
        if (frame := reader.frame(child, FrameSource.WINDOW)) is not None:
            drawable = recorded_id(child)
            yield FinalPicture(drawable, f"window {drawable:#x}", frame)


class _Reader:
    def __init__(self, target: Target, own: Connection) -> None:
        self._target, self._own = target, own
        assert own.accepted is not None
        self._formats = _formats(own.accepted, own)
        self._image_order: ByteOrder = "<" if own.accepted[30] == 0 else ">"

    def reply(self, request: bytes) -> bytes | None:
        """The reply, None for an error or a server that is grabbed by another client."""
        pending = self._own.ask(request)
        self._target.wait(lambda: pending.done, ANSWER_SECONDS, self._own)
        answer = _value(pending)
        return answer if answer and answer[0] == encoding.REPLY else None

    def frame(self, drawable: int, source: FrameSource) -> Frame | None:
        own = self._own
        geometry = self.reply(own.new_request(encoding.GET_GEOMETRY, 0, "I", drawable))
        if geometry is None:
            return None
        width, height = own.unpack("HH", geometry, 16)
        planes = 0xFFFFFFFF
        image = self.reply(
            own.new_request(
                encoding.GET_IMAGE, _Z_PIXMAP, "IhhHHI", drawable, 0, 0, width, height, planes
            )
        )
        if image is None:
            return None
        depth = image[1]
        bits, pad = self._formats.get(depth, (0, 32))
        try:
            kind = np.dtype(pixel_type(depth))
        except UnknownDepthError:
            return None
        if bits != 8 * kind.itemsize:
            return None
        stride = -(-width * bits // pad) * pad // bits
        words = np.frombuffer(image, kind.newbyteorder(self._image_order), stride * height, 32)
        return Frame(words.reshape(height, stride)[:, :width].astype(kind), depth, source)


def _value(pending: Pending[bytes]) -> bytes | None:
    """What came, None while nothing has, or when the connection was lost."""
    found: list[bytes] = []

    async def take() -> None:
        found.append(await pending)

    if pending.done:
        with suppress(StopIteration, ChannelLost):
            take().send(None)
    return found[0] if found else None


def _formats(answer: bytes, own: Connection) -> dict[int, tuple[int, int]]:
    """Bits per pixel and scanline pad by depth (X protocol, 8)."""
    (vendor,) = own.unpack("H", answer, 24)
    at = 40 + len(padded(bytes(vendor)))
    whole = struct.iter_unpack("BBB5x", answer[at : at + 8 * answer[29]])
    return {depth: (bits, pad) for depth, bits, pad in whole}
