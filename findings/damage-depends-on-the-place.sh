#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a client fills its window with a rectangle of 32767x32767 at 0,0, as programs do that need not
#           know its size. Which damage is told of?
# Guess:    the window: drawing is clipped to it, however large the request, and DAMAGE tells of all that
#           changes.
# Instead:  the window, if it stands at 0,0. In one that stands a pixel farther to the right or down the same
#           request is drawn and never told of: what a compositor, a remote display or a recorder shows
#           stays old. A rectangle that is smaller by this pixel is told of. To redirect the window changes
#           nothing, though its pixmap begins at 0,0 wherever it stands.
# Why:      damage.c adds up the box of a request in 16 bits, in coordinates of the screen, and clips it
#           afterwards: an end beyond 32767 has become negative, and the box empty.
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

stated='window at 0,0, rectangle of 32767: red, damage 60x40+0+0
window at 1,0, rectangle of 32766: red, damage 60x40+0+0
window at 1,0, rectangle of 32767: red, no damage
window at 0,1, rectangle of 32767: red, no damage
redirected window at 0,0, rectangle of 32767: red, damage 60x40+0+0
redirected window at 1,0, rectangle of 32767: red, no damage'

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
composite, damage = client.opcode(b"Composite"), client.opcode(b"DAMAGE")
client.ask(composite, 0, "II", 0, 4)
client.ask(damage, 0, "II", 1, 1)


def tell(word, x, y, size):
    window, context, report = (client.new_id() for _ in range(3))
    client.send(1, 0, "IIhhHHHHIII", window, client.root, x, y, 60, 40, 0, 1, 0, 2, 0x0000FF)
    if word == "redirected window":
        client.send(composite, 1, "IB3x", window, 1)  # RedirectWindow, Manual
    client.send(8, 0, "I", window)
    client.send(55, 0, "IIII", context, window, 4, 0xFF0000)  # CreateGC: red
    client.send(damage, 1, "IIB3x", report, window, 0)  # DamageCreate: as it is, all is damaged
    client.ask(43, 0)
    client.send(70, 0, "IIhhHH", window, context, 0, 0, size, size)  # PolyFillRectangle
    client.send(43, 0)
    told = []
    while (message := client.message())[0] != 1:
        area = struct.unpack_from("<hhHH", message, 16)
        told.append("damage {2}x{3}+{0}+{1}".format(*area))
    image = client.ask(73, 2, "IhhHHI", window, 59, 39, 1, 1, 0xFFFFFFFF)  # GetImage
    colour = "red" if image[32:35] == b"\0\0\xff" else "not red"
    print(f"{word} at {x},{y}, rectangle of {size}: {colour},", *told or ["no damage"])
    client.send(4, 0, "I", window)


tell("window", 0, 0, 32767)
tell("window", 1, 0, 32766)
tell("window", 1, 0, 32767)
tell("window", 0, 1, 32767)
tell("redirected window", 0, 0, 32767)
tell("redirected window", 1, 0, 32767)
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
