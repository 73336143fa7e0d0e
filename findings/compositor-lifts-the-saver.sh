#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: the server's screen saver is on, with its window, and a compositor starts: it gets the overlay
#           and redirects the root's subwindows. What is seen?
# Guess:    the saver still: its window is the server's own, is not among those that QueryTree lists, and
#           is above the overlay, as Composite's text says.
# Instead:  the overlay, as soon as the redirection is a manual one, while the saver is on by all accounts.
#           The compositor cannot know: it finds no window of a saver and shows those of the clients.
#           Getting the overlay, and redirecting automatically, changes nothing.
# Why:      compRedirectSubwindows() takes all children of the root, that too which QueryTree leaves out:
#           it is no longer painted, and covers nothing.
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

stated='saved: the saver is seen, and the saver is on
with an overlay: the saver is seen, and the saver is on
redirected automatically: the saver is seen, and the saver is on
redirected manually: the overlay is seen, and the saver is on
windows that QueryTree lists: 1'

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

client, compositor = Client(), Client()
composite, saver = client.opcode(b"Composite"), client.opcode(b"MIT-SCREEN-SAVER")
compositor.ask(composite, 0, "II", 0, 4)
root, window = client.root, client.new_id()
client.send(2, 0, "III", root, 2, 0x0000FF)  # a blue background, which the saver takes over
client.send(1, 0, "IIhhHHHHIII", window, root, 0, 0, 60, 60, 0, 1, 0, 2, 0xFF0000)
client.send(8, 0, "I", window)
client.send(107, 0, "hhBB2x", 0, 0, 0, 1)  # SetScreenSaver: a window instead of blanking
client.send(115, 1)  # ForceScreenSaver
client.ask(43, 0)
colours = {b"\xff\0\0": "the saver", b"\0\0\xff": "the window", b"\0\xff\0": "the overlay"}


def tell(when):
    compositor.ask(43, 0)
    image = client.ask(73, 2, "IhhHHI", root, 9, 9, 1, 1, 0xFFFFFFFF)  # GetImage, in the window
    seen = colours.get(bytes(image[32:35]), image[32:35].hex())
    state = ("off", "on")[client.ask(saver, 1, "I", root)[1]]  # QueryInfo
    print(f"{when}: {seen} is seen, and the saver is {state}")


tell("saved")
overlay = struct.unpack("<8xI", compositor.ask(composite, 7, "I", root)[:12])[0]
compositor.send(2, 0, "III", overlay, 2, 0x00FF00)  # its background is green
compositor.send(61, 0, "IhhHH", overlay, 0, 0, 0, 0)  # ClearArea
tell("with an overlay")
compositor.send(composite, 2, "IB3x", root, 0)  # RedirectSubwindows
tell("redirected automatically")
compositor.send(composite, 4, "IB3x", root, 0)  # UnredirectSubwindows
compositor.send(composite, 2, "IB3x", root, 1)
tell("redirected manually")
tree = compositor.ask(15, 0, "I", root)
print("windows that QueryTree lists:", struct.unpack_from("<H", tree, 16)[0])
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
