#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a client gives the cursor that is on the screen other colours, by RecolorCursor. How does who
#           shows the pointer elsewhere (a VNC server, a recorder) get to know?
# Guess:    a CursorNotify with a new serial comes, since the number stands for the image.
# Instead:  no event comes, and GetCursorImage gives the new image under the old serial. Who keeps images by
#           their serials, as the text of XFIXES suggests, shows the old colours from then on.
# Why:      miRecolorCursor() hands the same CursorPtr to DisplayCursor again. CursorDisplayCursor() of
#           XFIXES tells of another pointer alone, and the serial is counted where a cursor is made.
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

stated='red: CursorNotify with serial A; GetCursorImage: red, serial A
recoloured blue: no event; GetCursorImage: blue, serial A
another one: CursorNotify with serial B; GetCursorImage: red, serial B'

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


def bitmap():
    pixmap, context = client.new_id(), client.new_id()
    client.send(53, 1, "IIHH", pixmap, client.root, 16, 16)
    client.send(55, 0, "IIII", context, pixmap, 4, 1)  # CreateGC, foreground
    client.send(70, 0, "IIhhHH", pixmap, context, 0, 0, 16, 16)
    return pixmap


def red_cursor():
    cursor = client.new_id()
    client.send(93, 0, "III8H", cursor, source, mask, 65535, 0, 0, 0, 0, 0, 0, 0)
    return cursor


def report(words):
    events = []
    client.send(43, 0)
    while (message := client.message())[0] != 1:
        if message[0] == xfixes_event + 1:
            events.append(f"CursorNotify with serial {letter(message[8:12])}")
    reply = client.ask(xfixes, 4)  # GetCursorImage
    colour = {b"\0\0\xff": "red", b"\xff\0\0": "blue"}[reply[32:35]]
    print(f"{words}: {' '.join(events) or 'no event'}; "
          f"GetCursorImage: {colour}, serial {letter(reply[20:24])}")


def letter(serial):
    return chr(65 + serials.setdefault(serial, len(serials)))


serials = {}
client = Client()
xfixes, xfixes_event = client.ask(98, 0, "H2x8s", 6, b"XFIXES")[9:11]
client.ask(xfixes, 0, "II", 5, 0)
source, mask = bitmap(), bitmap()
first, second = red_cursor(), red_cursor()
client.send(xfixes, 3, "II", client.root, 1)  # SelectCursorInput
client.send(2, 0, "III", client.root, 1 << 14, first)
report("red")
client.send(96, 0, "I6H", first, 0, 0, 65535, 0, 0, 0)  # RecolorCursor
report("recoloured blue")
client.send(2, 0, "III", client.root, 1 << 14, second)
report("another one")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
