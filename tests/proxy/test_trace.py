# SPDX-License-Identifier: MIT
"""The protocol trace: every message of every client, named, in a file per client."""

import errno
import os
import struct
from dataclasses import dataclass

import pytest

from harness.clients.present.presenter import Presenter
from harness.clients.raw.raw_client import RawClient
from harness.proxy.proxied_server import ProxiedServer
from harness.proxy.tracing.trace import Trace, TraceIncomplete, whole_sequence
from harness.proxy.tracing.trace_file import read_trace
from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec
from harness.x11 import encoding
from harness.x11.definitions.catalogue import installed


@pytest.fixture
def traced(tmp_path):
    """A server behind a trace, and the folder that the trace writes."""
    with launch(ServerSpec(build=find_on_path(ServerKind.XVFB), fps=600)) as server:
        proxied = ProxiedServer(server, [Trace(tmp_path / "trace")])
        yield proxied, tmp_path / "trace"
        proxied.check_alive()
        proxied.proxy.close()


def what(path):
    """What the lines of a trace say, without time, client and bytes."""
    messages = read_trace(path).messages
    return [f"{one.direction} {one.words}" for one in messages]


def test_requests_replies_events_and_errors_are_named(traced):
    """In the order in which the client saw them, each with its fields; an error has its request."""
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
    assert "-> QueryExtension name_len=7 name='Present'" in said
    for part in (
        f"-> CreateWindow depth=24 wid={window.id:#x} parent=0x",
        "class=InputOutput visual=0x",
        "value_mask=BackPixel|BorderPixel|OverrideRedirect|Colormap background_pixel=0 ",
        "-> SelectInput window=0x",
        "mask=CONFIGURE|COMPLETE|IDLE",
        "-> Pixmap serial=77 window=0x",
        "<- Idle serial=77",
        "<- Complete serial=77 mode=COPY",
        "<- error Pixmap for PresentPixmap (value 0x1234)",
    ):
        assert part in text
    asked = said.index(f"-> GetGeometry drawable={window.id:#x}")
    answered = [line for line in said if line.startswith("<- reply to GetGeometry depth=24 root=")]
    assert answered
    assert asked < said.index(answered[0])
    assert said[-1] == "-- connection closed"


@pytest.mark.parametrize("order", ["<", ">"])
def test_all_bytes_follow_in_the_clients_byte_order(traced, order):
    """Those of a long message too; they are what the client sent and received."""
    server, folder = traced
    image = bytes(range(256)) * 64
    with RawClient(server, order) as client:
        body = client.pack("IIHHhhBBxx", client.root, 0xABCD, 64, 64, -3, 5, 0, 24)
        client.request(72, 2, body + image)
        client.sync()
    server.proxy.close()
    trace = read_trace(folder / "client-1.txt")
    (put,) = [one for one in trace.messages if one.words.startswith("PutImage")]
    assert trace.head.order == order
    assert put.data == encoding.request(order, 72, 2, body + image)
    assert "format=ZPixmap" in put.words
    assert "width=64 height=64 dst_x=-3 dst_y=5 left_pad=0 depth=24" in put.words
    assert "(16384 bytes)" in put.words


@pytest.mark.parametrize(
    ("extension", "minor", "body", "words"),
    [
        ("XKEYBOARD", 0, b"\1\0\0\0", "XKEYBOARD:UseExtension wantedMajor=1 wantedMinor=0"),
        ("GLX", 7, b"\1\0\0\0\4\0\0\0", "GLX:QueryVersion major_version=1 minor_version=4"),
        ("XInputExtension", 47, b"\2\0\0\0", "XInputExtension:XIQueryVersion major_version=2"),
    ],
)
def test_other_extensions_have_names_and_fields(tmp_path, extension, minor, body, words):
    """Whatever the server offers and the descriptions know, which timelines do not."""
    with launch(ServerSpec(build=find_on_path(ServerKind.XVFB), lean=False)) as server:
        proxied = ProxiedServer(server, [Trace(tmp_path)])
        major = proxied.proxy.extensions[extension].major
        with RawClient(proxied) as client:
            client.reply(client.request(major, minor, body))
        proxied.proxy.close()
    said = "\n".join(what(tmp_path / "client-1.txt"))
    assert f"-> {words}" in said
    assert f"<- reply to {words.split()[0]} " in said


