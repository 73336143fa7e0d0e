#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: what does a screen of depth 8 change on an Xvfb: for its clients, and for those of another
#           screen of depth 24?
# Guess:    its colours are those of a palette with 256 cells, of which black and white are taken. The
#           other screen has what it had, Composite included.
# Instead:  RENDER has taken 71 cells before the first client comes: 183 are free, and a cube of 216
#           colours does not fit; with -extension RENDER there are 254. Composite is gone for the whole
#           server: the screen of depth 24 loses it to the one beside it.
# Why:      miInitIndexed() allocates colours for pictures in the default colormap, and
#           CompositeExtensionInit() returns at the first screen whose root is of PseudoColor.
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
start() {  # a server with these options; its display in $number
    rm -f "$tmp/number" && mkfifo "$tmp/number"
    timeout -k 2 55 "$tmp/unpacked/usr/bin/Xvfb" "$@" -noreset -displayfd 3 \
        3>"$tmp/number" >/dev/null 2>&1 &
    servers="$servers $!"
    number=$(timeout 20 head -n 1 "$tmp/number")
    [ -n "$number" ] || cannot server
}
start -screen 0 640x480x8
full=$number
start -screen 0 640x480x8 -extension RENDER
without=$number
start -screen 0 640x480x24 -screen 1 640x480x24
deep=$number
start -screen 0 640x480x24 -screen 1 640x480x8

stated='8: no Composite, 183 free cells
8 without RENDER: no Composite, 254 free cells
24 beside 24: Composite
24 beside 8: no Composite'

seen=$(timeout 30 python3 - \
    8 "$full" "8 without RENDER" "$without" "24 beside 24" "$deep" "24 beside 8" "$number" <<'END'
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
        screen = 32 + (vendor + 3) // 4 * 4 + 8 * formats
        self.root, self.colormap = struct.unpack_from("<II", setup, screen)

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


for words, display in zip(sys.argv[1::2], sys.argv[2::2]):
    os.environ["DISPLAY"] = ":" + display
    client = Client()
    has = "" if client.ask(98, 0, "H2x12s", 9, b"Composite")[8] else "no "
    print(f"{words}: {has}Composite", end="")
    if words[0] == "8":
        cells = 0
        while client.ask(86, 0, "IHH", client.colormap, 1, 0)[0] == 1:  # AllocColorCells
            cells += 1
        print(f", {cells} free cells", end="")
    print()
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
