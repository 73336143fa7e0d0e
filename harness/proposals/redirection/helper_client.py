# SPDX-License-Identifier: MIT
"""The proxy's own client: it watches windows, and makes copies of pixmaps and regions."""

from collections.abc import Callable, Sequence

from harness.proposals import requests
from harness.proposals.redirection.borrowed import BorrowedPixmap
from harness.proxy.own_channel import OwnChannel
from harness.proxy.proxy import Proxy
from harness.x11 import encoding
from harness.x11.present import XRectangle

_STRIP_BYTES = 200_000


class HelperClient:
    """A client of the server that other clients do not see; ``fixes`` is XFIXES's major opcode.

    The server does not serve it while a client holds a grab: handlers of that client must not
    wait for it.  ``event_hooks`` get each of its events, ``destroyed_hooks`` each watched window
    that was destroyed.
    """

    def __init__(self, proxy: Proxy, fixes: int) -> None:
        self._proxy, self._fixes = proxy, fixes
        self.event_hooks: list[Callable[[OwnChannel, bytes], None]] = []
        self.destroyed_hooks: list[Callable[[int], None]] = []
        self._channel: OwnChannel | None = None
        self._gcs: dict[int, int] = {}
        """Graphics contexts by depth."""
        self._watched: dict[int, int] = {}
        """The number of the request that began to watch, by window; 0 before it was sent."""

    def forget(self) -> None:
        """The connection has ended, and its resources with it."""
        self._channel = None
        self._gcs.clear()
        self._watched.clear()

    async def channel(self) -> OwnChannel:
        """The connection, ready for requests.  Raises ChannelLost when there is none."""
        own = self._proxy.own()
        await own.ready
        if own is not self._channel:
            self.forget()
            self._channel = own
            own.events.append(self._receive)
            if self._fixes:
                own.send(own.new_request(self._fixes, requests.QUERY_VERSION, "II", 5, 0))
        return own

    def send(self, build: Callable[..., bytes], *fields: int | str) -> None:
        """Send, once connected, what ``build`` makes of the connection and ``fields``.

        Errors are dropped.
        """

        async def later() -> None:
            own = await self.channel()
            own.send(build(own, *fields))

        if self._proxy.links:
            self._proxy.spawn(later())

    def watch(self, window: int) -> None:
        """Report to ``destroyed_hooks``, once, when ``window`` is destroyed."""
        if window not in self._watched:
            self._watched[window] = 0
            self._proxy.spawn(self._select(window))

    def window_destroyed(self, window: int) -> None:
        """Report that ``window`` was destroyed; its id may name another one already."""
        self._watched.pop(window, None)
        for hook in self.destroyed_hooks:
            hook(window)

    async def _select(self, window: int) -> None:
        own = await self.channel()
        number = self._watched[window] = own.sent + 1
        refused = await own.attempt(requests.watch_window(own, window))
        if refused is not None and self._watched.get(window) == number:
            self.window_destroyed(window)

    def _receive(self, event: bytes) -> None:
        if self._channel is None:
            return
        for hook in self.event_hooks:
            hook(self._channel, event)
        if event[0] & 0x7F != requests.DESTROY_NOTIFY:
            return
        (window,) = self._channel.unpack("I", event, 8)
        # One from before the window was watched is about a former window of this id.
        number = self._watched.get(window, 0)
        if number and self._channel.handled >= number:
            self.window_destroyed(window)

    async def copy(self, borrowed: BorrowedPixmap) -> None:
        """Copy the application's pixmap into that of ``borrowed``, a new one if that has no id."""
        own = await self.channel()
        gc, pixmap = self._prepare(own, borrowed), borrowed.pixmap
        await own.attempt(requests.copy_area(own, pixmap.id, borrowed.id, gc, pixmap.size))

    async def paste(self, borrowed: BorrowedPixmap, image: bytes) -> None:
        """As ``copy``, from ``image``, a GetImage reply (or the error in its place)."""
        own = await self.channel()
        gc, pixmap = self._prepare(own, borrowed), borrowed.pixmap
        rows = image[32:] if image[0] == encoding.REPLY else b""
        width, height = pixmap.size
        stride = len(rows) // height
        step = max(1, _STRIP_BYTES // stride) if stride else 1
        for top in range(0, height if stride else 0, step):
            size = (width, min(step, height - top))
            part = rows[top * stride : (top + size[1]) * stride]
            own.send(requests.put_rows(own, borrowed.id, gc, part, top, size, pixmap.depth))
        await own.trip()

    def _prepare(self, own: OwnChannel, borrowed: BorrowedPixmap) -> int:
        """Create the pixmap of ``borrowed`` if there is none; a graphics context for it."""
        pixmap, depth = borrowed.pixmap, borrowed.pixmap.depth
        if not borrowed.id:
            borrowed.id = own.new_id()
            own.send(requests.create_pixmap(own, borrowed.id, pixmap.size, depth))
        if depth not in self._gcs:
            self._gcs[depth] = own.new_id()
            own.send(encoding.quiet_gc(own.order, self._gcs[depth], borrowed.id))
        return self._gcs[depth]

    async def region(self, rectangles: Sequence[XRectangle]) -> int:
        """A new region with these rectangles."""
        own = await self.channel()
        region = own.new_id()
        parts = b"".join(own.pack("hhHH", r.x, r.y, r.width, r.height) for r in rectangles)
        fields = own.pack("I", region) + parts
        own.send(encoding.request(own.order, self._fixes, requests.FIXES_CREATE_REGION, fields))
        return region

    def destroy_regions(self, regions: Sequence[int]) -> None:
        minor = requests.FIXES_DESTROY_REGION
        for region in regions:
            self.send(OwnChannel.new_request, self._fixes, minor, "I", region)
