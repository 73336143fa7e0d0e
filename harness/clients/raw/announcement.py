# SPDX-License-Identifier: MIT
"""Whether a server announces a draft, by a marker extension with a version query."""

from harness.clients.connection.endpoint import Endpoint
from harness.clients.raw.raw_client import RawClient

NEWEST = 99


def announced(server: Endpoint, extension: str) -> tuple[int, int] | None:
    """The version (major, minor) of ``extension`` on ``server``, None when it lacks it."""
    with RawClient(server) as client:
        major = client.major(extension)
        if not major:
            return None
        reply = client.reply(client.request(major, 0, client.pack("II", 1, NEWEST)))
        version, minor = client.unpack("II", reply, 8)
        return version, minor
