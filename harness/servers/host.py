# SPDX-License-Identifier: MIT
"""A display for nested servers to show themselves in, outside of pytest."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from pyvirtualdisplay.display import Display

from harness.servers.builds import find_on_path
from harness.servers.errors import DisplayUnusable
from harness.servers.kinds.info import Host
from harness.servers.kinds.table import ServerKind
from harness.servers.process.keep_alive import KeepAlive
from harness.servers.process.private_folder import temporary_folder
from harness.servers.process.reaper_process import sweep
from harness.x11 import authority


@contextmanager
def virtual_host(width: int = 1280, height: int = 1024) -> Iterator[Host]:
    """An Xvfb of depth 24 from PyVirtualDisplay; ``os.environ`` stays as it is.

    PyVirtualDisplay ends its servers with SIGKILL, which leaves lock and socket behind;
    this one ends by itself before, when its KeepAlive is closed.  Sizes in pixels.
    Raises ServerNotInstalled, DisplayUnusable.
    """
    find_on_path(ServerKind.XVFB)
    with temporary_folder() as folder:
        cookie, file = authority.new_cookie(), folder / "Xauthority"
        authority.write(file, cookie)
        display = Display(
            backend="xvfb",
            size=(width, height),
            color_depth=24,
            manage_global_env=False,
            extra_args=["-nolisten", "tcp", "-auth", str(file), "-terminate"],
        )
        with _running(display), closing(KeepAlive(display.new_display_var, cookie)):
            yield Host(display.new_display_var, file)


@contextmanager
def _running(display: Display) -> Iterator[None]:
    try:
        display.start()
    except Exception as error:
        raise DisplayUnusable(f"PyVirtualDisplay could not start Xvfb: {error}") from error
    pid = display.pid
    try:
        yield
    finally:
        display.stop()
        sweep(display.display, pid)
