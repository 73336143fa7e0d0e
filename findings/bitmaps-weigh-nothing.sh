#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: how many bytes does X-Resource count for pixmaps of 4096x4096, of any depth?
# Guess:    what they take: 2 MiB at one bit a pixel, 16 MiB at 8, 64 MiB at 24 (in 32 bits).
# Instead:  right, but for depth 1: 0 bytes, however large and however many. And the back buffer of
#           DOUBLE-BUFFER, a pixmap of the window's size, counts for nobody. A client can hold gigabytes
#           that xrestop shows as 0.
# Why:      a pixel of a bitmap has bitsPerPixel / 8 = 0 bytes in the sum of the server, and back buffers
#           are resources of a type for which no size is known.
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
mkfifo "$tmp/number"
timeout -k 2 55 "$tmp/unpacked/usr/bin/Xvfb" -screen 0 640x480x24 -noreset -displayfd 3 \
    3>"$tmp/number" >/dev/null 2>&1 &
servers=$!
number=$(timeout 20 head -n 1 "$tmp/number")
[ -n "$number" ] || cannot server

stated='depth 1: 0.0 MiB
depth 8: 16.0 MiB
depth 16: 32.0 MiB
depth 24: 64.0 MiB
four of depth 1: 0.0 MiB
a back buffer of 4096x4096: 0.0 MiB'

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


def charged():
    reply = client.ask(resource, 3, "I", client.last_id)  # QueryClientPixmapBytes
    return "{}.{} MiB".format(*divmod(struct.unpack("<8xI", reply[:12])[0] * 10 >> 20, 10))


client = Client()
resource, dbe = client.opcode(b"X-Resource"), client.opcode(b"DOUBLE-BUFFER")
client.ask(resource, 0, "BB2x", 1, 2)
client.ask(dbe, 0, "BB2x", 1, 0)
for depth in (1, 8, 16, 24):
    pixmap = client.new_id()
    client.send(53, depth, "IIHH", pixmap, client.root, 4096, 4096)
    print(f"depth {depth}: {charged()}")
    client.send(54, 0, "I", pixmap)
for pixmap in range(4):
    client.send(53, 1, "IIHH", client.new_id(), client.root, 4096, 4096)
print("four of depth 1:", charged())
window, buffer = client.new_id(), client.new_id()
client.send(1, 0, "IIhhHHHHII", window, client.root, 0, 0, 4096, 4096, 0, 1, 0, 0)
client.send(8, 0, "I", window)
client.send(dbe, 1, "IIB3x", window, buffer, 0)  # AllocateBackBufferName
size = struct.unpack("<16xHH", client.ask(14, 0, "I", buffer)[:20])
print("a back buffer of {}x{}:".format(*size), charged())
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
