# SPDX-License-Identifier: MIT
"""A job that judges a real X server behind a proxy, where other processes find it."""

import os
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from harness.clients.present.presenter import Presenter
from harness.proxy.proxied_server import ProxiedServer
from harness.servers.builds import find_on_path
from harness.servers.host import virtual_host
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec
from harness.timeline.rules import Family, check


@dataclass(frozen=True, slots=True)
class Judging:
    """Presents ``count`` pixmaps on a fresh server.

    Where ``wait`` is a path that is not there yet, the job writes its process and its displays,
    that of the server and that of the proxy, into it and goes no further.
    """

    kind: ServerKind
    count: int
    wait: Path | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """What a judging found: the modes of its presentations, and the rules that were broken."""

    modes: tuple[str, ...]
    broken: tuple[str, ...]


def judge(job: Judging) -> Judged:
    build = find_on_path(job.kind)
    if not build.kind.info.needs_host:
        return _judged(job, ServerSpec(build=build, fps=600 if job.kind == "xvfb" else None))
    with virtual_host(640, 480) as host:
        return _judged(job, ServerSpec(build=build, host=host))


def _judged(job: Judging, spec: ServerSpec) -> Judged:
    with launch(spec) as server, ProxiedServer(server) as proxied, Presenter(proxied) as presenter:
        window = presenter.window(64, 64)
        if job.wait is not None and not job.wait.exists():
            job.wait.write_text(
                f"{os.getpid()} {server.display} {proxied.display}", encoding="utf-8"
            )
            Event().wait(90)
        pixmaps = [window.pixmap(colour) for colour in ("red", "green", "blue")]
        modes = [
            window.present(pixmaps[number % 3]).wait_complete().mode.name
            for number in range(job.count)
        ]
        presenter.settle()
        violations = check(presenter.timeline, Family.COPY)
        return Judged(tuple(modes), tuple(one.rule for one in violations))
