# SPDX-License-Identifier: MIT
"""Stock Xorg and its modesetting driver, on the virtual display of a kernel of its own.

The kernel is a program of the user (User-mode Linux): ``harness/servers/kms`` builds it, runs it
and carries the connections of clients to the server in it.
"""

import sys
from pathlib import Path

from harness.servers.kinds import xorg
from harness.servers.kinds.info import EVERYWHERE, Always, KindInfo, Module, Spec

CRTCS = 7
"""As many as this driver uses: outputs beyond have no CRTC at all (drmmode_output_init)."""

SLOWEST_MHZ, FASTEST_MHZ = 0.1, 4000.0

_HOST = "harness.servers.kms.host"

_SECTIONS = """\
Section "Device"
    Identifier "memory"
    Driver "modesetting"
    Option "kmsdev" "/dev/dri/card0"
EndSection
"""


def _arguments(spec: Spec, folder: Path) -> tuple[str, ...]:
    options = xorg.arguments_for(spec, folder, _SECTIONS, slowest=SLOWEST_MHZ, fastest=FASTEST_MHZ)
    return (
        # Kernels share no memory.
        *(option for option in options if option not in ("-novtswitch", "-sharevts")),
        *("-extension", "MIT-SHM"),
    )


def _starter(spec: Spec, folder: Path) -> tuple[str, ...]:
    return (sys.executable, "-S", "-m", _HOST, str(spec.kernel), str(folder), str(CRTCS))


def _environment(_spec: Spec, _folder: Path) -> dict[str, str]:
    return {"PYTHONPATH": str(Path(__file__).parents[3])}


INFO = KindInfo(
    program=xorg.INFO.program,
    places=xorg.PLACES,
    packages=xorg.PACKAGES,
    built_at=xorg.INFO.built_at,
    help_mark=xorg.INFO.help_mark,
    # Its frames are those of the display.
    no_effect=("-fakescreenfps",),
    arguments=_arguments,
    environment=_environment,
    starter=_starter,
    private_sockets=True,
    by_default=False,
    may_flip=True,
    guest=True,
    # Its driver refuses smaller screens.
    least_width=320,
    least_height=200,
    depths=(24,),
    always=(
        *EVERYWHERE,
        *(Always(need, True) for need in ("resize", "rotation", "transform", "flip")),
        Always("crtcs", CRTCS),
    ),
    module=Module(file="drivers/modesetting_drv.so", folders=xorg.MODULES, packages=xorg.PACKAGES),
)
