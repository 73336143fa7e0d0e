#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a window of the host covers Xnest's window for a while. Which part of its own windows
#           does Xnest ask its clients to draw again?
# Guess:    the part that was covered, in coordinates of each window, as after any other Expose.
# Instead:  one as large, but always at minus its own far corner: what was uncovered from 0,0 to 100,60
#           is told of as 100x60 at -100,-60, which Expose gives as 65436,65476. No part of it lies in
#           the window: a client that draws just what Expose names leaves the background there.
# Why:      xnestCollectExposures() hands miSendExposures() the end of the box, where that wants the
#           origin of the window to be subtracted.
# Seen:     Xnest 21.1.7 (Debian xnest 2:21.1.7-3+deb12u13)
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
    xvfb=2:21.1.7-3+deb12u13 xnest=2:21.1.7-3+deb12u13) || cannot packages
for package in "$tmp"/*.deb; do
    dpkg-deb -x "$package" "$tmp/unpacked"
    echo "$(dpkg-deb -f "$package" Package) $(dpkg-deb -f "$package" Version)"
done
start() {  # a server; its display in $number
    program=$1
    shift
    rm -f "$tmp/number" && mkfifo "$tmp/number"
    timeout -k 2 55 "$tmp/unpacked/usr/bin/$program" "$@" -noreset -displayfd 3 \
        3>"$tmp/number" >/dev/null 2>&1 &
    servers="$! $servers"  # the guest ends before its host
    number=$(timeout 20 head -n 1 "$tmp/number")
    [ -n "$number" ] || cannot "$program"
}
start Xvfb -screen 0 1024x768x24
export DISPLAY=":$number"
start Xnest -geometry 640x480

stated='mapped: 100x60 at 0,0
uncovered by a window of the guest: 40x20 at 0,0
uncovered by 1024x768 of the host: 100x60 at 65436,65476
uncovered by 50x40 of the host: 39x19 at 65497,65517'

seen=$(GUEST=:$number timeout 30 python3 - <<'END'
import os
import socket
import struct


class Client:
    def __init__(self, display):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(20)
        self.socket.connect("\0/tmp/.X11-unix/X" + display[1:])
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


def exposed(client):
    while (event := client.message())[0] != 12:
        pass
    x, y, width, height = struct.unpack("<8xHHHH", event[:16])
    return f"{width}x{height} at {x},{y}"


def map_window(client, x, y, width, height, events=0):
    window = client.new_id()
    area = (x, y, width, height)
    client.send(1, 0, "IIhhHHHHIIII", window, client.root, *area, 0, 1, 0, 2050, 255, events)
    client.send(8, 0, "I", window)
    return window


host, guest = Client(os.environ["DISPLAY"]), Client(os.environ["GUEST"])
map_window(guest, 10, 20, 100, 60, 1 << 15)
print("mapped:", exposed(guest))
above = map_window(guest, 0, 0, 50, 40)
guest.send(10, 0, "I", above)  # UnmapWindow
print("uncovered by a window of the guest:", exposed(guest))
for size in ((1024, 768), (50, 40)):
    cover = map_window(host, 0, 0, *size)
    host.ask(43, 0)
    host.send(10, 0, "I", cover)
    print("uncovered by {}x{} of the host:".format(*size), exposed(guest))
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
