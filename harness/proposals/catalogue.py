# SPDX-License-Identifier: MIT
"""The drafts that the harness can carry out, and by which extension a server announces each."""

import inspect
from collections.abc import Callable
from enum import StrEnum

from harness.errors import HarnessError
from harness.proxy.layer import Layer


class ProposalError(HarnessError):
    """A draft that the harness does not have, or a knob that the draft does not have."""


class Proposal(StrEnum):
    """A draft; the module of the same name (with underscores) carries it out."""

    PRESENT_REDIRECT = "present-redirect"
    RANDR_PERCRTC = "randr-percrtc"

    @classmethod
    def named(cls, name: str) -> "Proposal":
        """The draft called ``name``.  Raises ProposalError when there is none."""
        try:
            return cls(name)
        except ValueError:
            raise ProposalError(
                f"{name!r} is no draft that the harness has: expected {' or '.join(cls)}"
            ) from None

    @property
    def extension(self) -> str:
        """The extension that announces it: PRESENT-REDIRECT-DRAFT, RANDR-PERCRTC-DRAFT."""
        return f"{self.upper()}-DRAFT"

    def emulation(self, **knobs: object) -> Layer:
        """A new layer that carries it out, with the open decisions as ``knobs`` say.

        Raises ProposalError for a knob, or a position of one, that it does not have.
        """
        # Late, for sessions that need no more than the names of drafts.
        from harness.proposals.present_redirect import PresentRedirect
        from harness.proposals.randr_percrtc import PerCrtcPixmaps

        layers: dict[Proposal, Callable[..., Layer]] = {
            Proposal.PRESENT_REDIRECT: PresentRedirect,
            Proposal.RANDR_PERCRTC: PerCrtcPixmaps,
        }
        known = inspect.signature(layers[self]).parameters
        if unknown := [name for name in knobs if name not in known]:
            raise ProposalError(f"{self} has no knob {unknown[0]!r}: expected {' or '.join(known)}")
        try:
            return layers[self](**knobs)
        except ValueError as error:
            raise ProposalError(f"{self}, {error}") from None
