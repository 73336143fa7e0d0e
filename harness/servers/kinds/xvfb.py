# SPDX-License-Identifier: MIT
"""Xvfb: a screen in memory, without a window of its own."""

from pathlib import Path

from harness.servers.kinds.info import EVERYWHERE, Always, KindInfo, Spec, columns

CRTCS = 4
"""As many as the suites use at once, where Xvfb lets their number be chosen."""

CRTC_SIZE = (1280, 1024)
"""What the first CRTC shows at the start where their number can be chosen, and so the least size
of a screen that holds it."""


def _arguments(spec: Spec, _folder: Path) -> tuple[str, ...]:
    """``-crtcs`` counts for the screen that was named before it.

    All screens begin at the same place: of several each shows what those before it do, and more.
    """
    if spec.screens > 1:
        screens = enumerate(f"{right}x{spec.height}x{spec.depth}" for _, right in columns(spec))
        named = (word for number, size in screens for word in ("-screen", str(number), size))
        return ("+xinerama", *named)
    screen = ("-screen", "0", f"{spec.width}x{spec.height}x{spec.depth}")
    return (*screen, "-crtcs", str(CRTCS)) if spec.offers("-crtcs") else screen


INFO = KindInfo(
    program="Xvfb",
    packages={
        "Debian, Ubuntu": "xvfb",
        "Fedora": "xorg-x11-server-Xvfb",
        "Arch": "xorg-server-xvfb",
        "openSUSE": "xorg-x11-server-Xvfb",
    },
    built_at="hw/vfb/Xvfb",
    help_mark="-fbdir directory",
    arguments=_arguments,
    always=(*EVERYWHERE, Always("rate", True, since=(21, 1)), Always("resize", True)),
    depths=(8, 15, 16, 24, 30),
    joins_screens=True,
)
