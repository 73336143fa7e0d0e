# SPDX-License-Identifier: MIT
"""A description of the machine that the figures were measured on."""

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec

PACKAGES = ("xcffib", "numpy", "Pillow", "pytest", "pytest-xvfb", "PyVirtualDisplay")
PEERS = ("xvfbwrapper", "mss", "pixelmatch-fast")


def machine() -> str:
    """Processor, cores, versions, and how busy the machine is, in a few lines."""
    load, *_ = os.getloadavg()
    cores = len(os.sched_getaffinity(0))
    versions = [f"{name} {_version(name)}" for name in (*PACKAGES, *PEERS)]
    lines = [
        f"{_processor()}, {cores} cores, {platform.system()} {platform.release()}, load {load:.2f}",
        f"Xvfb {_xvfb()}, {platform.python_implementation()} {platform.python_version()}",
        ", ".join(versions),
    ]
    if load > cores / 2:
        lines.append("this machine is busy: who talks to a server waits, and memcpy does not")
    return "\n".join(lines)


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "(not installed)"


def _xvfb() -> str:
    with launch(ServerSpec(build=find_on_path(ServerKind.XVFB))) as server:
        return str(server.version)
