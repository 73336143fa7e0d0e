# SPDX-License-Identifier: MIT
"""The requests that leave nothing behind once their client is gone; all others retire a server.

A name is in ``HARMLESS`` when the protocol ties all its effects to the client that sent it or to
resources of that client, when it has none, or when a snapshot compares everything that it could
change (properties and pixels of the root, pointer, focus, screen saver, who owns a selection, all
that RANDR configures but the gamma of CRTCs, which a server may not have set before a client does).
"""

import struct
from collections.abc import Iterable, Mapping

from harness.x11 import names
from harness.x11.extensions import Extension

_CORE = """
    CreateWindow ChangeWindowAttributes GetWindowAttributes DestroyWindow DestroySubwindows
    ChangeSaveSet ReparentWindow MapWindow MapSubwindows UnmapWindow UnmapSubwindows
    ConfigureWindow CirculateWindow GetGeometry QueryTree InternAtom GetAtomName ChangeProperty
    DeleteProperty GetProperty ListProperties RotateProperties SetSelectionOwner
    GetSelectionOwner ConvertSelection SendEvent GrabPointer UngrabPointer GrabButton
    UngrabButton ChangeActivePointerGrab GrabKeyboard UngrabKeyboard GrabKey UngrabKey
    AllowEvents GrabServer UngrabServer QueryPointer GetMotionEvents TranslateCoordinates
    GetInputFocus QueryKeymap OpenFont CloseFont QueryFont QueryTextExtents ListFonts
    ListFontsWithInfo GetFontPath CreatePixmap FreePixmap CreateGC ChangeGC CopyGC SetDashes
    SetClipRectangles FreeGC ClearArea CopyArea CopyPlane PolyPoint PolyLine PolySegment
    PolyRectangle PolyArc FillPoly PolyFillRectangle PolyFillArc PutImage GetImage PolyText8
    PolyText16 ImageText8 ImageText16 CreateColormap FreeColormap ListInstalledColormaps
    AllocColor AllocNamedColor FreeColors QueryColors LookupColor CreateCursor
    CreateGlyphCursor FreeCursor RecolorCursor QueryBestSize QueryExtension ListExtensions
    GetKeyboardMapping GetKeyboardControl GetPointerControl GetScreenSaver ListHosts
    GetPointerMapping GetModifierMapping Bell KillClient NoOperation
    WarpPointer SetInputFocus SetScreenSaver
"""

_EXTENSIONS = {
    "BIG-REQUESTS": "Enable",
    "Composite": """
        QueryVersion RedirectWindow RedirectSubwindows UnredirectWindow UnredirectSubwindows
        CreateRegionFromBorderClip NameWindowPixmap GetOverlayWindow ReleaseOverlayWindow
    """,
    "DAMAGE": "QueryVersion Create Destroy Subtract Add",
    "Generic Event Extension": "QueryVersion",
    "MIT-SHM": "QueryVersion Attach Detach PutImage GetImage CreatePixmap AttachFd CreateSegment",
    "RANDR": """
        QueryVersion SelectInput GetScreenInfo GetScreenSizeRange GetScreenResources GetOutputInfo
        ListOutputProperties QueryOutputProperty GetOutputProperty GetCrtcInfo GetCrtcGammaSize
        GetCrtcGamma GetScreenResourcesCurrent GetCrtcTransform GetPanning GetOutputPrimary
        GetProviders GetProviderInfo ListProviderProperties QueryProviderProperty
        GetProviderProperty GetMonitors
        SetOutputPrimary SetMonitor DeleteMonitor ConfigureOutputProperty
        ChangeOutputProperty DeleteOutputProperty
        SetScreenConfig SetScreenSize CreateMode DestroyMode AddOutputMode DeleteOutputMode
        SetCrtcConfig SetCrtcTransform SetPanning
        SetProviderOffloadSink SetProviderOutputSource
        ConfigureProviderProperty ChangeProviderProperty DeleteProviderProperty
    """,
    "RENDER": """
        QueryVersion QueryPictFormats QueryPictIndexValues CreatePicture ChangePicture
        SetPictureClipRectangles FreePicture Composite Trapezoids Triangles TriStrip TriFan
        CreateGlyphSet ReferenceGlyphSet FreeGlyphSet AddGlyphs FreeGlyphs CompositeGlyphs8
        CompositeGlyphs16 CompositeGlyphs32 FillRectangles CreateCursor SetPictureTransform
        QueryFilters SetPictureFilter CreateAnimCursor AddTraps CreateSolidFill
        CreateLinearGradient CreateRadialGradient CreateConicalGradient
    """,
    "SHAPE": """
        QueryVersion Rectangles Mask Combine Offset QueryExtents SelectInput InputSelected
        GetRectangles
    """,
    "SYNC": """
        Initialize ListSystemCounters CreateCounter SetCounter ChangeCounter QueryCounter
        DestroyCounter Await CreateAlarm ChangeAlarm QueryAlarm DestroyAlarm SetPriority
        GetPriority CreateFence TriggerFence ResetFence DestroyFence QueryFence AwaitFence
    """,
    "X-Resource": """
        QueryVersion QueryClients QueryClientResources QueryClientPixmapBytes QueryClientIds
        QueryResourceBytes
    """,
    "XC-MISC": "GetVersion GetXIDRange GetXIDList",
    "XFIXES": """
        QueryVersion ChangeSaveSet SelectSelectionInput SelectCursorInput GetCursorImage
        CreateRegion CreateRegionFromBitmap CreateRegionFromWindow CreateRegionFromGC
        CreateRegionFromPicture DestroyRegion SetRegion CopyRegion UnionRegion IntersectRegion
        SubtractRegion InvertRegion TranslateRegion RegionExtents FetchRegion SetGCClipRegion
        SetWindowShapeRegion SetPictureClipRegion SetCursorName GetCursorName
        GetCursorImageAndName ExpandRegion HideCursor ShowCursor CreatePointerBarrier
        DeletePointerBarrier GetClientDisconnectMode
    """,
    "XINERAMA": "QueryVersion GetState GetScreenCount GetScreenSize IsActive QueryScreens",
}

