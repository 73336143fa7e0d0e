# SPDX-License-Identifier: MIT
"""Whether the server would carry a presentation out, and what it is about."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from harness.proposals.redirection import requests
from harness.proposals.redirection.helper_client import HelperClient
from harness.proxy.link import Link
from harness.proxy.tasks import ChannelLost, Pending
from harness.x11 import encoding
from harness.x11.present import PresentPixmap, Rectangle

_BAD_REQUEST = 1


@dataclass(frozen=True, slots=True)
class ExaminedRegion:
    """A region: its extents, and what it consists of."""

    extents: Rectangle
    parts: Sequence[Rectangle]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExaminedPresentation:
    """The things that a flawless PresentPixmap names; sizes in pixels."""

    window_size: tuple[int, int]
    pixmap_size: tuple[int, int]
    depth: int
    valid: ExaminedRegion | None
    update: ExaminedRegion | None


class Validator:
    """Has the server judge a request that must not be carried out.

    ``present`` and ``fixes`` are the major opcodes.
    """

    def __init__(self, present: int, fixes: int, backstage: HelperClient) -> None:
        self._present, self._fixes, self._backstage = present, fixes, backstage

    async def examine(
        self, link: Link, request: bytes, asked: PresentPixmap
    ) -> ExaminedPresentation | bytes:
        """What ``asked`` is about; if the server would refuse it, the request that it shall
        refuse in its stead."""
        if asked.remainder >= asked.divisor if asked.divisor else asked.remainder:
            return request
        # A remainder without divisor is what servers look at last, but for the notifies.
        flaw = ~asked.options & 0xFFFFFFFF
        trial = replace(asked, divisor=0, remainder=flaw or 1, notifies=())
        verdict = self._judged(link, trial) if link.order == "<" or link.grabs else None
        window = link.ask(requests.get_geometry(link, asked.window))
        pixmap = link.ask(requests.get_geometry(link, asked.pixmap))
        trees = [link.ask(requests.query_tree(link, one.window)) for one in asked.notifies]
        valid = await self._area(link, asked.valid)
        update = await self._area(link, asked.update)
        answers = [await window, await pixmap, *[await tree for tree in trees]]
        if verdict is None:
            # Released servers leave fields of this request unswapped.
            try:
                own = await self._backstage.own()
                error = await own.attempt(trial.encode(self._present, own.order))
            except ChannelLost:
                return request
            value = own.unpack
        else:
            error, value = await verdict, link.unpack
        if (
            error is None
            or error[1] != encoding.BAD_VALUE
            or value("I", error) != (trial.remainder,)
        ):
            return request
        if any(answer[0] != encoding.REPLY for answer in answers[:2]):
            return request
        if (asked.valid and valid is None) or (asked.update and update is None):
            return request
        for entry, answer in zip(asked.notifies, answers[2:], strict=True):
            if answer[0] != encoding.REPLY:
                # Sound entries before this one would stay behind in servers (CVE-2025-62229).
                return replace(asked, notifies=(entry,)).encode(self._present, link.order)
        width, height, _ = requests.size_and_depth(link, answers[0])
        *size, depth = requests.size_and_depth(link, answers[1])
        return ExaminedPresentation(
            window_size=(width, height),
            pixmap_size=(size[0], size[1]),
            depth=depth,
            valid=valid,
            update=update,
        )

    def _judged(self, link: Link, trial: PresentPixmap) -> Pending[bytes | None]:
        return link.attempt(trial.encode(self._present, link.order))

    async def _area(self, link: Link, region: int) -> ExaminedRegion | None:
        if not region:
            return None
        fetch = link.new_request(self._fixes, requests.FIXES_FETCH_REGION, "I", region)
        reply = await link.ask(fetch)
        if reply[0] == encoding.ERROR and reply[1] == _BAD_REQUEST:
            # A client that never negotiated XFIXES may present with a region of another's.
            query = requests.FIXES_QUERY_VERSION
            await link.ask(link.new_request(self._fixes, query, "II", 5, 0))
            reply = await link.ask(fetch)
        if reply[0] != encoding.REPLY:
            return None
        return ExaminedRegion(*requests.fetched(link, reply))


def extents(asked: PresentPixmap, subject: ExaminedPresentation) -> tuple[Rectangle, Rectangle]:
    """The valid and the update rectangle of a RedirectNotify, from the pixmap's origin."""
    width, height = subject.pixmap_size
    left, top = max(0, -asked.x_off), max(0, -asked.y_off)
    right = min(width, subject.window_size[0] - asked.x_off)
    bottom = min(height, subject.window_size[1] - asked.y_off)
    shown = Rectangle(0, 0, 0, 0)
    if left < right and top < bottom:
        shown = Rectangle(left, top, right - left, bottom - top)
    whole = Rectangle(0, 0, width, height)
    return (
        subject.valid.extents if subject.valid else whole,
        subject.update.extents if subject.update else shown,
    )
