# SPDX-License-Identifier: MIT
"""Names of requests, events and errors by their numbers, core and extensions.

Listed in wire order, ``-`` for a number that is not in use.  Extension numbers are
relative: minor opcodes, events from first-event, errors from first-error.  Present's are in
``present.MESSAGES``.  A draft adds its own when its module is imported.
"""

from harness.x11 import present


def _numbered(names: str, first: int = 0) -> dict[int, str]:
    return {number: name for number, name in enumerate(names.split(), first) if name != "-"}


CORE_REQUESTS = _numbered(
    """
    CreateWindow ChangeWindowAttributes GetWindowAttributes DestroyWindow DestroySubwindows
    ChangeSaveSet ReparentWindow MapWindow MapSubwindows UnmapWindow UnmapSubwindows
    ConfigureWindow CirculateWindow GetGeometry QueryTree InternAtom GetAtomName ChangeProperty
    DeleteProperty GetProperty ListProperties SetSelectionOwner GetSelectionOwner
    ConvertSelection SendEvent GrabPointer UngrabPointer GrabButton UngrabButton
    ChangeActivePointerGrab GrabKeyboard UngrabKeyboard GrabKey UngrabKey AllowEvents GrabServer
    UngrabServer QueryPointer GetMotionEvents TranslateCoordinates WarpPointer SetInputFocus
    GetInputFocus QueryKeymap OpenFont CloseFont QueryFont QueryTextExtents ListFonts
    ListFontsWithInfo SetFontPath GetFontPath CreatePixmap FreePixmap CreateGC ChangeGC CopyGC
    SetDashes SetClipRectangles FreeGC ClearArea CopyArea CopyPlane PolyPoint PolyLine
    PolySegment PolyRectangle PolyArc FillPoly PolyFillRectangle PolyFillArc PutImage GetImage
    PolyText8 PolyText16 ImageText8 ImageText16 CreateColormap FreeColormap CopyColormapAndFree
    InstallColormap UninstallColormap ListInstalledColormaps AllocColor AllocNamedColor
    AllocColorCells AllocColorPlanes FreeColors StoreColors StoreNamedColor QueryColors
    LookupColor CreateCursor CreateGlyphCursor FreeCursor RecolorCursor QueryBestSize
    QueryExtension ListExtensions ChangeKeyboardMapping GetKeyboardMapping ChangeKeyboardControl
    GetKeyboardControl Bell ChangePointerControl GetPointerControl SetScreenSaver GetScreenSaver
    ChangeHosts ListHosts SetAccessControl SetCloseDownMode KillClient RotateProperties
    ForceScreenSaver SetPointerMapping GetPointerMapping SetModifierMapping GetModifierMapping -
    - - - - - - NoOperation
    """,
    first=1,
)

CORE_EVENTS = _numbered(
    """
    KeyPress KeyRelease ButtonPress ButtonRelease MotionNotify EnterNotify LeaveNotify FocusIn
    FocusOut KeymapNotify Expose GraphicsExposure NoExposure VisibilityNotify CreateNotify
    DestroyNotify UnmapNotify MapNotify MapRequest ReparentNotify ConfigureNotify
    ConfigureRequest GravityNotify ResizeRequest CirculateNotify CirculateRequest PropertyNotify
    SelectionClear SelectionRequest SelectionNotify ColormapNotify ClientMessage MappingNotify
    GenericEvent
    """,
    first=2,
)

CORE_ERRORS = _numbered(
    """
    Request Value Window Pixmap Atom Cursor Font Match Drawable Access Alloc Colormap GContext
    IDChoice Name Length Implementation
    """,
    first=1,
)