_PRESENT = """
    PresentQueryVersion PresentPixmap PresentNotifyMSC PresentSelectInput
    PresentQueryCapabilities PresentPixmapSynced
"""

HARMLESS = frozenset(
    [
        *_CORE.split(),
        *_PRESENT.split(),
        *(f"{name}:{one}" for name, known in _EXTENSIONS.items() for one in known.split()),
    ]
)
"""The requests, by the names that timelines have, that leave nothing behind."""

UNLESS_LASTING: Mapping[str, int] = {
    "ChangeWindowAttributes": 4,
    "SHAPE:Rectangles": 8,
    "SHAPE:Mask": 8,
    "SHAPE:Combine": 8,
    "SHAPE:Offset": 8,
    "XFIXES:SetWindowShapeRegion": 4,
    "RANDR:SetProviderOffloadSink": 4,
    "RANDR:SetProviderOutputSource": 4,
    "RANDR:ConfigureProviderProperty": 4,
    "RANDR:ChangeProviderProperty": 4,
    "RANDR:DeleteProviderProperty": 4,
}
"""Those that retire a server all the same when they name what survives the client.

The place of the window or provider in the request, in bytes.  Background, cursor and shape of such
a window cannot be read back, and properties of a provider are not; an event mask ends with its
client.
"""

RESIZE = frozenset({"RANDR:SetScreenConfig", "RANDR:SetScreenSize"})
"""Those after which the size of the screen in mm must be looked at."""

_EVENT_MASK = 1 << 11


def retires(name: str, request: bytes, byte_order: str, lasting: Iterable[int]) -> bool:
    """Whether a request called ``name`` may leave something behind.

    ``lasting`` are the windows and providers that no client owns.  A request cut short counts as
    one that does.
    """
    if name not in HARMLESS:
        return True
    at = UNLESS_LASTING.get(name)
    if at is None:
        return False
    if len(request) < at + 4:
        return True
    (named,) = struct.unpack_from(f"{byte_order}I", request, at)
    if named not in lasting:
        return False
    only_events = struct.pack(f"{byte_order}I", _EVENT_MASK)
    return name != "ChangeWindowAttributes" or request[8:12] != only_events


def to_observe(extension: Extension | None) -> list[tuple[int, int]]:
    """The opcodes that must be looked at, as ranges (first, last): minor ones of ``extension``.

    Of an extension that is not known these are all.
    """
    if extension is None:
        opcodes, name = range(1, 128), None
    else:
        opcodes, name = range(256), extension.name
    observed = [code for code in opcodes if _observed(names.request_name(name, code))]
    ranges: list[tuple[int, int]] = []
    for code in observed:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1] = ranges[-1][0], code
        else:
            ranges.append((code, code))
    return ranges


def _observed(name: str) -> bool:
    return name not in HARMLESS or name in UNLESS_LASTING or name in RESIZE
