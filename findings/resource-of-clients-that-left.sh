#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a client keeps a pixmap by the close-down mode RetainPermanent, and its process ends. Which
#           clients does X-Resource list, and of which processes?
# Guess:    those that are connected; what one left behind is charged to nobody.
# Instead:  the one that left as well, with its pixmap and the number of its process. That has ended and
#           may be another one's by now: who stops or names processes by that may meet a stranger.
#           Only KillClient takes it off the list.
# Why:      CloseDownClient() leaves the record of such a client in the array from which the list is made,
#           and the number of the process was asked for once, when it connected.
# Seen:     Xvfb 21.1.7 (Debian 2:21.1.7-3+deb12u13); by hand also 1.20.11 and 21.1.25
set -eu

servers=
tmp=$(mktemp -d)
clean_up() {
    for server in $servers; do kill "$server" 2>/dev/null || :; done
    wait
    rm -rf "$tmp"
}
trap clean_up EXIT
trap 'exit 2' HUP INT TERM
cannot() { echo "cannot be tried: $1"; exit 2; }

(cd "$tmp" && apt-get -qq -o APT::Sandbox::User=root download \
    xvfb=2:21.1.7-3+deb12u13) || cannot packages
for package in "$tmp"/*.deb; do
    dpkg-deb -x "$package" "$tmp/unpacked"
    echo "$(dpkg-deb -f "$package" Package) $(dpkg-deb -f "$package" Version)"
done
mkfifo "$tmp/number"
timeout -k 2 55 "$tmp/unpacked/usr/bin/Xvfb" -screen 0 640x480x24 -noreset -displayfd 3 \
    3>"$tmp/number" >/dev/null 2>&1 &
servers=$!
number=$(timeout 20 head -n 1 "$tmp/number")
[ -n "$number" ] || cannot server

stated='DestroyAll: not listed
RetainPermanent: listed with 40000 bytes of pixmaps and a process that has ended
after KillClient: not listed'

seen=$(DISPLAY=:$number timeout 30 python3 - <<'END'
import os
import socket
import struct
import time


class Client:
    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect("\0/tmp/.X11-unix/X" + os.environ["DISPLAY"][1:])
        self.socket.sendall(struct.pack("<BxHHHH2x", ord("l"), 11, 0, 0, 0))
        self.read = self.socket.makefile("rb").read
        setup = self.read(4 * struct.unpack("<6xH", self.read(8))[0])
        self.last_id, vendor, formats = struct.unpack("<4xI8xH3xB", setup[:22])
        self.root = struct.unpack_from("<I", setup, 32 + (vendor + 3) // 4 * 4 + 8 * formats)[0]

    def message(self):
        head = self.read(32)
        more = struct.unpack("<4xI", head[:8])[0] if head[0] == 1 or head[0] & 127 == 35 else 0
        return head + self.read(4 * more)

    def new_id(self):
        self.last_id += 1
        return self.last_id

    def send(self, opcode, minor, layout="", *values):
        body = struct.pack("<" + layout, *values)
        self.socket.sendall(struct.pack("<BBH", opcode, minor, 1 + len(body) // 4) + body)

    def ask(self, *request):
        self.send(*request)
        while (answer := self.message())[0] > 1:  # events
            pass
        return answer  # a reply or an error

    def opcode(self, extension):
        size = len(extension)
        return self.ask(98, 0, f"H2x{(size + 3) // 4 * 4}s", size, extension)[9]


def leave(mode):
    """The first id of a client whose process has ended, and the process."""
    read, write = os.pipe()
    process = os.fork()
    if not process:
        leaving = Client()
        leaving.send(112, mode)  # SetCloseDownMode
        pixmap, owner = leaving.new_id(), leaving.new_id()
        leaving.send(53, 24, "IIHH", pixmap, leaving.root, 100, 100)
        leaving.send(1, 0, "IIhhHHHHII", owner, leaving.root, 0, 0, 1, 1, 0, 1, 0, 0)
        leaving.send(22, 0, "III", owner, 1, 0)  # SetSelectionOwner: gone when the client is
        leaving.ask(43, 0)
        os.write(write, struct.pack("I", pixmap))
        os._exit(0)
    os.waitpid(process, 0)
    deadline = time.monotonic() + 20
    while struct.unpack("<8xI", client.ask(23, 0, "I", 1)[:12])[0]:  # GetSelectionOwner
        assert time.monotonic() < deadline, "the client is still there"
    return struct.unpack("I", os.read(read, 4))[0], process


def listed(pixmap, process):
    bases = [base for base, _ in struct.iter_unpack("<II", client.ask(resource, 1)[32:])]
    if pixmap & ~0x1FFFFF not in bases:
        return "not listed"
    size = struct.unpack("<8xI", client.ask(resource, 3, "I", pixmap)[:12])[0]
    ids = client.ask(resource, 4, "III", 1, pixmap, 2)  # QueryClientIds: the process
    whose = "that has ended" if struct.unpack_from("<I", ids, 44)[0] == process else "unknown"
    return f"listed with {size} bytes of pixmaps and a process {whose}"


client = Client()
resource = client.opcode(b"X-Resource")
client.ask(resource, 0, "BB2x", 1, 2)
print("DestroyAll:", listed(*leave(0)))
pixmap, process = leave(1)
print("RetainPermanent:", listed(pixmap, process))
client.send(113, 0, "I", pixmap)  # KillClient
print("after KillClient:", listed(pixmap, process))
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
