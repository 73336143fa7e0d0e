#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: an animated cursor of two images of 16x16 (RENDER's CreateAnimCursor), which SetCursorName of
#           XFIXES named, is on the screen. What do GetCursorImageAndName and HideCursor make of it?
# Guess:    the image that is seen, with that name, at any time; ShowCursor shows it again.
# Instead:  during the first image one transparent pixel, with the name and the serial 0. If it is hidden
#           and shown meanwhile, the pointer is gone from the screen until the second image, however far
#           off that is. From the second image on its size is right, and the name is gone: libraries such
#           as libXcursor name the whole alone.
# Why:      AnimCurDisplayCursor() shows the first image, and notes the whole, whose own image is
#           animCursorBits of 1x1, as what is shown; AnimCurTimerNotify() notes the images themselves.
#           ShowCursor hands to the screen what is noted.
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
timeout -k 2 55 "$tmp/unpacked/usr/bin/Xvfb" -screen 0 640x480x24 -noreset -fbdir "$tmp" -displayfd 3 \
    3>"$tmp/number" >/dev/null 2>&1 &
servers=$!
number=$(timeout 20 head -n 1 "$tmp/number")
[ -n "$number" ] || cannot server

stated='one image: 16x16, named still, with a serial; it is on the screen
an animation, first image: 1x1, named whole, serial 0; it is on the screen
hidden and shown again: 1x1, named whole, serial 0; it is not on the screen
an animation, second image: 16x16, without a name, with a serial; it is on the screen
hidden and shown again: 16x16, without a name, with a serial; it is on the screen'

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


def cursor(*colour):  # red, green, blue
    pixmap, picture, result = client.new_id(), client.new_id(), client.new_id()
    client.send(53, 32, "IIHH", pixmap, client.root, 16, 16)
    client.send(render, 4, "IIII", picture, pixmap, argb, 0)
    client.send(render, 26, "B3xI4HhhHH", 1, picture, *colour, 65535, 0, 0, 16, 16)  # FillRectangles
    client.send(render, 27, "IIHH", result, picture, 0, 0)  # CreateCursor
    return result


def animation(*delays):  # in ms
    result = client.new_id()
    client.send(render, 31, "IIIII", result, red, delays[0], green, delays[1])
    return result


def name(cursor, text):
    client.send(xfixes, 23, f"IH2x{(len(text) + 3) // 4 * 4}s", cursor, len(text), text)


def on_the_screen():
    """Whether a pixel at the pointer is red or green now, or becomes it within a second."""
    end = time.monotonic() + 1
    while time.monotonic() < end:
        client.ask(43, 0)
        with open(sys.argv[1], "rb") as file:
            image = file.read()
        header = struct.unpack(">25I", image[:100])
        place = header[0] + 12 * header[19] + header[12] * 245 + 4 * 325
        if image[place : place + 3] in (b"\0\0\xff", b"\0\xff\0"):
            return "it is on the screen"
    return "it is not on the screen"


def report(words):
    reply = client.ask(xfixes, 25)  # GetCursorImageAndName
    width, height, serial, size = struct.unpack("<12xHH4xI4xH", reply[:30])
    text = reply[32 + 4 * width * height :][:size].decode()
    print(f"{words}: {width}x{height}, {'named ' + text if text else 'without a name'}, "
          f"{'with a serial' if serial else 'serial 0'}; {on_the_screen()}")


def hide_and_show():
    for minor in (29, 30):
        client.send(xfixes, minor, "I", client.root)


client = Client()
render = client.opcode(b"RENDER")
xfixes, xfixes_event = client.ask(98, 0, "H2x8s", 6, b"XFIXES")[9:11]
client.ask(xfixes, 0, "II", 5, 0)
client.ask(render, 0, "II", 0, 11)
reply = client.ask(render, 1)  # QueryPictFormats
formats = [struct.unpack_from("<IBB2x8H", reply, 32 + 28 * index) for index in range(reply[8])]
(argb,) = [each[0] for each in formats if each[1:] == (1, 32, 16, 255, 8, 255, 0, 255, 24, 255)]
window = client.new_id()
client.send(1, 0, "IIhhHHHHIII", window, client.root, 0, 0, 640, 480, 0, 1, 0, 2, 0xFF)
client.send(8, 0, "I", window)
client.send(41, 0, "IIhhHHhh", 0, client.root, 0, 0, 0, 0, 320, 240)  # WarpPointer
red, green = cursor(65535, 0, 0), cursor(0, 65535, 0)
still, slow, quick = cursor(0, 65535, 0), animation(999999, 999999), animation(100, 999999)
name(still, b"still")
name(slow, b"whole")
name(quick, b"whole")
client.send(2, 0, "III", window, 1 << 14, still)
report("one image")
client.send(2, 0, "III", window, 1 << 14, slow)
report("an animation, first image")
hide_and_show()
report("hidden and shown again")
client.ask(43, 0)
client.send(xfixes, 3, "II", client.root, 1)  # SelectCursorInput
client.send(2, 0, "III", window, 1 << 14, quick)
for _ in "red", "green":
    while client.message()[0] != xfixes_event + 1:  # CursorNotify
        pass
report("an animation, second image")
hide_and_show()
report("hidden and shown again")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
