# SPDX-License-Identifier: MIT
"""Bytes, descriptors and ends pass through a proxy as if it were not there."""

import array
import contextlib
import fcntl
import itertools
import os
import random
import select
import socket
import struct
import subprocess
import sys
import termios
import threading
from pathlib import Path

import pytest

from harness.deadlines import Deadline
from harness.proxy.display import DisplayNotMade, OwnDisplay, local_numbers
from harness.proxy.layer import Layer
from harness.proxy.link import BACKLOG
from harness.proxy.stream import CHUNK
from harness.servers.builds import find_on_path
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec
from harness.x11 import encoding
from harness.x11.address import Address


class Nosy(Layer):
    """Wants to see everything, and changes nothing."""

    every_request = every_message = True


LAYERS = {"transparent": (), "cut": (Layer,), "seen": (Nosy,)}
ORDERS = {"little-endian": "<", "big-endian": ">"}


@pytest.fixture(params=LAYERS)
def ends(request, bridge):
    """Both ends of a connection through a proxy that looks at nothing, at lengths, at all."""
    return bridge(*(layer() for layer in LAYERS[request.param])).connect()


def open_descriptors():
    return len(list(Path("/proc/self/fd").iterdir()))


def requests(peer, count, seed):
    """Requests of all sizes, reproducible."""
    source = random.Random(seed)
    sizes = (0, 0, 4, 8, 60, 1000, 70_000)
    return [
        peer.request(source.randrange(1, 256), 0, source.randbytes(source.choice(sizes)))
        for _ in range(count)
    ]


def messages(peer, count, seed):
    """Replies, errors and events of all sizes, reproducible; numbers never run backwards."""
    source = random.Random(seed)
    out = []
    for sequence in range(1, count + 1):
        kind = source.choice((0, 1, 1, 2, 35, 98, 11, 0x80 | 33))
        tail = source.randbytes(source.choice((0, 4, 100, 70_000)))
        if kind == encoding.REPLY:
            out.append(peer.reply(sequence, tail))
        elif kind == encoding.GENERIC_EVENT:
            length = struct.pack(f"{peer.order}I", len(tail) // 4)
            out.append(peer.message(kind, sequence, 9, length + bytes(24) + tail))
        elif kind == encoding.KEYMAP_NOTIFY:
            out.append(bytes([kind]) + source.randbytes(31))
        else:
            out.append(peer.message(kind, sequence, 3, source.randbytes(28)))
    return out


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("layers", LAYERS)
def test_bytes_pass_unchanged_in_both_directions(bridge, layers, order):
    """Sizes from four bytes to 70 KB, in pieces that have nothing to do with messages."""
    client, server = bridge(*(layer() for layer in LAYERS[layers])).connect(ORDERS[order])
    source = random.Random(5)
    to_server = b"".join(requests(client, 300, 1))
    to_client = b"".join(messages(server, 300, 2))

    def send(peer, data):
        while data:
            size = source.choice((1, 3, 31, 33, 4096, CHUNK, len(data)))
            peer.send(data[:size])
            data = data[size:]

    senders = [
        threading.Thread(target=send, args=(client, to_server)),
        threading.Thread(target=send, args=(server, to_client)),
    ]
    got = {}
    readers = [
        threading.Thread(target=lambda: got.update(server=server.read(len(to_server)))),
        threading.Thread(target=lambda: got.update(client=client.read(len(to_client)))),
    ]
    for thread in (*senders, *readers):
        thread.start()
    for thread in (*senders, *readers):
        thread.join()
    assert got == {"server": to_server, "client": to_client}


@pytest.mark.parametrize("direction", ["requests", "messages"])
def test_the_end_of_what_had_no_room_passes_by_itself(ends, direction):
    """The peer begins to read when all is sent: nothing that comes later brings the rest along."""
    client, server = ends
    sender, reader = (client, server) if direction == "requests" else (server, client)
    for size in range(150_000, 262_000, 8000):
        data = (
            sender.request(98, 0, bytes(size)) if sender is client else sender.reply(1, bytes(size))
        )
        sender.send(data)
        deadline = Deadline.after(10)
        while _not_read(sender.stream) and not deadline.passed:
            os.sched_yield()
        assert reader.read(len(data)) == data


def _not_read(stream):
    """Bytes of memory that hold what the peer of ``stream`` has not read yet."""
    return int.from_bytes(fcntl.ioctl(stream, termios.TIOCOUTQ, bytes(4)), sys.byteorder)


def test_a_connection_is_refused_in_the_servers_own_words(bridge):
    """The server judges cookies; what it says to a wrong one reaches the client."""
    built = bridge(Layer())
    client, server = built.greet(), built.accept()
    server.read(12)
    refusal = struct.pack("<BBHHH", 0, 8, 11, 0, 2) + b"Go away."
    server.send(refusal)
    server.close()
    assert client.read(len(refusal)) == refusal
    assert client.at_end()


def test_descriptors_arrive_with_their_bytes(ends):
    """Several from one read stay together, those of later reads come later."""
    client, server = ends
    pipes = [os.pipe() for _ in range(3)]
    groups = [[pipes[0][1], pipes[1][1]], [pipes[2][1]]]
    rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS)
    for number, fds in enumerate(groups):
        ancillary = [(*rights, array.array("i", fds))]
        client.stream.sendmsg([client.request(130, number, bytes(8))], ancillary)
    data, received = bytearray(), []
    while len(data) < 24:
        server.stream.settimeout(10)
        part, ancillary, flags, _ = server.stream.recvmsg(24 - len(data), 256)
        assert not flags & socket.MSG_CTRUNC
        data += part
        received += [fd for *_, raw in ancillary for fd in array.array("i", raw)]
    assert len(received) == 3
    for (reading, _), fd in zip(pipes, received, strict=True):
        os.write(fd, b"!")
        assert os.read(reading, 1) == b"!"
    for fd in (*received, *(end for pipe in pipes for end in pipe)):
        os.close(fd)


