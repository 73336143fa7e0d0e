#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: Trapezoids of RENDER are drawn to pictures of poly-edge Smooth or Sharp and poly-mode Precise or
#           Imprecise, and to one that says nothing. Which have half covered pixels at their edges?
# Guess:    those of poly-edge Smooth, and the one that says nothing, as Smooth and Precise is what RENDER's
#           text gives it; Precise and Imprecise differ in a few pixels.
# Instead:  with a mask format of depth 8 all are smooth, Sharp included; with one of depth 1 none is. The
#           poly-edge counts only where the request has no mask format, and there the picture that says
#           nothing is sharp, against the text. Imprecise is the same as Precise everywhere.
# Why:      the server looks at poly-edge only to choose the mask that the request does not name, and never at
#           poly-mode; SetPictureToDefaults() sets poly-edge to PolyEdgeSharp.
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

stated='no mask format: nothing sharp; Sharp sharp; Smooth smooth; Smooth, Imprecise smooth, the same image
depth 8: nothing smooth; Sharp smooth; Smooth smooth; Smooth, Imprecise smooth, the same image
depth 1: nothing sharp; Sharp sharp; Smooth sharp; Smooth, Imprecise sharp, the same image'

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


def drawn(mask, attributes):
    """The pixels, by which the kinds of edges are compared, of a triangle."""
    pixmap, picture, gc = client.new_id(), client.new_id(), client.new_id()
    client.send(53, 24, "IIHH", pixmap, client.root, 40, 40)
    client.send(55, 0, "IIII", gc, pixmap, 4, 0)
    client.send(70, 0, "IIhhHH", pixmap, gc, 0, 0, 40, 40)
    layout = f"IIII{len(attributes)}I"
    bits = (1 << 9 | 1 << 10) if attributes else 0  # poly-edge and poly-mode
    client.send(render, 4, layout, picture, pixmap, formats[24], bits, *attributes)
    numbers = (2.5, 30.5, 2.5, 2.5, 2.5, 30.5, 28.3, 2.5, 9.7, 30.5)  # top, bottom, two lines
    shape = [int(number * 65536) for number in numbers]
    client.send(render, 10, "B3xIIIhh10i", 3, white, picture, mask, 0, 0, *shape)
    return client.ask(73, 2, "IhhHHI", pixmap, 0, 0, 40, 40, 0xFFFFFF)[32:]


client = Client()
render = client.opcode(b"RENDER")
client.ask(render, 0, "II", 0, 11)
answer = client.ask(render, 1)  # QueryPictFormats
formats = {}
for index in range(struct.unpack("<8xI", answer[:12])[0]):
    name, depth, red, alpha = struct.unpack_from("<IxB4xH10xH", answer, 32 + 28 * index)
    if (depth in (1, 8) and alpha) or (depth == 24 and red == 255):
        formats.setdefault(depth, name)
white = client.new_id()
client.send(render, 33, "I4H", white, *[65535] * 4)  # CreateSolidFill
kinds = {"nothing": (), "Sharp": (0, 0), "Smooth": (1, 0), "Smooth, Imprecise": (1, 1)}
for words, mask in ("no mask format", 0), ("depth 8", formats[8]), ("depth 1", formats[1]):
    images = {name: drawn(mask, attributes) for name, attributes in kinds.items()}
    edges = [
        f"{name} {'smooth' if len(set(image[::4])) > 2 else 'sharp'}"
        for name, image in images.items()
    ]
    same = images["Smooth"] == images["Smooth, Imprecise"]
    print(f"{words}: {'; '.join(edges)}, {'the same' if same else 'another'} image")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