EXTENSION_REQUESTS: dict[str, dict[int, str]] = {
    "BIG-REQUESTS": _numbered("Enable"),
    "Composite": _numbered(
        """
        QueryVersion RedirectWindow RedirectSubwindows UnredirectWindow UnredirectSubwindows
        CreateRegionFromBorderClip NameWindowPixmap GetOverlayWindow ReleaseOverlayWindow
        """
    ),
    "DAMAGE": _numbered("QueryVersion Create Destroy Subtract Add"),
    "DRI3": _numbered(
        """
        QueryVersion Open PixmapFromBuffer BufferFromPixmap FenceFromFD FDFromFence
        GetSupportedModifiers PixmapFromBuffers BuffersFromPixmap SetDRMDeviceInUse
        ImportSyncobj FreeSyncobj
        """
    ),
    "Generic Event Extension": _numbered("QueryVersion"),
    "MIT-SHM": _numbered(
        """
        QueryVersion Attach Detach PutImage GetImage CreatePixmap AttachFd CreateSegment
        """
    ),
    "RANDR": _numbered(
        """
        QueryVersion - SetScreenConfig - SelectInput GetScreenInfo GetScreenSizeRange
        SetScreenSize GetScreenResources GetOutputInfo ListOutputProperties QueryOutputProperty
        ConfigureOutputProperty ChangeOutputProperty DeleteOutputProperty GetOutputProperty
        CreateMode DestroyMode AddOutputMode DeleteOutputMode GetCrtcInfo SetCrtcConfig
        GetCrtcGammaSize GetCrtcGamma SetCrtcGamma GetScreenResourcesCurrent SetCrtcTransform
        GetCrtcTransform GetPanning SetPanning SetOutputPrimary GetOutputPrimary GetProviders
        GetProviderInfo SetProviderOffloadSink SetProviderOutputSource ListProviderProperties
        QueryProviderProperty ConfigureProviderProperty ChangeProviderProperty
        DeleteProviderProperty GetProviderProperty GetMonitors SetMonitor DeleteMonitor
        CreateLease FreeLease
        """
    ),
    "RENDER": _numbered(
        """
        QueryVersion QueryPictFormats QueryPictIndexValues - CreatePicture ChangePicture
        SetPictureClipRectangles FreePicture Composite - Trapezoids Triangles TriStrip TriFan -
        - - CreateGlyphSet ReferenceGlyphSet FreeGlyphSet AddGlyphs - FreeGlyphs
        CompositeGlyphs8 CompositeGlyphs16 CompositeGlyphs32 FillRectangles CreateCursor
        SetPictureTransform QueryFilters SetPictureFilter CreateAnimCursor AddTraps
        CreateSolidFill CreateLinearGradient CreateRadialGradient CreateConicalGradient
        """
    ),
    "SHAPE": _numbered(
        """
        QueryVersion Rectangles Mask Combine Offset QueryExtents SelectInput InputSelected
        GetRectangles
        """
    ),
    "SYNC": _numbered(
        """
        Initialize ListSystemCounters CreateCounter SetCounter ChangeCounter QueryCounter
        DestroyCounter Await CreateAlarm ChangeAlarm QueryAlarm DestroyAlarm SetPriority
        GetPriority CreateFence TriggerFence ResetFence DestroyFence QueryFence AwaitFence
        """
    ),
    "X-Resource": _numbered(
        """
        QueryVersion QueryClients QueryClientResources QueryClientPixmapBytes QueryClientIds
        QueryResourceBytes
        """
    ),
    "XC-MISC": _numbered("GetVersion GetXIDRange GetXIDList"),
    "XFIXES": _numbered(
        """
        QueryVersion ChangeSaveSet SelectSelectionInput SelectCursorInput GetCursorImage
        CreateRegion CreateRegionFromBitmap CreateRegionFromWindow CreateRegionFromGC
        CreateRegionFromPicture DestroyRegion SetRegion CopyRegion UnionRegion IntersectRegion
        SubtractRegion InvertRegion TranslateRegion RegionExtents FetchRegion SetGCClipRegion
        SetWindowShapeRegion SetPictureClipRegion SetCursorName GetCursorName
        GetCursorImageAndName ChangeCursor ChangeCursorByName ExpandRegion HideCursor ShowCursor
        CreatePointerBarrier DeletePointerBarrier SetClientDisconnectMode
        GetClientDisconnectMode
        """
    ),
    "XINERAMA": _numbered(
        """
        QueryVersion GetState GetScreenCount GetScreenSize IsActive QueryScreens
        """
    ),
}

