# SPDX-License-Identifier: MIT
"""The protocol trace: every message of every client, named, in a file per client."""

import re
import struct

import pytest

from harness.clients.present.presenter import Presenter
from harness.clients.raw.raw_client import RawClient
from harness.proxy.naming import string_in
from harness.proxy.proxied_server import ProxiedServer
from harness.proxy.trace import Trace
from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec
from harness.x11 import encoding

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


STRINGS = {
    "InternAtom": (16, "Hxx", ""),
    "QueryExtension": (98, "Hxx", ""),
    "ListFonts": (49, "HH", "n"),
    "ListFontsWithInfo": (50, "HH", "n"),
    "OpenFont": (45, "IHxx", "i"),
    "AllocNamedColor": (85, "IHxx", "i"),
    "LookupColor": (92, "IHxx", "i"),
    "StoreNamedColor": (91, "IIHxx", "ii"),
}


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("name", STRINGS)
def test_a_string_is_as_long_as_its_length_says(name, order):
    """Whatever its padding is: Xlib does not clear it."""
    opcode, layout, before = STRINGS[name]
    head = struct.pack(order + layout, *[7] * len(before), 9)
    request = encoding.request(order, opcode, 0, head + b"WM_STATE_\x01\x02\x03")
    assert string_in(request, order) == "WM_STATE_"
    assert string_in(request[:-4], order) is None
    big = struct.pack(f"{order}BBHI", opcode, 0, 0, len(request) // 4 + 1) + request[4:]
    assert string_in(big, order) == "WM_STATE_"


def test_a_text_is_as_long_as_its_length_says():
    """ImageText8 has it in its second byte; requests without a string have none."""
    text = encoding.request("<", 76, 5, bytes(12) + b"\xe9tude\x07\x07\x07")
    assert string_in(text, "<") == "\xe9tude"
    assert string_in(encoding.request("<", 43, 0), "<") is None


def test_padding_is_not_in_the_trace(traced):
    """As Xlib sends it."""
    server, folder = traced
    with RawClient(server) as client:
        client.reply(client.request(16, 0, client.pack("Hxx", 9) + b"WM_STATE_\x01\x02\x03"))
    server.proxy.close()
    assert "-> InternAtom 'WM_STATE_'" in what(folder / "client-1.txt")


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
