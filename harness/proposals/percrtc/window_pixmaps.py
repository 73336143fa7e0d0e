# SPDX-License-Identifier: MIT
"""Windows that draw into a pixmap of their client's, as far as anybody can observe.

Such a window is redirected, so that it draws into a pixmap of its own; what is damaged is
copied over before any request that looks at the other pixmap.  Whoever set it owns the
redirection, so that both end together.
"""

from dataclasses import dataclass, field

from harness.proxy.channel import Channel
from harness.proxy.layer import Handler, Layer
from harness.proxy.link import Link
from harness.proxy.own_channel import OwnChannel
from harness.proxy.proxy import Proxy
from harness.x11 import encoding
from harness.x11.randr_percrtc import SetWindowPixmap

DESTROY_WINDOW, UNMAP_WINDOW, GET_WINDOW_ATTRIBUTES = 4, 10, 3
INPUT_ONLY = 2
QUERY_VERSION = 0
REDIRECT_WINDOW, UNREDIRECT_WINDOW, NAME_WINDOW_PIXMAP, GET_OVERLAY_WINDOW = 1, 3, 6, 7
MANUAL = 1
DAMAGE_CREATE, DAMAGE_DESTROY, DAMAGE_SUBTRACT = 1, 2, 3
NON_EMPTY = 3
CREATE_REGION, DESTROY_REGION, SET_GC_CLIP_REGION = 5, 10, 20
SHM_GET_IMAGE = 4


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """A window that draws into ``pixmap``, and what tells which parts of it are new."""

    window: int
    pixmap: int
    link: Link
    width: int
    height: int
    border: int
    damage: int
    region: int
    context: int


