# SPDX-License-Identifier: MIT
"""Fresh servers, which a test inspects."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.process.launched_server import LaunchedServer
from harness.servers.spec import ServerSpec


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a server left is judged, not how soon a loaded machine lets it answer."""
    for name in ("ANSWER_SECONDS", "CLIENTS_GO_SECONDS"):
        monkeypatch.setattr(f"harness.reuse.inspection.{name}", 20.0)


@pytest.fixture
def spec() -> ServerSpec:
    return ServerSpec(build=find_on_path(ServerKind.XVFB), width=160, height=120)


@pytest.fixture
def server(spec: ServerSpec, tmp_path: Path) -> Iterator[LaunchedServer]:
    with launch(spec, tmp_path) as server:
        yield server
