# SPDX-License-Identifier: MIT
"""PresentSelectInput with the bit for redirection, which no released server accepts."""

from harness.proposals import requests
from harness.proposals.redirection.contexts import Context
from harness.proposals.redirection.state import RedirectState
from harness.proposals.requests import RequestError
from harness.proxy.channel import Channel
from harness.proxy.link import Link
from harness.x11 import encoding, present
from harness.x11.present import EventMask, PresentConfigureNotify, SelectInput

_SERVED = int(present.ALL_EVENTS)
_KNOWN = _SERVED | int(EventMask.REDIRECT)


class RedirectSelection:
    """Gives the redirection of a window's children to one client at a time.

    The server gets every selection without the bit, so that it validates them all.
    """

    def __init__(self, state: RedirectState) -> None:
        self._state, self._contexts = state, state.contexts

    async def select(self, link: Link, data: bytes) -> bytes | None:
        """The handler of PresentSelectInput.

        Raises RequestError when another context redirects the window's children.
        """
        body = requests.plain(link, data)
        if len(body) != 16:
            return data
        request = SelectInput.decode(body, link.order)
        if request.mask & ~_KNOWN:
            return data
        new = Context(link, request.event, request.window, request.mask)
        known = self._contexts.get(link, request.event)
        if not new.redirects:
            if await link.carry_out(data, self._state.layer) is None:
                self._contexts.set(new)
            return None
        holder = self._contexts.holders.get(request.window)
        if holder is not None and holder is not known:
            raise await self._second_holder(link, request, known)
        await self._hold(link, new, known)
        return None

    async def _hold(self, link: Link, new: Context, known: Context | None) -> None:
        served = new.mask & _SERVED
        # Mask 0 would make no context, or end the one there is.
        new.padded = not served
        mask = served or int(EventMask.CONFIGURE)
        holders = self._contexts.holders
        reserved = Context(link, 0, new.window, 0)
        holders.setdefault(new.window, reserved)
        if known is not None and known.window == new.window:
            # Its events from now on are made for the new mask.
            known.padded = known.padded and new.padded
        passed = SelectInput(event=new.event, window=new.window, mask=mask)
        try:
            refused = await link.carry_out(
                passed.encode(self._state.present, link.order), self._state.layer
            )
        finally:
            if holders.get(new.window) is reserved:
                del holders[new.window]
        if refused is None:
            self._contexts.set(new)
            # To be connected ahead of need.
            self._state.helper.send(Channel.new_request, encoding.NO_OPERATION)

    async def _second_holder(
        self, link: Link, request: SelectInput, known: Context | None
    ) -> RequestError:
        """Access, unless the server has another error for the rest of ``request``."""
        mask = 0
        if known is not None and known.window == request.window:
            mask = known.mask & _SERVED or int(EventMask.CONFIGURE)
        same = SelectInput(event=request.event, window=request.window, mask=mask)
        error = await link.attempt(same.encode(self._state.present, link.order))
        if error is None:
            return RequestError(encoding.BAD_ACCESS)
        return RequestError(error[1], link.unpack("I", error)[0])

    def hides(self, link: Link, event: PresentConfigureNotify) -> bool:
        """Whether ``event`` came only because a selection must not be empty."""
        context = self._contexts.get(link, event.event)
        return context is not None and context.padded
