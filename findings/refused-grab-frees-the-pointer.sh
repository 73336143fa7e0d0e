#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a game confines the pointer to its window by GrabPointer. Another client's GrabPointer without a
#           confine-to window gets the answer AlreadyGrabbed. Is the pointer still confined?
# Guess:    yes: a request that was refused has changed nothing.
# Instead:  no. The grab is there, and its client gets all events, but the pointer goes where it likes: any
#           program that tries to grab, such as one that opens a menu or locks the screen, lifts the
#           confinement. A refused grab with a confine-to window leaves it, and so does GrabDevice of XI2.
# Why:      ProcGrabPointer() calls ConfineCursorToWindow() for the root where the new grab has no
#           confine-to window, and then GrabDevice(), which looks whether there may be a new grab.
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

stated='grabbed: the pointer moves to 500,400
a grab with a window is AlreadyGrabbed: the pointer moves to 500,400
a grab of XI2 is AlreadyGrabbed: the pointer moves to 500,400
a grab without a window is AlreadyGrabbed: the pointer moves to 10,10
at 10,10 a button is pressed: the first client gets ButtonPress, the other one nothing'

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
    """Tries to move the pointer to 10,10."""
    client.send(xtest, 2, "BB2xII8xhh8x", 6, 0, 0, client.root, 10, 10)  # FakeInput: motion
    x, y = struct.unpack_from("<hh", client.ask(38, 0, "I", client.root), 16)  # QueryPointer
    print(f"{words}: the pointer moves to {x},{y}")


def grab(by, window):
    status = by.ask(26, 0, "IHBBIII", by.root, 4 | 8, 1, 1, window, 0, 0)[1]
    return ("Success", "AlreadyGrabbed")[status]


def events(of):
    names = {4: "ButtonPress", 5: "ButtonRelease"}
    of.send(43, 0)
    return " ".join(iter(lambda: names.get(of.message()[0], ""), "")) or "nothing"


client, other = Client(), Client()
xtest, xinput = client.opcode(b"XTEST"), other.opcode(b"XInputExtension")
other.ask(xinput, 47, "HH", 2, 2)  # XIQueryVersion
window = client.new_id()
client.send(1, 0, "IIhhHHHHII", window, client.root, 500, 400, 50, 50, 0, 1, 0, 0)
client.send(8, 0, "I", window)
grab(client, window)
report("grabbed")
report(f"a grab with a window is {grab(other, window)}")
# XIGrabDevice of the pointer
status = other.ask(xinput, 51, "IIIHBBBxHI", other.root, 0, 0, 2, 1, 1, 1, 1, 1 << 4)[8]
report(f"a grab of XI2 is {('Success', 'AlreadyGrabbed')[status]}")
report(f"a grab without a window is {grab(other, 0)}")
client.send(xtest, 2, "BB2xII8xhh8x", 4, 1, 0, 0, 0, 0)  # a button
print("at 10,10 a button is pressed: "
      f"the first client gets {events(client)}, the other one {events(other)}")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
