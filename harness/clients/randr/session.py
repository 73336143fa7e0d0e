# SPDX-License-Identifier: MIT
"""A client at work on a screen's monitors, with the events that it receives of them."""

from collections.abc import Callable
from typing import Any

from harness.clients.connection.client import Client
from harness.clients.randr.monitors import Monitors
from harness.clients.randr.observer import Observer
from harness.clients.randr.state import RandrState
from harness.timeline.record import Error
from harness.x11 import randr


class RandrSession:
    """``monitors`` sends RANDR's requests, ``observer`` receives the events that they cause.

    ``crtcs`` and ``outputs`` are those of the start; ``output`` is the first.  Scripts derive
    from it and say by ``state`` what else a refused request must leave alone, and by
    ``extension`` whose requests ``refused_bytes`` sends.
    """

    extension = randr.EXTENSION

    def __init__(self, client: Client) -> None:
        self.client = client
        self.monitors = Monitors(client)
        resources = self.monitors.resources()
        self.crtcs, self.outputs = resources.crtcs, resources.outputs
        self.observer = Observer(self.monitors)

    @property
    def output(self) -> int:
        return self.outputs[0]

    def state(self) -> Any:
        """All that the server says of screen, CRTCs and outputs."""
        return RandrState.of(self.monitors)

    def refusal(self, send: Callable[[], object]) -> tuple[str, int]:
        """Name and value of the error that the requests of ``send`` cause.

        Raises AssertionError unless it is one error, and they change no state and cause no
        event.
        """
        error = self._error(send)
        return error.name, error.value

    def refused_bytes(self, opcode: int, data: bytes) -> tuple[str, int]:
        """As ``refusal``, of the request ``data`` with this minor opcode."""
        error = self._error(lambda: self.client.send_raw(self.extension, opcode, data))
        assert error.minor == opcode, f"another request was refused: {error}"
        return error.name, error.value

    def _error(self, send: Callable[[], object]) -> Error:
        before = self.state()
        with self.client.catch_errors() as errors:
            send()
        assert self.state() == before, "a refused request changed something"
        events = self.observer.take()
        assert events == [], f"a refused request caused {events}"
        (error,) = errors
        return error