@dataclass
class NumberedLink:
    """What a trace asks of a link about sequence numbers."""

    sequence: int
    client_handled: int = 0

    def unpack(self, layout, data, offset):
        return struct.unpack_from(f"<{layout}", data, offset)


@pytest.mark.parametrize(
    ("sent", "low", "whole"),
    [(7, 7, 7), (7, 3, 3), (65536, 0, 65536), (65540, 65535, 65535), (200_000, 3392, 200_000)],
)
def test_sequence_numbers_are_whole(sent, low, whole):
    """Of replies, errors and events too, which have the low 16 bits of them."""
    message = struct.pack("<BBHI", 1, 0, low, 0)
    assert whole_sequence(NumberedLink(sent), message) == whole


def test_a_message_without_a_number_has_that_of_the_last_one():
    """KeymapNotify."""
    assert (
        whole_sequence(NumberedLink(70_000, client_handled=69_999), bytes([11, 1, 2, 3])) == 69_999
    )


def test_a_name_is_as_long_as_its_length_says(traced):
    """Whatever its padding is: Xlib does not clear it."""
    server, folder = traced
    with RawClient(server) as client:
        client.reply(client.request(16, 0, client.pack("Hxx", 9) + b"WM_STATE_\x01\x02\x03"))
    server.proxy.close()
    said = what(folder / "client-1.txt")
    assert "-> InternAtom only_if_exists=false name_len=9 name='WM_STATE_'" in said


def test_without_descriptions_messages_are_named_and_whole(tmp_path, monkeypatch):
    """No machine needs them: the fields are what is missing."""
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path / "none"))
    installed.cache_clear()
    try:
        with launch(ServerSpec(build=find_on_path(ServerKind.XVFB))) as server:
            proxied = ProxiedServer(server, [Trace(tmp_path)])
            with RawClient(proxied) as client:
                client.request(8, 0, client.pack("I", 0xABCD))
                client.sync()
            proxied.proxy.close()
    finally:
        installed.cache_clear()
    said = what(tmp_path / "client-1.txt")
    assert "-> MapWindow" in said
    assert "<- error Window for MapWindow (value 0xabcd)" in said


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


def test_a_session_that_can_keep_no_trace_says_so(tmp_path, run_pytest):
    """In one sentence, with the option that names another folder."""
    (tmp_path / "test_one.py").write_text("def test_one(presenter):\n    presenter.sync()\n")
    (tmp_path / "results").touch()
    session = run_pytest("--server", "xvfb", "--protocol-trace", folder=tmp_path)
    assert "no protocol trace can be written into" in session.text
    assert "name another folder with --results DIR" in session.text
    assert "E   FileExistsError" not in session.text


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    """Before a client comes."""
    (tmp_path / "file").touch()
    with (
        launch(ServerSpec(build=find_on_path(ServerKind.XVFB))) as server,
        pytest.raises(TraceIncomplete, match=r"into .*/file/trace: Not a directory\. Choose"),
    ):
        ProxiedServer(server, [Trace(tmp_path / "file/trace")])


def test_a_trace_that_cannot_be_written_hinders_no_client(tmp_path, monkeypatch):
    """As on a full disk: what was written is whole, and the check says what to do."""
    with launch(ServerSpec(build=find_on_path(ServerKind.XVFB))) as server:
        proxied = ProxiedServer(server, [Trace(tmp_path)])
        with RawClient(proxied) as client:
            client.sync()
            kept = (tmp_path / "client-1.txt").stat().st_size

            def write_a_part(file, line):
                del file, line
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

            monkeypatch.setattr("harness.proxy.tracing.trace._write_whole", write_a_part)
            client.sync()
            client.sync()
        with pytest.raises(TraceIncomplete, match=r"client-1\.txt cannot be written: No space"):
            proxied.check_alive()
        proxied.proxy.close()
    assert (tmp_path / "client-1.txt").stat().st_size == kept


def test_a_folder_that_takes_no_file_is_named(tmp_path):
    """The client goes on."""
    folder = tmp_path / "trace"
    with launch(ServerSpec(build=find_on_path(ServerKind.XVFB))) as server:
        proxied = ProxiedServer(server, [Trace(folder)])
        folder.rmdir()
        with RawClient(proxied) as client:
            client.sync()
        with pytest.raises(TraceIncomplete, match=r"client-1\.txt cannot be written: No such"):
            proxied.check_alive()
        proxied.proxy.close()
