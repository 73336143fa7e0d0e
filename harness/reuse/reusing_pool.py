# SPDX-License-Identifier: MIT
"""Servers that serve test after test, each as long as it is as good as new."""

from dataclasses import dataclass

from harness.reuse.errors import NotReusable
from harness.reuse.inspection import Inspection
from harness.servers.process.launched_server import LaunchedServer
from harness.servers.process.pool import ServerPool
from harness.servers.server import Stop
from harness.servers.spec import ServerSpec

MOST_IDLE = 3
"""How many servers wait for a test with their spec; the ones that served last are kept."""

UNNEEDED = "no test wanted one like it"
"""Why a server retires that waited too long."""


@dataclass(frozen=True, slots=True)
class Retired:
    """A server that was stopped: ``name``, the tests that it had served, why, and its end."""

    name: str
    served: tuple[str, ...]
    reason: str
    stop: Stop


class ReusingPool:
    """Servers from ``fresh``, which serve on while an inspection finds them as good as new.

    Belongs to one thread.
    """

    def __init__(self, fresh: ServerPool, most_idle: int = MOST_IDLE) -> None:
        self._fresh = fresh
        self._most_idle = most_idle
        self._idle: list[Inspection] = []
        self._taken: dict[LaunchedServer, Inspection] = {}
        self._short_lived: set[ServerSpec] = set()
        self._ended: list[Retired] = []

    def expect(self, spec: ServerSpec) -> None:
        """A test with ``spec`` comes next: start a server ahead if none will be there.

        Of a spec whose servers serve on, the test before returns one.
        """
        known = [one.server.spec for one in (*self._idle, *self._taken.values())]
        if spec not in known or spec in self._short_lived:
            self._fresh.expect(spec)

    def take(self, spec: ServerSpec) -> LaunchedServer:
        """A server as good as new that matches ``spec``.

        Raises ServerRefused and ServerNotReady, as ``launch`` does.
        """
        for inspection in [one for one in reversed(self._idle) if one.server.spec == spec]:
            self._idle.remove(inspection)
            if inspection.server.alive:
                self._taken[inspection.server] = inspection
                return inspection.server
            self._ended.append(self._stop(inspection, "it ended while it waited"))
        server = self._fresh.take(spec)
        try:
            self._taken[server] = Inspection(server)
        except NotReusable:
            # It serves one test, and retires.
            self._short_lived.add(spec)
        return server

    def served(self, server: LaunchedServer) -> tuple[str, ...]:
        """The tests that a server which is taken had served before, in order."""
        inspection = self._taken.get(server)
        return () if inspection is None else tuple(inspection.served)

    def give_back(self, server: LaunchedServer, test: str) -> list[Retired]:
        """Keep a server after ``test`` if it is as good as new; the servers that were stopped.

        These are the server itself, or the one that waited longest in its place, and any that
        ended while it waited.
        """
        inspection = self._taken.get(server)
        if inspection is None:
            return self.retire(server, test, "it cannot be inspected")
        reason = inspection.verdict()
        if reason is not None:
            self._short_lived.add(server.spec)
            return self.retire(server, test, reason)
        self._short_lived.discard(server.spec)
        inspection.served.append(test)
        self._idle.append(self._taken.pop(server))
        return self._retire_idle(self._most_idle)

    def retire(self, server: LaunchedServer, test: str, reason: str) -> list[Retired]:
        """Stop a server that is taken and has served ``test`` last, as ``give_back`` does."""
        inspection = self._taken.pop(server, None)
        if inspection is None:
            retired = Retired(server.name, (test,), reason, self._fresh.retire(server))
        else:
            inspection.served.append(test)
            retired = self._stop(inspection, reason)
        return [retired, *self._retire_idle(self._most_idle)]

    def retire_all(self) -> list[Retired]:
        """Stop all servers that wait for a test."""
        return self._retire_idle(0)

    def close(self) -> None:
        """Disconnect from all servers; ``fresh`` stops them."""
        for inspection in (*self._idle, *self._taken.values()):
            inspection.close()

    def _retire_idle(self, kept: int) -> list[Retired]:
        retired, self._ended = self._ended, []
        while len(self._idle) > kept:
            retired.append(self._stop(self._idle.pop(0), UNNEEDED))
        return retired

    def _stop(self, inspection: Inspection, reason: str) -> Retired:
        inspection.close()
        server = inspection.server
        return Retired(server.name, tuple(inspection.served), reason, self._fresh.retire(server))
