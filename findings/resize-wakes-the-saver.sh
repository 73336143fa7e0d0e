#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: nobody touches anything, the screen saver is on, and a client makes the screen smaller with
#           SetScreenSize. Does the saver stay, and does IDLETIME count on?
# Guess:    yes to both: only input of a user ends them, and RANDR is none.
# Instead:  it depends on where the pointer is. If the new screen holds it, yes. If not, the server moves
#           it in, and that counts as a user's input: the saver ends, IDLETIME is 0, and whoever locks or
#           sleeps after some idle time waits anew.
# Why:      RRScreenSizeNotify() has ScreenRestructured() confine the pointer to the new root, and the
#           place that CheckPhysLimits() gives it comes as an event of input, like a mouse's.
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

stated='pointer at 100,90: saver on, idle for a second
  320x240, pointer at 100,90: saver on, idle for a second
pointer at 600,400: saver on, idle for a second
  320x240, pointer at 319,239: saver off, idle for no time'

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


def state():
    on = client.ask(saver, 1, "I", client.root)[1]
    upper, idle = struct.unpack("<8xiI", client.ask(sync, 5, "I", idletime)[:16])
    return f"saver {'on' if on else 'off'}, idle for {'a second' if idle >= 1000 else 'no time'}"


client = Client()
saver, sync = client.opcode(b"MIT-SCREEN-SAVER"), client.opcode(b"SYNC")
randr = client.opcode(b"RANDR")
client.ask(randr, 0, "II", 1, 6)
client.ask(sync, 0, "BB2x", 3, 1)
counters = client.ask(sync, 1)  # ListSystemCounters
place = counters.index(b"\x08\0IDLETIME") - 12
idletime = struct.unpack_from("<I", counters, place)[0]
resources = client.ask(randr, 25, "I", client.root)  # GetScreenResourcesCurrent
stamp, crtc = struct.unpack("<8xI20xI", resources[:36])
client.ask(randr, 21, "IIIhhIHH", crtc, 0, stamp, 0, 0, 0, 1, 0)  # SetCrtcConfig: off
for x, y in ((100, 90), (600, 400)):
    client.send(randr, 7, "IHHII", client.root, 640, 480, 169, 127)
    client.send(41, 0, "IIhhHHhh", 0, client.root, 0, 0, 0, 0, x, y)  # WarpPointer
    client.send(115, 1)  # ForceScreenSaver
    # Await until IDLETIME is at least 1000
    client.send(sync, 7, "IIiIIiI", idletime, 0, 0, 1000, 2, 0, 0)
    client.ask(43, 0)
    print(f"pointer at {x},{y}: {state()}")
    client.send(randr, 7, "IHHII", client.root, 320, 240, 85, 64)  # SetScreenSize
    place = struct.unpack("<16xhh", client.ask(38, 0, "I", client.root)[:20])
    print("  320x240, pointer at {},{}:".format(*place), state())
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