def test_descriptors_of_a_reply_reach_the_client(ends):
    """As DRI3 and MIT-SHM send them."""
    client, server = ends
    reading, writing = os.pipe()
    reply = server.reply(1, detail=1)
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [writing]))]
    client.send(client.request(encoding.GET_INPUT_FOCUS))
    server.read(4)
    server.stream.sendmsg([reply], ancillary)
    client.stream.settimeout(10)
    data, got, _, _ = client.stream.recvmsg(32, 256)
    assert data == reply
    (fd,) = array.array("i", got[0][2])
    os.write(fd, b"!")
    assert os.read(reading, 1) == b"!"
    for end in (fd, reading, writing):
        os.close(end)


def test_no_descriptor_is_left_open(bridge):
    """Not those on their way when a client vanishes either."""
    built = bridge(Layer())
    client, server = built.connect()
    client.send(client.request(1))
    server.read(4)
    before = open_descriptors()
    other, far = built.connect()
    reading, writing = os.pipe()
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [writing]))]
    # Half a request: nothing carries the descriptor on.
    other.stream.sendmsg([b"\x82"], ancillary)
    other.close()
    assert far.at_end()
    far.close()
    os.close(writing)
    os.close(reading)
    client.send(client.request(1))
    server.read(4)
    assert built.proxy.call(lambda: len(built.proxy.links)) == 1
    assert open_descriptors() <= before


def test_what_a_client_sent_before_it_vanished_is_done(ends):
    """Its last requests arrive, then the end; half a request at the end does no harm."""
    client, server = ends
    whole = b"".join(requests(client, 50, 3))
    client.send(whole + b"\x01")
    client.close()
    assert server.read(len(whole)) == whole
    server.stream.settimeout(10)
    assert server.stream.recv(8) in (b"", b"\x01")


def test_what_a_server_said_before_it_died_arrives(ends):
    """Then the client sees the end, as it would without a proxy."""
    client, server = ends
    last = b"".join(messages(server, 20, 4))
    server.send(last)
    server.close()
    assert client.read(len(last)) == last
    assert client.at_end()


def test_a_server_that_is_gone_ends_new_connections(bridge):
    """The client sees a closed connection, and the proxy serves on."""
    built = bridge(Layer())
    built.server.__exit__()
    assert built.greet().at_end()
    assert built.greet().at_end()


