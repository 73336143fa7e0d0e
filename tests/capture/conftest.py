# SPDX-License-Identifier: MIT
"""The harness's own client of a fresh Xvfb, with pixmaps to capture."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from harness.clients.connection.client import Client
from harness.clients.resources.pixmap import Pixmap
from harness.servers.builds import find_on_path
from harness.servers.errors import ServerNotInstalled
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec
from harness.timeline.record import Timeline


class FrameClient(Client):
    """A client with pixmaps to capture."""

    def pixmap(self, depth: int, width: int, height: int) -> Pixmap:
        """A pixmap with a pattern of stripes, no two of one colour where the depth allows."""
        pixmap = Pixmap.create(self, width, height, depth)
        pixmap.fill(0)
        for index in range(64):
            value = index * 0x01F3C5A7 % (1 << depth)
            pixmap.fill(value, index * width // 64, index % 7, width // 64 + 1, height)
        return pixmap


@pytest.fixture
def connect() -> Iterator[Callable[[int], FrameClient]]:
    """Connect to a fresh Xvfb whose root has the given depth."""
    try:
        build = find_on_path(ServerKind.XVFB)
    except ServerNotInstalled as error:
        pytest.skip(str(error))
    with ExitStack() as stack:

        def connect(depth: int) -> FrameClient:
            server = stack.enter_context(launch(ServerSpec(build=build, depth=depth)))
            return stack.enter_context(FrameClient(server, Timeline(), "frames"))

        yield connect
