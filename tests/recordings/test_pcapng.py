# SPDX-License-Identifier: MIT
"""The file of a recording: what is written is read back, and damage is named with its place."""

import struct
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.recordings.pcapng import blocks
from harness.recordings.pcapng.reader import read_recording
from harness.recordings.pcapng.writer import RecordingWriter
from harness.recordings.recording import (
    Closed,
    Contents,
    Descriptor,
    DescriptorKind,
    Opened,
    Passed,
    RecordingError,
    RecordingHead,
    Sender,
)
from harness.x11.extensions import Extension

HEAD = RecordingHead(
    "Xvfb 21.1.7 ☃",
    (Extension("Present", 147, 0, 0), Extension("SYNC", 134, 83, 134)),
    ("a", "b c"),
)
MEMORY = Descriptor(1, DescriptorKind.MEMORY, 1 << 40)
CLIENT, SERVER = Sender.CLIENT, Sender.SERVER
NOON = 1_795_000_000_123_456_789
ITEMS = [
    Opened(NOON, 1),
    Passed(NOON + 1, 1, CLIENT, b"l"),
    Opened(NOON + 2, 2),
    Passed(NOON + 3, 1, SERVER, b"answer", (MEMORY, Descriptor(2, DescriptorKind.OTHER))),
    Contents(NOON + 4, 2, 1, 1 << 33, b"pixels", SERVER),
    Contents(NOON + 4, 2, -8, 0, b"x"),
    Passed(NOON + 5, 2, CLIENT, b"lmno"),
    Closed(NOON + 6, 1, SERVER),
    Closed(NOON + 7, 2, CLIENT),
]


def written(path, items, order="<", head=HEAD):
    with RecordingWriter(path, head, order=order) as writer:
        for item in items:
            writer.write(item)
    return path


def joined(items):
    """``items`` with the bytes of one moment and sender as one piece."""
    found = []
    for item in items:
        last = found[-1] if found else None
        if (
            isinstance(item, Passed)
            and isinstance(last, Passed)
            and not item.descriptors
            and (item.time, item.client, item.sender) == (last.time, last.client, last.sender)
        ):
            found[-1] = last._replace(data=last.data + item.data)
        else:
            found.append(item)
    return found


numbers = st.integers(0, (1 << 64) - 1)
senders = st.sampled_from(Sender)
descriptors = st.builds(
    Descriptor, st.integers(1, 1 << 40), st.sampled_from(DescriptorKind), numbers
)


@st.composite
def recorded(draw):
    """Items as a recorder makes them: clients open, send, receive, and close or not."""
    items, opened = [], []
    for _ in range(draw(st.integers(0, 12))):
        time = draw(numbers)
        if not opened or draw(st.integers(0, 5)) == 0:
            client = draw(st.integers(1, 1 << 20).filter(lambda one: one not in opened))
            opened.append(client)
            items.append(Opened(time, client))
            continue
        client = draw(st.sampled_from(opened))
        kind = draw(st.integers(0, 5))
        if kind == 0:
            opened.remove(client)
            items.append(Closed(time, client, draw(senders)))
        elif kind == 1:
            where = draw(st.integers(-(1 << 31), 1 << 40)), draw(numbers)
            items.append(Contents(time, client, *where, draw(st.binary(min_size=1)), draw(senders)))
        else:
            data = draw(st.binary(min_size=1)) * draw(st.sampled_from([1, 2000]))
            behind = tuple(draw(st.lists(descriptors, max_size=2)))
            items.append(Passed(time, client, draw(senders), data, behind))
    return items


@given(items=recorded(), order=st.sampled_from("<>"))
def test_what_is_written_is_read_back(items, order, tmp_path_factory):
    """In either byte order of the file; long pieces may be cut."""
    path = written(tmp_path_factory.mktemp("recording") / "file", items, order)
    recording = read_recording(path)
    assert recording.head == HEAD
    assert not recording.cut_short
    for _ in range(2):
        assert joined(recording.items) == joined(items)


def ends_of_blocks(data):
    """Where blocks end, by the lengths at their beginnings."""
    at = 0
    while at < len(data):
        at += struct.unpack_from("<I", data, at + 4)[0]
        yield at


def test_a_file_is_read_up_to_its_last_whole_block(tmp_path):
    """Wherever it is cut behind its head; and it says so."""
    data = written(tmp_path / "whole", ITEMS).read_bytes()
    ends = list(ends_of_blocks(data))
    assert ends[-1] == len(data)
    path, before = tmp_path / "cut", 0
    for size in range(ends[2], len(data)):
        path.write_bytes(data[:size])
        recording = read_recording(path)
        assert recording.cut_short
        found = list(recording.items)
        assert found == ITEMS[: len(found)]
        assert len(found) >= before
        before = len(found)
    assert before == len(ITEMS)


def test_a_file_that_is_cut_before_its_head_ends_is_no_recording(tmp_path):
    """The place where it ends."""
    data = written(tmp_path / "whole", ITEMS).read_bytes()
    *_, at, end = list(ends_of_blocks(data))[:3]
    path = tmp_path / "cut"
    for size in range(end):
        path.write_bytes(data[:size])
        with pytest.raises(RecordingError, match=r"cut, byte \d+: expected"):
            read_recording(path)
    with pytest.raises(RecordingError, match=f"byte {at}: expected the head of a recording, and"):
        read_recording(path)