@pytest.mark.parametrize("direction", ["requests", "messages"])
def test_nobody_reads_and_memory_stays_bounded(ends, bridge, direction):
    """A sender that is not read is stopped after what sockets and backlog hold."""
    client, server = ends
    sender = client if direction == "requests" else server
    part = (
        client.request(2, 0, bytes(8000))
        if direction == "requests"
        else server.reply(1, bytes(8000))
    )
    sender.stream.setblocking(False)
    sent = idle = 0
    poller = select.poll()
    poller.register(sender.stream, select.POLLOUT)
    data = part * 100
    while idle < 5:
        if not poller.poll(100):
            idle += 1
            continue
        idle = 0
        sent += sender.stream.send(data[sent % len(part) :])
        assert sent < 4 * BACKLOG + 16 * CHUNK


def test_big_requests_are_one_request(bridge):
    """The longer form counts once it is enabled; before, a length of 0 is a request of 4 bytes."""

    class Counting(Layer):
        every_request = True
        sizes: list[int]

        def start(self, proxy):
            self.sizes = []
            from harness.x11.extensions import Extension

            proxy.extensions["BIG-REQUESTS"] = Extension("BIG-REQUESTS", 133, 0, 0)

        async def request(self, link, data):
            self.sizes.append(len(data))
            return data

    layer = Counting()
    client, server = bridge(layer).connect()
    zero = struct.pack("<BBH", 127, 0, 0)
    big = struct.pack("<BBHI", 72, 0, 0, 100_000) + bytes(400_000 - 8)
    client.send(zero + client.request(133) + big + client.request(1))
    assert server.read(4 + 4 + len(big) + 4) == zero + client.request(133) + big + client.request(1)
    assert layer.sizes == [4, 4, 400_000, 4]


def test_a_proxy_that_is_killed_leaves_no_display_behind(tmp_path):
    """Socket and lock go, as those of servers do."""
    script = (
        "import os, signal\n"
        "from harness.proxy.display import OwnDisplay\n"
        "display = OwnDisplay()\n"
        "print(display.number, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, check=False, text=True
    )
    number = int(done.stdout)
    deadline, never = Deadline.after(10), threading.Event()
    left = [Path(f"/tmp/.X11-unix/X{number}"), Path(f"/tmp/.X{number}-lock")]
    while any(path.exists() for path in left) and not deadline.passed:
        never.wait(0.01)
    assert not any(path.exists() for path in left)


def free_numbers(count):
    """Numbers of displays that nobody has, as all proxies of this machine choose theirs."""
    with contextlib.ExitStack() as stack:
        made = [stack.enter_context(contextlib.closing(OwnDisplay())) for _ in range(count)]
        return [one.number for one in made]


def test_a_display_of_somebody_without_a_lock_is_left_alone():
    """Its socket stays, and another number is taken."""
    numbers = free_numbers(4)
    with contextlib.ExitStack() as stack:
        others = []
        for number in numbers[:3]:
            path = Path(f"/tmp/.X11-unix/X{number}")
            listener = stack.enter_context(socket.socket(socket.AF_UNIX))
            listener.bind(str(path))
            listener.listen(8)
            stack.callback(path.unlink)
            others.append(path)
        taken = OwnDisplay(numbers)
        stack.callback(taken.close)
        assert taken.number == numbers[3]
        assert all(path.exists() for path in others)


def test_a_name_that_is_no_file_is_in_use_too():
    """Clients connect to it first; a server in another mount namespace may listen there."""
    [number] = free_numbers(1)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"\0/tmp/.X11-unix/X{number}")
        listener.listen(8)
        with pytest.raises(DisplayNotMade, match="is in use"):
            OwnDisplay([number])
    assert not Path(f"/tmp/.X{number}-lock").exists()


def test_the_first_number_that_is_free_is_taken():
    """Of those given; those below 10 come first where clients shall take it for local."""
    assert list(itertools.islice(local_numbers(), 9)) == list(range(1, 10))
    with contextlib.closing(OwnDisplay()) as first:
        spare = OwnDisplay()
        spare.close()
        with contextlib.closing(OwnDisplay([first.number, spare.number])) as second:
            assert second.number == spare.number


def test_no_server_takes_the_display_of_a_proxy():
    """A server that looks for a free number passes over it, and leaves its socket alone."""
    spec = ServerSpec(build=find_on_path(ServerKind.XVFB))
    with launch(spec) as server:
        number = Address.parse(server.display).number
    # The next free one when another program was faster.
    with contextlib.closing(OwnDisplay(range(number, number + 50))) as own:
        with launch(spec) as server:
            assert server.display != own.name
        with Address(own.number).connect(Deadline.after(5.0)):
            end, _ = own.listener.accept()
            end.close()
