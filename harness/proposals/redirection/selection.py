# SPDX-License-Identifier: MIT
"""PresentSelectInput with the bit that no server knows."""

from harness.proposals.redirection import requests
from harness.proposals.redirection.contexts import Context, Contexts
from harness.proposals.redirection.helper_client import HelperClient
from harness.proxy.layer import Layer
from harness.proxy.link import Link
from harness.x11 import encoding, present
from harness.x11.present import ConfigureNotify, EventMask, SelectInput

_SERVED = int(present.ALL_EVENTS)
_KNOWN = _SERVED | int(EventMask.REDIRECT)


class RedirectSelection:
    """Gives the redirection of a window's children to one client at a time.

    The server gets every selection without the bit, so that it judges them all.
    """

    def __init__(
        self, layer: Layer, major: int, contexts: Contexts, backstage: HelperClient
    ) -> None:
        self._layer, self._major = layer, major
        self._contexts, self._backstage = contexts, backstage

    async def select(self, link: Link, request: bytes) -> bytes | None:
        """The handler of PresentSelectInput."""
        data = requests.plain(link, request)
        if len(data) != 16:
            return request
        asked = SelectInput.decode(data, link.order)
        if asked.mask & ~_KNOWN:
            return request
        new = Context(link, asked.event, asked.window, asked.mask, link.sequence)
        known = self._contexts.get(link, asked.event)
        if not new.redirects:
            if known is None or not known.redirects:
                self._contexts.suppose(new)
                return request
            if await link.carry_out(request, self._layer) is None:
                self._contexts.set(new)
            return None
        holder = self._contexts.holders.get(asked.window)
        if holder is not None and holder is not known:
            await self._refuse_second(link, request, asked, known)
            return None
        await self._take(link, new, known)
        return None

    async def _take(self, link: Link, new: Context, known: Context | None) -> None:
        served = new.mask & _SERVED
        # Mask 0 would make no context, or end the one there is.
        new.padded = not served
        mask = served or int(EventMask.CONFIGURE)
        holders = self._contexts.holders
        place = Context(link, 0, new.window, 0, 0)
        if holders.get(new.window) is None:
            # Nobody may take this place while the server looks at the request.
            holders[new.window] = place
        if known is not None and known.window == new.window:
            # Its events from now on are made for the new mask.
            known.padded = known.padded and new.padded
        passed = SelectInput(event=new.event, window=new.window, mask=mask)
        try:
            refused = await link.carry_out(passed.encode(self._major, link.order), self._layer)
        finally:
            if holders.get(new.window) is place:
                del holders[new.window]
        if refused is None:
            self._contexts.set(new)
            self._backstage.prepare()

    async def _refuse_second(
        self, link: Link, request: bytes, asked: SelectInput, known: Context | None
    ) -> None:
        """The place is taken: Access, unless the server finds more to say."""
        mask = 0
        if known is not None and known.window == asked.window:
            mask = known.mask & _SERVED or int(EventMask.CONFIGURE)
        same = SelectInput(event=asked.event, window=asked.window, mask=mask)
        error = await link.attempt(same.encode(self._major, link.order))
        if error is None:
            link.refuse(encoding.BAD_ACCESS, 0, request, self._layer)
        else:
            (value,) = link.unpack("I", error)
            link.refuse(error[1], value, request, self._layer)

    def hides(self, link: Link, event: ConfigureNotify) -> bool:
        """Whether ``event`` came only because a selection must not be empty."""
        context = self._contexts.get(link, event.event)
        return context is not None and context.padded
