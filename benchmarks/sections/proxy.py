# SPDX-License-Identifier: MIT
"""What a proxy costs: round trips, and images in both directions."""

import struct
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.measure import Run, Section, Variant, timed
from benchmarks.yardsticks.default_server import default_server
from benchmarks.yardsticks.peers import Peers
from benchmarks.yardsticks.proxies import bare_relay, xharness_proxy, xtrace_proxy
from harness.clients.raw.raw_client import RawClient
from harness.errors import HarnessError
from harness.servers.attached import attach
from harness.servers.server import Server

AIM_TRIP = 2.5
TRIPS = 500
WIDTH, HEIGHT = 2000, 1000
PIXELS = bytes(4 * WIDTH * HEIGHT)
_BAND = 30
"""Rows of one PutImage: as many as fit into a request without BIG-REQUESTS."""

_DRAFTS = ("--proposal", "present-redirect", "--proposal", "randr-percrtc")


class Front:
    """``server`` as a client reaches it at another display."""

    def __init__(self, server: Server, display: str) -> None:
        self.display, self.cookie, self._server = display, server.cookie, server

    def check_alive(self, handling: str = "", grace: float = 0.0) -> None:
        self._server.check_alive(handling, grace)

    def silent(self, request: str, seconds: float) -> HarnessError:
        return self._server.silent(request, seconds)


@contextmanager
def round_trips(_quick: bool) -> Iterator[Section]:
    """GetInputFocus and its reply, again and again."""
    with _fronts() as (clients, peers):
        yield Section(
            f"{TRIPS} round trips",
            [Variant(name, trips(client), aim) for name, client, aim in clients],
            rounds=25,
            missing=peers.missing,
            notes=["client, proxy and server are three processes on two processors or more"],
        )


@contextmanager
def images(_quick: bool) -> Iterator[Section]:
    """A picture of 8 MB to the server and back."""
    with _fronts() as (clients, peers):
        yield Section(
            f"{WIDTH}x{HEIGHT} pixels by PutImage, and back by GetImage",
            [Variant(name, _picture(client)) for name, client, _ in clients],
            rounds=15,
            missing=peers.missing,
        )


Clients = list[tuple[str, RawClient, float | None]]


@contextmanager
def _fronts() -> Iterator[tuple[Clients, Peers]]:
    peers = Peers()
    with ExitStack() as stack:
        number = stack.enter_context(default_server("-noreset"))
        server = stack.enter_context(attach(f":{number}"))
        log = Path(stack.enter_context(tempfile.TemporaryDirectory())) / "xtrace.log"

        def through(display: str) -> RawClient:
            return stack.enter_context(RawClient(Front(server, display)))

        def ours(*options: str) -> RawClient:
            return through(stack.enter_context(xharness_proxy(server.display, *options)))

        clients: Clients = [
            ("direct", through(server.display), None),
            (
                "a bare relay in Python",
                through(stack.enter_context(bare_relay(server.display))),
                None,
            ),
            ("xharness proxy", ours(), AIM_TRIP),
            ("xharness proxy with both drafts", ours(*_DRAFTS), None),
            ("xharness proxy --protocol-trace", ours("--protocol-trace", str(log.parent)), None),
        ]
        if xtrace := peers.program("xtrace", "Debian, Ubuntu: xtrace"):
            display = stack.enter_context(xtrace_proxy(xtrace, server.display, log))
            clients.append(("xtrace", through(display), None))
        yield clients, peers


def trips(client: RawClient) -> Run:
    def run() -> None:
        for _ in range(TRIPS):
            client.sync()

    return timed(run)


def _picture(client: RawClient) -> Run:
    pixmap = client.create_pixmap(WIDTH, HEIGHT)
    context = client.new_id()
    client.request(55, 0, client.pack("III", context, pixmap, 0))
    row = 4 * WIDTH

    def run() -> None:
        for y in range(0, HEIGHT, _BAND):
            rows = min(_BAND, HEIGHT - y)
            where = struct.pack("<IIHHhhBB2x", pixmap, context, WIDTH, rows, 0, y, 0, 24)
            client.request(72, 2, where + PIXELS[y * row : (y + rows) * row])
            client.sync()
        area = client.pack("IhhHHI", pixmap, 0, 0, WIDTH, HEIGHT, 0xFFFFFFFF)
        client.reply(client.request(73, 2, area))

    return timed(run)
