# SPDX-License-Identifier: MIT
"""Requests that most scripts send, and their replies as values."""

import struct
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, fields
from functools import cached_property
from operator import methodcaller
from typing import Any, TypeVar, cast

import xcffib
import xcffib.render
from xcffib.xproto import ImageFormat

from harness.clients.connection.errors import NoError
from harness.errors import HarnessError
from harness.timeline.record import Error
from harness.x11 import present

__tracebackhide__ = methodcaller("errisinstance", HarnessError)

_ALL_PLANES = 0xFFFFFFFF
_DIRECT = xcffib.render.PictType.Direct


_Value = TypeVar("_Value")


def from_reply(kind: type[_Value], reply: Any, **others: Any) -> _Value:
    """A dataclass ``kind`` from the fields of the same names in a reply, but for ``others``.

    Lists become tuples.
    """
    names = [field.name for field in fields(cast(Any, kind)) if field.name not in others]
    values = {name: getattr(reply, name) for name in names}
    lists = {name: tuple(value) for name, value in values.items() if isinstance(value, xcffib.List)}
    return kind(**(values | lists | others))


@dataclass(frozen=True, slots=True)
class ImageReply:
    """A GetImage reply: ZPixmap rows as they stood on the wire, padded per scanline."""

    depth: int
    visual: int
    width: int
    height: int
    data: memoryview


@dataclass(frozen=True, slots=True)
class GeometryReply:
    """A GetGeometry reply; ``x``, ``y`` are relative to the parent."""

    root: int
    depth: int
    x: int
    y: int
    width: int
    height: int
    border_width: int


@dataclass(slots=True)
class ExpectedError:
    """What ``Client.expect_error`` caught, once its block has ended."""

    error: Error | None = None


class Requests(ABC):
    """Requests built on ``core`` and ``extension``; those with a reply raise ProtocolError."""

    name: str
    core: Any
    """The core requests, as xcffib builds them."""

    @abstractmethod
    def extension(self, module: Any) -> Any:
        """The requests of an xcffib extension module, such as ``xcffib.xfixes``."""

    @abstractmethod
    def ask(self, request: present.QueryVersion) -> bytes:
        """Send a Present request that has a reply; returns the reply's bytes."""

    @abstractmethod
    def reply(self, cookie: xcffib.Cookie) -> memoryview:
        """The bytes of the reply to a request that xcffib has built, not copied."""

    @abstractmethod
    def catch_errors(self) -> AbstractContextManager[list[Error]]:
        """The errors that the requests in the block cause, any or none; known when it ends."""

    @abstractmethod
    def sync(self) -> None:
        """A round trip: the server has handled every request of this client."""

    def present_version(self) -> tuple[int, int]:
        """The newest version of Present that the server says it has."""
        major, minor = struct.unpack_from("=II", self.ask(present.QueryVersion(1, 99)), 8)
        return major, minor

    def atom(self, name: str) -> int:
        """The atom called ``name``, which is made if need be."""
        return int(self.core.InternAtom(False, len(name), name).reply().atom)

    def geometry(self, drawable: int) -> GeometryReply:
        """GetGeometry of a window or pixmap."""
        return from_reply(GeometryReply, self.core.GetGeometry(drawable).reply())

    def get_image(self, drawable: int, x: int, y: int, width: int, height: int) -> ImageReply:
        """The pixels of a rectangle of ``drawable``, without copying them out of libxcb.

        xcffib's own reply class turns every byte into a Python int, 30 times slower.
        """
        cookie = self.core.GetImage(ImageFormat.ZPixmap, drawable, x, y, width, height, _ALL_PLANES)
        reply = self.reply(cookie)
        depth, visual = struct.unpack_from("=xB6xI", reply)
        return ImageReply(depth, visual, width, height, reply[32:])

    @cached_property
    def picture_formats(self) -> dict[int, int]:
        """The RENDER format of each depth: that of its visuals, or of its pixmaps."""
        reply = self.extension(xcffib.render).QueryPictFormats().reply()
        direct = {f.depth: f.id for f in reversed(reply.formats) if f.type == _DIRECT}
        (first, *_) = reply.screens
        return direct | {d.depth: d.visuals[0].format for d in first.depths if d.visuals}

    @contextmanager
    def grab(self) -> Iterator[None]:
        """The server serves this client alone during the block (GrabServer).

        Requests of others wait; presentations that they queued before do not.
        """
        self.core.GrabServer()
        self.sync()
        try:
            yield
        finally:
            self.core.UngrabServer()
            self.sync()

    @contextmanager
    def expect_error(self, name: str, value: int | None = None) -> Iterator[ExpectedError]:
        """The requests in the block must cause exactly one error, ``name`` with ``value``.

        Raises NoError when they are accepted or refused otherwise.
        """
        caught = ExpectedError()
        with self.catch_errors() as new:
            yield caught
        expected = name if value is None else f"{name} with value {value:#x}"
        got = ", ".join(f"{e.name} with value {e.value:#x}" for e in new) or "no error"
        if len(new) != 1 or new[0].name != name or value not in (None, new[0].value):
            raise NoError(f"{self.name} expected the error {expected}, got {got}")
        caught.error = new[0]
