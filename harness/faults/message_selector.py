# SPDX-License-Identifier: MIT
"""What a fault is done to: requests, replies, errors or events of one name."""

import difflib
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from harness.faults.errors import ScriptError

# A script may name what the drafts add before anything that speaks them is imported.
from harness.x11 import present
from harness.x11.codec import ExtensionRequest
from harness.x11.drafts import present_redirect, randr_percrtc  # noqa: F401
from harness.x11.names import event_names, request_names
from harness.x11.present import PresentEvent


class MessageKind(StrEnum):
    """The four kinds of messages."""

    REQUEST = "request"
    EVENT = "event"
    REPLY = "reply"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class MessageSelector:
    """A kind of message; ``name`` is its request's where it is a reply or an error."""

    kind: MessageKind
    name: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """What ``text`` names.  Raises ScriptError for what the protocol does not have.

        ``MapNotify``, ``RANDR:Notify`` and ``PresentIdleNotify`` are events, ``MapWindow`` and
        ``SYNC:TriggerFence`` requests; ``reply to GetImage`` and ``error for GetImage`` are
        what answers those.
        """
        requests, events = request_names(), event_names()
        for start, kind in (("reply to ", MessageKind.REPLY), ("error for ", MessageKind.ERROR)):
            if text.startswith(start):
                return cls(kind, _known(text.removeprefix(start), requests, "request"))
        if text in events:
            return cls(MessageKind.EVENT, text)
        return cls(
            MessageKind.REQUEST,
            _known(text, requests | events, "name of a request or an event"),
        )

    def __str__(self) -> str:
        return {
            MessageKind.REPLY: f"reply to {self.name}",
            MessageKind.ERROR: f"error for {self.name}",
        }.get(self.kind, self.name)

    @property
    def layout(self) -> type[ExtensionRequest] | type[PresentEvent] | None:
        """The class that such messages are decoded to, where there is one."""
        decoded = self.kind in (MessageKind.REQUEST, MessageKind.EVENT)
        return present.MESSAGES.named(self.name) if decoded else None


def _known(name: str, names: frozenset[str], what: str) -> str:
    if name in names:
        return name
    near = difflib.get_close_matches(name, names, 1, 0.6)
    hint = f"did you mean {near[0]!r}?" if near else "take names as timelines and traces show them"
    raise ScriptError(f"{name!r} is no {what} that the harness knows: {hint}")
