# SPDX-License-Identifier: MIT
"""Windows that draw into a pixmap of their client's, as far as clients can observe.

Such a window is redirected, so that it draws into a pixmap of its own; what is damaged is
copied over before any request that looks at the other pixmap, also over what others have drawn
there since.  The client that set the pixmap owns the redirection, so that both end together.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from harness.proposals import requests
from harness.proposals.requests import Handlers, RequestError, Size
from harness.proxy.channel import Channel
from harness.proxy.layer import Layer
from harness.proxy.link import Link
from harness.proxy.own_channel import OwnChannel
from harness.proxy.proxy import Proxy
from harness.x11 import encoding
from harness.x11.drafts.randr_percrtc import SetWindowPixmap

_INPUT_ONLY = 2
_NON_EMPTY = 3


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """``window`` of ``size``, with its border, draws into ``pixmap``.

    ``damage``, ``region`` and ``context`` serve to copy the parts that are new.
    """

    link: Link
    window: int
    pixmap: int
    size: Size
    border: int
    damage: int
    region: int
    context: int


class WindowPixmaps:
    """All bindings of one proxy, by window; ``layer`` is whose requests they serve."""

    def __init__(self, layer: Layer, proxy: Proxy) -> None:
        self._layer = layer
        self._majors = {name: one.major for name, one in proxy.extensions.items()}
        damage = proxy.extensions.get("DAMAGE")
        self.watches = {damage.first_event} if damage is not None else set()
        self._bound: dict[int, Binding] = {}
        self._overlays: set[int] = set()
        self._negotiated: set[Channel] = set()

    def handlers(self) -> Handlers:
        """Of all requests but SetWindowPixmap that matter for windows that are bound."""
        handlers: Handlers = {
            (encoding.GET_IMAGE, None): self._observe,
            (encoding.COPY_AREA, None): self._observe,
            (encoding.COPY_PLANE, None): self._observe,
            (requests.UNMAP_WINDOW, None): self._end_with,
            (requests.DESTROY_WINDOW, None): self._end_with,
        }
        if "MIT-SHM" in self._majors:
            handlers[self._majors["MIT-SHM"], requests.SHM_GET_IMAGE] = self._observe
        if "Composite" in self._majors:
            composite = self._majors["Composite"]
            handlers[composite, requests.COMPOSITE_GET_OVERLAY_WINDOW] = self._get_overlay
            handlers[composite, requests.COMPOSITE_NAME_WINDOW_PIXMAP] = self._name_pixmap
        return handlers

    async def set_window_pixmap(self, link: Link, data: bytes) -> bytes | None:
        """The handler of SetWindowPixmap.  Raises RequestError for an invalid request."""
        if len(data) != 12:
            raise RequestError(encoding.BAD_LENGTH)
        request = SetWindowPixmap(*link.unpack("II", data))
        window, pixmap = request.window, request.pixmap
        attributes = await link.ask(requests.get_window_attributes(link, window))
        if attributes[0] == encoding.ERROR:
            raise RequestError(encoding.BAD_WINDOW, window)
        old = self._bound.get(window)
        drawn = link.unpack("H", attributes, 12)[0] != _INPUT_ONLY
        shape = await self._check(link, request, drawn=drawn) if pixmap else None
        if old is not None and old.link is not link:
            raise RequestError(encoding.BAD_ACCESS, window)
        self._release([old] if old else ())
        if shape is not None:
            await self._redirect(link, window)
            self._bind(link, request, *shape)
        link.swallow()
        return None

    async def _check(
        self, link: Link, request: SetWindowPixmap, *, drawn: bool
    ) -> tuple[Size, int]:
        """The size of the window with its border, and that of the border."""
        window, pixmap = request.window, request.pixmap
        target = await link.ask(requests.get_geometry(link, pixmap))
        tree = await link.ask(requests.query_tree(link, pixmap))
        if target[0] == encoding.ERROR or tree[0] == encoding.REPLY:
            raise RequestError(encoding.BAD_PIXMAP, pixmap)
        geometry = await link.ask(requests.get_geometry(link, window))
        width, height, border = link.unpack("HHH", geometry, 16)
        size = (width + 2 * border, height + 2 * border)
        if not drawn or window == link.root or window in self._overlays:
            raise RequestError(encoding.BAD_MATCH, window)
        room = requests.size_in(link, target)
        if target[1] != geometry[1] or room[0] < size[0] or room[1] < size[1]:
            raise RequestError(encoding.BAD_MATCH, pixmap)
        return size, border

    async def _redirect(self, link: Link, window: int) -> None:
        """Redirect ``window``, unless a client has done so before."""
        self._negotiate(link)
        named = link.hidden_id()
        redirected = await link.attempt(self._name(link, window, named)) is None
        if redirected:
            link.send(requests.free_pixmap(link, named))
        minor = requests.COMPOSITE_REDIRECT_WINDOW
        redirect = self._new(link, "Composite", minor, "IBxxx", window, requests.MANUAL)
        if redirected or await link.attempt(redirect) is not None:
            raise RequestError(encoding.BAD_ACCESS, window)
        await self._let_border_be_painted(link)

    async def _let_border_be_painted(self, link: Link) -> None:
        """Have the server paint the border of a window that got another pixmap.

        It queues that (``compRepaintBorder``), and reports the whole window as damaged by it.
        A client that is quick enough is served before the queue, over several round trips
        (``Dispatch``), unless one of its requests is an error.
        """
        await link.attempt(requests.free_pixmap(link, link.hidden_id()))

    def _bind(self, link: Link, request: SetWindowPixmap, size: Size, border: int) -> None:
        damage, region, context = (link.hidden_id() for _ in range(3))
        window, pixmap = request.window, request.pixmap
        self._bound[window] = Binding(link, window, pixmap, size, border, damage, region, context)
        create = (damage, window, _NON_EMPTY)
        link.send(self._new(link, "DAMAGE", requests.DAMAGE_CREATE, "IIBxxx", *create))
        link.send(self._new(link, "XFIXES", requests.FIXES_CREATE_REGION, "I", region))
        link.send(encoding.quiet_gc(link.order, context, pixmap))

    def _release(self, bindings: Iterable[Binding]) -> None:
        """Let windows draw into their parents' pixmaps again."""
        for one in bindings:
            del self._bound[one.window]
            link = one.link
            end = (requests.COMPOSITE_UNREDIRECT_WINDOW, "IBxxx", one.window, requests.MANUAL)
            link.send(self._new(link, "Composite", *end))
            link.send(self._new(link, "DAMAGE", requests.DAMAGE_DESTROY, "I", one.damage))
            link.send(self._new(link, "XFIXES", requests.FIXES_DESTROY_REGION, "I", one.region))
            link.send(link.new_request(encoding.FREE_GC, 0, "I", one.context))

    def release_pixmap(self, pixmap: int) -> None:
        """``pixmap`` is about to be freed: no window draws into it any longer."""
        self._release([one for one in self._bound.values() if one.pixmap == pixmap])

    def forget_link(self, link: Link) -> None:
        """The client of ``link`` has disconnected, and its redirections have ended."""
        self._bound = {id: one for id, one in self._bound.items() if one.link is not link}
        self._negotiated.discard(link)

    def hides(self, link: Link, event: bytes) -> bool:
        """Whether ``event`` is a DamageNotify for a binding."""
        if event[0] & 0x7F not in self.watches:
            return False
        (damage,) = link.unpack("I", event, 8)
        # A binding that has ended may still have reported.
        return damage > link.id_base + (link.id_mask >> 1)

    def bring_up_to_date(self, channel: Channel, pixmap: int) -> None:
        """Copy to ``pixmap`` what its windows drew, over ``channel``."""
        for binding in [one for one in self._bound.values() if one.pixmap == pixmap]:
            self._copy(channel, binding)

    def _copy(self, channel: Channel, binding: Binding) -> None:
        self._negotiate(channel)
        named = channel.new_id() if isinstance(channel, OwnChannel) else channel.hidden_id()
        subtract = (binding.damage, 0, binding.region)
        clip = (binding.context, binding.region, binding.border, binding.border)
        clip_minor = requests.FIXES_SET_GC_CLIP_REGION
        for request in (
            self._name(channel, binding.window, named),
            self._new(channel, "DAMAGE", requests.DAMAGE_SUBTRACT, "III", *subtract),
            self._new(channel, "XFIXES", clip_minor, "IIhh", *clip),
            requests.copy_area(channel, named, binding.pixmap, binding.context, binding.size),
            requests.free_pixmap(channel, named),
        ):
            channel.send(request)

    def _negotiate(self, channel: Channel) -> None:
        """Negotiate versions, without which servers refuse all other requests."""
        if channel in self._negotiated:
            return
        self._negotiated.add(channel)
        for name, version in (("XFIXES", (5, 0)), ("DAMAGE", (1, 1)), ("Composite", (0, 4))):
            channel.send(self._new(channel, name, requests.QUERY_VERSION, "II", *version))

    def _name(self, channel: Channel, window: int, named: int) -> bytes:
        minor = requests.COMPOSITE_NAME_WINDOW_PIXMAP
        return self._new(channel, "Composite", minor, "II", window, named)

    def _new(self, channel: Channel, name: str, minor: int, layout: str, *values: int) -> bytes:
        return channel.new_request(self._majors[name], minor, layout, *values)

    async def _observe(self, link: Link, data: bytes) -> bytes | None:
        if self._bound:
            self.bring_up_to_date(link, requests.first_id(link, data))
        return data

    async def _end_with(self, link: Link, data: bytes) -> bytes | None:
        binding = self._bound.get(requests.first_id(link, data, 8))
        if binding is not None:
            self._copy(link, binding)
            self._release([binding])
        return data

    async def _name_pixmap(self, link: Link, data: bytes) -> bytes | None:
        window = requests.first_id(link, data, 12)
        if window in self._bound:
            raise RequestError(encoding.BAD_MATCH, window)
        return data

    async def _get_overlay(self, link: Link, data: bytes) -> bytes | None:
        reply = await link.ask(data)
        if reply[0] == encoding.REPLY:
            self._overlays.add(link.unpack("I", reply, 8)[0])
        link.answer(reply, self._layer)
        return None
