#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: is the child that QueryPointer names one of those that QueryTree lists?
# Guess:    yes: both speak of the children of the same window.
# Instead:  not while the screen is saved. The saver's window lies under the pointer, is a child of
#           the root for QueryPointer, TranslateCoordinates and GetWindowAttributes (viewable), and is
#           left out by QueryTree. A tool that looks the child up in its list of windows fails.
# Why:      QueryTree begins behind the saver's window and the overlay (RealChildHead in dix/window.c).
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

stated='before: the child under the pointer is listed
saved: the child under the pointer is not listed, map state 2
saved: that of TranslateCoordinates is the same'

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
window = client.new_id()
client.send(1, 0, "IIhhHHHHIII", window, client.root, 0, 0, 60, 60, 0, 1, 0, 2, 0xFF)
client.send(8, 0, "I", window)
client.send(41, 0, "IIhhHHhh", 0, client.root, 0, 0, 0, 0, 30, 30)  # WarpPointer
client.ask(43, 0)


def children():
    tree = client.ask(15, 0, "I", client.root)
    return struct.unpack_from(f"<{struct.unpack_from('<H', tree, 16)[0]}I", tree, 32)


def under_the_pointer():
    return struct.unpack_from("<I", client.ask(38, 0, "I", client.root), 12)[0]


child = under_the_pointer()
assert child == window
print("before: the child under the pointer is", "listed" if child in children() else "not listed")
client.send(107, 0, "hhBB2x", 0, 0, 0, 1)  # SetScreenSaver: a window instead of blanking
client.send(115, 1)  # ForceScreenSaver
child = under_the_pointer()
listed = "listed" if child in children() else "not listed"
state = client.ask(3, 0, "I", child)[26]
print(f"saved: the child under the pointer is {listed}, map state {state}")
translated = struct.unpack_from("<I", client.ask(40, 0, "IIhh", client.root, client.root, 30, 30), 8)
print("saved: that of TranslateCoordinates is", "the same" if translated == (child,) else "another")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
