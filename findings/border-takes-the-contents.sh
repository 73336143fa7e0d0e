#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a manually redirected window gets a border of 3 and moves by (-3, -3) at the same time, so
#           that its inside stays where it is. What does its new pixmap show there?
# Guess:    what the old one did. Composite copies the contents when only the place or the border of
#           a window changes, and with an equal border in another place it does so here.
# Instead:  what lies in the parent beneath the window. Its contents are lost, for good if it has no
#           background; a compositor shows a hole. An automatically redirected window loses nothing.
# Why:      miChangeBorderWidth() takes the path on which an inside that does not move needs no copy.
# Seen:     Xvfb 21.1.7 (Debian 2:21.1.7-3+deb12u13); by hand also 1.20.11, 21.1.16 and 21.1.25,
#           Xephyr, Xorg, TigerVNC 21.1.6 and Xwayland 22.1.9
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

stated='automatically, a border in place: red
automatically, a border elsewhere: red
manually, a border in place: blue, as the parent
manually, a border elsewhere: red'

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

client = Client()
composite = client.opcode(b"Composite")
client.ask(composite, 0, "II", 0, 4)
client.send(2, 0, "III", client.root, 2, 0x0000FF)  # the background of the root is blue
client.send(61, 0, "IhhHH", client.root, 0, 0, 0, 0)  # ClearArea
colours = {b"\xff\0\0": "blue, as the parent", b"\0\0\xff": "red"}
for word, update in (("automatically", 0), ("manually", 1)):
    for place, x in (("in place", 17), ("elsewhere", 40)):
        window, context, pixmap = client.new_id(), client.new_id(), client.new_id()
        client.send(1, 0, "IIhhHHHHII", window, client.root, 20, 20, 60, 40, 0, 1, 0, 0)
        client.send(composite, 1, "IB3x", window, update)  # RedirectWindow
        client.send(8, 0, "I", window)
        client.send(55, 0, "IIII", context, window, 4, 0xFF0000)  # CreateGC
        client.send(70, 0, "IIhhHH", window, context, 0, 0, 60, 40)  # PolyFillRectangle
        client.send(12, 0, "IH2xiiI", window, 1 | 2 | 16, x, 17, 3)  # x, y, border width
        client.send(composite, 6, "II", window, pixmap)  # NameWindowPixmap
        image = client.ask(73, 2, "IhhHHI", pixmap, 33, 23, 1, 1, 0xFFFFFFFF)  # GetImage
        print(f"{word}, a border {place}:", colours.get(bytes(image[32:35]), image[32:35].hex()))
        client.send(4, 0, "I", window)
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
