# SPDX-License-Identifier: MIT
"""The host display: an Xvfb for nested servers to show themselves in."""

import os
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from harness.errors import HarnessError
from harness.servers import host_program
from harness.servers.builds import find_on_path
from harness.servers.errors import DisplayUnusable
from harness.servers.kinds.info import Host
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.process.launched_server import LaunchedServer
from harness.servers.process.private_folder import temporary_folder, writing_into
from harness.servers.spec import ServerSpec


@contextmanager
def virtual_host(width: int = 1280, height: int = 1024) -> Iterator[Host]:
    """A host display of depth 24 from PyVirtualDisplay.  Sizes in pixels.

    Raises DisplayUnusable when it cannot be started.
    """
    with launched_host(host_program.__file__, width, height) as server:
        yield Host(server.display, server.authority)


@contextmanager
def launched_host(program: str, width: int = 1280, height: int = 1024) -> Iterator[LaunchedServer]:
    """The server of a host display of depth 24, started by ``program``.

    That is the file of ``host_program`` or of one like it.  As any launched server it has a
    session of its own, which Ctrl-C does not reach, and ends with this process.
    Raises DisplayUnusable when it cannot be started within the deadline of any server.
    """
    with temporary_folder() as folder:
        try:
            server = launch(_spec(program, width, height, folder), folder)
        except HarnessError as error:
            raise DisplayUnusable(
                f"nested servers need a host display, and it could not be started: {error}"
            ) from None
        with server:
            yield server


def _spec(program: str, width: int, height: int, folder: Path) -> ServerSpec:
    """The server that ``program`` is, by a script in ``folder`` that runs it."""
    script = folder / "host-display"
    command = shlex.join([sys.executable, "-P", program])
    modules = shlex.quote(os.pathsep.join(sys.path))
    with writing_into(folder):
        script.write_text(f'#!/bin/sh\nPYTHONPATH={modules} exec {command} "$@"\n')
        script.chmod(0o700)
    build = replace(find_on_path(ServerKind.XVFB), path=script)
    return ServerSpec(build=build, width=width, height=height)
