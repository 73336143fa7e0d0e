# SPDX-License-Identifier: MIT
"""A server with two screens that nothing joins: what new clients are told of each."""

from dataclasses import replace

import pytest
import xcffib.randr

from harness.clients.connection.client import Client
from harness.servers.process.launch import launch

pytestmark = pytest.mark.needs("RANDR", servers="xvfb", reason="a second screen by its options")


@pytest.fixture
def server_of_two(server):
    """One of its own, whose second screen is 320x240."""
    extra = (*server.spec.extra_args, "-screen", "1", f"320x240x{server.spec.depth}")
    with launch(replace(server.spec, extra_args=extra)) as own:
        yield own


def told(server):
    """(Width, height, width and height in mm, root, depths and visuals) of each screen."""
    with Client(server) as client:
        return [
            (
                *(root.width_in_pixels, root.height_in_pixels),
                *(root.width_in_millimeters, root.height_in_millimeters),
                root.root,
                [
                    (d.depth, [visual.visual_id for visual in d.visuals])
                    for d in root.allowed_depths
                ],
            )
            for root in client.core.conn.setup.roots
        ]


@pytest.mark.parametrize("number", [0, 1], ids=["first", "second"])
def test_new_clients_are_told_the_size_of_the_screen_that_changed(server_of_two, number):
    """Its pixels and millimetres, and the rest of both screens as before (RND-166)."""
    before = told(server_of_two)
    assert before[1][:2] == (320, 240)
    with Client(server_of_two) as client:
        requests = client.extension(xcffib.randr)
        root = client.core.conn.setup.roots[number].root
        (crtc,) = requests.GetScreenResources(root).reply().crtcs
        assert requests.SetCrtcConfig(crtc, 0, 0, 0, 0, 0, 1, 0, []).reply().status == 0
        requests.SetScreenSize(root, 200, 150, 51, 37)
        client.sync()
    expected = list(before)
    expected[number] = (200, 150, 51, 37, *before[number][4:])
    assert told(server_of_two) == expected
