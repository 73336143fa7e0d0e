#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a client freezes the pointer (a synchronous grab, as for click to focus), and the user moves it
#           from 10,10 to 300,200. Where is it, by QueryPointer, XIQueryPointer and GetCursorImage?
# Guess:    at 300,200 where it is seen, or at 10,10 since it is frozen; in any case at one place.
# Instead:  at both: QueryPointer and XIQueryPointer stay at 10,10, GetCursorImage goes on with the cursor
#           that is seen. WarpPointer by 5,5 puts it at 305,205: it starts where QueryPointer says that
#           the pointer is not. A robot that asks for the place, and a capture that paints the cursor,
#           disagree until the grab is over.
# Why:      EnqueueEvent() keeps the motions of a frozen device for later and sets hotPhys of its sprite, which
#           GetCursorImage and WarpPointer read; QueryPointer reads hot.
# Seen:     Xvfb 21.1.7 (Debian 2:21.1.7-3+deb12u13); by hand also 1.20.11, 21.1.16, 21.1.25, XLibre's
#           25.2, Xephyr and TigerVNC 1.12
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

stated='free: QueryPointer 10,10, XIQueryPointer 10,10, GetCursorImage 10,10
moved while frozen: QueryPointer 10,10, XIQueryPointer 10,10, GetCursorImage 300,200
warped by 5,5: QueryPointer 10,10, XIQueryPointer 10,10, GetCursorImage 305,205
thawed: QueryPointer 305,205, XIQueryPointer 305,205, GetCursorImage 305,205'

seen=$(DISPLAY=:$number timeout 30 python3 - <<'END'
import os
import socket
import struct


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


def report(words):
    client.ask(43, 0)
    core = struct.unpack("<16xhh", client.ask(38, 0, "I", client.root)[:20])
    input_2 = struct.unpack("<16xii", client.ask(xinput, 40, "IH2x", client.root, 2)[:24])
    fixes_4 = struct.unpack("<8xhh", client.ask(fixes, 4)[:12])  # GetCursorImage
    core, input_2 = "{},{}".format(*core), "{},{}".format(*(value >> 16 for value in input_2))
    cursor = "{},{}".format(*fixes_4)
    print(f"{words}: QueryPointer {core}, XIQueryPointer {input_2}, GetCursorImage {cursor}")


def move(x, y):
    client.send(xtest, 2, "BBxxII8xhh8x", 6, 0, 0, 0, x, y)  # FakeInput: motion


client = Client()
xtest, fixes = client.opcode(b"XTEST"), client.opcode(b"XFIXES")
xinput = client.opcode(b"XInputExtension")
client.ask(fixes, 0, "II", 5, 0)
client.ask(xinput, 47, "HH", 2, 2)  # XIQueryVersion
move(10, 10)
report("free")
client.ask(26, 0, "IHBBIII", client.root, 64, 0, 1, 0, 0, 0)  # GrabPointer, the pointer frozen
move(300, 200)
report("moved while frozen")
client.send(41, 0, "IIhhHHhh", 0, 0, 0, 0, 0, 0, 5, 5)  # WarpPointer
report("warped by 5,5")
client.send(35, 0, "I", 0)  # AllowEvents: AsyncPointer
report("thawed")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
