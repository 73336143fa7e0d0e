#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: Xvfb maps its frame buffer into a file with -fbdir, as an XWD image. What is in that file
#           after SetScreenSize made a screen of 640x480 one of 320x240?
# Guess:    an image of 320x240, so that xwud and its like show the screen; its rows may be as long as
#           before.
# Instead:  640x480 as before, in all fields, with the screen in a corner of it, and beside it what was
#           there when it shrank: a screenshot from the file shows windows that are gone. Nothing in the
#           file tells the one from the other.
# Why:      Xvfb writes the header once, when it makes the frame buffer; vfbRandRScreenSetSize() changes
#           the screen alone, and nobody draws outside of it.
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
timeout -k 2 55 "$tmp/unpacked/usr/bin/Xvfb" -screen 0 640x480x24 -fbdir "$tmp" -noreset -displayfd 3 \
    3>"$tmp/number" >/dev/null 2>&1 &
servers=$!
number=$(timeout 20 head -n 1 "$tmp/number")
[ -n "$number" ] || cannot server

stated='at first: root 640x480, image 640x480, window 640x480, red at 450,350
SetScreenSize: root 320x240, image 640x480, window 640x480, red at 450,350
without the window: root 320x240, image 640x480, window 640x480, red at 450,350'

seen=$(DISPLAY=:$number timeout 30 python3 - "$tmp/Xvfb_screen0" <<'END'
import os
import socket
import struct
import sys


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


def picture():
    """The sizes of the image and of its window, and the colour at 450,350 of the image."""
    with open(sys.argv[1], "rb") as file:
        image = file.read()
    header = struct.unpack(">25I", image[:100])
    size, _, _, _, width, height = header[:6]
    row, colours, window_width, window_height = header[12], *header[19:22]
    place = size + 12 * colours + 350 * row + 450 * 4
    colour = {b"\0\0\xff": "red", b"\0\0\0": "black"}[image[place : place + 3]]
    return f"image {width}x{height}, window {window_width}x{window_height}, {colour} at 450,350"


def report(words):
    width, height = struct.unpack("<16xHH", client.ask(14, 0, "I", client.root)[:20])
    print(f"{words}: root {width}x{height}, {picture()}")


client = Client()
randr = client.opcode(b"RANDR")
client.ask(randr, 0, "II", 1, 6)
window = client.new_id()
client.send(1, 0, "IIhhHHHHIII", window, client.root, 400, 300, 99, 99, 0, 1, 0, 2, 0xFF0000)
client.send(8, 0, "I", window)
report("at first")
resources = client.ask(randr, 25, "I", client.root)  # GetScreenResourcesCurrent
stamp, crtc = struct.unpack("<8xI20xI", resources[:36])
client.ask(randr, 21, "IIIhhIHH", crtc, 0, stamp, 0, 0, 0, 1, 0)  # SetCrtcConfig: off
client.send(randr, 7, "IHHII", client.root, 320, 240, 85, 64)
report("SetScreenSize")
client.send(4, 0, "I", window)  # DestroyWindow
report("without the window")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
