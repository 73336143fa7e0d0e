#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a client of RENDER composites a picture whose clip is a part of it (SetPictureClipRectangles),
#           or none of it, onto another one. What does it take from the source?
# Guess:    what is inside of the clip: the text of RENDER has it restrict reads, "including sources".
# Instead:  all, whether by a list of rectangles, by an empty list or by a region of XFIXES, as source or
#           as mask. As destination the same picture is clipped.
# Why:      fbComposite() makes its pixman images by image_from_pict() with the clip of the destination
#           alone. miComputeCompositeRegion(), which knows the clips of sources, is for drivers that
#           accelerate: with glamor the same server does what the text says.
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
timeout -k 2 55 "$tmp/unpacked/usr/bin/Xvfb" -screen 0 640x480x24 -noreset -displayfd 3 \
    3>"$tmp/number" >/dev/null 2>&1 &
servers=$!
number=$(timeout 20 head -n 1 "$tmp/number")
[ -n "$number" ] || cannot server

stated='source, no clip: 16x16 pixels change
source, a rectangle of 4x4: 16x16 pixels change
source, a region of 4x4: 16x16 pixels change
source, no rectangle: 16x16 pixels change
mask, a rectangle of 4x4: 16x16 pixels change
destination, a rectangle of 4x4: 4x4 pixels change'

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


def picture(*colour):
    """A picture of 16x16 and its pixmap."""
    pixmap, picture = client.new_id(), client.new_id()
    client.send(53, 32, "IIHH", pixmap, client.root, 16, 16)
    client.send(render, 4, "IIII", picture, pixmap, argb, 0)
    client.send(render, 26, "B3xI4HhhHH", 1, picture, *colour, 65535, 0, 0, 16, 16)  # FillRectangles
    return picture, pixmap


def rectangles(picture, *rectangles):
    values = [value for rectangle in rectangles for value in rectangle]
    client.send(render, 6, "Ihh" + "hhHH" * len(rectangles), picture, 0, 0, *values)


def report(words, source, mask, destination, pixmap):
    client.send(render, 8, "B3xIII6hHH", 3, source, mask, destination, 0, 0, 0, 0, 0, 0, 16, 16)  # Over
    image = client.ask(73, 2, "IhhHHI", pixmap, 0, 0, 16, 16, 0xFFFFFFFF)[32:]
    changed = [at for at in range(256) if image[4 * at : 4 * at + 4] != b"\xff\0\0\xff"]
    across, down = len({at % 16 for at in changed}), len({at // 16 for at in changed})
    print(f"{words}: {across}x{down} pixels change")


part = (4, 4, 4, 4)
blue = (0, 0, 65535)
client = Client()
render, xfixes = client.opcode(b"RENDER"), client.opcode(b"XFIXES")
client.ask(render, 0, "II", 0, 11)
client.ask(xfixes, 0, "II", 5, 0)
reply = client.ask(render, 1)  # QueryPictFormats
formats = [struct.unpack_from("<IBB2x8H", reply, 32 + 28 * index) for index in range(reply[8])]
(argb,) = [each[0] for each in formats if each[1:] == (1, 32, 16, 255, 8, 255, 0, 255, 24, 255)]
source, mask = picture(65535, 0, 0)[0], picture(65535, 65535, 65535)[0]
report("source, no clip", source, 0, *picture(*blue))
rectangles(source, part)
report("source, a rectangle of 4x4", source, 0, *picture(*blue))
region = client.new_id()
client.send(xfixes, 5, "IhhHH", region, *part)  # CreateRegion
client.send(xfixes, 22, "IIhh", source, region, 0, 0)  # SetPictureClipRegion
report("source, a region of 4x4", source, 0, *picture(*blue))
rectangles(source)
report("source, no rectangle", source, 0, *picture(*blue))
client.send(render, 5, "III", source, 1 << 6, 0)  # ChangePicture: no clip mask
rectangles(mask, part)
report("mask, a rectangle of 4x4", source, mask, *picture(*blue))
destination = picture(*blue)
rectangles(destination[0], part)
report("destination, a rectangle of 4x4", source, 0, *destination)
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
