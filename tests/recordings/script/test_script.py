# SPDX-License-Identifier: MIT
"""Recorded requests as a stand-alone script."""

import ctypes
import os
import re
import socket
import struct
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import xcffib.randr
from xcffib.xproto import PropMode

from harness.clients.present.presenter import Presenter
from harness.clients.raw.raw_client import RawClient
from harness.recordings.messages import RecordedKind
from harness.recordings.references.finding import References
from harness.recordings.script.checks import Expected
from harness.recordings.script.replies import ExpectedReply
from harness.recordings.script.writer import NoScript, as_test, write_script
from harness.recordings.symptom import Symptom, SymptomKind
from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.shared_segment import SharedSegment
from harness.servers.spec import ServerSpec
from tests.recordings.busy_session import Session, busy

DEATH = Symptom(SymptomKind.DEATH)
CANNOT_TELL = 125
RUFF = Path(sys.executable).with_name("ruff")


@pytest.fixture(scope="module")
def server():
    """A sound server."""
    with launch(ServerSpec(build=find_on_path(ServerKind.XVFB), fps=600)) as server:
        yield server


def script_of(server, client_does, symptom=DEATH):
    """The script of what ``client_does`` does, and its requests between connecting and the end."""
    session = Session(server)
    with Presenter(session.server) as client:
        client_does(client)
        client.sync()
    head, messages = session.end()
    return write_script(head, messages, symptom)


def main_of(script):
    """The statements of its ``main``."""
    return re.search(r'bug\."""\n(.*?)\n\n\ndef ', script, re.DOTALL)[1]