EXTENSION_EVENTS: dict[str, dict[int, str]] = {
    "DAMAGE": _numbered("Notify"),
    "DRI2": _numbered("BufferSwapComplete InvalidateBuffers"),
    "GLX": _numbered("PbufferClobber BufferSwapComplete"),
    "MIT-SCREEN-SAVER": _numbered("Notify"),
    "MIT-SHM": _numbered("Completion"),
    "RANDR": _numbered("ScreenChangeNotify Notify"),
    "SHAPE": _numbered("Notify"),
    "SYNC": _numbered("CounterNotify AlarmNotify"),
    "XFIXES": _numbered("SelectionNotify CursorNotify"),
    "XInputExtension": _numbered(
        """
        DeviceValuator DeviceKeyPress DeviceKeyRelease DeviceButtonPress DeviceButtonRelease
        DeviceMotionNotify DeviceFocusIn DeviceFocusOut ProximityIn ProximityOut
        DeviceStateNotify DeviceMappingNotify ChangeDeviceNotify DeviceKeyStateNotify
        DeviceButtonStateNotify DevicePresenceNotify DevicePropertyNotify
        """
    ),
    "XKEYBOARD": _numbered("Event"),
    "XVideo": _numbered("VideoNotify PortNotify"),
}

EXTENSION_ERRORS: dict[str, dict[int, str]] = {
    "DAMAGE": _numbered("Damage"),
    "DOUBLE-BUFFER": _numbered("Buffer"),
    "DRI3": _numbered("Syncobj"),
    "GLX": _numbered(
        """
        Context ContextState Drawable Pixmap ContextTag CurrentWindow RenderRequest LargeRequest
        UnsupportedPrivateRequest FBConfig Pbuffer CurrentDrawable Window ProfileARB
        """
    ),
    "MIT-SHM": _numbered("Seg"),
    "RANDR": _numbered("Output Crtc Mode Provider Lease"),
    "RECORD": _numbered("Context"),
    "RENDER": _numbered("PictFormat Picture PictOp GlyphSet Glyph"),
    "SYNC": _numbered("Counter Alarm Fence"),
    "XFIXES": _numbered("Region Barrier"),
    "XInputExtension": _numbered("Device Event Mode DeviceBusy Class"),
    "XKEYBOARD": _numbered("Keyboard"),
    "XVideo": _numbered("Port Encoding Control"),
}

UNKNOWN_GENERIC = "GenericEvent"
"""The name of a generic event of no known extension or type."""

GENERIC_EVENTS: dict[str, dict[int, str]] = {
    "DPMS": _numbered("InfoNotify"),
    "XInputExtension": dict.fromkeys(range(1, 33), UNKNOWN_GENERIC),
}
"""The generic events of extensions other than Present, by their evtypes."""


def _all(core: dict[int, str], extensions: dict[str, dict[int, str]]) -> frozenset[str]:
    names = [f"{name}:{one}" for name, known in extensions.items() for one in known.values()]
    return frozenset(core.values()) | frozenset(names)


ERROR_NAMES = _all(CORE_ERRORS, EXTENSION_ERRORS)
"""The names of all errors, as timelines have them: ``Match``, ``XFIXES:Region``."""


def request_names() -> frozenset[str]:
    """The names of all requests, as timelines have them: ``RANDR:GetMonitors``."""
    known = {kind.NAME for kinds in present.MESSAGES.requests.values() for kind in kinds}
    return _all(CORE_REQUESTS, EXTENSION_REQUESTS) | known


def event_names() -> frozenset[str]:
    """The names of all events, as timelines have them: ``RANDR:Notify``."""
    known = {kind.NAME for kind in present.MESSAGES.events.values()}
    return _all(CORE_EVENTS, EXTENSION_EVENTS) | known


def request_name(extension: str | None, opcode: int) -> str:
    """``CreateWindow``, ``PresentPixmap``, ``SYNC:TriggerFence``; ``SYNC:77`` if unknown.

    ``opcode`` is the major opcode of a core request (``extension`` None), else the minor.
    """
    if extension is None:
        return CORE_REQUESTS.get(opcode, f"request {opcode}")
    if extension == present.EXTENSION:
        return present.MESSAGES.request_name(opcode) or f"Present{opcode}"
    return f"{extension}:{EXTENSION_REQUESTS.get(extension, {}).get(opcode, opcode)}"
