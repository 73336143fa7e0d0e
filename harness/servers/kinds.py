# SPDX-License-Identifier: MIT
"""The kinds of X server that the harness can start."""

from enum import StrEnum
from importlib import import_module

from harness.servers.recipe import Recipe


class ServerKind(StrEnum):
    """A kind of X server; the module of the same name describes it."""

    XVFB = "xvfb"
    XEPHYR = "xephyr"
    XORG = "xorg"
    XVNC = "xvnc"
    XWAYLAND = "xwayland"

    @property
    def recipe(self) -> Recipe:
        """What sets this kind apart."""
        recipe: Recipe = import_module(f"harness.servers.{self.value}").RECIPE
        return recipe
