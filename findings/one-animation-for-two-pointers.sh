#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: two pointers of XInput 2 are over a window with an animated cursor of RENDER. What is seen?
# Guess:    both cursors move, as one did alone.
# Instead:  the one that came last moves; the other stands still at the image that it had. It moves again
#           when its pointer comes back from another cursor, and then the other one stands still.
# Why:      the timer belongs to the cursor: AnimCurDisplayCursor() sets it anew for each pointer that gets
#           the cursor, and AnimCurTimerNotify() serves the last one.
# Seen:     Xvfb 21.1.7 (Debian 2:21.1.7-3+deb12u13); by hand also 1.20.11, 21.1.25 and XLibre's 25.2
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
timeout -k 2 55 "$tmp/unpacked/usr/bin/Xvfb" -screen 0 640x480x24 -noreset -fbdir "$tmp" -displayfd 3 \
    3>"$tmp/number" >/dev/null 2>&1 &
servers=$!
number=$(timeout 20 head -n 1 "$tmp/number")
[ -n "$number" ] || cannot server

stated='one pointer: 2 images
a second one comes: 1 image, 2 images
the first one has left and is back: 2 images, 1 image'

seen=$(DISPLAY=:$number timeout 30 python3 - "$tmp/Xvfb_screen0" <<'END'
import os
import socket
import struct
import sys
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


def cursor(*colour):  # red, green, blue
    pixmap, picture, result = client.new_id(), client.new_id(), client.new_id()
    client.send(53, 32, "IIHH", pixmap, client.root, 16, 16)
    client.send(render, 4, "IIII", picture, pixmap, argb, 0)
    client.send(render, 26, "B3xI4HhhHH", 1, picture, *colour, 65535, 0, 0, 16, 16)  # FillRectangles
    client.send(render, 27, "IIHH", result, picture, 0, 0)  # CreateCursor
    return result


def warp(pointer, x, y):
    client.send(xinput, 41, "IIiiHHiiH2x", 0, client.root, 0, 0, 0, 0, x << 16, y << 16, pointer)
    client.ask(43, 0)


def report(words, *places):
    """How many images are seen at each place, while those change."""
    seen = [set() for _ in places]
    start = time.monotonic()
    while (passed := time.monotonic() - start) < 8 and (passed < 1 or max(map(len, seen)) < 2):
        client.ask(43, 0)
        with open(sys.argv[1], "rb") as file:
            image = file.read()
        header = struct.unpack(">25I", image[:100])
        for colours, (x, y) in zip(seen, places, strict=True):
            at = header[0] + 12 * header[19] + header[12] * (y + 5) + 4 * (x + 5)
            colours.add(image[at : at + 3])
            colours.discard(b"\xff\0\0")  # the window, while the server draws
    print(f"{words}:", ", ".join({1: "1 image"}.get(len(one), f"{len(one)} images") for one in seen))


FIRST, SECOND = (100, 100), (300, 300)
client = Client()
render, xinput = client.opcode(b"RENDER"), client.opcode(b"XInputExtension")
client.ask(xinput, 47, "HH", 2, 2)
client.ask(render, 0, "II", 0, 11)
reply = client.ask(render, 1)  # QueryPictFormats
formats = [struct.unpack_from("<IBB2x8H", reply, 32 + 28 * index) for index in range(reply[8])]
(argb,) = [each[0] for each in formats if each[1:] == (1, 32, 16, 255, 8, 255, 0, 255, 24, 255)]
window, animation = client.new_id(), client.new_id()
red, green = cursor(65535, 0, 0), cursor(0, 65535, 0)
client.send(render, 31, "IIIII", animation, red, 100, green, 100)  # CreateAnimCursor
mask = 2 | 1 << 14  # background pixel, cursor
client.send(1, 0, "IIhhHHHHIIII", window, client.root, 0, 0, 600, 480, 0, 1, 0, mask, 0xFF, animation)
client.send(8, 0, "I", window)
warp(2, *FIRST)  # of the virtual core pointer
report("one pointer", FIRST)
client.send(xinput, 43, "B3xHHHBB4s", 1, 1, 3, 4, 1, 1, b"more")  # XIChangeHierarchy: a master pointer
devices = client.ask(xinput, 48, "HH", 1, 0)  # XIQueryDevice: all masters
at = devices.index(b"more pointer") - 12
warp(struct.unpack_from("<H", devices, at)[0], *SECOND)
report("a second one comes", FIRST, SECOND)
warp(2, 620, 100)
warp(2, *FIRST)
report("the first one has left and is back", FIRST, SECOND)
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
