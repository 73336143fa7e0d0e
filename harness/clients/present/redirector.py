# SPDX-License-Identifier: MIT
"""A scripted client to which others' presentations are redirected."""

from operator import methodcaller

from harness.clients.connection.client import EVENT_SECONDS
from harness.clients.present.presentation import Presentation
from harness.clients.present.presenter import Presenter, PresentWindow
from harness.clients.resources.pixmap import Pixmap
from harness.clients.resources.window import Window
from harness.errors import HarnessError
from harness.x11 import present
from harness.x11.present import EventMask, RedirectNotify

__tracebackhide__ = methodcaller("errisinstance", HarnessError)


class Redirector:
    """Is handed what others present on the children of ``parent``, and gives it back.

    ``context`` is its selection; ``mask`` what else it selects there.
    """

    def __init__(
        self, client: Presenter, parent: PresentWindow, mask: int = EventMask.REDIRECT
    ) -> None:
        self.client, self.parent = client, parent
        self.context = parent.select(mask | EventMask.REDIRECT)
        self._taken = 0
        client.sync()

    def take(self, seconds: float = EVENT_SECONDS) -> RedirectNotify:
        """The oldest presentation not yet taken; waits for it."""
        self._taken += 1
        return self.context.wait_redirect(seconds, nth=self._taken)

    def waiting(self) -> list[RedirectNotify]:
        """What has come and was not taken yet, after a round trip."""
        return self.context.redirects()[self._taken :]

    def give_back(self, handed: RedirectNotify) -> None:
        """PresentIdle: this presentation's pixmap is not needed any more."""
        self.client.idle(handed.pixmap)

    def pixmap(self, handed: RedirectNotify) -> Pixmap:
        """The pixmap of a presentation as this client reaches it."""
        size = self.client.geometry(handed.pixmap)
        return Pixmap(self.client, handed.pixmap, size.width, size.height, size.depth)

    def pass_back(self, handed: RedirectNotify, **changes: object) -> Presentation:
        """Present what was handed over where the application wanted it.

        The values are those of the event, but for ``changes`` to fields of PresentPixmap.
        """
        values: dict[str, object] = {
            "window": handed.window,
            "pixmap": handed.pixmap,
            "serial": handed.serial,
            "valid": handed.valid_region,
            "update": handed.update_region,
            "x_off": handed.x_off,
            "y_off": handed.y_off,
            "target_crtc": handed.target_crtc,
            "wait_fence": handed.wait_fence,
            "idle_fence": handed.idle_fence,
            "options": handed.options,
            "target_msc": handed.target_msc,
            "divisor": handed.divisor,
            "remainder": handed.remainder,
            "notifies": handed.notifies,
        }
        values.update(changes)
        request = present.PresentPixmap(**values)  # type: ignore[arg-type]  # fields of several types
        window = PresentWindow(self.client, request.window, 0, 0, 0)
        presentation = Presentation(window, request)
        self.client.presentations.append(presentation)
        self.client.flush()
        return presentation

    def answer(
        self, handed: RedirectNotify, window: PresentWindow, pixmap: Pixmap, **values: int
    ) -> Presentation:
        """Present ``pixmap``, which contains what was handed over, and let the application know.

        ``values`` are those of ``PresentWindow.present``.
        """
        application = Window(self.client, handed.window, 0, 0, 0)
        told = [(application, handed.serial)]
        shown = window.present(pixmap, notifies=told, **values)
        self.client.flush()
        return shown

    def stop(self) -> None:
        """End the redirection; what was handed over stays owed."""
        self.context.delete()
        self.client.sync()
