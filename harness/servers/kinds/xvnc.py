# SPDX-License-Identifier: MIT
"""Xvnc of TigerVNC: a screen in memory that RANDR can resize, without a viewer."""

from pathlib import Path

from harness.servers.kinds.info import EVERYWHERE, Always, KindInfo, Spec


def _arguments(spec: Spec, folder: Path) -> tuple[str, ...]:
    """Arguments of Xvnc: VNC on a private socket, never on the network."""
    return (
        *("-geometry", f"{spec.width}x{spec.height}", "-depth", str(spec.depth)),
        *("-rfbport", "-1", "-rfbunixpath", str(folder / "vnc"), "-SecurityTypes", "None"),
    )


INFO = KindInfo(
    program="Xvnc",
    places=("/usr/bin/Xtigervnc",),
    packages={
        "Debian, Ubuntu": "tigervnc-standalone-server",
        "Fedora": "tigervnc-server-minimal",
        "Arch": "tigervnc",
        "openSUSE": "xorg-x11-Xvnc",
    },
    built_at="hw/vnc/Xvnc",
    help_mark="rfbunixpath",
    arguments=_arguments,
    private_sockets=True,
    always=(
        *EVERYWHERE,
        Always("rate", True, since=(21, 1)),
        Always("resize", True),
        Always("grow", True),
    ),
    depths=(16, 24, 32),
    # It ends instead: its VNC part cannot reset.
    resets=False,
)
