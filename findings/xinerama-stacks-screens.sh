#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: what is the desktop of an Xvfb with +xinerama and screens of 640x480 and 320x240?
# Guess:    one root window 960 pixels wide, the screens side by side, and all extensions as before.
# Instead:  both screens lie at 0,0, the small one on the large one, and the root is 640 pixels wide;
#           Present and DOUBLE-BUFFER are gone, while with one screen the same option leaves them.
# Why:      Xvfb places no screens, so their origins stay 0. present_extension_init() and
#           DbeExtensionInit() return early when several screens are joined.
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
start() {  # a server with these options; its display in $number
    rm -f "$tmp/number" && mkfifo "$tmp/number"
    timeout -k 2 55 "$tmp/unpacked/usr/bin/Xvfb" "$@" -noreset -displayfd 3 \
        3>"$tmp/number" >/dev/null 2>&1 &
    servers="$servers $!"
    number=$(timeout 20 head -n 1 "$tmp/number")
    [ -n "$number" ] || cannot server
}
start -screen 0 640x480x24 +xinerama
one=$number
start -screen 0 640x480x24 -screen 1 320x240x24 +xinerama

stated='one screen: root 640x480, screens 640x480+0+0, Present yes, DOUBLE-BUFFER yes, Composite yes
two screens: root 640x480, screens 640x480+0+0 320x240+0+0, Present no, DOUBLE-BUFFER no, Composite yes'

seen=$(timeout 30 python3 - ":$one" ":$number" <<'END'
import sys
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

for word, display in zip(("one screen", "two screens"), sys.argv[1:]):
    os.environ["DISPLAY"] = display
    client = Client()
    root = client.ask(14, 0, "I", client.root)
    width, height = struct.unpack("<16xHH", root[:20])
    screens = client.ask(client.opcode(b"XINERAMA"), 5)
    count = struct.unpack("<8xI", screens[:12])[0]
    areas = [struct.unpack_from("<hhHH", screens, 32 + 8 * index) for index in range(count)]
    placed = " ".join(f"{w}x{h}+{x}+{y}" for x, y, w, h in areas)
    names = (b"Present", b"DOUBLE-BUFFER", b"Composite")
    has = ", ".join(f"{name.decode()} {'yes' if client.opcode(name) else 'no'}" for name in names)
    print(f"{word}: root {width}x{height}, screens {placed}, {has}")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
