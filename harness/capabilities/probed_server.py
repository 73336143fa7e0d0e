# SPDX-License-Identifier: MIT
"""What one server shows, probed when it is first needed and remembered for its build."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from harness.capabilities import probe
from harness.capabilities.probe import Abilities, Offer, Timing
from harness.servers.process.launch import launch
from harness.servers.sanitizers import instrumented
from harness.servers.server import Server
from harness.servers.spec import ServerSpec
from harness.timeline.rules import Family
from harness.x11.present import Capability

Result = TypeVar("Result")

_USUAL_DEPTH = 24


@dataclass(frozen=True, slots=True)
class ProbedServer:
    """What ``server`` shows.

    A probe that changes a server runs on a further one with the same spec, unless ``server``
    is not ours.  ``found`` keeps the results; the servers of a session share one.
    """

    server: Server
    found: dict[Hashable, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.server.described

    @property
    def offer(self) -> Offer:
        """Extensions, the version of Present, depths of pixmaps."""
        return self._once(probe.offer, None)

    @property
    def present_capabilities(self) -> Capability:
        """What Present can do, as the server claims."""
        return self._once(probe.present_capabilities, None)

    @property
    def root_pixels(self) -> bool:
        """Whether the pixels of the root can be read."""
        return self._once(probe.root_pixels, None)

    @property
    def small_windows_copy(self) -> bool:
        """Whether presentations to a window that does not fill the screen are copied."""
        return self._once(probe.small_windows_copy, self._plain)

    @property
    def uncomposited(self) -> bool:
        """Whether no compositing manager holds the root's children."""
        return self._once(probe.uncomposited, self._plain)

    @property
    def abilities(self) -> Abilities:
        """What RANDR can do with the screen."""
        spec = self.server.spec
        # What is left may matter: size, depth, further arguments.
        return self._once(probe.abilities, spec and replace(spec, fps=None, lean=True, reset=False))

    @property
    def family(self) -> Family:
        """Which rules hold for presentations: the same for all servers of a build."""
        if self._shares_present:
            return Family.COPY
        return self._once(probe.presentation_family, self._plain)

    @property
    def timing(self) -> Timing:
        """How presentations are ordered: the same for all servers of a build."""
        if self._shares_present:
            return Timing(screen_clock=True, supersede=True)
        return self._once(probe.presentation_timing, self._plain)

    @property
    def flips(self) -> bool:
        """Whether a presentation that fills the screen flips."""
        return self.family is not Family.COPY

    @property
    def offers_rate(self) -> bool:
        """Whether the server is ours and has an option for its frame rate."""
        return self.server.spec is not None and self.server.spec.offers("-fakescreenfps")

    @property
    def paced_by_host(self) -> bool:
        """Whether frames come when another display server wants them."""
        return self.family is Family.XWAYLAND_FLIP

    def always(self, keyword: str) -> list[Any]:
        """What every server of this kind and version has at least of a need; empty: unknown."""
        spec, version = self.server.spec, self.server.version
        if spec is None or spec.extra_args or spec.screens > 1 or spec.depth != _USUAL_DEPTH:
            # Arguments, Xinerama and depths can take away what others have.
            return []
        return [
            one.has
            for one in spec.build.kind.info.always
            if one.keyword == keyword
            and (not one.since or (version.vendor and version.numbers >= one.since))
            and (not one.crtcs or self.abilities.crtcs >= one.crtcs)
            and not spec.build.built_without(one.unless_built_without)
        ]

    @property
    def measurable_memory(self) -> bool:
        """Whether its process is ours, and has the memory that the server has, not a tool's too."""
        spec = self.server.spec
        return (
            spec is not None
            and not spec.build.kind.info.guest
            and not instrumented(self.server.pid)
        )

    @property
    def _shares_present(self) -> bool:
        """Whether its presentations are those of all servers without a CRTC driver.

        These share the code of Present for screens: they copy, and one that shows anything
        else is wrong.
        """
        return self.server.spec is not None and not self.server.spec.build.kind.info.may_flip

    @property
    def _plain(self) -> ServerSpec | None:
        """The spec of a server of the same build and host, without anything further."""
        spec = self.server.spec
        return spec and ServerSpec(build=spec.build, host=spec.host)

    def _once(self, trial: Callable[[Server], Result], own: ServerSpec | None) -> Result:
        """The result of ``trial`` on a server with the spec ``own``, None: on this one."""
        key = trial, own or self.server.spec or self.server.display
        if key not in self.found:
            if own is None:
                self.found[key] = trial(self.server)
            else:
                with launch(own) as further:
                    self.found[key] = trial(further)
        result: Result = self.found[key]
        return result
