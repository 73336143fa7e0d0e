# SPDX-License-Identifier: MIT
"""A state of sources, by the name of its git object."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SourceRevision:
    """What is built: ``commit`` is the full name of a git commit or tree.

    ``repository`` is an address, a folder, or ``PACKAGE@RELEASE``: where the object comes from if
    the cache lacks it.  ``ref`` is what it was called there, ``package`` the source package with
    its version.
    """

    repository: str
    ref: str
    commit: str
    package: str = ""

    def __str__(self) -> str:
        named = f"{self.ref} " if self.ref and self.ref != self.commit else ""
        return self.package or f"{named}{self.commit[:12]} of {self.repository}"
