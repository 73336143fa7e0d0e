# SPDX-License-Identifier: MIT
"""What a build shows when it is started and probed."""

import struct
from contextlib import nullcontext
from dataclasses import dataclass

from harness.capabilities.probe import Abilities, Offer, abilities, offer, presentation_family
from harness.clients.connection.client import Client
from harness.servers.builds import Build
from harness.servers.host import virtual_host
from harness.servers.process.launch import launch
from harness.servers.server import Server
from harness.servers.spec import ServerSpec
from harness.timeline.record import Timeline
from harness.timeline.rules import Family
from harness.x11 import present


@dataclass(frozen=True, slots=True)
class ServerReport:
    """Its version, what it offers and what its screen can do, all as it said and did itself."""

    version: str
    offer: Offer
    abilities: Abilities
    family: Family
    capabilities: present.Capability

    @property
    def flips(self) -> bool:
        return self.family is not Family.COPY

    @property
    def paced_by_host(self) -> bool:
        """Whether frames come when another display server wants them."""
        return self.family is Family.XWAYLAND_FLIP


def show(build: Build) -> ServerReport:
    """Start ``build`` and try it out.  Raises HarnessError when it does not start or answer."""
    with virtual_host() if build.kind.info.needs_host else nullcontext() as host:
        spec = ServerSpec(build=build, host=host)
        with launch(spec) as server:
            offered = offer(server)
            known = present.EXTENSION in offered.extensions
            family = presentation_family(server) if known else Family.COPY
            capabilities = _capabilities(server) if known else present.Capability(0)
            version = server.version
        # Trying out changes a screen, and what one trial leaves must not spoil the next.
        with launch(spec) as server:
            able = abilities(server)
    return ServerReport(version, offered, able, family, capabilities)


def _capabilities(server: Server) -> present.Capability:
    with Client(server, Timeline(), "doctor") as client:
        reply = client.ask(present.QueryCapabilities(client.root))
    return present.Capability(struct.unpack_from("=8xI", reply)[0])
