# SPDX-License-Identifier: MIT
"""Xwayland with a root window, on a headless Wayland compositor of its own."""

from pathlib import Path

from harness.servers.kinds.info import EVERYWHERE, Always, HelperProcess, KindInfo, Spec

SOCKET = "wayland"


def _arguments(spec: Spec, _folder: Path) -> tuple[str, ...]:
    if spec.offers("-geometry"):
        return ("-shm", "-geometry", f"{spec.width}x{spec.height}")
    return ("-shm",)


def _environment(_spec: Spec, folder: Path) -> dict[str, str]:
    return {"XDG_RUNTIME_DIR": str(folder), "WAYLAND_DISPLAY": SOCKET}


def _weston(spec: Spec, _folder: Path) -> tuple[str, ...]:
    """Pixman and the default shell: with others frames complete once a second, or at once."""
    return (
        *("--backend=headless-backend.so", "--use-pixman", "--idle-time=0", "--no-config"),
        *(f"--width={spec.width}", f"--height={spec.height}", f"--socket={SOCKET}"),
    )


INFO = KindInfo(
    program="Xwayland",
    packages={
        "Debian, Ubuntu": "xwayland",
        "Fedora": "xorg-x11-server-Xwayland",
        "Arch": "xorg-xwayland",
        "openSUSE": "xwayland",
    },
    built_at="hw/xwayland/Xwayland",
    help_mark="-rootless",
    arguments=_arguments,
    environment=_environment,
    private_sockets=True,
    depths=(24,),
    may_flip=True,
    always=(
        *EVERYWHERE,
        Always("present", (1, 3), since=(24, 1)),
        Always("present", (1, 4), since=(24, 1), unless_built_without="DRI3"),
        Always("transform", True, since=(24, 1)),
        Always("flip", True, since=(24, 1)),
    ),
    helper=HelperProcess(
        program="weston",
        packages={
            "Debian, Ubuntu": "weston",
            "Fedora": "weston",
            "Arch": "weston",
            "openSUSE": "weston",
        },
        arguments=_weston,
        environment=lambda _spec, folder: {"XDG_RUNTIME_DIR": str(folder)},
        socket=SOCKET,
    ),
)
