# SPDX-License-Identifier: MIT
"""Xorg with the dummy driver: sixteen CRTCs and outputs in memory, no console, no devices."""

from pathlib import Path

from harness.servers.kinds.info import EVERYWHERE, Always, KindInfo, Limits, Module, Spec

SLOWEST_MHZ, FASTEST_MHZ = 11.0, 300.0
"""The pixel clocks that the driver accepts.  The frame rate does not depend on them."""

CONFIGURATION = """\
Section "ServerFlags"
    Option "AutoAddDevices" "false"
    Option "AutoEnableDevices" "false"
    Option "AutoAddGPU" "false"
    Option "DontVTSwitch" "true"
EndSection
{sections}Section "Monitor"
    Identifier "monitor"
    HorizSync 1.0-2000.0
    VertRefresh 1.0-10000.0
    Modeline "{width}x{height}" {modeline}
EndSection
Section "Screen"
    Identifier "screen"
    Device "memory"
    Monitor "monitor"
    DefaultDepth {depth}
    SubSection "Display"
        Depth {depth}
        Modes "{width}x{height}"
        Virtual {width} {height}
    EndSubSection
EndSection
"""


DUMMY = """\
Section "Device"
    Identifier "memory"
    Driver "dummy"
    VideoRam 262144
EndSection
"""

PLACES = ("/usr/lib/xorg/Xorg", "/usr/libexec/Xorg", "/usr/lib/Xorg")
"""The one on PATH may be a script that runs a set-uid wrapper for consoles."""

MODULES = ("/usr/lib/xorg/modules", "/usr/lib64/xorg/modules")

PACKAGES = {
    "Debian, Ubuntu": "xserver-xorg-core",
    "Fedora": "xorg-x11-server-Xorg",
    "Arch": "xorg-server",
    "openSUSE": "xorg-x11-server",
}


def arguments_for(
    spec: Spec, folder: Path, sections: str, *, slowest: float, fastest: float
) -> tuple[str, ...]:
    """Options for a screen on the device "memory", which ``sections`` of the configuration define.

    The mode of the screen's size has 60 frames per second where the pixel clock for that (MHz) is
    within the driver's limits.  They name a console that the server neither opens nor needs:
    without a name it searches for one.
    """
    width, height = spec.width, spec.height
    across = f"{width} {width + 8} {width + 40} {width + 80}"
    down = f"{height} {height + 3} {height + 9} {height + 20}"
    clock = min(max((width + 80) * (height + 20) * 60 / 1e6, slowest), fastest)
    configuration = folder / "xorg.conf"
    configuration.write_text(
        CONFIGURATION.format(
            sections=sections,
            width=width,
            height=height,
            depth=spec.depth,
            modeline=f"{clock:.2f} {across} {down}",
        )
    )
    return (
        *("vt7", "-novtswitch", "-sharevts", "-keeptty"),
        *("-config", str(configuration), "-configdir", str(folder)),
        *("-logfile", str(folder / "Xorg.log")),
    )


def _arguments(spec: Spec, folder: Path) -> tuple[str, ...]:
    return arguments_for(spec, folder, DUMMY, slowest=SLOWEST_MHZ, fastest=FASTEST_MHZ)


INFO = KindInfo(
    program="Xorg",
    places=PLACES,
    packages=PACKAGES,
    built_at="hw/xfree86/Xorg",
    help_mark="-modulepath paths",
    arguments=_arguments,
    least_height=128,
    limits={"bullseye": Limits(depths=(8, 15, 16, 24), width_step=8)},
    # The driver before 0.4 has one CRTC, and a screen that keeps its size.
    always=(*EVERYWHERE, Always("rate", True, since=(21, 1)), Always("resize", True, crtcs=2)),
    depths=(8, 15, 16, 24, 30),
    module=Module(
        file="drivers/dummy_drv.so",
        folders=MODULES,
        packages={
            "Debian, Ubuntu": "xserver-xorg-video-dummy",
            "Fedora": "xorg-x11-drv-dummy",
            "Arch": "xf86-video-dummy",
            "openSUSE": "xf86-video-dummy",
        },
    ),
)
