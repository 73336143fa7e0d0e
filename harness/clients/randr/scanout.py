# SPDX-License-Identifier: MIT
"""A scripted client of per-CRTC pixmaps: scanout pixmaps, and CRTCs that show them."""

import struct

from harness.clients.connection.client import Client
from harness.clients.resources.pixmap import Pixmap
from harness.x11.drafts.randr_percrtc import (
    EXTENSION,
    ConfigStatus,
    CreateScanoutPixmap,
    CrtcConfig,
    CrtcScanout,
    GetCrtcScanout,
    GetCrtcSpriteTransform,
    QueryScanoutPixmaps,
    Revision,
    ScanoutPixmapInfo,
    ScreenFlag,
    SetCrtcConfigs,
    SetCrtcSpriteTransform,
    SetWindowPixmap,
    SpriteTransforms,
    decode_infos,
)
from harness.x11.randr import Rotation

Size = tuple[int, int]


class Scanout:
    """Requests of the draft by ``client``; every call is one request.

    ``revision`` is the encoding of SetCrtcConfigs, which the server learns by a version query.
    """

    def __init__(self, client: Client, revision: Revision = Revision.B) -> None:
        self.client = client
        self.revision = revision
        if revision is not Revision.B:
            self.query_version(1, revision)

    def query_version(self, major: int, minor: int) -> tuple[int, int]:
        """The version (major, minor) in the server's reply to this one."""
        reply = self.client.ask_raw(EXTENSION, 0, struct.pack("=4xII", major, minor))
        version: tuple[int, int] = struct.unpack_from("=II", reply, 8)
        return version

    def infos(self, drawable: int | None = None) -> tuple[ScanoutPixmapInfo, ...]:
        """QueryScanoutPixmaps for the screen of ``drawable``, the root by default."""
        request = QueryScanoutPixmaps(self.client.root if drawable is None else drawable)
        return decode_infos(self.client.ask_raw(EXTENSION, request.OPCODE, request.encode()))

    def info(self, depth: int) -> ScanoutPixmapInfo:
        """The kind of scanout pixmap of ``depth`` that the server offers."""
        formats = {format: depth for depth, format in self.client.picture_formats.items()}
        return next(info for info in self.infos() if formats.get(info.format) == depth)

    def create(
        self,
        width: int,
        height: int,
        *,
        rotations: int = Rotation.ROTATE_0,
        depth: int | None = None,
        colour: str | None = None,
    ) -> Pixmap:
        """A new scanout pixmap, by default of the root's depth and with undefined contents."""
        depth = self.client.depth if depth is None else depth
        pixmap = Pixmap(self.client, self.client.new_id(), width, height, depth)
        self.send(
            CreateScanoutPixmap(
                pixmap=pixmap.id,
                drawable=self.client.root,
                width=width,
                height=height,
                format=self.client.picture_formats[depth],
                rotations=rotations,
            )
        )
        if colour is not None:
            pixmap.fill(colour)
        return pixmap

    def configure(
        self,
        *configs: CrtcConfig,
        screen_pixmap: Size | None = None,
        screen: Size | None = None,
        millimeters: Size | None = None,
    ) -> ConfigStatus:
        """SetCrtcConfigs of these CRTCs and of the sizes that are given; its status."""
        chosen = ScreenFlag(0)
        for flag, wanted in (
            (ScreenFlag.SCREEN_PIXMAP_SIZE, screen_pixmap),
            (ScreenFlag.SCREEN_SIZE, screen),
            (ScreenFlag.SCREEN_SIZE_IN_MILLIMETERS, millimeters),
            (ScreenFlag.SCREEN_CRTCS, configs),
        ):
            if wanted:
                chosen |= flag
        return self.set(
            SetCrtcConfigs(
                drawable=self.client.root,
                set=chosen,
                screen_pixmap=screen_pixmap or (0, 0),
                screen=screen or (0, 0),
                millimeters=millimeters or (0, 0),
                configs=configs,
            )
        )

    def set(self, request: SetCrtcConfigs) -> ConfigStatus:
        """``request`` as it is; its status."""
        data = request.encode(revision=self.revision)
        return ConfigStatus(self.client.ask_raw(EXTENSION, request.OPCODE, data)[1])

    def request(self, *configs: CrtcConfig) -> tuple[str, int, bytes]:
        """The arguments of ``send_raw`` that set these CRTCs, for not waiting for the reply."""
        request = SetCrtcConfigs(
            drawable=self.client.root, set=ScreenFlag.SCREEN_CRTCS, configs=configs
        )
        return EXTENSION, request.OPCODE, request.encode(revision=self.revision)

    def sprite(self, crtc: int) -> SpriteTransforms:
        """GetCrtcSpriteTransform: how the pointer is mapped on ``crtc``."""
        request = GetCrtcSpriteTransform(crtc)
        reply = self.client.ask_raw(EXTENSION, request.OPCODE, request.encode())
        return SpriteTransforms.decode(reply, 8)

    def set_sprite(self, crtc: int, transforms: SpriteTransforms) -> None:
        self.send(SetCrtcSpriteTransform(crtc, transforms))

    def set_window_pixmap(self, window: int, pixmap: int) -> None:
        self.send(SetWindowPixmap(window, pixmap))

    def of(self, crtc: int) -> CrtcScanout:
        """What ``crtc`` reads its pixels from (GetCrtcScanout)."""
        request = GetCrtcScanout(crtc)
        return CrtcScanout.decode(self.client.ask_raw(EXTENSION, request.OPCODE, request.encode()))

    def send(self, request: CreateScanoutPixmap | SetCrtcSpriteTransform | SetWindowPixmap) -> None:
        """A request without a reply."""
        self.client.send_raw(EXTENSION, request.OPCODE, request.encode())
