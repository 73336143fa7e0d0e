# SPDX-License-Identifier: MIT
"""The protocol trace: every message of every client, named, in a file per client."""

import re

import pytest

from harness.clients.present.presenter import Presenter
from harness.clients.raw.raw_client import RawClient
from harness.proxy.proxied_server import ProxiedServer
from harness.proxy.trace import Trace
from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec

LINE = re.compile(r" *\d+\.\d{3}  client-\d +\d+ (->|<-|--) .*")


@pytest.fixture
def traced(tmp_path):
    """A server behind a trace, and the folder that the trace writes."""
    with launch(ServerSpec(build=find_on_path(ServerKind.XVFB), fps=600)) as server:
        proxied = ProxiedServer(server, [Trace(tmp_path / "trace")])
        yield proxied, tmp_path / "trace"
        proxied.check_alive()
        proxied.proxy.close()


def what(path):
    """What the lines of a trace say, without time, client and raw words."""
    lines = path.read_text().splitlines()
    assert all(map(LINE.fullmatch, lines))
    return [line[28:].partition(" [")[0] for line in lines]


def test_requests_replies_events_and_errors_are_named(traced):
    """In the order in which the client saw them, Present's with their fields."""
    server, folder = traced
    with Presenter(server, name="presenter") as client:
        window = client.window(16, 16)
        window.present(window.pixmap("red"), serial=77).wait_complete()
        with client.expect_error("Pixmap"):
            window.present(0x1234, serial=78)
        client.geometry(window.id)
    server.proxy.close()
    said = what(folder / "client-1.txt")
    text = "\n".join(said)
    assert "-> QueryExtension 'Present'" in said
    assert "-> CreateWindow" in said
    for part in (
        "-> Pixmap serial=77 window=0x",
        "<- Idle serial=77",
        "<- Complete serial=77 mode=COPY",
    ):
        assert part in text
    assert re.search(r"<- error Pixmap \(value 0x1234, request \d+\.1\)", text)
    assert said.index("-> GetGeometry") < said.index("<- reply to GetGeometry")
    assert said[-1] == "-- connection closed"


def test_the_raw_words_follow_in_the_clients_byte_order(traced):
    """What has no fields of its own shows its size and its first words."""
    server, folder = traced
    with RawClient(server, ">") as client:
        client.request(8, 0, client.pack("I", 0xABCD))
        client.sync()
    server.proxy.close()
    (line,) = [
        line for line in (folder / "client-1.txt").read_text().splitlines() if "MapWindow" in line
    ]
    assert line.endswith("-> MapWindow [8] 0xabcd")


def test_each_client_has_a_file_of_its_own(traced):
    """Numbered as they connected."""
    server, folder = traced
    with RawClient(server) as first, RawClient(server) as second:
        first.request(104, 0, b"")
        first.sync()
        second.sync()
    server.proxy.close()
    assert any("Bell" in line for line in what(folder / "client-1.txt"))
    assert not any("Bell" in line for line in what(folder / "client-2.txt"))


def test_a_session_leaves_traces_in_its_results(tmp_path, run_pytest):
    """``--protocol-trace`` traces every test, also those that pass."""
    (tmp_path / "test_one.py").write_text(
        "def test_one(presenter):\n    presenter.window(8, 8)\n    presenter.sync()\n"
    )
    session = run_pytest(
        "--server", "xvfb", "--protocol-trace", "--results", "out", folder=tmp_path
    )
    assert session.status == 0, session.text
    (trace,) = tmp_path.glob("out/*/trace/client-1.txt")
    assert "-> CreateWindow" in trace.read_text()
