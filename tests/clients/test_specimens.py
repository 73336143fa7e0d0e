# SPDX-License-Identifier: MIT
"""Resources to name where a server expects others."""

from types import SimpleNamespace

import pytest

from harness.clients.connection.errors import Unsupported
from harness.clients.present import specimens


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