def run(script, folder, *command, environment=None):
    path = folder / "script.py"
    path.write_text(script)
    return subprocess.run(
        [sys.executable, path, *command],
        env=environment or os.environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def ruff(script, folder):
    path = folder / "checked.py"
    path.write_text(script)
    for words in (["check"], ["format", "--diff"]):
        done = subprocess.run(
            [RUFF, *words, "--line-length=100", path], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout


def test_what_is_created_has_a_name(server):
    """Windows, pixmaps and contexts are variables, the root is the screen's."""

    def does(client):
        window = client.window(20, 30)
        window.present(window.pixmap("red"))

    main = main_of(script_of(server, does))
    assert "window = conn.generate_id()" in main
    assert "pixmap = conn.generate_id()" in main
    assert "CW.BackPixel" in main
    assert "present_pixmap(conn, window, pixmap, 1)" in main
    assert "root = screen.root" in main
    assert not re.search(r"0x[2-9a-f]00\d\d\d", main), "an id is a number"


def test_what_the_server_told_is_read_from_its_reply(server):
    """Atoms, CRTCs and modes are another server's own: the script asks for them."""

    def does(client):
        window = client.window(20, 30, events=0)
        name = client.atom("_OWN_NAME")
        client.core.ChangeProperty(PropMode.Replace, window.id, name, 4, 32, 2, [name, 39])
        randr = client.extension(xcffib.randr)
        resources = randr.GetScreenResources(client.root).reply()
        randr.GetCrtcInfo(resources.crtcs[0], resources.config_timestamp).reply()

    main = main_of(script_of(server, does))
    assert 'own_name = conn.core.InternAtom(False, 9, "_OWN_NAME").reply().atom' in main
    assert "PropMode.Replace, window, own_name, Atom.ATOM, 32, 2, [own_name, Atom.WM_NAME]" in main
    assert "screen_resources = randr.GetScreenResources(root).reply()" in main
    told = r"GetCrtcInfo\(screen_resources.crtcs\[0\], screen_resources.\w*timestamp\)"
    assert re.search(told, main)


def test_a_reply_is_held_against_an_id_that_another_reply_told(server):
    """Modes are numbered by each server: the right one is what the reply to CreateMode says."""
    session = Session(server)
    with Presenter(session.server) as client:
        randr = client.extension(xcffib.randr)
        resources = randr.GetScreenResources(client.root).reply()
        timing = (0, 200, 160, 12_000_000, 210, 220, 250, 0, 162, 164, 200, 4, 0)
        mode = randr.CreateMode(client.root, timing, 4, "_own").reply().mode
        randr.AddOutputMode(resources.outputs[0], mode)
        randr.GetCrtcInfo(resources.crtcs[0], 0).reply()
        client.sync()
    head, messages = session.end()
    symptom = Symptom(SymptomKind.REPLY, "RANDR:GetCrtcInfo", ("mode",))
    references = References(head.extensions)
    (asked,) = (
        one
        for one in messages
        if one.kind is RecordedKind.REPLY
        and references.request_name(one.answers) == "RANDR:GetCrtcInfo"
    )
    reply = ExpectedReply(asked.client, asked.sequence, "mode", mode, 0, ids=True)
    script = write_script(head, messages, symptom, Expected(reply=reply))
    assert "found, right = crtc_info.mode, create_mode.mode" in script


def test_a_mode_is_one_that_the_server_lists(server):
    """Its number is another on the next server."""

    def does(client):
        randr = client.extension(xcffib.randr)
        resources = randr.GetScreenResources(client.root).reply()
        crtc, mode, output = resources.crtcs[0], resources.modes[0].id, resources.outputs[0]
        randr.SetCrtcConfig(crtc, 0, 0, 0, 0, mode, 1, 1, [output]).reply()

    main = main_of(script_of(server, does))
    assert "screen_resources.modes[0].id" in main


def test_a_target_is_counted_from_the_msc_that_was_told(server):
    """Frames of another server have other numbers."""

    def does(client):
        window = client.window(20, 30)
        window.present(window.pixmap("red"), target_msc=window.msc() + 7)

    main = main_of(script_of(server, does))
    assert "notify_msc(conn, window, " in main
    assert re.search(r"complete = conn\.wait\(CompleteNotify, window=window, serial=\d+\)", main)
    assert "target_msc=complete.msc + 7" in main


def test_clients_wait_for_each_other(server):
    """What one client did is done when another one uses it."""
    session = Session(server)
    with Presenter(session.server) as one, Presenter(session.server) as other:
        window = one.window(20, 30, events=0)
        one.sync()
        other.core.UnmapWindow(window.id)
        other.sync()
    script = write_script(*session.end(), DEATH)
    assert "conn.sync()\n    conn2.core.UnmapWindow(window)" in main_of(script)


def test_a_request_that_xcffib_lacks_is_sent_by_its_bytes(server):
    """PixmapSynced has no method; its ids are variables all the same."""

    def does(client):
        window = client.window(20, 30)
        pixmap = window.pixmap("red")
        ids = window.id.to_bytes(4, sys.byteorder) + pixmap.id.to_bytes(4, sys.byteorder)
        with client.catch_errors():
            client.send_raw("Present", 5, bytes(4) + ids + bytes(76))

    main = main_of(script_of(server, does))
    assert 'present.send_request(5, io.BytesIO(struct.pack("=4xII' in main
    assert "window, pixmap)" in main


def test_a_busy_session_runs_as_a_script(server, tmp_path):
    """The script is clean and formatted, and does on a sound server what was recorded."""
    session = Session(server)
    busy(session.server, 300)
    head, messages = session.end()
    script = write_script(head, messages, DEATH)
    ruff(script, tmp_path)
    environment = {**os.environ, "DISPLAY": server.display, "XAUTHORITY": str(server.authority)}
    done = run(script, tmp_path, environment=environment)
    assert (done.returncode, done.stdout) == (0, "sound\n"), done.stderr
    again = Session(server)
    environment["DISPLAY"] = again.server.display
    assert run(script, tmp_path, environment=environment).returncode == 0
    _, sent = again.end()
    assert names(messages) == names(sent)


def names(messages):
    """The requests of each client but round trips and what libxcb does by itself, as counts."""
    left_out = {43, 98, 85, 133, 136}
    found = [one.data[:2] for one in messages if one.kind is RecordedKind.REQUEST]
    return sorted(one for one in found if one[0] not in left_out)


def test_the_script_starts_its_server_and_cannot_tell_without_one(server, tmp_path):
    """Status 125 says that nothing was judged, as a bisection needs it."""
    script = script_of(server, lambda client: client.window(20, 30, events=0))
    done = run(script, tmp_path, "Xvfb", "-screen", "0", "320x200x24")
    assert (done.returncode, done.stdout) == (0, "sound\n"), done.stderr
    for command in ("/nonexistent/Xvfb", "false"):
        done = run(script, tmp_path, command)
        assert done.returncode == CANNOT_TELL, done.stderr
        assert done.stderr.startswith("cannot tell: ")


def test_an_error_that_must_not_come_is_the_verdict(server, tmp_path):
    """The last request of that name is checked; where it is refused the script shows the bug."""

    def does(client):
        with client.catch_errors():
            client.core.DestroyWindow(client.new_id())

    symptom = Symptom(SymptomKind.ERROR, "Window", ("DestroyWindow",))
    script = script_of(server, does, symptom)
    ruff(script, tmp_path)
    done = run(script, tmp_path, "Xvfb")
    assert (done.returncode, done.stdout) == (1, "bug: Error Window for DestroyWindow.\n")
    other = replace(symptom, name="Match")
    assert run(script_of(server, does, other), tmp_path, "Xvfb").returncode == 0


def test_a_client_of_the_other_byte_order_is_refused_in_words(server):
    """xcffib cannot be one."""
    session = Session(server)
    with RawClient(session.server, ">") as client:
        client.create_window(20, 20)
        client.sync()
    with pytest.raises(NoScript, match="client 1 is of the other byte order"):
        write_script(*session.end(), DEATH)


def test_ids_in_an_event_that_is_sent_are_variables(server):
    """The bytes of SendEvent have the script's own ids in their place."""

    def does(client):
        window = client.window(20, 30, events=0)
        event = struct.pack("=BBHII20x", 33, 32, 0, window.id, 39)
        client.core.SendEvent(False, window.id, 0, event)

    main = main_of(script_of(server, does))
    assert re.search(r"SendEvent\(False, window, .*struct.pack\(.*, window, ", main, re.DOTALL)


@pytest.mark.parametrize("way", ["Attach", "AttachFd", "CreateSegment"])
def test_an_image_in_shared_memory_is_drawn_again(server, tmp_path, way):
    """Each way of sharing becomes a segment of the script's own, with the recorded contents."""
    session = Session(server)
    with RawClient(session.server) as client:
        major = client.major("MIT-SHM")
        segment, window, gc = client.new_id(), client.create_window(20, 10), client.new_id()
        client.request(55, 0, client.pack("III", gc, window, 0))
        client.request(8, 0, client.pack("I", window))
        client.sync()
        if way == "Attach":
            memory = SharedSegment.create(4096)
            client.request(major, 1, client.pack("IIB3x", segment, memory.shmid, 0))
            client.sync()
            ctypes.memmove(memory.address + 64, bytes(range(200)) * 4, 800)
        elif way == "AttachFd":
            fd = os.memfd_create("segment")
            os.truncate(fd, 4096)
            request = client.pack("BBHIB3x", major, 6, 3, segment, 0)
            client.sequence += 1
            socket.send_fds(client._stream, [request], [fd])
            client.sync()
            os.pwrite(fd, bytes(range(200)) * 4, 64)
        else:
            client.sync()
            client.send(client.pack("BBHIIB3x", major, 7, 4, segment, 4096, 0))
            _, (fd,), _, _ = socket.recv_fds(client._stream, 32, 1)
            os.pwrite(fd, bytes(range(200)) * 4, 64)
        size = (20, 10, 0, 0, 20, 10, 0, 0)
        put = client.pack("II4H2H2h4BII", window, gc, *size, 24, 2, 0, 0, segment, 64)
        assert client.error_of(client.request(major, 3, put)) is None
    head, messages = session.end()
    script = write_script(head, messages, DEATH)
    ruff(script, tmp_path)
    assert "SharedMemory(" in script
    again = Session(server)
    environment = {**os.environ, "XAUTHORITY": str(server.authority)}
    done = run(script, tmp_path, environment=environment | {"DISPLAY": again.server.display})
    assert (done.returncode, done.stdout) == (0, "sound\n"), done.stderr
    _, sent = again.end()
    (contents,) = (contents for one in sent for contents in one.contents)
    start = 64 - contents.offset
    assert contents.data[start : start + 800] == bytes(range(200)) * 4


def test_a_test_of_the_suites_is_written(server, tmp_path):
    """It is clean, it runs main, and it says that a reviewer must look at it."""
    script = script_of(server, lambda client: client.window(20, 30, events=0))
    text = as_test(script, DEATH, "it_lives")
    ruff(text, tmp_path)
    assert "To be reviewed" in text
    assert "def test_it_lives(server, monkeypatch):" in text
    compile(text, "test.py", "exec")
