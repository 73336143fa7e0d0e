# SPDX-License-Identifier: MIT
"""How sources are built: a preset, options of meson, the kinds of server."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from harness.servers.kinds.table import DEFAULT_KINDS, ServerKind


class Preset(StrEnum):
    """What a build is for."""

    PLAIN = "plain"
    """Optimised, with symbols: what suites are run on."""
    SANITIZED = "sanitized"
    """With AddressSanitizer and UndefinedBehaviorSanitizer."""
    COVERAGE = "coverage"
    """Counts which lines ran, for gcov."""


_PRESETS: Mapping[Preset, Mapping[str, str]] = {
    Preset.PLAIN: {"buildtype": "debugoptimized"},
    Preset.SANITIZED: {
        "buildtype": "debugoptimized",
        "b_sanitize": "address,undefined",
        "b_lundef": "false",
    },
    Preset.COVERAGE: {"buildtype": "debug", "b_coverage": "true"},
}

_LEFT_OUT = (
    *("xnest", "xwin", "xquartz", "glx", "glamor", "dri1", "dri2", "dri3", "drm", "libdecor"),
    *("udev", "udev_kms", "hal", "systemd_logind", "systemd_notify", "secure-rpc", "libunwind"),
    *("xselinux", "docs", "devel-docs", "xwayland_ei", "tests"),
)
"""What servers without a graphics card do without, and what would need most packages."""

_OF_XORG = ("pciaccess", "int10", "vgahw")
"""What only Xorg has.  Without the first one its own driver for cards does not compile."""

_PLACES = {
    "xkb_dir": "/usr/share/X11/xkb",
    "xkb_bin_dir": "/usr/bin",
    "xkb_output_dir": "/tmp",
}
"""Those of the machine: a build that is not installed has no keyboard data of its own."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """``options`` are meson's and go before those of the ``preset``.

    ``kinds`` are the servers to build; none stands for all default kinds that the sources have.
    """

    preset: Preset = Preset.PLAIN
    options: Mapping[str, str] = field(default_factory=dict)
    kinds: tuple[ServerKind, ...] = ()

    @property
    def wishes(self) -> dict[str, str]:
        """All options, also those that some sources do not have."""
        left_out = dict.fromkeys((*_LEFT_OUT, *_OF_XORG), "false")
        return left_out | _PLACES | dict(_PRESETS[self.preset]) | dict(self.options)


def kinds_in(source: Path, recipe: Recipe) -> tuple[ServerKind, ...]:
    """The kinds to build from ``source``: those of the recipe, or all that it has the folder of."""
    wanted = recipe.kinds or DEFAULT_KINDS
    return tuple(kind for kind in wanted if (source / kind.info.built_at).parent.is_dir())


def options_for(
    recipe: Recipe, kinds: Collection[ServerKind], declared: Iterable[Mapping[str, Any]]
) -> dict[str, str]:
    """The options for sources that declare ``declared``, as ``meson introspect`` has them.

    What the recipe names or its preset is always among them: meson refuses what there is not.
    """
    known = {option["name"]: option for option in declared}
    wanted = {kind.info.built_at for kind in kinds}
    own = {str(kind): str(kind.info.built_at in wanted).lower() for kind in ServerKind}
    wishes = own | recipe.wishes
    if ServerKind.XORG.info.built_at in wanted:
        wishes = {
            name: value
            for name, value in wishes.items()
            if name not in _OF_XORG or name in recipe.options
        }
    always = {*recipe.options, *_PRESETS[recipe.preset]}
    return {
        name: _value(value, known.get(name))
        for name, value in wishes.items()
        if name in known or name in always
    }


def _value(value: str, option: Mapping[str, Any] | None) -> str:
    """``value``, in the words of an option that is a feature."""
    choices = (option or {}).get("choices") or ()
    feature = {"true": "enabled", "false": "disabled"}.get(value, value)
    return feature if value not in choices and feature in choices else value
