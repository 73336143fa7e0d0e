#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: may NameWindowPixmap name the storage of a window that no client redirected?
# Guess:    no, a Match error: the text of Composite wants a window that is redirected.
# Instead:  yes, once the window asks for the core protocol's backing store. The server keeps that
#           promise by redirecting the window itself, automatically, so that any client can name,
#           read and draw into its pixmap. Without backing store it is the Match error.
# Why:      compCheckBackingStore() calls compRedirectWindow() for the server's own client.
# Seen:     Xvfb 21.1.7 (Debian 2:21.1.7-3+deb12u13); by hand also XLibre's 25.2
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

stated='backing store NotUseful: Match error
backing store WhenMapped: named, 64 pixels wide
backing store Always: named, 64 pixels wide'

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
for value, word in enumerate(("NotUseful", "WhenMapped", "Always")):
    window, pixmap = client.new_id(), client.new_id()
    client.send(1, 0, "IIhhHHHHIII", window, client.root, 0, 0, 64, 64, 0, 1, 0, 0x40, value)
    client.send(8, 0, "I", window)
    client.send(composite, 6, "II", window, pixmap)  # NameWindowPixmap
    answer = client.ask(14, 0, "I", pixmap)  # GetGeometry
    if answer[0] == 0 and answer[1] == 8 and answer[10] == composite:
        print(f"backing store {word}: Match error")
        client.message()  # GetGeometry's own error: there is no such pixmap
    else:
        print(f"backing store {word}: named, {struct.unpack('<16xH', answer[:18])[0]} pixels wide")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
