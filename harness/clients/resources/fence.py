# SPDX-License-Identifier: MIT
"""A SYNC fence of a scripted client."""

from typing import Self

import xcffib.sync

from harness.clients.connection.client import Client
from harness.clients.connection.errors import Unsupported

WITH_FENCES = 3, 1
"""The first version of SYNC that has fences."""


class Fence:
    """A fence, by its id."""

    def __init__(self, client: Client, id: int) -> None:
        self.client = client
        self.id = id

    @classmethod
    def create(cls, client: Client, triggered: bool = False) -> Self:
        """A new fence on the first screen.  Raises Unsupported where SYNC is older than 3.1."""
        if client.sync_version < WITH_FENCES:
            raise Unsupported(client.server.display, "fences of SYNC", "sync", WITH_FENCES)
        fence = cls(client, client.new_id())
        client.extension(xcffib.sync).CreateFence(client.root, fence.id, triggered)
        return fence

    @property
    def triggered(self) -> bool:
        """QueryFence: a round trip."""
        return bool(self.client.extension(xcffib.sync).QueryFence(self.id).reply().triggered)

    def trigger(self) -> None:
        self.client.extension(xcffib.sync).TriggerFence(self.id)

    def reset(self) -> None:
        self.client.extension(xcffib.sync).ResetFence(self.id)

    def destroy(self) -> None:
        self.client.extension(xcffib.sync).DestroyFence(self.id)
