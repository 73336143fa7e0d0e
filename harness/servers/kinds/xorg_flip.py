# SPDX-License-Identifier: MIT
"""Xorg with a driver of the harness's own: CRTCs that flip, turn and scale, with clocks to set.

Its source is in ``harness/servers/flip/driver``; what the harness commands it is in
``harness/servers/flip/control.py``.
"""

from pathlib import Path

from harness.servers.kinds import xorg
from harness.servers.kinds.info import EVERYWHERE, Always, KindInfo, Spec

DRIVER = "flip_drv.so"

CRTCS = 16
"""As many as ``xorg`` has."""

SLOWEST_MHZ, FASTEST_MHZ = 0.1, 4000.0
"""The driver accepts any pixel clock; RANDR has 32 bits for Hz."""

_SECTIONS = """\
Section "Device"
    Identifier "memory"
    Driver "flip"
    Option "Heads" "{crtcs}"
    Option "FPS" "{fps}"
    Option "Folder" "{folder}"
EndSection
"""


def _arguments(spec: Spec, folder: Path) -> tuple[str, ...]:
    return (
        # Of two such options, as the script of a fetched server has one, the last counts.
        *("-modulepath", ",".join(map(str, spec.module_folders))),
        *xorg.arguments_for(
            spec,
            folder,
            _SECTIONS.format(crtcs=CRTCS, fps=spec.fps or 0, folder=folder),
            slowest=SLOWEST_MHZ,
            fastest=FASTEST_MHZ,
        ),
    )


INFO = KindInfo(
    program=xorg.INFO.program,
    places=xorg.PLACES,
    packages=xorg.PACKAGES,
    built_at=xorg.INFO.built_at,
    help_mark=xorg.INFO.help_mark,
    arguments=_arguments,
    # The driver listens there.
    private_sockets=True,
    by_default=False,
    may_flip=True,
    own_driver=DRIVER,
    headers={
        "Debian, Ubuntu": "xserver-xorg-dev",
        "Fedora": "xorg-x11-server-devel",
        "Arch": "xorg-server-devel",
        "openSUSE": "xorg-x11-server-sdk",
    },
    depths=(8, 15, 16, 24, 30),
    always=(
        *EVERYWHERE,
        Always("rate", True, since=(21, 1)),
        *(Always(need, True) for need in ("resize", "rotation", "transform", "flip")),
        Always("crtcs", CRTCS),
    ),
)
