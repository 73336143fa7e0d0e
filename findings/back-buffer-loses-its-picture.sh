#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a client makes a Picture of RENDER for the back buffer of a window, once, then draws each
#           frame with it and calls SwapBuffers. Which frames are seen?
# Guess:    all: the back buffer keeps its id through swaps and resizes, and a GC draws into it, whichever
#           pixmap stands behind it.
# Instead:  with the swap action Untouched every other one, and after the window has been resized, none,
#           without an error. The Picture stays with the pixmap for which it was made, the id does not;
#           core requests to the same id are seen each time.
# Why:      miDbeSwapBuffers() exchanges the pixmaps of the two buffers for Untouched, and
#           miDbePositionWindow() makes new ones; CreatePicture looks its drawable up only once.
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

stated='Undefined: core 6 of 6, RENDER 6 of 6; resized: core 6 of 6, RENDER 0 of 6
Background: core 6 of 6, RENDER 6 of 6; resized: core 6 of 6, RENDER 0 of 6
Untouched: core 6 of 6, RENDER 3 of 6; resized: core 6 of 6, RENDER 0 of 6
Copied: core 6 of 6, RENDER 6 of 6; resized: core 6 of 6, RENDER 0 of 6'

seen=$(DISPLAY=:$number timeout 30 python3 - <<'END'
import itertools
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


def frames(draw):
    """How many of six frames, each of a blue of its own, the window shows."""
    seen = 0
    for _ in range(6):
        blue = next(blues) % 256
        draw(blue)
        client.send(dbe, 3, "IIB3x", 1, window, action)  # SwapBuffers
        image = client.ask(73, 2, "IhhHHI", window, 10, 10, 1, 1, 0xFFFFFF)
        seen += image[32] == blue
    return f"{seen} of 6"


def by_core(blue):
    client.send(56, 0, "III", gc, 4, blue)  # ChangeGC: foreground
    client.send(70, 0, "IIhhHH", buffer, gc, 0, 0, 90, 90)  # PolyFillRectangle


def by_render(blue):
    colour = (0, 0, blue * 257, 65535)
    client.send(render, 26, "B3xIHHHHhhHH", 1, picture, *colour, 0, 0, 90, 90)  # FillRectangles


client, blues = Client(), itertools.count(1)
dbe, render = client.opcode(b"DOUBLE-BUFFER"), client.opcode(b"RENDER")
client.ask(dbe, 0, "BB2x", 1, 0)
client.ask(render, 0, "II", 0, 11)
formats = client.ask(render, 1)  # QueryPictFormats
count = struct.unpack("<8xI", formats[:12])[0]
rgb24 = (1, 24, 16, 255, 8, 255, 0, 255, 0, 0)  # direct, depth, then shifts and masks
layouts = (struct.unpack_from("<IBB2x8H", formats, 32 + 28 * index) for index in range(count))
format_24 = next(one[0] for one in layouts if one[1:] == rgb24)
for action, name in enumerate(("Undefined", "Background", "Untouched", "Copied")):
    window, buffer, picture, gc = (client.new_id() for _ in range(4))
    client.send(1, 0, "IIhhHHHHII", window, client.root, 0, 0, 90, 90, 0, 1, 0, 0)
    client.send(8, 0, "I", window)
    client.send(dbe, 1, "IIB3x", window, buffer, action)  # AllocateBackBufferName
    client.send(55, 0, "III", gc, buffer, 0)
    client.send(render, 4, "IIII", picture, buffer, format_24, 0)  # CreatePicture
    print(f"{name}: core {frames(by_core)}, RENDER {frames(by_render)}", end="; ")
    client.send(12, 0, "IH2xII", window, 12, 100, 100)  # ConfigureWindow: size
    print(f"resized: core {frames(by_core)}, RENDER {frames(by_render)}")
    client.send(4, 0, "I", window)
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
