# SPDX-License-Identifier: MIT
"""Xephyr: a screen in a window of another X display, its host."""

from pathlib import Path

from harness.servers.kinds.info import EVERYWHERE, Always, KindInfo, Spec, columns


def _arguments(spec: Spec, _folder: Path) -> tuple[str, ...]:
    """One ``-screen`` for each X screen, and never ``-output`` beside it."""
    screens = [
        word
        for left, right in columns(spec)
        for word in (
            *("-origin", f"{left},0"),
            *("-screen", f"{right - left}x{spec.height}x{spec.depth}"),
        )
    ]
    if spec.screens == 1:
        return (*screens[2:], "-no-host-grab")
    return ("+xinerama", *screens, "-no-host-grab")


def _environment(spec: Spec, _folder: Path) -> dict[str, str]:
    assert spec.host is not None
    variables = {"DISPLAY": spec.host.display}
    if spec.host.authority is not None:
        variables["XAUTHORITY"] = str(spec.host.authority)
    return variables


INFO = KindInfo(
    program="Xephyr",
    packages={
        "Debian, Ubuntu": "xserver-xephyr",
        "Fedora": "xorg-x11-server-Xephyr",
        "Arch": "xorg-server-xephyr",
        "openSUSE": "xorg-x11-server-extra",
    },
    built_at="hw/kdrive/ephyr/Xephyr",
    help_mark="-parent <XID>",
    arguments=_arguments,
    always=(
        *EVERYWHERE,
        Always("rate", True, since=(21, 1)),
        Always("rotation", True),
        Always("screen_turns", True),
    ),
    depths=(8, 16, 24),
    environment=_environment,
    needs_host=True,
    joins_screens=True,
)
