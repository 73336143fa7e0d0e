#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a pointer goes to three places, then a button is pressed and released. What does
#           GetMotionEvents list?
# Guess:    the three places, with the times at which the pointer came there.
# Instead:  at each of these times the place before, so that the last one is missing until the next motion;
#           and 0,0 for each press and release: who draws by the history draws a line to the corner of the
#           screen at every click. The events have the right places.
# Why:      fill_pointer_events() calls updateHistory() before it stores the new place, for buttons too;
#           updateMotionHistory() leaves 0 what an event did not set, and a button sets no valuator.
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

stated='QueryPointer: 320,240 100,100 200,150 300,200 300,200 300,200
events: 100,100 200,150 300,200 300,200 300,200
GetMotionEvents: 320,240 100,100 200,150 0,0 0,0
each at the time of: MotionNotify MotionNotify MotionNotify ButtonPress ButtonRelease'

seen=$(DISPLAY=:$number timeout 30 python3 - <<'END'
import os
import socket
import struct
import time


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


def place():
    x, y = struct.unpack_from("<hh", client.ask(38, 0, "I", client.root), 16)
    return f"{x},{y}"


NAMES = {4: "ButtonPress", 5: "ButtonRelease", 6: "MotionNotify"}
client = Client()
xtest = client.opcode(b"XTEST")
client.send(2, 0, "III", client.root, 1 << 11, 4 | 8 | 64)  # select them
places = [place()]
events = []
motions = (6, 0, 100, 100), (6, 0, 200, 150), (6, 0, 300, 200)
for kind, detail, *to in (*motions, (4, 1, 0, 0), (5, 1, 0, 0)):
    client.send(xtest, 2, "BB2xII8xhh8x", kind, detail, 0, client.root, *to)  # FakeInput
    while (event := client.message())[0] != kind:
        pass
    events.append((NAMES[kind], *struct.unpack_from("<I12xhh", event, 4)))
    places.append(place())
    now = time.monotonic()
    while time.monotonic() < now + 0.02:  # so that times differ
        client.ask(43, 0)
print("QueryPointer:", *places)
print("events:", *(f"{x},{y}" for _, _, x, y in events))
reply = client.ask(39, 0, "III", client.root, 1, 0)  # GetMotionEvents: all
history = [struct.unpack_from("<Ihh", reply, 32 + 8 * at) for at in range(reply[8])]
print("GetMotionEvents:", *(f"{x},{y}" for _, x, y in history))
names = {time: name for name, time, *_ in events}
print("each at the time of:", *(names.get(time, "nothing") for time, *_ in history))
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
