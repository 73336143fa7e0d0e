# SPDX-License-Identifier: MIT
"""What the protocol descriptions do not say of values that belong to one server.

Sources: the protocol texts of the core and the extensions, ICCCM, EWMH, XDND.
"""

from collections.abc import Mapping

from harness.recordings.references.reference import ReferenceKind
from harness.x11.definitions.fields import Item, Meaning

KINDS_BY_TYPE: Mapping[str, ReferenceKind] = {
    "VISUALID": ReferenceKind.VISUAL,
    "TIMESTAMP": ReferenceKind.TIMESTAMP,
    "glx:CONTEXT_TAG": ReferenceKind.CONTEXT_TAG,
}
"""Types that the descriptions derive from numbers."""

KINDS_BY_FIELD: Mapping[tuple[str, str], ReferenceKind] = {
    ("", "resource"): ReferenceKind.XID,
    ("", "major_opcode"): ReferenceKind.OPCODE,
    ("", "first_event"): ReferenceKind.EVENT,
    ("", "first_error"): ReferenceKind.ERROR,
    ("DRI3", "fence"): ReferenceKind.XID,
    ("DRI3", "window"): ReferenceKind.XID,
    ("DRI3", "provider"): ReferenceKind.XID,
    ("MIT-SHM", "major_event"): ReferenceKind.OPCODE,
    ("MIT-SHM", "shmid"): ReferenceKind.SHMID,
    ("Present", "target"): ReferenceKind.XID,
    ("Present", "target_msc"): ReferenceKind.MSC,
    ("Present", "msc"): ReferenceKind.MSC,
    ("Present", "remainder"): ReferenceKind.REMAINDER,
    ("Present", "ust"): ReferenceKind.UST,
    ("X-Resource", "xid"): ReferenceKind.XID,
    ("X-Resource", "client"): ReferenceKind.XID,
    ("X-Resource", "resource"): ReferenceKind.XID,
    ("X-Resource", "resource_base"): ReferenceKind.XID,
}
"""Fields whose type in the descriptions is a plain number, by extension and name."""

_CREATES = """
    :CreateWindow.wid :CreatePixmap.pid :CreateGC.cid :OpenFont.fid :CreateColormap.mid
    :CopyColormapAndFree.mid :CreateCursor.cid :CreateGlyphCursor.cid
    RENDER:CreatePicture.pid RENDER:CreateGlyphSet.gsid RENDER:ReferenceGlyphSet.gsid
    RENDER:CreateCursor.cid RENDER:CreateAnimCursor.cid RENDER:CreateSolidFill.picture
    RENDER:CreateLinearGradient.picture RENDER:CreateRadialGradient.picture
    RENDER:CreateConicalGradient.picture
    XFIXES:CreateRegion.region XFIXES:CreateRegionFromBitmap.region
    XFIXES:CreateRegionFromWindow.region XFIXES:CreateRegionFromGC.region
    XFIXES:CreateRegionFromPicture.region XFIXES:CreatePointerBarrier.barrier
    DAMAGE:Create.damage Composite:CreateRegionFromBorderClip.region
    Composite:NameWindowPixmap.pixmap SYNC:CreateCounter.id SYNC:CreateAlarm.id
    SYNC:CreateFence.fence RANDR:CreateLease.lid MIT-SHM:Attach.shmseg MIT-SHM:AttachFd.shmseg
    MIT-SHM:CreateSegment.shmseg MIT-SHM:CreatePixmap.pid DRI3:PixmapFromBuffer.pixmap
    DRI3:PixmapFromBuffers.pixmap DRI3:FenceFromFD.fence DRI3:ImportSyncobj.syncobj
    Present:SelectInput.eid GLX:CreateContext.context GLX:CreateNewContext.context
    GLX:CreateContextAttribsARB.context GLX:CreateGLXPixmap.glx_pixmap
    GLX:CreatePixmap.glx_pixmap GLX:CreatePbuffer.pbuffer GLX:CreateWindow.glx_window
    DOUBLE-BUFFER:AllocateBackBuffer.buffer RECORD:CreateContext.context
    XVideo-MotionCompensation:CreateContext.context_id
    XVideo-MotionCompensation:CreateSurface.surface_id
    XVideo-MotionCompensation:CreateSubpicture.subpicture_id
"""
_FREES = """
    :DestroyWindow.window :FreePixmap.pixmap :CloseFont.font :FreeGC.gc :FreeColormap.cmap
    :FreeCursor.cursor :CopyColormapAndFree.src_cmap
    RENDER:FreePicture.picture RENDER:FreeGlyphSet.glyphset
    XFIXES:DestroyRegion.region XFIXES:DeletePointerBarrier.barrier DAMAGE:Destroy.damage
    SYNC:DestroyCounter.counter SYNC:DestroyAlarm.alarm SYNC:DestroyFence.fence
    RANDR:DestroyMode.mode RANDR:FreeLease.lid MIT-SHM:Detach.shmseg DRI3:FreeSyncobj.syncobj
    GLX:DestroyContext.context GLX:DestroyGLXPixmap.glx_pixmap GLX:DestroyPixmap.glx_pixmap
    GLX:DestroyPbuffer.pbuffer GLX:DeleteWindow.glxwindow
    DOUBLE-BUFFER:DeallocateBackBuffer.buffer RECORD:FreeContext.context
    XVideo-MotionCompensation:DestroyContext.context_id
    XVideo-MotionCompensation:DestroySurface.surface_id
    XVideo-MotionCompensation:DestroySubpicture.subpicture_id
"""


