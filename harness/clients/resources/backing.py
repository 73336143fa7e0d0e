# SPDX-License-Identifier: MIT
"""Whether a window has a backing pixmap of its own, found out by asking for its name."""

import xcffib.composite

from harness.clients.connection.client import Client
from harness.clients.connection.errors import NoError
from harness.clients.resources.window import Window


def is_redirected(window: Window, client: Client | None = None) -> bool:
    """Whether the server gives a name to the backing pixmap of ``window``, which is viewable.

    ``client`` asks (the window's own by default).  Raises NoError for an error other than Match.
    """
    client = window.client if client is None else client
    pixmap = client.new_id()
    with client.catch_errors() as errors:
        client.extension(xcffib.composite).NameWindowPixmap(window.id, pixmap)
    if not errors:
        client.core.FreePixmap(pixmap)
        return True
    if [error.name for error in errors] != ["Match"]:
        raise NoError(f"NameWindowPixmap should be accepted or give Match, got {errors}")
    return False
