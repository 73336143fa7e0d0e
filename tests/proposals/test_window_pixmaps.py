# SPDX-License-Identifier: MIT
"""What the emulation of SetWindowPixmap has to wait for in the server."""

from collections.abc import Iterator

import pytest

from harness.clients.present.presenter import Presenter
from harness.clients.randr.scanout import Scanout
from harness.clients.resources.pixmap import Pixmap
from harness.proposals import requests
from harness.proposals.randr_percrtc import PerCrtcPixmaps
from harness.proxy.layer import Layer
from harness.proxy.link import Link
from harness.proxy.proxied_server import ProxiedServer
from harness.proxy.proxy import Proxy
from harness.servers.server import Server
from harness.x11 import encoding


class Witness(Layer):
    """Records the redirection, errors, and the creation of a Damage, in the server's order."""

    def start(self, proxy: Proxy) -> None:
        self.seen: list[str] = []
        composite, damage = (proxy.extensions[name].major for name in ("Composite", "DAMAGE"))
        self.handlers = {
            (composite, requests.COMPOSITE_REDIRECT_WINDOW): self._redirect,
            (damage, requests.DAMAGE_CREATE): self._create,
        }
        self.watches = {encoding.ERROR}

    async def _redirect(self, link: Link, data: bytes) -> bytes | None:
        self.seen.append("redirected")
        return data

    async def _create(self, link: Link, data: bytes) -> bytes | None:
        self.seen.append("Damage created")
        return data

    def message(self, link: Link, data: bytes) -> list[bytes]:
        if "redirected" in self.seen:
            self.seen.append("error")
        return [data]


@pytest.fixture
def witness() -> Witness:
    return Witness()


@pytest.fixture
def emulated(server: Server, witness: Witness) -> Iterator[ProxiedServer]:
    """The draft in front of a proxy that sees what the emulation sends to the server."""
    behind = ProxiedServer(server, [witness])
    front = ProxiedServer(behind, [PerCrtcPixmaps()])
    yield front
    for one in (front, behind):
        one.proxy.close()
        one.proxy.check()


def test_damage_is_looked_at_only_after_the_border_is_painted(
    emulated: ProxiedServer, witness: Witness
) -> None:
    """The server does that, and damages the whole window, after an error at the latest."""
    with Presenter(emulated) as client:
        window = client.window(40, 30, border_width=3, background="red", events=0)
        pixmap = Pixmap.create(client, 46, 36, 24)
        Scanout(client).set_window_pixmap(window.id, pixmap.id)
        client.sync()
    assert witness.seen == ["redirected", "error", "Damage created"]
