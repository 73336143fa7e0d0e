# SPDX-License-Identifier: MIT
"""Whether the server would carry a presentation out, and the sizes of what it is about."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.proposals import requests
from harness.proposals.redirection.state import RedirectState, missing_window
from harness.proposals.requests import Size
from harness.proxy.channel import Channel
from harness.proxy.link import Link
from harness.proxy.tasks import ChannelLost
from harness.x11 import encoding
from harness.x11.present import PresentPixmap, XRectangle


@dataclass(frozen=True, slots=True)
class FetchedRegion:
    """The reply to XFIXES's FetchRegion: extents, and rectangles that make up the region."""

    extents: XRectangle
    rectangles: Sequence[XRectangle]


@dataclass(frozen=True, slots=True, kw_only=True)
class PresentedObjects:
    """The objects that a valid PresentPixmap names; sizes in pixels."""

    window_size: Size
    pixmap_size: Size
    depth: int
    valid: FetchedRegion | None
    update: FetchedRegion | None

    @property
    def valid_rectangle(self) -> XRectangle:
        """``valid-rect`` of RedirectNotify, from the pixmap's origin."""
        return self.valid.extents if self.valid else XRectangle(0, 0, *self.pixmap_size)

    def update_rectangle(self, x_off: int, y_off: int) -> XRectangle:
        """``update-rect`` of RedirectNotify: by default the part of the pixmap in the window."""
        if self.update:
            return self.update.extents
        left, top = max(0, -x_off), max(0, -y_off)
        right = min(self.pixmap_size[0], self.window_size[0] - x_off)
        bottom = min(self.pixmap_size[1], self.window_size[1] - y_off)
        if left < right and top < bottom:
            return XRectangle(left, top, right - left, bottom - top)
        return XRectangle(0, 0, 0, 0)


async def validate(
    state: RedirectState, link: Link, data: bytes, request: PresentPixmap
) -> PresentedObjects | bytes:
    """The objects of ``request``, which is ``data``, if the server would carry it out.

    If not, the request that it shall refuse in its place.
    """
    if request.remainder >= request.divisor if request.divisor else request.remainder:
        return data
    # A remainder without divisor is what servers look at last, but for the notifies.
    flaw = ~request.options & 0xFFFFFFFF
    trial = replace(request, divisor=0, remainder=flaw or 1, notifies=())
    validator: Channel = link
    verdict = None
    if link.order == "<" or link.grabs:
        verdict = link.attempt(trial.encode(state.present, link.order))
    window = link.ask(requests.get_geometry(link, request.window))
    pixmap = link.ask(requests.get_geometry(link, request.pixmap))
    valid = await _fetch_region(state, link, request.valid)
    update = await _fetch_region(state, link, request.update)
    sizes = [await window, await pixmap]
    if verdict is not None:
        error = await verdict
    else:
        # Released servers leave fields of this request unswapped.
        try:
            validator = await state.helper.channel()
            error = await validator.attempt(trial.encode(state.present, validator.order))
        except ChannelLost:
            return data
    if (
        error is None
        or error[1] != encoding.BAD_VALUE
        or validator.unpack("I", error) != (trial.remainder,)
    ):
        return data
    if any(size[0] != encoding.REPLY for size in sizes):
        return data
    if (request.valid and valid is None) or (request.update and update is None):
        return data
    missing = await missing_window(link, request.notifies)
    if missing is not None:
        # Sound entries before this one would stay behind in servers (CVE-2025-62229).
        return replace(request, notifies=(missing,)).encode(state.present, link.order)
    return PresentedObjects(
        window_size=requests.size_in(link, sizes[0]),
        pixmap_size=requests.size_in(link, sizes[1]),
        depth=sizes[1][1],
        valid=valid,
        update=update,
    )


async def _fetch_region(state: RedirectState, link: Link, region: int) -> FetchedRegion | None:
    if not region:
        return None
    fetch = link.new_request(state.fixes, requests.FIXES_FETCH_REGION, "I", region)
    reply = await link.ask(fetch)
    if reply[0] == encoding.ERROR and reply[1] == encoding.BAD_REQUEST:
        # A client that never negotiated XFIXES may present with a region of another's.
        await link.ask(link.new_request(state.fixes, requests.QUERY_VERSION, "II", 5, 0))
        reply = await link.ask(fetch)
    if reply[0] != encoding.REPLY:
        return None
    extents, *rectangles = (
        XRectangle(*link.unpack("hhHH", reply, at)) for at in (8, *range(32, len(reply) - 7, 8))
    )
    return FetchedRegion(extents, rectangles)
