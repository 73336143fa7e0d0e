#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a window of 200x200 has a child of 40x40 in its middle with win gravity Center, and a mark in the
#           middle of its own contents with bit gravity Center. It grows to 300x300. Where are the two?
# Guess:    in the middle, however it grew: 100 at once, or a pixel 100 times, as a user who drags its edge
#           with a window manager that resizes opaquely lets it.
# Instead:  by single pixels neither moves at all: both are 50 pixels off. Steps of 3 leave them 16 off. And
#           when it grows by 1 and shrinks by 2 fifty times, which makes it 50 smaller, they move by 50
#           instead of 25, and are off to the other side. A test that resizes once sees none of that.
# Why:      GravityTranslate() moves by half the difference of each step, rounded towards 0: the half pixel
#           is lost each time, and no record is kept of it.
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

stated='+100, 1 times: child 0 from the middle, contents 0
+1, 100 times: child -50 from the middle, contents -50
+2, 50 times: child 0 from the middle, contents 0
+3, 33 times: child -16 from the middle, contents -16
+1 -2, 50 times: child -25 from the middle, contents -25'

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


def middle_of_mark(size):
    row = client.ask(73, 2, "IhhHHI", window, 0, 5, size, 1, 0xFFFFFF)[32:]  # GetImage
    marked = [x for x in range(size) if row[4 * x] == 0xFF]
    return (marked[0] + marked[-1] + 1) // 2


client = Client()
for steps, times in ((100,), 1), ((1,), 100), ((2,), 50), ((3,), 33), ((1, -2), 50):
    window, child, gc, size = client.new_id(), client.new_id(), client.new_id(), 200
    values = (2 | 16, 0, 5)  # black background, bit gravity Center
    client.send(1, 0, "IIhhHHHHIIII", window, client.root, 0, 0, size, 200, 0, 1, 0, *values)
    values = (2 | 32, 0xFF00, 5)  # win gravity Center
    client.send(1, 0, "IIhhHHHHIIII", child, window, 80, 80, 40, 40, 0, 1, 0, *values)
    client.send(9, 0, "I", window)  # MapSubwindows
    client.send(8, 0, "I", window)
    client.send(55, 0, "IIII", gc, window, 4, 0xFF)
    client.send(70, 0, "IIhhHH", window, gc, 98, 0, 4, 40)  # PolyFillRectangle
    for step in steps * times:
        size += step
        client.send(12, 0, "IH2xI", window, 4, size)  # ConfigureWindow: the width
    (x,) = struct.unpack("<12xh", client.ask(14, 0, "I", child)[:14])  # GetGeometry
    words = " ".join(f"{step:+d}" for step in steps)
    print(f"{words}, {times} times: child {x + 20 - size // 2} from the middle", end=", ")
    print(f"contents {middle_of_mark(size) - size // 2}")
    client.send(4, 0, "I", window)
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
