# SPDX-License-Identifier: MIT
"""The parts of an X server's sources that the suites are about."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.servers.kinds.table import ServerKind


@dataclass(frozen=True, slots=True)
class Room:
    """``places`` are folders and C files below the top of the sources."""

    name: str
    places: tuple[str, ...]

    def holds(self, file: str) -> bool:
        """Whether ``file``, relative to the top of the sources, is of this room."""
        return file.endswith(".c") and any(
            file == place or file.startswith(f"{place}/") for place in self.places
        )

    def files(self, source: Path) -> list[str]:
        """The C files of the room that the sources in ``source`` have, in order."""
        found = [path for place in self.places for path in _below(source / place)]
        return sorted(str(path.relative_to(source)) for path in found)


_MOVED = {
    "Xext/present": "present",
    "Xext/composite": "composite",
    "Xext/damage": "damageext",
    "Xext/randr": "randr",
    "Xext/xfixes": "xfixes",
}
"""Folders of XLibre's sources, and what they are called in X.Org's."""

_OF_ALL = (
    Room("present", ("present", "Xext/present")),
    Room("composite", ("composite", "Xext/composite")),
    Room("damage", ("damageext", "Xext/damage", "miext/damage")),
    Room("randr", ("randr", "Xext/randr")),
    Room("xfixes", ("xfixes/region.c", "Xext/xfixes/region.c")),
)

_XFREE86 = Room(
    "xfree86",
    tuple(f"hw/xfree86/modes/{name}.c" for name in ("xf86Crtc", "xf86RandR12", "xf86Rotate")),
)

_OF_KIND: Mapping[ServerKind, Room] = {
    ServerKind.XVFB: Room("vfb", ("hw/vfb/InitOutput.c",)),
    ServerKind.XEPHYR: Room(
        "ephyr",
        ("hw/kdrive/ephyr/ephyr.c", "hw/kdrive/ephyr/hostx.c", "hw/kdrive/src/kshadow.c"),
    ),
    ServerKind.XORG: _XFREE86,
    ServerKind.XORG_FLIP: _XFREE86,
    ServerKind.XWAYLAND: Room(
        "xwayland",
        tuple(
            f"hw/xwayland/xwayland-{name}.c"
            for name in ("output", "cvt", "present", "window-buffers", "shm")
        ),
    ),
}


def rooms_of(kinds: Iterable[ServerKind]) -> tuple[Room, ...]:
    """The rooms that servers of ``kinds`` have: those of all servers, then the kinds' own."""
    own = dict.fromkeys(_OF_KIND[kind] for kind in kinds if kind in _OF_KIND)
    return (*_OF_ALL, *own)


def usual_path(file: str) -> str:
    """Where X.Org's sources have ``file``, relative to their top."""
    folder, _, name = file.rpartition("/")
    return f"{_MOVED[folder]}/{name}" if folder in _MOVED else file


def _below(place: Path) -> list[Path]:
    if place.suffix == ".c":
        return [place] if place.is_file() else []
    return sorted(place.glob("*.c"))
