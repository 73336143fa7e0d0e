# SPDX-License-Identifier: MIT
"""The sizes that a Xephyr offers, and those that are set."""

import pytest
import xcffib.randr
import xcffib.res

from harness.clients.connection.client import Client
from harness.clients.randr.monitors import Monitors
from harness.clients.randr.observer import Observer, root_configured
from harness.x11.randr import ScreenChangeNotify
from suites.randr.xephyr.screens import XEPHYR, of_size

pytestmark = XEPHYR


USUAL_SIZES = [
    *[(1600, 1200), (1400, 1050), (1280, 960), (1280, 1024), (1152, 864), (1024, 768), (832, 624)],
    *[(800, 600), (720, 400), (480, 640), (640, 480), (640, 400), (320, 240), (240, 320)],
    (160, 160),
]


@pytest.mark.parametrize("of_its_own", [(61, 47), (1000, 333), (640, 480)], ids=str)
def test_usual_sizes_are_offered_besides_that_of_the_start(start, of_its_own):
    """The output is as large in millimetres as one of them with the pixels of the screen: the
    largest or the first of the list, or the current one (RND-205)."""
    _, client = start("-dpi", "64", *of_size((*of_its_own, 24)), size=(*of_its_own, 24))
    reply = client.extension(xcffib.randr).GetScreenInfo(client.root).reply()
    offered = {(one.width, one.height): (one.mwidth, one.mheight) for one in reply.sizes}
    assert set(USUAL_SIZES) | {of_its_own} <= offered.keys()
    assert len(offered) == len(reply.sizes)
    width, height = client.screen.width_in_millimeters, client.screen.height_in_millimeters
    (of_output,) = set(offered.values())
    assert of_output in [
        (size[0] * width // of_its_own[0], size[1] * height // of_its_own[1])
        for size in (USUAL_SIZES[0], of_its_own)
    ]


def test_each_size_that_is_set_is_told(start):
    """Also one as wide or as high as the size before: in events, to newcomers, and by the root
    (RND-205, RND-015)."""
    own, client = start(*of_size((640, 480, 24)), size=(640, 480, 24))
    monitors = Monitors(client)
    for size in ((640, 400), (320, 240), (240, 320), (480, 640), (640, 480)):
        observer = Observer(monitors)
        info = monitors.screen_info()
        reply = monitors.requests.SetScreenConfig(
            *(client.root, 0, info.config_timestamp, info.sizes.index(size), 1, 0)
        ).reply()
        assert reply.status == 0
        told = observer.take()
        assert root_configured(client) in told
        root = client.geometry(client.root)
        assert (root.width, root.height) == size
        *_, changed = (event for event in told if isinstance(event, ScreenChangeNotify))
        assert (changed.width, changed.height) == size
        with Client(own, name="newcomer") as newcomer:
            screen = newcomer.screen
            assert (screen.width_in_pixels, screen.height_in_pixels) == size
