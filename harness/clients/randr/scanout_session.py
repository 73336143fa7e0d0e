# SPDX-License-Identifier: MIT
"""A RandR session that also speaks the draft of per-CRTC pixmaps."""

from typing import Any

from harness.clients.connection.client import Client
from harness.clients.randr.layout import lay_out
from harness.clients.randr.monitors import Crtc
from harness.clients.randr.scanout import Scanout
from harness.clients.randr.session import RandrSession
from harness.clients.resources.pixmap import Pixmap
from harness.x11.drafts.randr_percrtc import (
    ALL_OF_CRTC,
    EXTENSION,
    ConfigStatus,
    CrtcConfig,
    CrtcFlag,
    Revision,
    ScreenFlag,
    SetCrtcConfigs,
)

SHOW = CrtcFlag.PIXMAP | CrtcFlag.PIXMAP_POSITION


class ScanoutSession(RandrSession):
    """``scanout`` has the draft's requests, beside RANDR's own in ``monitors``."""

    extension = EXTENSION

    def __init__(self, client: Client, revision: Revision = Revision.B) -> None:
        self.scanout = Scanout(client, revision)
        super().__init__(client)

    @property
    def first(self) -> Crtc:
        """The first CRTC that is on."""
        crtcs = map(self.monitors.crtc, self.crtcs)
        return next(crtc for crtc in crtcs if crtc.mode)

    def state(self) -> Any:
        """All that RANDR says, and all that the draft adds."""
        scanouts = [self.scanout.of(crtc) for crtc in self.crtcs]
        sprites = [self.scanout.sprite(crtc) for crtc in self.crtcs]
        return super().state(), scanouts, sprites

    def side_by_side(self, *sizes: tuple[int, int]) -> list[Crtc]:
        """Put the first CRTCs next to each other on a screen that just holds them.

        ``sizes`` are (width, height) in pixels.
        """
        x, rectangles = 0, []
        for width, height in sizes:
            rectangles.append((x, 0, width, height))
            x += width
        used = lay_out(self.monitors, (x, max(height for _, height in sizes)), *rectangles)
        self.observer.forget()
        return [self.monitors.crtc(crtc) for crtc in used]

    def pixmap_for(self, crtc: Crtc, colour: str | None = None, rotations: int = 1) -> Pixmap:
        """A scanout pixmap as large as what ``crtc`` shows."""
        return self.scanout.create(crtc.width, crtc.height, rotations=rotations, colour=colour)

    def show(self, crtc: Crtc, pixmap: Pixmap | None, x: int = 0, y: int = 0) -> ConfigStatus:
        """Let ``crtc`` show ``pixmap`` from (x, y) on; None stands for the screen's own."""
        id = 0 if pixmap is None else pixmap.id
        config = CrtcConfig(crtc=crtc.id, set=SHOW, pixmap=id, pixmap_x=x, pixmap_y=y)
        return self.scanout.configure(config)

    def same(self, crtc: Crtc, /, **changes: Any) -> CrtcConfig:
        """``crtc`` as it is, every flag set, but for ``changes``."""
        shown = self.scanout.of(crtc.id)
        now: dict[str, Any] = {
            "crtc": crtc.id,
            "set": ALL_OF_CRTC,
            "x": crtc.x,
            "y": crtc.y,
            "mode": crtc.mode,
            "rotation": crtc.rotation,
            "outputs": crtc.outputs,
            "sprite": self.scanout.sprite(crtc.id),
            "pixmap": shown.pixmap,
            "pixmap_x": shown.x,
            "pixmap_y": shown.y,
        }
        return CrtcConfig(**(now | changes))

    def refused(self, *configs: CrtcConfig, **fields: Any) -> tuple[str, int]:
        """Name and value of the error of a SetCrtcConfigs that changes nothing and sends no event.

        ``fields`` are those of the request; without flags in ``set`` the CRTCs are set.
        """
        wanted: dict[str, Any] = {"drawable": self.client.root, "set": ScreenFlag.SCREEN_CRTCS}
        return self.refused_request(SetCrtcConfigs(**(wanted | fields), configs=configs))

    def refused_request(self, request: Any) -> tuple[str, int]:
        """Name and value of the error that any request of the draft causes."""
        return self.refused_bytes(request.OPCODE, request.encode())
