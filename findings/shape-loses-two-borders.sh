#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a window without a shape, 200x100 with a border of 10, is asked for its bounding region by three
#           requests: GetRectangles and QueryExtents of SHAPE, CreateRegionFromWindow of XFIXES. What is it?
# Guess:    all three give the window with its border, 220x120 at -10,-10: that is the bounding region of
#           a window that has none of its own.
# Instead:  GetRectangles gives 210x110: the border at the right and at the bottom is missing, for the
#           input region, too. Who copies the shape of a window to another one by its rectangles, as
#           a window manager does to its frame, cuts two of its four borders off.
# Why:      ProcShapeGetRectangles() makes up the rectangle of an unshaped window itself, and adds one
#           border to width and height instead of two; the other requests use the region of the window.
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

stated='bounding: GetRectangles 210x110-10-10, QueryExtents 220x120-10-10, XFIXES 220x120-10-10
input: GetRectangles 210x110-10-10
after a copy of the bounding rectangles: right border seen False, left border seen True
a window with a shape of its own: GetRectangles 220x120-10-10'

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


def place(answer, start):
    x, y, width, height = struct.unpack_from("<hhHH", answer, start)
    return f"{width}x{height}{x:+d}{y:+d}"


def rectangles(window, kind):
    return place(client.ask(shape, 8, "IB3x", window, kind), 32)  # GetRectangles


def map_window():
    window = client.new_id()
    size = (100, 50, 200, 100, 10)
    client.send(1, 0, "IIhhHHHHIIII", window, client.root, *size, 1, 0, 10, 0xFF, 0xFF0000)
    client.send(8, 0, "I", window)
    return window


def shown(x):
    """Whether the border, or the window, is seen on the screen here."""
    return client.ask(73, 2, "IhhHHI", client.root, x, 100, 1, 1, 0xFFFFFF)[32:35] != bytes(3)


client = Client()
shape, fixes = client.opcode(b"SHAPE"), client.opcode(b"XFIXES")
client.ask(fixes, 0, "II", 5, 0)
client.send(2, 0, "III", client.root, 2, 0)  # the background of the root is black
client.send(61, 0, "IhhHH", client.root, 0, 0, 0, 0)  # ClearArea
window, region = map_window(), client.new_id()
client.send(fixes, 7, "IIB3x", region, window, 0)  # CreateRegionFromWindow
extents = place(client.ask(shape, 5, "I", window), 12)
fetched = place(client.ask(fixes, 19, "I", region), 8)  # FetchRegion
print("bounding: GetRectangles", rectangles(window, 0), end=", ")
print(f"QueryExtents {extents}, XFIXES {fetched}")
print("input: GetRectangles", rectangles(window, 2))
client.send(4, 0, "I", window)
window = map_window()
rectangle = client.ask(shape, 8, "IB3x", window, 0)[32:40]
client.send(shape, 1, "BBBxIhh8s", 0, 0, 0, window, 0, 0, rectangle)  # Rectangles: set bounding
print("after a copy of the bounding rectangles:", end=" ")
print(f"right border seen {shown(315)}, left border seen {shown(105)}")
whole = struct.pack("<hhHH", -10, -10, 220, 120)
client.send(shape, 1, "BBBxIhh8s", 0, 0, 0, window, 0, 0, whole)
print("a window with a shape of its own: GetRectangles", rectangles(window, 0))
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
