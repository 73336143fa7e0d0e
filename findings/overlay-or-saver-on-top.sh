#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: which is seen, a compositor's overlay or the screen saver's window?
# Guess:    the saver's: the text of Composite puts the overlay above all windows but that one.
# Instead:  whichever came last lies below: a saver that starts while a compositor runs hides nothing
#           of what it shows. But on a screen without any other window the overlay is always seen.
# Why:      compRealChildHead() says behind which of the two a new window goes, and none is moved
#           afterwards; where no child follows the saver's window it answers as if there were none.
# Seen:     Xvfb 21.1.7 (Debian 2:21.1.7-3+deb12u13)
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

stated='no other window, the compositor before the saver: the overlay
no other window, the saver before the compositor: the overlay
a window, the compositor before the saver: the overlay
a window, the saver before the compositor: the saver'

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


def save(active):
    client.send(107, 0, "hhBB2x", 0, 0, 0, 1)  # SetScreenSaver: a window instead of blanking
    client.send(115, int(active))  # ForceScreenSaver
    client.ask(43, 0)


def composited():
    overlay = struct.unpack("<8xI", client.ask(composite, 7, "I", client.root)[:12])[0]
    client.send(2, 0, "III", overlay, 2, 0xFF0000)  # its background is red
    client.send(61, 0, "IhhHH", overlay, 0, 0, 0, 0)  # ClearArea


def seen():
    image = client.ask(73, 2, "IhhHHI", client.root, 9, 9, 1, 1, 0xFFFFFFFF)  # GetImage
    return "the overlay" if image[32:35] == bytes((0, 0, 0xFF)) else "the saver"


def both(screen):
    composited()
    save(True)
    print(f"{screen}, the compositor before the saver:", seen())
    save(False)
    client.send(composite, 8, "I", client.root)  # ReleaseOverlayWindow
    save(True)
    composited()
    print(f"{screen}, the saver before the compositor:", seen())
    save(False)
    client.send(composite, 8, "I", client.root)


both("no other window")
window = client.new_id()
client.send(1, 0, "IIhhHHHHIII", window, client.root, 0, 0, 60, 60, 0, 1, 0, 2, 0xFF)
client.send(8, 0, "I", window)
both("a window")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
