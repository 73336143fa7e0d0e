# SPDX-License-Identifier: MIT
"""Servers with several screens, and clients of each."""

import pytest

SIZES = [(640, 480), (320, 240), (500, 400)]

# XLibre 25.2 frees something twice when a server of several screens ends: its end is not judged.
THREE_SCREENS = {
    "size": SIZES[0],
    "args": ("-screen", "1", "320x240x24", "-screen", "2", "500x400x24"),
    "throwaway": True,
}
"""What ``xserver`` asks for."""


def of_several_screens(*extensions):
    """The mark of tests that need these extensions on further screens."""
    return pytest.mark.needs(
        *extensions, servers="xvfb", reason="further screens of the same server"
    )


def clients_of_screens(connect):
    """A client for each of the three screens."""

    def on(number):
        client = connect(f"screen {number}")
        client.screen = client.setup.roots[number]
        client.root = client.screen.root
        return client

    return [on(number) for number in range(len(SIZES))]
