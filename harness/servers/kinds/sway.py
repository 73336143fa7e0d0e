# SPDX-License-Identifier: MIT
"""Xwayland without a root window of its own, on a headless sway that manages its windows.

Sway starts its own Xwayland, restarts it when it dies, and lets in whoever connects.  Here it
hands what it has for an Xwayland to the one that the harness starts: ``sway_program``.
"""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

from harness.servers.kinds import sway_program, xwayland
from harness.servers.kinds.info import EVERYWHERE, Always, HelperProcess, KindInfo, Spec

OUTPUTS = 2
"""Side by side, together as large as the screen."""

CONTROL = "xwayland"
"""The socket at which the two sides of ``sway_program`` meet."""


def _write_script(path: Path, side: str, folder: Path) -> None:
    """A script, for sway runs a file without arguments, and messages name what was run."""
    program = (sys.executable, "-IS", sway_program.__file__, side, str(folder / CONTROL))
    path.write_text(f'#!/bin/sh\nexec {shlex.join(program)} "$@"\n')
    path.chmod(0o700)


def _starter(_spec: Spec, folder: Path) -> tuple[str, ...]:
    script = folder / "Xwayland"
    _write_script(script, "take", folder)
    return (str(script),)


_END_WITHOUT_DISPLAY = """\
#!/bin/sh
[ -n "$DISPLAY" ] && exit
echo "no display for Xwayland: wlroots takes numbers below 33 only, all of which are in use" >&2
sway=${SWAYSOCK%.sock}
kill "${sway##*.}"
"""


def _sway(spec: Spec, folder: Path) -> Sequence[str]:
    _write_script(folder / "give", "give", folder)
    # Without a display sway would run on, and never start what listens at CONTROL.
    check = folder / "check"
    check.write_text(_END_WITHOUT_DISPLAY)
    check.chmod(0o700)
    lines, x = ["xwayland force", "focus_follows_mouse no", f"exec {check}"], 0
    for number in range(1, OUTPUTS + 1):
        width = spec.width * number // OUTPUTS - x
        lines.append(f"output HEADLESS-{number} mode {width}x{spec.height} position {x} 0")
        x += width
    configuration = folder / "sway.conf"
    configuration.write_text("\n".join(lines) + "\n")
    return ("--config", str(configuration))


def _sway_environment(_spec: Spec, folder: Path) -> dict[str, str]:
    return {
        "XDG_RUNTIME_DIR": str(folder),
        "WLR_BACKENDS": "headless",
        "WLR_HEADLESS_OUTPUTS": str(OUTPUTS),
        "WLR_RENDERER": "pixman",
        "WLR_XWAYLAND": str(folder / "give"),
    }


INFO = KindInfo(
    program=xwayland.INFO.program,
    packages=xwayland.INFO.packages,
    built_at=xwayland.INFO.built_at,
    help_mark=xwayland.INFO.help_mark,
    sign="-rootless",
    arguments=lambda _spec, _folder: ("-rootless", "-shm"),
    environment=lambda _spec, folder: {"XDG_RUNTIME_DIR": str(folder)},
    starter=_starter,
    private_sockets=True,
    # Its last client never leaves: that is sway, which manages its windows.
    resets=False,
    by_default=False,
    depths=(24,),
    may_flip=True,
    always=(*EVERYWHERE, Always("crtcs", OUTPUTS), Always("flip", True, since=(24, 1))),
    helper=HelperProcess(
        program="sway",
        packages={"Debian, Ubuntu": "sway", "Fedora": "sway", "Arch": "sway", "openSUSE": "sway"},
        arguments=_sway,
        environment=_sway_environment,
        socket=CONTROL,
        fetched=True,
    ),
)
