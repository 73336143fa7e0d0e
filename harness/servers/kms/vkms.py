# SPDX-License-Identifier: MIT
"""The virtual display of the kernel's vkms driver: its CRTCs, and monitors to plug.

Documentation/gpu/vkms.rst of the kernel has the folders and files of configfs.
"""

from pathlib import Path

CONFIGURATION = Path("/sys/kernel/config/vkms/harness")
DEBUG = Path("/sys/kernel/debug/dri/0")
CARD = Path("/dev/dri/card0")

MOST_CRTCS = 15
"""A device has up to 31 planes, and each CRTC has one for its cursor too."""

PRIMARY, CURSOR = 1, 2
CONNECTED, DISCONNECTED = 1, 2


def make(crtcs: int) -> None:
    """Make a device with ``crtcs`` CRTCs and connectors, of which the first is connected."""
    top = CONFIGURATION
    top.mkdir()
    for number in range(crtcs):
        crtc, encoder = top / f"crtcs/{number:02}", top / f"encoders/{number:02}"
        for folder in (crtc, encoder, _connector(number)):
            folder.mkdir()
        for name, kind in (("primary", PRIMARY), ("cursor", CURSOR)):
            plane = top / f"planes/{number:02}-{name}"
            plane.mkdir()
            (plane / "type").write_text(str(kind))
            (plane / "possible_crtcs" / crtc.name).symlink_to(crtc)
        (encoder / "possible_crtcs" / crtc.name).symlink_to(crtc)
        (_connector(number) / "possible_encoders" / encoder.name).symlink_to(encoder)
        plug(number, number == 0)
    (top / "enabled").write_text("1")


def plug(number: int, connected: bool) -> None:
    """Connect or disconnect the monitor of a connector.  Raises OSError."""
    status = CONNECTED if connected else DISCONNECTED
    (_connector(number) / "status").write_text(str(status))


def plugged(number: int) -> bool:
    """Whether a connector has a monitor.  Raises OSError."""
    return int((_connector(number) / "status").read_text()) == CONNECTED


def _connector(number: int) -> Path:
    return CONFIGURATION / f"connectors/{number:02}"
