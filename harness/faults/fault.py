# SPDX-License-Identifier: MIT
"""A fault with code of its own: how it changes the messages of one connection."""

import re

from harness.faults.connection import FaultedConnection
from harness.faults.message_selector import MessageKind
from harness.x11.codec import ExtensionRequest
from harness.x11.present import PresentEvent


class Fault:
    """Passes everything on unchanged; each subclass changes one thing.

    There is one instance per connection, ``link``.  Methods run in the proxy's thread.
    """

    def __init__(self, link: FaultedConnection) -> None:
        self.link = link

    @classmethod
    def name(cls) -> str:
        """``drops-idle`` for DropsIdle."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    def request(self, request: ExtensionRequest) -> bytes | ExtensionRequest:
        """The request that the server gets in place of a Present request."""
        return request

    def other_request(self, name: str, data: bytes) -> bytes:
        """The request that the server gets in place of any other request.

        ``name`` is as in timelines: ``CreateWindow``, ``SYNC:TriggerFence``.
        """
        return data

    def event(self, event: PresentEvent) -> list[PresentEvent | bytes]:
        """The messages that the client gets in place of a Present event."""
        return [event]

    def message(self, name: str, message: bytes) -> list[bytes]:
        """The messages that the client gets in place of a reply, an error, or another event.

        ``name`` is that of the event, or of the request that is answered or refused.
        """
        return [message]

    async def on_request(self, data: bytes) -> bytes | None:
        """The request that the server gets in place of any; None once it is dealt with."""
        request = self.link.decode(data, MessageKind.REQUEST)
        if request is None or isinstance(request, PresentEvent):
            return self.other_request(self.link.selector_of_request(data).name, data)
        passed = self.request(request)
        if passed is request:
            return data
        return passed if isinstance(passed, bytes) else self.link.encode(passed)

    def on_message(self, data: bytes) -> list[bytes]:
        """The messages that the client gets in place of any."""
        event = self.link.decode(data, MessageKind.EVENT)
        if not isinstance(event, PresentEvent):
            return self.message(self.link.selector_of_message(data).name, data)
        passed = self.event(event)
        return [one if isinstance(one, bytes) else self.link.encode(one) for one in passed]
