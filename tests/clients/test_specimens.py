# SPDX-License-Identifier: MIT
"""Resources to name where a server expects others."""

from types import SimpleNamespace

import pytest

from harness.clients.connection.errors import Unsupported
from harness.clients.present import specimens
from harness.clients.resources.fence import Fence


@pytest.mark.parametrize("kind", ["CRTC", "output"])
def test_what_a_server_has_none_of_is_a_need_of_the_test(kind):
    """RANDR without any CRTC and output, as xorgxrdp 0.9 has it."""
    reply = SimpleNamespace(crtcs=[], outputs=[])
    request = SimpleNamespace(reply=lambda: reply)
    client = SimpleNamespace(
        root=1,
        server=SimpleNamespace(display=":7"),
        extension=lambda _: SimpleNamespace(GetScreenResources=lambda _: request),
    )
    with pytest.raises(Unsupported, match="crtcs=1"):
        specimens.SPECIMENS[kind](client)


def test_a_fence_is_a_need_of_the_test_where_sync_has_none():
    """SYNC before 3.1, as nxagent and Xtightvnc have it: a skip, not a Request error."""
    client = SimpleNamespace(server=SimpleNamespace(display=":7"), sync_version=(3, 0))
    with pytest.raises(Unsupported, match=r"sync=\(3, 1\)"):
        Fence.create(client)
