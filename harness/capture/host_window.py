# SPDX-License-Identifier: MIT
"""Captures of what a nested server really shows: its window on the display of its host."""

from contextlib import AbstractContextManager
from typing import Protocol, cast

import xcffib.res
from xcffib.composite import Redirect
from xcffib.res import ClientIdMask, ClientIdSpec
from xcffib.xproto import Atom, MapState, PropMode

from harness.capture.get_image import capture
from harness.capture.zpixmap import CaptureError
from harness.clients.connection.client import Client
from harness.clients.connection.endpoint import Endpoint
from harness.clients.resources.window import Window
from harness.pixels.frame import Frame, FrameSource


class _HostServer(Endpoint, AbstractContextManager[Endpoint], Protocol):
    """A connection to the host, which ends with the block."""


class _Nested(Protocol):
    """A server that may be nested in another one."""

    @property
    def pid(self) -> int: ...
    def attach_host(self) -> _HostServer | None: ...


def capture_host(client: Client) -> Frame | None:
    """The picture in the window of ``client``'s server on its host; None without a host.

    All that the client has drawn is in it.  The host redirects the window for the capture
    (Composite) and has the server draw all of it, so windows in front of it do no harm.
    The host draws the pointer's sprite itself, and not into the window.
    Raises CaptureError when the server has no window there, or several.
    """
    if not hasattr(client.server, "attach_host"):
        return None
    server = cast(_Nested, client.server)
    attached = server.attach_host()
    if attached is None:
        return None
    with attached, Client(attached, name="host") as host:
        window = window_on_host(host, server.pid)
        window.redirect(Redirect.Automatic)
        # Replies and events leave in one go, in no order: with the second reply the Expose event
        # has been sent for certain.
        for each in (host, host, client):
            each.sync()
        # The server may find the event while it waits for its host to paint something else, and
        # puts it off then.  By the time it has let a new client in, it has come back to it.
        with Client(client.server, name="witness") as witness:
            witness.sync()
        return capture(window, source=FrameSource.CRTC)


def name_host_window(server: Endpoint, title: str) -> None:
    """Give the window of a nested server on its host this title; nothing without a host.

    Raises CaptureError when the server has no window there, or several.
    """
    if not hasattr(server, "attach_host"):
        return
    nested = cast(_Nested, server)
    attached = nested.attach_host()
    if attached is None:
        return
    with attached, Client(attached, name="host") as host:
        window = window_on_host(host, nested.pid)
        name = title.encode("latin-1", "replace")
        host.core.ChangeProperty(
            PropMode.Replace, window.id, Atom.WM_NAME, Atom.STRING, 8, len(name), name
        )
        host.sync()


def resize_host_window(server: _Nested, width: int, height: int) -> None:
    """Make the window of a nested server on its host this large (pixels), as its user would.

    The server learns of it in its own time.
    Raises CaptureError when the server has no window there, or several, or no host.
    """
    attached = server.attach_host()
    if attached is None:
        raise CaptureError(f"process {server.pid} is no server with a window on a host")
    with attached, Client(attached, name="host") as host:
        window_on_host(host, server.pid).resize(width, height)
        host.sync()


def window_on_host(host: Client, pid: int) -> Window:
    """The viewable window on the root of ``host`` that process ``pid`` has made.

    Raises CaptureError when there is none, or several.
    """
    every = ClientIdSpec.synthetic(0, ClientIdMask.LocalClientPID)
    ids = host.extension(xcffib.res).QueryClientIds(1, [every]).reply().ids
    clients = {entry.spec.client for entry in ids if list(entry.value) == [pid]}
    found = [
        id
        for id in host.core.QueryTree(host.root).reply().children
        if id & ~host.setup.resource_id_mask in clients
        and host.core.GetWindowAttributes(id).reply().map_state == MapState.Viewable
    ]
    if len(found) != 1:
        raise CaptureError(
            f"expected one window of process {pid} on its host {host.server.display}, "
            f"got {len(found)}: a server with one screen makes one"
        )
    geometry = host.geometry(found[0])
    return Window(host, found[0], geometry.width, geometry.height, geometry.depth)
