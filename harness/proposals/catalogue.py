# SPDX-License-Identifier: MIT
"""The drafts that the harness can carry out, and by which extension a server announces each."""

from enum import StrEnum
from importlib import import_module

from harness.errors import HarnessError
from harness.proxy.layer import Layer


class ProposalError(HarnessError):
    """A draft was asked for that the harness does not have, or in a way that it does not know."""


class Proposal(StrEnum):
    """A draft; the module of the same name (with underscores) carries it out."""

    PRESENT_REDIRECT = "present-redirect"
    RANDR_PERCRTC = "randr-percrtc"

    @classmethod
    def named(cls, name: str) -> "Proposal":
        """The draft called ``name``.  Raises ProposalError."""
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
        """A fresh layer that carries it out, with open decisions taken as ``knobs`` say.

        Raises ProposalError for a knob that it does not have.
        """
        kind = {
            Proposal.PRESENT_REDIRECT: "PresentRedirect",
            Proposal.RANDR_PERCRTC: "PerCrtcPixmaps",
        }[self]
        module = import_module(f"harness.proposals.{self.replace('-', '_')}")
        try:
            layer: Layer = getattr(module, kind)(**knobs)
        except TypeError as error:
            raise ProposalError(f"{self} cannot be had so: {error}") from None
        return layer