@pytest.mark.parametrize(
    ("at", "value", "message"),
    [
        pytest.param(0, b"\xd4\xc3\xb2\xa1", "byte 0: expected a pcapng file", id="pcap"),
        pytest.param(8, b"\x1a\x2b\x3c\x4e", "byte 0: expected the byte-order magic", id="magic"),
    ],
)
def test_a_foreign_file_is_named(at, value, message, tmp_path):
    """The first byte that is wrong, what was expected and found."""
    path = written(tmp_path / "file", ITEMS)
    data = bytearray(path.read_bytes())
    data[at : at + len(value)] = value
    path.write_bytes(data)
    with pytest.raises(RecordingError, match=message):
        read_recording(path)


def replaced(path, number, change):
    """The file with block ``number`` as ``change`` makes it of the old one."""
    data = path.read_bytes()
    ends = [0, *ends_of_blocks(data)]
    start, end = ends[number], ends[number + 1]
    path.write_bytes(data[:start] + change(data[start:end]) + data[end:])
    return start


def patched(at, value):
    return lambda block: block[:at] + value + block[at + len(value) :]


FIRST_PACKET = 3
"""The first blocks are the section, the interface, and the head."""
FIRST_DATA = FIRST_PACKET + 3
WITH_DESCRIPTORS = FIRST_DATA + 4
CONTENTS = WITH_DESCRIPTORS + 1
IP = 28
"""Bytes of a packet's block before its packet."""


@pytest.mark.parametrize(
    ("number", "change", "message"),
    [
        pytest.param(FIRST_DATA, patched(4, b"\1\0\0\0"), "expected a block of 12", id="length"),
        pytest.param(FIRST_DATA, patched(4, b"\xfc\xff\xff\x7f"), "got 2147483644", id="huge"),
        pytest.param(
            FIRST_DATA,
            lambda one: patched(len(one) - 4, b"\0\0\0\0")(one),
            "at the end",
            id="twice",
        ),
        pytest.param(FIRST_DATA, patched(IP + 24, b"\7\7\7\7"), "sequence number 1 ", id="lost"),
        pytest.param(FIRST_PACKET, lambda _: b"", "before it connects", id="no-syn"),
        pytest.param(FIRST_DATA, patched(IP, b"\x60"), "expected IPv4", id="ipv6"),
        pytest.param(FIRST_DATA, patched(IP + 9, b"\x11"), "protocol 17", id="udp"),
        pytest.param(FIRST_DATA, patched(IP + 2, b"\xff\xff"), "headers that", id="ip-length"),
        pytest.param(FIRST_DATA, patched(IP + 16, b"\x08"), "addresses that", id="address"),
        pytest.param(FIRST_DATA, patched(20, b"\x05\0\0\0"), "a packet of 5 bytes", id="captured"),
        pytest.param(
            WITH_DESCRIPTORS,
            lambda one: one.replace(b"memory", b"melody"),
            "expected a descriptor such as",
            id="descriptor",
        ),
        pytest.param(CONTENTS, patched(40, b"\xff"), "bytes of memory, got", id="contents"),
    ],
)
def test_a_damaged_block_is_named(number, change, message, tmp_path):
    """Its place, what was expected and found; what stands before it can be read."""
    path = written(tmp_path / "file", ITEMS)
    place = replaced(path, number, change)
    with pytest.raises(RecordingError, match=message) as caught:
        list(read_recording(path).items)
    assert f"{path}, byte {place}: " in str(caught.value)


def test_a_file_that_lost_its_head_is_named(tmp_path):
    """As when another program has saved it."""
    path = written(tmp_path / "file", ITEMS)
    replaced(path, 2, lambda _: b"")
    with pytest.raises(RecordingError, match="one that another program has saved"):
        read_recording(path)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        pytest.param(b'"format": 1', b'"format": 2', "of format 1, got 2", id="format"),
        pytest.param(b'"format"', b'"layout"', "expected the head", id="key"),
        pytest.param(b'{"format', b'["format', "expected the head", id="json"),
        pytest.param(b'["Present", 147', b'["Present", xyz', "expected the head", id="value"),
    ],
)
def test_a_damaged_head_is_named(old, new, message, tmp_path):
    """With its place."""
    path = written(tmp_path / "file", ITEMS)
    place = replaced(path, 2, lambda one: one.replace(old, new))
    with pytest.raises(RecordingError, match=f"byte {place}: .*{message}"):
        read_recording(path)


def test_files_that_were_joined_are_named(tmp_path):
    """Two sections in one file are two recordings."""
    path = written(tmp_path / "file", ITEMS)
    size = path.stat().st_size
    path.write_bytes(path.read_bytes() * 2)
    with pytest.raises(RecordingError, match=f"byte {size}: expected one section"):
        list(read_recording(path).items)


def test_a_capture_of_another_program_is_named(tmp_path):
    """Ethernet, times in microseconds, no head."""
    path = tmp_path / "file"
    section = struct.pack("<IHHq", blocks.MAGIC, 1, 0, -1)
    interface = struct.pack("<HHI", 1, 0, 0)
    path.write_bytes(
        blocks.block("<", blocks.SECTION, section) + blocks.block("<", blocks.INTERFACE, interface)
    )
    with pytest.raises(
        RecordingError, match=r"byte 28: .*got link type 1 and the resolution of us"
    ):
        read_recording(path)


def test_memory_does_not_grow_with_the_recording(tmp_path):
    """Neither that of the writer nor the reader's, also with many clients after each other."""
    piece = bytes(1 << 16)

    def items():
        for client in range(1, 401):
            yield Opened(NOON, client)
            yield Passed(NOON, client, CLIENT, piece)
            yield Contents(NOON, client, 1, 0, piece)
            yield Closed(NOON, client, CLIENT)

    path = tmp_path / "file"
    tracemalloc.start()
    try:
        written(path, items())
        count = sum(1 for _ in read_recording(path).items)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert path.stat().st_size > 50 << 20
    assert count >= 1600
    assert peak < 4 << 20
