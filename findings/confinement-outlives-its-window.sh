#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: GrabPointer confines the pointer to a window at the lower right; SetScreenSize of RANDR makes
#           the screen so small that the window is outside. Where is the pointer?
# Guess:    on the screen, and free: the core protocol releases a grab whose confine-to window lies
#           outside of the root, as happens when ConfigureWindow moves the window there.
# Instead:  in the window, beyond the edge of the screen, where QueryPointer finds it and no motion gets it
#           out; also if the CRTC shows the small screen. The grab is there as before, until its client
#           gives it up.
# Why:      ConfigureWindow and its like call CheckCursorConfinement(); SetRootClip(), by which a screen
#           changes its size, does not, and what confines the pointer keeps its place.
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

stated='root 640x480, grabbed: the pointer moves to 500,400, another grab is AlreadyGrabbed
root 640x480, the window is moved out: the pointer moves to 10,10, another grab is Success
root 640x480, grabbed: the pointer moves to 500,400, another grab is AlreadyGrabbed
root 320x240, the window is outside: the pointer moves to 500,400, another grab is AlreadyGrabbed
root 320x240, given up: the pointer moves to 10,10, another grab is Success'

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
    status = other.ask(26, 0, "IHBBIII", other.root, 4, 1, 1, other.window, 0, 0)[1]
    if status == 0:
        other.send(27, 0, "I", 0)  # UngrabPointer
    other.ask(43, 0)
    width, height = struct.unpack_from("<HH", client.ask(14, 0, "I", client.root), 16)  # GetGeometry
    print(f"root {width}x{height}, {words}: the pointer moves to {x},{y}, "
          f"another grab is {('Success', 'AlreadyGrabbed')[status]}")


def window_at(client, x, y):
    client.window = client.new_id()
    client.send(1, 0, "IIhhHHHHII", client.window, client.root, x, y, 50, 50, 0, 1, 0, 0)
    client.send(8, 0, "I", client.window)
    client.ask(43, 0)


def grab():
    status = client.ask(26, 0, "IHBBIII", client.root, 4, 1, 1, client.window, 0, 0)[1]
    report("not grabbed" if status else "grabbed")


def show(mode, *outputs):  # SetCrtcConfig
    parameters = (crtc, 0, stamp, 0, 0, mode, 1, *outputs)
    client.ask(randr, 21, "IIIhhIHH" + "I" * len(outputs), *parameters[:7], len(outputs), *outputs)


client, other = Client(), Client()
xtest, randr = client.opcode(b"XTEST"), client.opcode(b"RANDR")
client.ask(randr, 0, "II", 1, 6)
resources = client.ask(randr, 25, "I", client.root)  # GetScreenResourcesCurrent
stamp, crtc, output = struct.unpack_from("<I16xII", resources, 12)
small = b"320x240"
timing = (320, 240, 4608000, 320, 320, 320, 0, 240, 240, 240, len(small), 0)
reply = client.ask(randr, 16, "IIHHI8HI8s", client.root, 0, *timing, small)  # CreateMode
mode = struct.unpack_from("<I", reply, 8)[0]
client.send(randr, 18, "II", output, mode)  # AddOutputMode
window_at(client, 500, 400)
window_at(other, 0, 0)
grab()
client.send(12, 0, "IH2xII", client.window, 3, 700, 500)  # ConfigureWindow
report("the window is moved out")
client.send(12, 0, "IH2xII", client.window, 3, 500, 400)
grab()
show(0)
client.send(randr, 7, "IHHII", client.root, 320, 240, 80, 60)  # SetScreenSize
show(mode, output)
report("the window is outside")
client.send(27, 0, "I", 0)  # UngrabPointer
report("given up")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
