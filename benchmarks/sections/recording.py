# SPDX-License-Identifier: MIT
"""What recording costs: the plain proxy with and without it."""

import struct
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from benchmarks.measure import Run, Section, Variant, timed
from benchmarks.sections.proxy import TRIPS, Front, trips
from benchmarks.yardsticks.default_server import default_server
from benchmarks.yardsticks.proxies import xharness_proxy
from harness.clients.raw.raw_client import RawClient
from harness.servers.attached import attach
from harness.x11.encoding import PUT_IMAGE

AIM_TRIP, AIM_IMAGE = 1.25, 1.3
IMAGES, SIDE = 8, 512
"""A picture of 512x512 pixels has 1 MiB."""
_CREATE_GC, _BIG_REQUESTS = 55, "BIG-REQUESTS"


@contextmanager
def round_trips(_quick: bool) -> Iterator[Section]:
    """GetInputFocus and its reply, again and again."""
    with _clients() as (plain, recorded):
        yield Section(
            f"{TRIPS} round trips, recorded",
            [
                Variant("xharness proxy", trips(plain)),
                Variant("xharness record", trips(recorded), AIM_TRIP),
            ],
            rounds=25,
        )


@contextmanager
def images(_quick: bool) -> Iterator[Section]:
    """Pictures of 1 MiB to the server."""
    with _clients() as (plain, recorded):
        yield Section(
            f"{IMAGES} pictures of 1 MiB by PutImage, recorded",
            [
                Variant("xharness proxy", _pictures(plain)),
                Variant("xharness record", _pictures(recorded), AIM_IMAGE),
            ],
            rounds=15,
        )


@contextmanager
def _clients() -> Iterator[tuple[RawClient, RawClient]]:
    """A client of the plain proxy, and one that is recorded, of the same server."""
    with ExitStack() as stack:
        number = stack.enter_context(default_server("-noreset"))
        server = stack.enter_context(attach(f":{number}"))
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        ways = (("proxy", ()), ("record", ("-o", str(Path(folder) / "session.pcapng"))))
        plain, recorded = (
            stack.enter_context(xharness_proxy(server.display, *options, command=command))
            for command, options in ways
        )
        yield (
            stack.enter_context(RawClient(Front(server, plain))),
            stack.enter_context(RawClient(Front(server, recorded))),
        )


def _pictures(client: RawClient) -> Run:
    client.reply(client.request(client.major(_BIG_REQUESTS), 0, b""))
    pixmap, context = client.create_pixmap(SIDE, SIDE), client.new_id()
    client.request(_CREATE_GC, 0, client.pack("III", context, pixmap, 0))
    where = struct.pack("<IIHHhhBB2x", pixmap, context, SIDE, SIDE, 0, 0, 0, 24)
    pixels = bytes(4 * SIDE * SIDE)
    size = 2 + (len(where) + len(pixels)) // 4
    picture = struct.pack("<BBHI", PUT_IMAGE, 2, 0, size) + where + pixels

    def run() -> None:
        for _ in range(IMAGES):
            client.send(picture)
            client.sync()

    return timed(run)
