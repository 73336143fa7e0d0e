# SPDX-License-Identifier: MIT
"""What redirection does on the proxy's own connection: watch windows, keep copies of pixmaps."""

from collections.abc import Callable, Sequence

from harness.proposals.redirection import requests
from harness.proposals.redirection.borrowed import TrackedPixmap
from harness.proxy.link import Link
from harness.proxy.own_channel import OwnChannel
from harness.proxy.proxy import Proxy
from harness.proxy.tasks import ChannelLost
from harness.x11 import encoding
from harness.x11.present import Rectangle

_STRIP_BYTES = 200_000


class HelperClient:
    """The proxy's own client, which nobody sees.

    It is not served while a client holds a grab of the server: handlers of that client must
    not wait for it.  ``ended`` is told of each watched window that is gone.
    """

    def __init__(self, proxy: Proxy, fixes: int, ended: Callable[[int], None]) -> None:
        self._proxy, self._fixes, self._ended = proxy, fixes, ended
        self.listeners: list[Callable[[OwnChannel, bytes], None]] = []
        """Called with every event that comes."""
        self._channel: OwnChannel | None = None
        self._gcs: dict[int, int] = {}
        self._watched: dict[int, int] = {}
        """The number of the request that began to watch, by window; 0 before it was sent."""

    def forget(self) -> None:
        """The connection is gone with its resources."""
        self._channel = None
        self._gcs.clear()
        self._watched.clear()

    async def own(self) -> OwnChannel:
        """The connection, ready for requests.  Raises ChannelLost when there is none."""
        own = self._proxy.own()
        await own.ready
        if own is not self._channel:
            self.forget()
            self._channel = own
            own.events.append(self._hear)
            if self._fixes:
                own.send(own.new_request(self._fixes, requests.FIXES_QUERY_VERSION, "II", 5, 0))
        return own

    def prepare(self) -> None:
        """Connect ahead of need."""
        self.send(lambda own: own.new_request(encoding.NO_OPERATION))

    def send(self, build: Callable[[OwnChannel], bytes]) -> None:
        """Send what ``build`` makes when the connection is there; errors are of no interest."""

        async def later() -> None:
            own = await self.own()
            own.send(build(own))

        if self._proxy.links:
            self._proxy.spawn(later())

    # Windows

    def watch(self, window: int) -> None:
        """Tell of the end of ``window``, once."""
        if window not in self._watched:
            self._watched[window] = 0
            self._proxy.spawn(self._begin_to_watch(window))

    def unwatch(self, window: int) -> None:
        """``window`` is gone, as somebody else found out; its id may name another one."""
        self._watched.pop(window, None)

    async def _begin_to_watch(self, window: int) -> None:
        own = await self.own()
        number = self._watched[window] = own.sent + 1
        refused = await own.attempt(requests.watch_window(own, window))
        if refused is not None and self._watched.get(window) == number:
            del self._watched[window]
            self._ended(window)

    def _hear(self, event: bytes) -> None:
        if self._channel is None:
            return
        for listener in self.listeners:
            listener(self._channel, event)
        if event[0] & 0x7F != requests.DESTROY_NOTIFY:
            return
        (window,) = self._channel.unpack("I", event, 8)
        # An end from before the watch began is that of a former window of this id.
        number = self._watched.get(window, 0)
        if number and self._channel.heard >= number:
            del self._watched[window]
            self._ended(window)

    # Pixmaps

    async def copy(self, pixmap: TrackedPixmap, target: int) -> int:
        """Copy ``pixmap`` into ``target``, a new pixmap if that is 0; returns its id."""
        own = await self.own()
        target = target or self._create(own, pixmap)
        gc = self._gc(own, pixmap.depth, target)
        size = pixmap.width, pixmap.height
        await own.attempt(requests.copy_area(own, pixmap.id, target, gc, *size))
        return target

    async def paste(self, pixmap: TrackedPixmap, target: int, image: bytes) -> int:
        """As ``copy``, from ``image``, a GetImage reply (or the error in its place)."""
        own = await self.own()
        target = target or self._create(own, pixmap)
        gc = self._gc(own, pixmap.depth, target)
        rows = image[32:] if image[0] == encoding.REPLY else b""
        stride = len(rows) // pixmap.height
        step = max(1, _STRIP_BYTES // stride) if stride else 1
        for top in range(0, pixmap.height if stride else 0, step):
            height = min(step, pixmap.height - top)
            part = rows[top * stride : (top + height) * stride]
            own.send(
                requests.put_image(own, target, gc, top, pixmap.width, height, pixmap.depth, part)
            )
        await own.trip()
        return target

    def _create(self, own: OwnChannel, pixmap: TrackedPixmap) -> int:
        target = own.new_id()
        size = pixmap.width, pixmap.height
        own.send(requests.create_pixmap(own, target, *size, pixmap.depth))
        return target

    def _gc(self, own: OwnChannel, depth: int, drawable: int) -> int:
        if depth not in self._gcs:
            self._gcs[depth] = own.new_id()
            own.send(requests.create_gc(own, self._gcs[depth], drawable))
        return self._gcs[depth]

    async def region(self, rectangles: Sequence[Rectangle]) -> int:
        """A region of its own with these rectangles."""
        own = await self.own()
        region = own.new_id()
        parts = b"".join(own.pack("hhHH", r.x, r.y, r.width, r.height) for r in rectangles)
        create = requests.FIXES_CREATE_REGION
        own.send(encoding.request(own.order, self._fixes, create, own.pack("I", region) + parts))
        return region

    def destroy_regions(self, regions: Sequence[int]) -> None:
        for region in regions:
            self._destroy_region(region)

    def _destroy_region(self, region: int) -> None:
        destroy = requests.FIXES_DESTROY_REGION
        self.send(lambda own: own.new_request(self._fixes, destroy, "I", region))

    def free(self, pixmap: int) -> None:
        """Free a copy."""
        self.send(lambda own: requests.free_pixmap(own, pixmap))


async def ended(link: Link) -> bool:
    """Whether ``link`` is gone, after everything that the server made for it was delivered."""
    try:
        await link.caught_up()
    except ChannelLost:
        return True
    return link.client_gone or link.server_gone
