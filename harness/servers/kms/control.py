# SPDX-License-Identifier: MIT
"""Commands to the guest of a server of kind ``xorg-kms``."""

from harness.servers.monitors.control import MonitorControl


class KmsControl(MonitorControl):
    """The virtual display of one server, and the virtual terminals of its guest.

    ``scanout`` has no serial and no pixmap, which the kernel does not tell.  A plug is done when
    the server has heard of it from udev.
    """

    driver = "the guest of xorg-kms"

    def check_sum(self, crtc: int = 0) -> int:
        """The kernel's sum of the next frame of ``crtc``: the same for the same picture.

        The cursor counts, unlike in ``scanout``'s ``data``.
        """
        _frame, value = self._ask("sum", crtc)
        return int(value, 0)

    def restart(self) -> None:
        """Switch back to the server's virtual terminal."""
        if self._server.alive:
            self.switch_back()
