# SPDX-License-Identifier: MIT
"""A scripted client to which presentations of other clients are redirected."""

from dataclasses import fields
from operator import methodcaller

from harness.clients.connection.client import EVENT_SECONDS
from harness.clients.present.presentation import Presentation
from harness.clients.present.presenter import Presenter, PresentWindow
from harness.clients.resources.pixmap import Pixmap
from harness.clients.resources.window import Window
from harness.errors import HarnessError
from harness.x11.present import EventMask, PresentPixmap, RedirectNotify

__tracebackhide__ = methodcaller("errisinstance", HarnessError)

_UNCHANGED = {f.name for f in fields(PresentPixmap)} & {f.name for f in fields(RedirectNotify)}
"""What the event has of the application's request."""


class Redirector:
    """Receives the presentations on children of ``parent``, and makes their pixmaps idle.

    ``context`` is the event context that redirects; ``mask`` is what else it selects.
    """

    def __init__(
        self, client: Presenter, parent: PresentWindow, mask: int = EventMask.REDIRECT
    ) -> None:
        self.client, self.parent = client, parent
        self.context = parent.select(mask | EventMask.REDIRECT)
        self._taken = 0
        client.sync()

    def take(self, seconds: float = EVENT_SECONDS) -> RedirectNotify:
        """The oldest RedirectNotify not yet taken; waits for it at most ``seconds``.

        Raises WaitTimeout when none comes.
        """
        self._taken += 1
        return self.context.wait_redirect(seconds, nth=self._taken)

    def waiting(self) -> list[RedirectNotify]:
        """The events that have come and were not taken yet, after a round trip."""
        return self.context.redirects()[self._taken :]

    def give_back(self, handed: RedirectNotify) -> None:
        """Send PresentIdle: the pixmap of this presentation is no longer needed."""
        self.client.idle(handed.pixmap)

    def pixmap(self, handed: RedirectNotify) -> Pixmap:
        """The pixmap of a presentation as this client reaches it."""
        size = self.client.geometry(handed.pixmap)
        return Pixmap(self.client, handed.pixmap, size.width, size.height, size.depth)

    def pass_back(self, handed: RedirectNotify, **changes: object) -> Presentation:
        """Present what was redirected as the application did, by the same request.

        Its values are those of the event, but for ``changes`` to fields of PresentPixmap.
        """
        values = {name: getattr(handed, name) for name in _UNCHANGED}
        regions = {"valid": handed.valid_region, "update": handed.update_region}
        request = PresentPixmap(**values | regions | changes)
        window = PresentWindow(self.client, request.window, 0, 0, 0)
        presentation = Presentation(window, request)
        self.client.presentations.append(presentation)
        self.client.flush()
        return presentation

    def answer(
        self, handed: RedirectNotify, window: PresentWindow, pixmap: Pixmap, **values: int
    ) -> Presentation:
        """Present ``pixmap`` on ``window`` so that the redirected presentation completes with it.

        ``values`` are those of ``PresentWindow.present``.
        """
        application = Window(self.client, handed.window, 0, 0, 0)
        notifies = [(application, handed.serial)]
        shown = window.present(pixmap, notifies=notifies, **values)
        self.client.flush()
        return shown

    def stop(self) -> None:
        """End the redirection; PresentIdle stays owed for what was redirected."""
        self.context.delete()
        self.client.sync()
