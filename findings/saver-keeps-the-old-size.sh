#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: the server's own screen saver is on, with its window, and SetScreenSize makes the screen
#           larger. Is all of the screen hidden?
# Guess:    yes: the saver's window covers the root, which tells of its new size like any other change.
# Instead:  no: the window has the size of the screen of which it was made, and what RANDR adds shows the
#           windows there, on a screen that is saved by all accounts. The next time the saver comes it
#           covers all.
# Why:      TileScreenSaver() makes the window each time, a little larger than the screen is then;
#           nobody configures it when RRScreenSizeNotify() changes the root.
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

stated='started: saver on, root 320x240, its window ends at 320,240, the saver in the far corner
larger: saver on, root 640x480, its window ends at 320,240, a client'\''s window in the far corner
started again: saver on, root 640x480, its window ends at 640,480, the saver in the far corner'

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


def report(words):
    reply = client.ask(saver, 1, "I", client.root)  # QueryInfo
    window = struct.unpack("<8xI", reply[:12])[0]
    root = struct.unpack("<16xHH", client.ask(14, 0, "I", client.root)[:20])
    x, y, width, height = struct.unpack("<12xhhHH", client.ask(14, 0, "I", window)[:20])
    pixel = client.ask(73, 2, "IhhHHI", client.root, root[0] - 9, root[1] - 9, 1, 1, 0xFFFFFF)[32:35]
    print("{}: saver {}, root {}x{}".format(words, ("off", "on")[reply[1]], *root), end=", ")
    print(f"its window ends at {x + width},{y + height},", COLOURS[pixel], "in the far corner")


COLOURS = {b"\0\0\0": "the saver", b"\0\0\xff": "a client's window"}
client = Client()
saver, randr = client.opcode(b"MIT-SCREEN-SAVER"), client.opcode(b"RANDR")
client.ask(randr, 0, "II", 1, 6)
client.ask(saver, 0, "BB2x", 1, 1)
resources = client.ask(randr, 25, "I", client.root)  # GetScreenResourcesCurrent
stamp, crtc = struct.unpack("<8xI20xI", resources[:36])
client.ask(randr, 21, "IIIhhIHH", crtc, 0, stamp, 0, 0, 0, 1, 0)  # SetCrtcConfig: off
window = client.new_id()
area = (0, 0, 640, 480)
client.send(1, 0, "IIhhHHHHIII", window, client.root, *area, 0, 1, 0, 2, 0xFF0000)
client.send(8, 0, "I", window)
client.send(randr, 7, "IHHII", client.root, 320, 240, 85, 64)  # SetScreenSize
client.send(107, 0, "hhBB2x", 600, 0, 0, 1)  # SetScreenSaver: a window, no blanking
client.send(115, 1)  # ForceScreenSaver
report("started")
client.send(randr, 7, "IHHII", client.root, 640, 480, 169, 127)
report("larger")
client.send(115, 0)
client.send(115, 1)
report("started again")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
