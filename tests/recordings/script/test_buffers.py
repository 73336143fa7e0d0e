# SPDX-License-Identifier: MIT
"""Buffers and fences of DRI3 in replays and scripts, for servers that have no DRI3."""

import hashlib
import os
import struct
import subprocess
import sys
from dataclasses import replace

import pytest

from harness.clients.present.presenter import Presenter
from harness.recordings.device_buffers import copies_first
from harness.recordings.messages import RecordedKind
from harness.recordings.recording import Contents, Descriptor, DescriptorKind, Sender
from harness.recordings.replay.replaying import replay
from harness.recordings.replay.result import ReplayError
from harness.recordings.script.checks import Expected, ExpectedPicture
from harness.recordings.script.writer import NoScript, write_script
from harness.recordings.symptom import Symptom, SymptomKind
from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec
from harness.x11 import encoding
from harness.x11.extensions import Extension
from tests.recordings.busy_session import Session
from tests.recordings.script.test_script import DEATH, ruff

DRI3 = Extension("DRI3", 160, 0, 0)
OPEN, FROM_BUFFER, FENCE_FROM_FD, FROM_BUFFERS, IMPORT_SYNCOBJ = 1, 2, 4, 7, 10
ORDER, CREATE_PIXMAP = encoding.NATIVE, encoding.CREATE_PIXMAP
WIDTH, HEIGHT, COLOUR = 20, 10, 0x00FF8800
PICTURE = struct.pack("=I", COLOUR) * (WIDTH * HEIGHT)
SPEC = ServerSpec(build=find_on_path(ServerKind.XVFB), fps=600)


@pytest.fixture(scope="module")
def server():
    with launch(SPEC) as server:
        yield server


@pytest.fixture(scope="module")
def session(server):
    """A client that presents, with a place for requests before that; its window, a free id."""
    session = Session(server)
    with Presenter(session.server) as client:
        window = client.window(WIDTH, HEIGHT)
        pixmap = client.pixmap(WIDTH, HEIGHT)
        client.core.NoOperation()
        client.core.NoOperation()
        client.sync()
        window.present(pixmap).wait_complete()
        client.sync()
        ids = window.id, client.new_id()
    return *session.end(), *ids


def device_client(session, minor, *requests):
    """The same client as one of a graphics device: what it sends, and the copy of its buffer.

    ``requests`` stand in place of its NoOperations: minor opcode, body, descriptor.
    """
    head, messages, window, _ = session
    asked, made, copied = list(requests), [], False
    presented = False
    for one in messages:
        if one.kind is RecordedKind.REQUEST and one.data[0] == CREATE_PIXMAP:
            pixmap, drawable = struct.unpack_from("=II", one.data, 4)
            size = (WIDTH * HEIGHT * 4, WIDTH, HEIGHT, WIDTH * 4, 24, 32)
            body = struct.pack("=IIIHHHBB", pixmap, drawable, *size)
            if minor == FROM_BUFFERS:
                layout = "=IIB3xHH32xBB2xQ"
                body = struct.pack(layout, pixmap, drawable, 1, WIDTH, HEIGHT, 24, 32, 0)
            data = encoding.request(ORDER, DRI3.major, minor, body)
            one = replace(one, data=data, descriptors=(Descriptor(5, DescriptorKind.BUFFER),))
        elif one.kind is RecordedKind.REQUEST and one.data[0] == encoding.NO_OPERATION and asked:
            number, body, descriptor = asked.pop(0)
            data = encoding.request(ORDER, DRI3.major, number, body)
            one = replace(one, data=data, descriptors=(descriptor,) if descriptor else ())
        if one.kind is RecordedKind.REQUEST and len(one.data) == 72:
            presented = True
        elif presented and not copied and one.sender is Sender.SERVER:
            # As the recorder has it: behind the request, for its copy takes time.
            copied = True
            copy = Contents(0, one.client, 5, 0, PICTURE, Sender.SERVER)
            one = replace(one, contents=(copy,))
        made.append(one)
    assert copied
    return replace(head, extensions=(*head.extensions, DRI3)), made, window


def fence(session, window):
    body = struct.pack("=IIB3x", window, session[3], 0)
    return FENCE_FROM_FD, body, Descriptor(6, DescriptorKind.FENCE, 4)


def opened(window):
    return OPEN, struct.pack("=II", window, 0), None


@pytest.mark.parametrize("minor", [FROM_BUFFER, FROM_BUFFERS])
def test_a_presented_buffer_shows_what_it_showed(session, server, minor):
    """Its copy, which the recording has behind the request, is drawn before it."""
    window = session[2]
    asked = (fence(session, window), opened(window))
    head, messages, window = device_client(session, minor, *asked)
    found = replay(head, messages, server)
    assert found.same, found.differences
    (picture,) = (one for one in found.pictures if one.drawable == window)
    assert {picture.frame.pixel(x, 3) for x in range(WIDTH)} == {COLOUR}
    assert any("lacks DRI3" in note for note in found.notes)


