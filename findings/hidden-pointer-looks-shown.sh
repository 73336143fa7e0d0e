#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a client hides the pointer with HideCursor. What do XFIXES's other requests tell one that
#           records the screen and draws the pointer into it?
# Guess:    CursorNotify, as for every change of the cursor that is shown, and by GetCursorImage an empty
#           image or an error until ShowCursor.
# Instead:  nothing: no CursorNotify at HideCursor and at ShowCursor, and in between GetCursorImage gives
#           the image as if it were seen. Nobody but the hiding client can know: a recording has a
#           pointer where the screen has none.
# Why:      CursorDisplayCursor() compares the cursor that is to be shown with the last one, and asks who
#           hides it only when it hands one to the screen.
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
timeout -k 2 55 "$tmp/unpacked/usr/bin/Xvfb" -screen 0 640x480x24 -fbdir "$tmp" -noreset -displayfd 3 \
    3>"$tmp/number" >/dev/null 2>&1 &
servers=$!
number=$(timeout 20 head -n 1 "$tmp/number")
[ -n "$number" ] || cannot server

stated='a red cursor: the screen shows red, CursorNotify, GetCursorImage gives red
hidden: the screen shows no pointer, no event, GetCursorImage gives red
shown: the screen shows red, no event, GetCursorImage gives red
a blue cursor: the screen shows blue, CursorNotify, GetCursorImage gives blue'

seen=$(DISPLAY=:$number timeout 30 python3 - "$tmp/Xvfb_screen0" <<'END'
import os
import socket
import struct
import sys
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


def cursor(colour):
    mask, gc, identifier = client.new_id(), client.new_id(), client.new_id()
    client.send(53, 1, "IIHH", mask, client.root, 16, 16)
    client.send(55, 0, "IIII", gc, mask, 4, 1)
    client.send(70, 0, "IIhhHH", mask, gc, 0, 0, 16, 16)
    client.send(93, 0, "IIIHHHHHHHH", identifier, mask, mask, *colour, *colour, 0, 0)
    return identifier


def seen_pixel():
    """What the frame buffer has beneath the pointer, once it has changed."""
    global last
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with open(sys.argv[1], "rb") as screen:
            header, colours = struct.unpack(">I72xI", screen.read(80))
            screen.seek(header + 12 * colours + 4 * (640 * 105 + 105))
            pixel = screen.read(3)
        if pixel != last:
            last = pixel
            return COLOURS[pixel]
    return "as before"


def report(words):
    notified = 0
    client.send(43, 0)
    while (message := client.message())[0] != 1:
        notified += message[0] == xfixes_event + 1
    picture = COLOURS[client.ask(xfixes, 4)[432:435]]  # GetCursorImage: a pixel of row 6
    events = "CursorNotify" if notified else "no event"
    print(f"{words}: the screen shows {seen_pixel()}, {events}, GetCursorImage gives {picture}")


COLOURS = {b"\0\0\xff": "red", b"\xff\0\0": "blue", b"\0\0\0": "no pointer"}
last = None
client, hiding = Client(), Client()
xfixes, xfixes_event = client.ask(98, 0, "H2x8s", 6, b"XFIXES")[9:11]
for one in (client, hiding):
    one.ask(xfixes, 0, "II", 5, 0)
red, blue = cursor((65535, 0, 0)), cursor((0, 0, 65535))
window = client.new_id()
area = (0, 0, 640, 480)
client.send(1, 0, "IIhhHHHHIII", window, client.root, *area, 0, 1, 0, 2, 0)
client.send(8, 0, "I", window)
client.send(41, 0, "IIhhHHhh", 0, client.root, 0, 0, 0, 0, 100, 100)  # WarpPointer
client.ask(43, 0)
client.send(xfixes, 3, "II", client.root, 1)  # SelectCursorInput
client.send(2, 0, "III", window, 1 << 14, red)
report("a red cursor")
hiding.send(xfixes, 29, "I", hiding.root)  # HideCursor
hiding.ask(43, 0)
report("hidden")
hiding.send(xfixes, 30, "I", hiding.root)  # ShowCursor
hiding.ask(43, 0)
report("shown")
client.send(2, 0, "III", window, 1 << 14, blue)
report("a blue cursor")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
