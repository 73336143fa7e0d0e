# SPDX-License-Identifier: MIT
"""How long replies are (X protocol, appendix B, and the texts of the extensions).

Those whose length depends on more than their first 32 bytes are left out, among them RANDR's
GetScreenInfo: a client of version 1.0 gets no rates, though the reply counts them.
"""

import struct
from collections.abc import Callable

from harness.x11.encoding import NATIVE, ByteOrder

_Words = Callable[..., int]


def _padded(size: int) -> int:
    """The words that so many bytes fill."""
    return (size + 3) // 4


def _property(layout_format: int, items: int) -> int:
    return _padded(layout_format // 8 * items)


_EMPTY = """
    GetGeometry InternAtom GetSelectionOwner GrabPointer GrabKeyboard QueryPointer
    TranslateCoordinates GetInputFocus QueryTextExtents AllocColor AllocNamedColor LookupColor
    QueryBestSize QueryExtension GetPointerControl GetScreenSaver SetPointerMapping
    SetModifierMapping BIG-REQUESTS:Enable Composite:QueryVersion Composite:GetOverlayWindow
    DAMAGE:QueryVersion DRI3:QueryVersion MIT-SHM:QueryVersion MIT-SHM:GetImage
    PresentQueryVersion PresentQueryCapabilities RANDR:QueryVersion RANDR:SetScreenConfig
    RANDR:GetScreenSizeRange RANDR:CreateMode RANDR:SetCrtcConfig RANDR:GetCrtcGammaSize
    RANDR:SetPanning RANDR:GetOutputPrimary RANDR:CreateLease RENDER:QueryVersion
    SHAPE:QueryVersion SHAPE:QueryExtents SHAPE:InputSelected SYNC:Initialize SYNC:QueryCounter
    SYNC:GetPriority SYNC:QueryFence X-Resource:QueryVersion X-Resource:QueryClientPixmapBytes
    XC-MISC:GetVersion XC-MISC:GetXIDRange XFIXES:QueryVersion XFIXES:GetClientDisconnectMode
    XINERAMA:QueryVersion XINERAMA:GetState XINERAMA:GetScreenCount XINERAMA:GetScreenSize
    XINERAMA:IsActive
"""

_LENGTHS: dict[str, tuple[str, _Words]] = {
    "GetWindowAttributes": ("", lambda: 3),
    "QueryTree": ("16xH", lambda children: children),
    "GetAtomName": ("8xH", _padded),
    "GetProperty": ("xB14xI", _property),
    "ListProperties": ("8xH", lambda atoms: atoms),
    "GetMotionEvents": ("8xI", lambda events: 2 * events),
    "QueryKeymap": ("", lambda: 2),
    "ListInstalledColormaps": ("8xH", lambda colormaps: colormaps),
    "AllocColorCells": ("8xHH", lambda pixels, masks: pixels + masks),
    "AllocColorPlanes": ("8xH", lambda pixels: pixels),
    "QueryColors": ("8xH", lambda colours: 2 * colours),
    "GetKeyboardControl": ("", lambda: 5),
    "GetPointerMapping": ("xB", _padded),
    "GetModifierMapping": ("xB", lambda keycodes: 2 * keycodes),
    "RANDR:ListOutputProperties": ("8xH", lambda atoms: atoms),
    "RANDR:GetOutputProperty": ("xB14xI", _property),
    "RANDR:GetCrtcInfo": ("28xHH", lambda outputs, possible: outputs + possible),
    "RANDR:GetCrtcGamma": ("8xH", lambda size: _padded(3 * 2 * size)),
    "RANDR:GetPanning": ("", lambda: 1),
    "RANDR:GetProviders": ("12xH", lambda providers: providers),
    "RANDR:ListProviderProperties": ("8xH", lambda atoms: atoms),
    "RANDR:GetProviderProperty": ("xB14xI", _property),
    "RANDR:GetMonitors": ("12xII", lambda monitors, outputs: 6 * monitors + outputs),
    "SHAPE:GetRectangles": ("8xI", lambda rectangles: 2 * rectangles),
    "SYNC:QueryAlarm": ("", lambda: 2),
    "X-Resource:QueryClients": ("8xI", lambda clients: 2 * clients),
    "X-Resource:QueryClientResources": ("8xI", lambda types: 2 * types),
    "XC-MISC:GetXIDList": ("8xI", lambda ids: ids),
    "XFIXES:GetCursorImage": ("12xHH", lambda width, height: width * height),
    "XFIXES:GetCursorName": ("12xH", _padded),
    "XFIXES:GetCursorImageAndName": (
        "12xHH12xH",
        lambda width, height, name: width * height + _padded(name),
    ),
    "XINERAMA:QueryScreens": ("8xI", lambda screens: 2 * screens),
}
_LENGTHS |= dict.fromkeys(_EMPTY.split(), ("", lambda: 0))
_LENGTHS |= dict.fromkeys(
    ("RANDR:GetScreenResources", "RANDR:GetScreenResourcesCurrent"),
    (
        "16xHHHH",
        lambda crtcs, outputs, modes, names: crtcs + outputs + 8 * modes + _padded(names),
    ),
)


def length_problem(name: str, data: bytes, order: ByteOrder = NATIVE) -> str | None:
    """What is wrong with the length field of the reply to a request of this name, if anything.

    ``data`` are its first 32 bytes at least.  None for one that says the right length, and for
    those of which it is not known.
    """
    known = _LENGTHS.get(name)
    if known is None or len(data) < 32:
        return None
    layout, words = known
    (length,) = struct.unpack_from(f"{order}4xI", data)
    expected = words(*struct.unpack_from(order + layout, data))
    if length == expected:
        return None
    return f"its length field says {length} words beyond the first 8, its fields {expected}"