def _fields(text: str) -> frozenset[tuple[str, str, str]]:
    """Extension, request and field of each ``EXTENSION:REQUEST.FIELD``."""
    split = (one.partition(":")[::2] for one in text.split())
    return frozenset((name, *rest.partition(".")[::2]) for name, rest in split)


CREATES, FREES = _fields(_CREATES), _fields(_FREES)
"""The fields of requests with an id that the request makes valid, or invalid."""

LETTERS: Mapping[str, ReferenceKind] = {
    "x": ReferenceKind.XID,
    "v": ReferenceKind.VISUAL,
    "a": ReferenceKind.ATOM,
    "t": ReferenceKind.TIMESTAMP,
}
"""A layout has a letter for each 32-bit word: these, ``-`` for one that is a plain number, or
``m`` and ``r`` for two with an MSC, or one modulo the divisor.  What follows ``|`` is repeated up
to the end."""

PROPERTY_CHANGES = {
    *("ChangeProperty", "RANDR:ChangeOutputProperty", "RANDR:ChangeProviderProperty"),
}
PROPERTY_READS = {"GetProperty", "RANDR:GetOutputProperty", "RANDR:GetProviderProperty"}
"""Requests and replies with a property, whose format says what its bytes are."""

PROPERTY_TYPES: Mapping[str, str] = {
    "ATOM": "|a",
    "ATOM_PAIR": "|a",
    "BITMAP": "|x",
    "COLORMAP": "|x",
    "CURSOR": "|x",
    "DRAWABLE": "|x",
    "FONT": "|x",
    "PIXMAP": "|x",
    "TIMESTAMP": "|t",
    "VISUALID": "|v",
    "WINDOW": "|x",
    "WM_HINTS": "---xx--xx",
    "WM_STATE": "-x",
}
"""Layouts of properties of format 32 by the name of their type."""

PROPERTIES: Mapping[str, str] = {
    "_NET_WM_SYNC_REQUEST_COUNTER": "|x",
    "_NET_WM_USER_TIME": "t",
}
"""Layouts of properties by their own name, where the type says less (CARDINAL)."""

CLIENT_MESSAGES: Mapping[str, str] = {
    "MANAGER": "tax",
    "WM_PROTOCOLS": "atx",
    "_NET_ACTIVE_WINDOW": "-tx",
    "_NET_CLOSE_WINDOW": "t",
    "_NET_RESTACK_WINDOW": "-x",
    "_NET_SYSTEM_TRAY_OPCODE": "t-x",
    "_NET_WM_STATE": "-aa",
    "_XEMBED": "t",
    "XdndDrop": "x-t",
    "XdndEnter": "x-aaa",
    "XdndFinished": "x-a",
    "XdndLeave": "x",
    "XdndPosition": "x--ta",
    "XdndStatus": "x---a",
}
"""Layouts of the data of ClientMessage by the name of its type."""

RANDR_NOTIFICATIONS: Mapping[int, str] = {
    0: "txxx",
    1: "ttxxxx",
    2: "xxat",
    3: "txx",
    4: "xxat",
    5: "tx",
    6: "txx",
}
"""Layouts of RANDR's Notify by its subcode, from its second word on (RANDR 1.6, 7)."""

NEWER_REQUESTS: Mapping[tuple[str, int], tuple[str, str]] = {
    ("DRI3", 9): ("SetDRMDeviceInUse", "x"),
    ("DRI3", 10): ("ImportSyncobj", "xx"),
    ("DRI3", 11): ("FreeSyncobj", "x"),
    ("Present", 5): ("PixmapSynced", "xx-xx-xxx------m--r|x-"),
    ("SECURITY", 0): ("QueryVersion", ""),
    ("SECURITY", 1): ("GenerateAuthorization", ""),
    ("SECURITY", 2): ("RevokeAuthorization", ""),
}
"""Names and layouts of requests that the descriptions of some distributions lack."""

SIZES: Mapping[ReferenceKind, int] = {
    ReferenceKind.MSC: 8,
    ReferenceKind.REMAINDER: 8,
    ReferenceKind.UST: 8,
    ReferenceKind.OPCODE: 1,
    ReferenceKind.EVENT: 1,
    ReferenceKind.ERROR: 1,
}
"""Bytes of values that have not four."""


def kind_of(item: Item, extension: str) -> ReferenceKind | None:
    """What a field of a message of ``extension`` (of the core: "") stands for; None: a number."""
    if item.type in KINDS_BY_TYPE:
        return KINDS_BY_TYPE[item.type]
    if item.meaning is Meaning.XID:
        return ReferenceKind.XID
    if item.meaning is Meaning.ATOM:
        return ReferenceKind.ATOM
    return KINDS_BY_FIELD.get((extension, item.name))
