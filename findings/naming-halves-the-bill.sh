#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a compositor names the pixmap of a redirected window. To whom does X-Resource count it?
# Guess:    to the window's client as before, and to the compositor as well: both hold all of it.
# Instead:  each is charged half: QueryClientPixmapBytes of the window's client falls when somebody
#           else names the pixmap, to a third with two names, and the redirection alone costs the
#           compositor nothing. A monitor such as xrestop shows applications smaller than they are.
# Why:      resourceproto's size function divides the bytes of a pixmap by its number of references.
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

stated='redirected: window 640000, compositor 0
named once: window 320000, compositor 320000
named twice: window 213333, compositor 426666'

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

owner, compositor, monitor = Client(), Client(), Client()
composite, resources = compositor.opcode(b"Composite"), monitor.opcode(b"X-Resource")
compositor.ask(composite, 0, "II", 0, 4)
monitor.ask(resources, 0, "BB2x", 1, 2)
window = owner.new_id()
owner.send(1, 0, "IIhhHHHHII", window, owner.root, 0, 0, 400, 400, 0, 1, 0, 0)
owner.send(8, 0, "I", window)
owner.ask(43, 0)


def charged(client):
    client.ask(43, 0)
    answer = monitor.ask(resources, 3, "I", client.last_id)  # QueryClientPixmapBytes
    return struct.unpack_from("<Q", answer, 8)[0]


def bill(what):
    compositor.ask(43, 0)
    print(f"{what}: window {charged(owner)}, compositor {charged(compositor)}")


compositor.send(composite, 1, "IB3x", window, 1)  # RedirectWindow, manually
bill("redirected")
for what in ("named once", "named twice"):
    compositor.send(composite, 6, "II", window, compositor.new_id())  # NameWindowPixmap
    bill(what)
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
