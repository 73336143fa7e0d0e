# SPDX-License-Identifier: MIT
"""What clients did with SYNC fences, and what that proves of their states."""

from dataclasses import dataclass, field

from harness.timeline.model.core_requests import FenceAction, FenceRequest
from harness.timeline.model.lifetimes.windows import WindowHistory
from harness.timeline.model.present_requests import PresentRequest
from harness.timeline.streams import ClientStream, ReceivedEvent, SentRequest


@dataclass(frozen=True, slots=True, eq=False)
class FenceHistory:
    """The requests about each fence, oldest first, and what QueryFence answered."""

    windows: WindowHistory
    presentations: list[PresentRequest]
    requests: dict[int, list[tuple[SentRequest, FenceRequest]]] = field(default_factory=dict)
    """Accepted requests by fence, QueryFence left out."""
    queries: dict[tuple[ClientStream, int], tuple[SentRequest, int]] = field(default_factory=dict)
    """Each QueryFence by its sequence number, with its fence."""
    answers: list[tuple[SentRequest, int, bool]] = field(default_factory=list)
    """Each QueryFence that was replied to, its fence, whether that was triggered."""

    def requests_to(self, action: FenceAction, fence: int) -> list[SentRequest]:
        """The accepted requests that did this with ``fence``."""
        return [sent for sent, what in self.requests.get(fence, ()) if what.action is action]

    def may_be_destroyed(self, fence: int, event: ReceivedEvent) -> bool:
        """Whether ``fence``, or the client that created it, may be no more at ``event``."""
        if not all(map(event.made_before, self.requests_to(FenceAction.DESTROY, fence))):
            return True
        creators = {sent.stream for sent in self.requests_to(FenceAction.CREATE, fence)}
        return not creators or self.windows.may_have_freed(creators, event)

    def hold(self, one: PresentRequest, event: ReceivedEvent) -> bool:
        """Whether the wait fence of ``one`` provably was untriggered when ``event`` was made."""
        fence = one.wait_fence
        states = [what for _, what in self.requests.get(fence, ())]
        created = [what for what in states if what.action is FenceAction.CREATE]
        if len(created) != 1 or created[0].triggered or self.may_be_destroyed(fence, event):
            return False
        idle = [other.sent for other in self.presentations if other.idle_fence == fence]
        resets = self.requests_to(FenceAction.RESET, fence)
        return all(map(event.made_before, idle)) and all(
            event.made_before(trigger)
            or any(trigger.before(reset) and reset.before(one.sent) for reset in resets)
            for trigger in self.requests_to(FenceAction.TRIGGER, fence)
        )