def test_copies_stand_before_what_shows_them(session):
    """No message is lost, and none changes its place."""
    head, messages, _ = device_client(session, FROM_BUFFER)
    moved = list(copies_first(head, messages))
    assert [one.data for one in moved] == [one.data for one in messages]
    (shown,) = (one for one in moved if one.contents)
    assert (shown.kind, len(shown.data)) == (RecordedKind.REQUEST, 72)
    assert [one.data for one in shown.contents] == [PICTURE]


def test_a_buffer_without_a_copy_holds_nothing_up(session):
    """The server may have refused it: the messages come all the same."""
    head, messages, _ = device_client(session, FROM_BUFFER)
    bare = [replace(one, contents=()) for one in messages]
    assert list(copies_first(head, bare)) == bare


@pytest.mark.parametrize("minor", [FROM_BUFFER, FROM_BUFFERS])
@pytest.mark.parametrize("right", [COLOUR, 0x123456])
def test_a_script_draws_what_the_buffer_showed(session, server, tmp_path, minor, right):
    """It needs no DRI3: a plain pixmap, and a fence of SYNC."""
    window = session[2]
    asked = (fence(session, window), opened(window))
    head, messages, window = device_client(session, minor, *asked)
    messages = list(copies_first(head, messages))
    picture = ExpectedPicture(window, (0, 0, WIDTH, HEIGHT), digest(right), (0, 0, right))
    symptom = Symptom(SymptomKind.PICTURE, "window")
    script = write_script(head, messages, symptom, Expected(picture=picture))
    ruff(script, tmp_path)
    assert "core.CreatePixmap(24, pixmap, " in script
    assert "sync.CreateFence(window, fence, True)" in script
    assert "paint(conn, pixmap, 24, 20, 80, " in script
    assert "dri3" not in script
    path = tmp_path / "script.py"
    path.write_text(script)
    environment = {**os.environ, "DISPLAY": server.display, "XAUTHORITY": str(server.authority)}
    done = subprocess.run(
        [sys.executable, path],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == (0 if right == COLOUR else 1), done.stdout + done.stderr


def test_a_timeline_of_a_device_is_refused_in_words(session, server):
    """Nothing stands for it, neither in a script nor on a server without DRI3."""
    body = struct.pack("=II", session[3], session[2])
    asked = (IMPORT_SYNCOBJ, body, Descriptor(6, DescriptorKind.OTHER))
    head, messages, _ = device_client(session, FROM_BUFFER, asked)
    with pytest.raises(NoScript, match=r"DRI3:ImportSyncobj, passes .*nothing else stands for it"):
        write_script(head, messages, DEATH)
    with pytest.raises(ReplayError, match="ImportSyncobj, needs DRI3, which the target"):
        replay(head, messages, server)


def test_an_error_for_a_buffer_is_refused_in_words(session):
    """A plain pixmap cannot fail as the buffer did."""
    head, messages, _ = device_client(session, FROM_BUFFER)
    symptom = Symptom(SymptomKind.ERROR, "Alloc", ("DRI3:PixmapFromBuffer",))
    with pytest.raises(NoScript, match="DRI3:PixmapFromBuffer, passes a file descriptor"):
        write_script(head, messages, symptom)


def digest(pixel):
    return hashlib.sha256(struct.pack("<I", pixel) * (WIDTH * HEIGHT)).hexdigest()


def test_each_of_several_copies_goes_to_its_own_request(session):
    """They may come in any order, and long after the requests."""
    head, messages, _ = device_client(session, FROM_BUFFER)
    place = next(at for at, one in enumerate(messages) if len(one.data) == 72)
    made = next(one for one in messages if one.descriptors)
    presented = messages[place]
    (first,) = struct.unpack_from("=I", made.data, 4)
    second = first + 1
    names = [one.to_bytes(4, sys.byteorder) for one in (first, second)]
    other = replace(
        made,
        data=made.data.replace(names[0], names[1]),
        descriptors=(Descriptor(7, DescriptorKind.BUFFER),),
    )
    again = replace(presented, data=presented.data.replace(names[0], names[1]))
    nothing = replace(presented, data=encoding.request(ORDER, encoding.NO_OPERATION, 0))
    answer = next(one for one in messages if one.contents)
    copies = [
        replace(answer, contents=(Contents(0, 1, number, 0, bytes([number]), Sender.SERVER),))
        for number in (7, 5)
    ]
    moved = list(copies_first(head, [made, other, presented, nothing, again, nothing, *copies]))
    contents = [[copy.data for copy in one.contents] for one in moved]
    assert contents == [[], [], [b"\5"], [], [b"\7"], [], [], []]
