# SPDX-License-Identifier: MIT
"""A client at work on a screen's monitors, with what it hears of them."""

from typing import Any

from harness.clients.connection.client import Client
from harness.clients.randr.monitors import Monitors
from harness.clients.randr.observer import Observer
from harness.clients.randr.state import RandrState
from harness.x11 import randr


class RandrSession:
    """``monitors`` to ask and set, and ``told``, where the events are heard.

    Scripts derive from it and say by ``state`` what a refused request must leave alone.
    """

    def __init__(self, client: Client) -> None:
        self.client = client
        self.monitors = Monitors(client)
        self.crtcs = self.monitors.resources().crtcs
        self.told = Observer(self.monitors)

    def state(self) -> Any:
        """All that the server says of screen, CRTCs and outputs."""
        return RandrState.of(self.monitors)

    def refusal(
        self, opcode: int, data: bytes, extension: str = randr.EXTENSION
    ) -> tuple[str, int]:
        """Name and value of the error that a request, of RANDR unless it says otherwise, causes.

        Raises AssertionError unless it is one error, of this request, that changes no state
        and tells nothing.
        """
        before = self.state()
        with self.client.catch_errors() as errors:
            self.client.send_raw(extension, opcode, data)
        assert self.state() == before, "a refused request changed something"
        heard = self.told.heard()
        assert heard == [], f"a refused request told {heard}"
        (error,) = errors
        assert error.minor == opcode, f"another request was refused: {error}"
        return error.name, error.value
