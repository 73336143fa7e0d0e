# SPDX-License-Identifier: MIT
"""What tests of the drafts share."""

from dataclasses import dataclass

import pytest

from harness.clients.present.presenter import Presenter, PresentWindow
from harness.clients.present.redirector import Redirector
from harness.clients.randr.layout import fill_screen
from harness.clients.randr.scanout_session import ScanoutSession
from suites.marks import SMALL

PROFILES = {"identity": 1, "stable": 2}


def pytest_generate_tests(metafunc):
    """A test that names ``profile`` runs with either kind of pixmap id."""
    if "profile" in metafunc.fixturenames:
        metafunc.parametrize(
            "profile",
            [
                pytest.param(name, marks=pytest.mark.proposal("present-redirect", profile=number))
                for name, number in PROFILES.items()
            ],
        )


@dataclass
class Redirected:
    """An application with a window whose presentations are redirected.

    ``redirector`` has them, by its selection on ``parent``; ``window`` is the application's.
    ``ground`` is the parent as the client that made it knows it.
    """

    ground: PresentWindow
    client: Presenter
    parent: PresentWindow
    redirector: Redirector
    application: Presenter
    window: PresentWindow

    def present(self, pixmap, window=None, **values):
        """The presentation, and the event by which it was handed over."""
        shown = (window or self.window).present(pixmap, **values)
        self.application.flush()
        return shown, self.redirector.take()

    def second_window(self, width=32, height=32, **attributes):
        """Another child of the parent."""
        window = self.application.window(width, height, parent=self.parent, **attributes)
        self.application.sync()
        return window

    def sync(self):
        """Everything that both have sent is handled, and what came of it delivered."""
        for _ in range(2):
            self.client.sync()
            self.application.sync()


@pytest.fixture
def redirected(connect):
    """A 64x48 parent that one client redirects, with a 32x32 child of another client at (8, 4).

    The parent is a third client's, so that it outlives both.
    """
    desktop, client, application = connect("desktop"), connect("redirector"), connect("application")
    ground = desktop.window(64, 48, events=0, background="blue")
    parent = client.borrow_window(ground, events=0)
    redirector = Redirector(client, parent)
    window = application.window(32, 32, parent=parent, x=8, y=4, background="yellow")
    application.sync()
    return Redirected(ground, client, parent, redirector, application, window)


@pytest.fixture
def desk(connect):
    """A RandR session with the draft's requests, and the events that they cause.

    One CRTC shows the whole screen.
    """
    session = ScanoutSession(connect("desk"))
    fill_screen(session.monitors)
    session.observer.forget()
    return session


@pytest.fixture
def small_screen(desk):
    """Skip where no screen may be as small as 160x120: Xorg's modesetting driver refuses it."""
    limits = desk.monitors.requests.GetScreenSizeRange(desk.client.root).reply()
    least = limits.min_width, limits.min_height
    if least[0] > SMALL[0] or least[1] > SMALL[1]:
        pytest.skip(
            f"needs a screen of {SMALL[0]}x{SMALL[1]}, {desk.client.server.described} has none "
            f"below {least[0]}x{least[1]}"
        )
