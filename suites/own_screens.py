# SPDX-License-Identifier: MIT
"""Servers whose screens are those of their options alone."""

from dataclasses import fields

from harness.servers.spec import ServerSpec


class OwnScreens(ServerSpec):
    """A server whose screens are those of ``extra_args``, which stand last; the first screen is as
    the spec says."""

    def argv(self, display_fd, authority, folder):
        words = super().argv(display_fd, authority, folder)
        given = self.build.kind.info.arguments(self, folder)
        at = words.index(given[0])
        assert tuple(words[at : at + len(given)]) == given
        return words[:at] + words[at + len(given) :]


def own_screens(spec, options, first, **changes):
    """``spec`` with these options alone, and a first screen of ``first`` (width, height, depth)."""
    known = {field.name: getattr(spec, field.name) for field in fields(ServerSpec)}
    sizes = dict(zip(("width", "height", "depth"), first, strict=True))
    # A lean start would have an option of its own behind them.
    own = {"lean": False, "extra_args": tuple(map(str, options))}
    return OwnScreens(**known | sizes | own | changes)
