#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: xwd -root takes the image of a screen on which a window of depth 32 is redirected manually, as
#           a compositor does before it paints. Is it what GetImage of the root window gives?
# Guess:    yes: it is the root window's image; a window that is not on the screen is not in it.
# Instead:  the window is in it, with the pixels that it has for itself. The image is of another kind, too:
#           24 bits for a pixel instead of 32, and DirectColor. One of depth 24 that is redirected in the
#           same way is not in it. Under a compositor an xwd thus differs from the screen where
#           terminals, docks or menus are transparent.
# Why:      where mapped windows have other visuals or colormaps than the root, xwd goes through the windows
#           itself (multiVis.c), gets the image of each and lays them over each other, colour by colour.
# Seen:     xwd of x11-apps 7.7+9 with Xvfb 21.1.7 (Debian 2:21.1.7-3+deb12u13)
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
    xvfb=2:21.1.7-3+deb12u13 x11-apps=7.7+9) || cannot packages
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

stated='nothing redirected: GetImage grey blue red; xwd grey blue red, 24 bits, DirectColor
depth 24 redirected: GetImage grey grey red; xwd grey grey red, 24 bits, DirectColor
both redirected: GetImage grey grey grey; xwd grey grey red, 24 bits, DirectColor
depth 32 unmapped: GetImage grey grey grey; xwd grey grey grey, 32 bits, TrueColor'

seen=$(DISPLAY=:$number timeout 30 python3 - "$tmp/unpacked/usr/bin/xwd" <<'END'
import os
import socket
import struct
import subprocess
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
        screen = 32 + (vendor + 3) // 4 * 4 + 8 * formats
        (self.root,) = struct.unpack_from("<I", setup, screen)
        self.visuals, place = {}, screen + 40  # by depth
        for _ in range(setup[screen + 39]):
            depth, count = struct.unpack_from("<BxH", setup, place)
            firsts = range(place + 8, place + 8 + 24 * count, 24)
            self.visuals[depth] = [struct.unpack_from("<I", setup, first)[0] for first in firsts]
            place += 8 + 24 * count

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


def window_at(x, depth, pixel, colormap):
    window, visual = client.new_id(), client.visuals[depth][0]
    values = (2 | 8 | 1 << 13, pixel, 0, colormap)  # background and border pixel, colormap
    client.send(1, depth, "IIhhHHHHIIIII", window, client.root, x, 0, 100, 100, 0, 1, visual, *values)
    client.send(8, 0, "I", window)
    return window


def names(pixels):
    return " ".join({"202020": "grey", "0000ff": "blue", "ff0000": "red"}.get(p, p) for p in pixels)


def report(words):
    pixels = []
    for x in PLACES:
        pixel = client.ask(73, 2, "IhhHHI", client.root, x, 50, 1, 1, 0xFFFFFFFF)[32:35]  # GetImage
        pixels.append(pixel[::-1].hex())
    dump = subprocess.run([sys.argv[1], "-root"], capture_output=True, check=True).stdout
    header = struct.unpack(">25I", dump[:100])
    bits, stride, visual, colours, least_first = *header[11:14], header[19], header[7] == 0
    row = header[0] + 12 * colours + 50 * stride
    dumped = [dump[row + x * bits // 8 :][: bits // 8] for x in PLACES]
    dumped = [(pixel[2::-1] if least_first else pixel[-3:]).hex() for pixel in dumped]
    kind = {4: "TrueColor", 5: "DirectColor"}[visual]
    print(f"{words}: GetImage {names(pixels)}; xwd {names(dumped)}, {bits} bits, {kind}")


PLACES = 350, 50, 250  # nothing, the window of depth 24, that of depth 32
client = Client()
composite = client.opcode(b"Composite")
client.ask(composite, 0, "II", 0, 4)
client.send(2, 0, "III", client.root, 2, 0x202020)  # ChangeWindowAttributes
client.send(61, 0, "IhhHH", client.root, 0, 0, 0, 0)  # ClearArea
colormap = client.new_id()
client.send(78, 0, "III", colormap, client.root, client.visuals[32][0])
ordinary, deep = window_at(0, 24, 0x0000FF, 0), window_at(200, 32, 0x80FF0000, colormap)
report("nothing redirected")
client.send(composite, 1, "IB3x", ordinary, 1)  # RedirectWindow, Manual
report("depth 24 redirected")
client.send(composite, 1, "IB3x", deep, 1)
report("both redirected")
client.send(10, 0, "I", deep)  # UnmapWindow
report("depth 32 unmapped")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
