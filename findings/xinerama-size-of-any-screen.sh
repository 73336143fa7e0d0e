#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: what does XINERAMA's GetScreenSize say of a screen that covers the left half?
# Guess:    the size of that half, as QueryScreens does; an error for a screen that does not exist.
# Instead:  the size of the whole root window, for each screen and for a screen that does not exist,
#           and it repeats whatever number was asked for.
# Why:      ProcRRXineramaGetScreenSize() never looks at the number of the screen.
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

stated='QueryScreens: 320x480+0+0 320x480+320+0
GetScreenSize of screen 0: 640x480
GetScreenSize of screen 1: 640x480
GetScreenSize of screen 77: 640x480'

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
randr, xinerama = client.opcode(b"RANDR"), client.opcode(b"XINERAMA")
client.ask(randr, 0, "II", 1, 6)
resources = client.ask(randr, 25, "I", client.root)  # GetScreenResourcesCurrent
crtcs = struct.unpack("<16xH", resources[:18])[0]
output = struct.unpack_from("<I", resources, 32 + 4 * crtcs)[0]
for atom, x, outputs in ((1, 0, [output]), (2, 320, [])):  # SetMonitor: two halves
    layout = f"IIBBHhhHHII{len(outputs)}I"
    monitor = (atom, 0, 0, len(outputs), x, 0, 320, 480, 80, 120, *outputs)
    client.send(randr, 43, layout, client.root, *monitor)
screens = client.ask(xinerama, 5)
count = struct.unpack("<8xI", screens[:12])[0]
areas = [struct.unpack_from("<hhHH", screens, 32 + 8 * index) for index in range(count)]
print("QueryScreens:", *(f"{width}x{height}+{x}+{y}" for x, y, width, height in areas))
for screen in (0, 1, 77):
    reply = client.ask(xinerama, 3, "II", client.root, screen)
    width, height, _, told = struct.unpack("<8xIIII", reply[:24])
    print(f"GetScreenSize of screen {told}: {width}x{height}")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