@dataclass(slots=True)
class WindowPixmaps:
    """All bindings of one proxy, by window.  ``layer`` is whose requests they serve."""

    layer: Layer
    proxy: Proxy
    _bound: dict[int, Binding] = field(default_factory=dict)
    _overlays: set[int] = field(default_factory=set)
    _ready: set[Channel] = field(default_factory=set)

    def __post_init__(self) -> None:
        majors = {name: one.major for name, one in self.proxy.extensions.items()}
        if "Composite" in majors:
            self.layer.handlers[majors["Composite"], GET_OVERLAY_WINDOW] = self._overlay
            self.layer.handlers[majors["Composite"], NAME_WINDOW_PIXMAP] = self._name
        observers: dict[tuple[int, int | None], Handler] = {
            (encoding.GET_IMAGE, None): self._observe,
            (encoding.COPY_AREA, None): self._observe,
            (encoding.COPY_PLANE, None): self._observe,
            (UNMAP_WINDOW, None): self._end_with,
            (DESTROY_WINDOW, None): self._end_with,
        }
        if "MIT-SHM" in majors:
            observers[majors["MIT-SHM"], SHM_GET_IMAGE] = self._observe
        self.layer.handlers |= observers
        if "DAMAGE" in majors:
            self.layer.watches.add(self.proxy.extensions["DAMAGE"].first_event)

    async def set_window_pixmap(self, link: Link, data: bytes) -> bytes | None:
        """The handler of the request."""
        if len(data) != 12:
            link.refuse(encoding.BAD_LENGTH, 0, data, self.layer)
            return None
        request = SetWindowPixmap(*link.unpack("II", data))
        wrong = await self._wrong(link, request)
        if wrong is not None:
            link.refuse(*wrong, data, self.layer)
            return None
        link.swallow()
        return None

    async def _wrong(self, link: Link, request: SetWindowPixmap) -> tuple[int, int] | None:
        """Bind or release as ``request`` says; the error that it deserves instead, if any."""
        window, pixmap = request.window, request.pixmap
        attributes = await link.ask(link.new_request(GET_WINDOW_ATTRIBUTES, 0, "I", window))
        if attributes[0] == encoding.ERROR:
            return encoding.BAD_WINDOW, window
        old = self._bound.get(window)
        if not pixmap:
            if old is not None and old.link is not link:
                return encoding.BAD_ACCESS, window
            self._release(old)
            return None
        size = await self._pixmap_size(link, pixmap)
        if size is None:
            return encoding.BAD_PIXMAP, pixmap
        geometry = await link.ask(link.new_request(encoding.GET_GEOMETRY, 0, "I", window))
        width, height, border = link.unpack("HHH", geometry, 16)
        width, height = width + 2 * border, height + 2 * border
        drawn = link.unpack("H", attributes, 12)[0] != INPUT_ONLY
        if not drawn or window == link.root or window in self._overlays:
            return encoding.BAD_MATCH, window
        if size[0] != geometry[1] or size[1] < width or size[2] < height:
            return encoding.BAD_MATCH, pixmap
        if old is not None and old.link is not link:
            return encoding.BAD_ACCESS, window
        self._release(old)
        if not await self._redirect(link, window):
            return encoding.BAD_ACCESS, window
        self._bind(link, window, pixmap, (width, height, border))
        return None

    async def _pixmap_size(self, link: Link, pixmap: int) -> tuple[int, int, int] | None:
        """Depth, width and height; None for what is no pixmap."""
        geometry = await link.ask(link.new_request(encoding.GET_GEOMETRY, 0, "I", pixmap))
        tree = await link.ask(link.new_request(encoding.QUERY_TREE, 0, "I", pixmap))
        if geometry[0] == encoding.ERROR or tree[0] == encoding.REPLY:
            return None
        width, height = link.unpack("HH", geometry, 16)
        return geometry[1], width, height

    async def _redirect(self, link: Link, window: int) -> bool:
        """Redirect ``window``, unless somebody has done so before."""
        self._negotiate(link)
        named = link.hidden_id()
        composite = self._major("Composite")
        name = link.new_request(composite, NAME_WINDOW_PIXMAP, "II", window, named)
        if await link.attempt(name) is None:
            link.send(link.new_request(encoding.FREE_PIXMAP, 0, "I", named))
            return False
        redirect = link.new_request(composite, REDIRECT_WINDOW, "IBxxx", window, MANUAL)
        return await link.attempt(redirect) is None

    def _bind(self, link: Link, window: int, pixmap: int, shape: tuple[int, int, int]) -> None:
        damage, region, context = (link.hidden_id() for _ in range(3))
        self._bound[window] = Binding(window, pixmap, link, *shape, damage, region, context)
        create = (damage, window, NON_EMPTY)
        link.send(link.new_request(self._major("DAMAGE"), DAMAGE_CREATE, "IIBxxx", *create))
        link.send(link.new_request(self._major("XFIXES"), CREATE_REGION, "I", region))
        link.send(encoding.quiet_gc(link.order, context, pixmap))

    def _release(self, binding: Binding | None) -> None:
        """Let the window draw into its parent's pixmap again."""
        if binding is None:
            return
        del self._bound[binding.window]
        link = binding.link
        link.send(
            link.new_request(
                self._major("Composite"), UNREDIRECT_WINDOW, "IBxxx", binding.window, MANUAL
            )
        )
        link.send(link.new_request(self._major("DAMAGE"), DAMAGE_DESTROY, "I", binding.damage))
        link.send(link.new_request(self._major("XFIXES"), DESTROY_REGION, "I", binding.region))
        link.send(link.new_request(encoding.FREE_GC, 0, "I", binding.context))

    def release(self, pixmap: int) -> None:
        """The pixmap is about to be freed."""
        for binding in [one for one in self._bound.values() if one.pixmap == pixmap]:
            self._release(binding)

    def forget(self, link: Link) -> None:
        """The client is gone, and its redirections with it."""
        self._bound = {w: one for w, one in self._bound.items() if one.link is not link}
        self._ready.discard(link)

    def hides(self, link: Link, event: bytes) -> bool:
        """Whether the event reports damage that only matters here."""
        damage = self.proxy.extensions.get("DAMAGE")
        if damage is None or event[0] & 0x7F != damage.first_event:
            return False
        (reported,) = link.unpack("I", event, 8)
        # A binding that has ended may still have reported.
        return reported > link.id_base + (link.id_mask >> 1)

    async def bring_up_to_date(self, channel: Channel, pixmap: int) -> None:
        """Copy to ``pixmap`` what its windows drew, in the name of ``channel``."""
        for binding in [one for one in self._bound.values() if one.pixmap == pixmap]:
            self._copy(channel, binding)

    def _copy(self, channel: Channel, binding: Binding) -> None:
        self._negotiate(channel)
        named = channel.new_id() if isinstance(channel, OwnChannel) else channel.hidden_id()
        subtract = (binding.damage, 0, binding.region)
        clip = (binding.context, binding.region, binding.border, binding.border)
        place = (named, binding.pixmap, binding.context, 0, 0, 0, 0, binding.width, binding.height)
        composite, damage, xfixes = map(self._major, ("Composite", "DAMAGE", "XFIXES"))
        name = (binding.window, named)
        channel.send(channel.new_request(composite, NAME_WINDOW_PIXMAP, "II", *name))
        channel.send(channel.new_request(damage, DAMAGE_SUBTRACT, "III", *subtract))
        channel.send(channel.new_request(xfixes, SET_GC_CLIP_REGION, "IIhh", *clip))
        channel.send(channel.new_request(encoding.COPY_AREA, 0, "IIIhhhhHH", *place))
        channel.send(channel.new_request(encoding.FREE_PIXMAP, 0, "I", named))

    def _negotiate(self, channel: Channel) -> None:
        """Say which versions we speak: servers refuse everything to a client that did not."""
        if channel in self._ready:
            return
        self._ready.add(channel)
        for name, version in (("XFIXES", (5, 0)), ("DAMAGE", (1, 1)), ("Composite", (0, 4))):
            channel.send(channel.new_request(self._major(name), QUERY_VERSION, "II", *version))

    def _major(self, extension: str) -> int:
        return self.proxy.extensions[extension].major

    # Requests that matter for windows that are bound

    async def _observe(self, link: Link, request: bytes) -> bytes | None:
        if self._bound and len(request) >= 8:
            await self.bring_up_to_date(link, link.unpack("I", request)[0])
        return request

    async def _end_with(self, link: Link, request: bytes) -> bytes | None:
        window = link.unpack("I", request)[0] if len(request) == 8 else 0
        binding = self._bound.get(window)
        if binding is not None:
            self._copy(link, binding)
            self._release(binding)
        return request

    async def _name(self, link: Link, request: bytes) -> bytes | None:
        window = link.unpack("I", request)[0] if len(request) == 12 else 0
        if window not in self._bound:
            return request
        link.refuse(encoding.BAD_MATCH, window, request, self.layer)
        return None

    async def _overlay(self, link: Link, request: bytes) -> bytes | None:
        reply = await link.ask(request)
        if reply[0] == encoding.REPLY:
            self._overlays.add(link.unpack("I", reply, 8)[0])
        link.answer(reply, self.layer)
        return None
