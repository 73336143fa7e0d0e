#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a window on a screen of depth 16 shows all 65536 pixels. Six captures of it are made: xwd, read by
#           netpbm, by ImageMagick's convert and by GraphicsMagick; ImageMagick's import; scrot; maim. Which
#           of them are equal, and what of a screen of depth 30 with 1024 greys?
# Guess:    all: 5 and 6 bits become 8 in one way, or the two programs of one package at least do it alike.
# Instead:  two camps, neither of which rounds to the nearest: netpbm, import and scrot cut off, convert, gm
#           and maim repeat the high bits. So import differs by one from ImageMagick's own reading of an
#           xwd of the same screen. At depth 30 the camps are others: netpbm is exact, scrot goes over to
#           maim, import to convert. A golden image holds for the program that made it.
# Why:      each has its own arithmetic for each depth.
# Seen:     x11-apps 7.7+9, netpbm 11.01.00, ImageMagick 6.9.11-60, GraphicsMagick 1.3.40, scrot 1.8.1, maim
#           5.7.4 (Debian 7.7+9, 2:11.01.00-2, 8:6.9.11.60+dfsg-1.6+deb12u15, 1.4+really1.3.40-4+deb12u1,
#           1.8.1-1, 5.7.4-2+b1), Xvfb 21.1.7 (2:21.1.7-3+deb12u13)
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
    xvfb=2:21.1.7-3+deb12u13 x11-apps=7.7+9 netpbm=2:11.01.00-2 libnetpbm11=2:11.01.00-2 \
    imagemagick-6.q16=8:6.9.11.60+dfsg-1.6+deb12u15 imagemagick-6-common \
    libmagickcore-6.q16-6=8:6.9.11.60+dfsg-1.6+deb12u15 libmagickwand-6.q16-6 liblqr-1-0 \
    libfftw3-double3 graphicsmagick=1.4+really1.3.40-4+deb12u1 libgraphicsmagick-q16-3 \
    libwmflite-0.2-7 scrot=1.8.1-1 libimlib2 maim=5.7.4-2+b1 libslopy7.6 libglew2.2) || cannot packages
for package in "$tmp"/*.deb; do
    dpkg-deb -x "$package" "$tmp/unpacked"
    echo "$(dpkg-deb -f "$package" Package) $(dpkg-deb -f "$package" Version)"
done

stated='depth 16:
xwd and netpbm, import, scrot: 55710 pixels off, by up to 1
xwd and convert, xwd and gm, maim: 23200 pixels off, by up to 1
depth 30:
xwd and netpbm: 0 pixels off, by up to 0
xwd and convert, xwd and gm, import: 32640 pixels off, by up to 1
scrot, maim: 10880 pixels off, by up to 1'

library=$(dirname "$tmp"/unpacked/usr/lib/*/libslopy.so.7.6)
export LD_LIBRARY_PATH="$library:$tmp/unpacked/usr/lib" PATH="$tmp/unpacked/usr/bin:$PATH"
export MAGICK_CODER_MODULE_PATH="$(echo "$library"/ImageMagick-*/modules-Q16/coders)"
export MAGICK_CONFIGURE_PATH="$tmp/unpacked/etc/ImageMagick-6" HOME="$tmp"
cat >"$tmp/client" <<'END'
import os
import re
import socket
import struct
import subprocess
import sys


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


def pixels(command):
    """Those of the window, as triples of 8 bits."""
    text = subprocess.run(command, shell=True, capture_output=True, timeout=60).stdout
    head = re.match(rb"P6\s(?:#.*\n)?(\d+)\s+(\d+)\s+(\d+)\s", text)
    width, _, most = (int(word) for word in head.groups())
    size = 2 if most > 255 else 1
    values = [
        round(int.from_bytes(text[place : place + size], "big") * 255 / most)
        for place in range(head.end(), len(text), size)
    ]
    places = (3 * (y * width + x) for y in range(256) for x in range(256))
    return [tuple(values[place : place + 3]) for place in places]


client, depth = Client(), int(sys.argv[1])
window, gc = client.new_id(), client.new_id()
client.send(1, 0, "IIhhHHHHIII", window, client.root, 0, 0, 256, 256, 0, 1, 0, 512, 1)
client.send(8, 0, "I", window)
client.send(55, 0, "III", gc, window, 0)
if depth == 16:
    shades = [(pixel >> 11, pixel >> 5 & 63, pixel & 31) for pixel in range(65536)]
    largest, rows = (31, 63, 31), struct.pack("<65536H", *range(65536))
else:
    shades = [(pixel % 1024,) * 3 for pixel in range(65536)]
    largest = (1023, 1023, 1023)
    rows = struct.pack("<65536I", *(grey << 20 | grey << 10 | grey for grey, _, _ in shades))
line = len(rows) // 256
for y in range(256):
    part = rows[y * line : (y + 1) * line]
    client.send(72, 2, f"IIHHhhBBxx{line}s", window, gc, 256, 1, 0, y, 0, depth, part)  # PutImage
client.ask(43, 0)
exact = [tuple(round(shade[band] * 255 / largest[band]) for band in range(3)) for shade in shades]
commands = {
    "xwd and netpbm": "xwd -silent -root >dump.xwd; xwdtopnm -quiet dump.xwd",
    "xwd and convert": "convert-im6.q16 xwd:dump.xwd -depth 8 ppm:-",
    "xwd and gm": "gm convert xwd:dump.xwd ppm:-",
    "import": "import-im6.q16 -silent -window root -depth 8 ppm:-",
    "scrot": "scrot -o scrot.png; pngtopnm -quiet scrot.png",
    "maim": "maim -u maim.png; pngtopnm -quiet maim.png",
}
os.chdir(sys.argv[2])
kinds = {}
for name, command in commands.items():
    kinds.setdefault(tuple(pixels(command)), []).append(name)
print(f"depth {depth}:")
for image, names in kinds.items():
    pairs = list(zip(image, exact, strict=True))
    off = sum(one != other for one, other in pairs)
    most = max(abs(one[band] - other[band]) for one, other in pairs for band in range(3))
    print(f"{', '.join(names)}: {off} pixels off, by up to {most}")
END
try_with() {
    rm -f "$tmp/number" && mkfifo "$tmp/number"
    timeout -k 2 100 "$tmp/unpacked/usr/bin/Xvfb" -screen 0 "320x256x$1" -noreset -displayfd 3 \
        3>"$tmp/number" >/dev/null 2>&1 &
    server=$!
    servers="$servers $server"
    number=$(timeout 20 head -n 1 "$tmp/number")
    [ -n "$number" ] || cannot server
    DISPLAY=:$number timeout 90 python3 "$tmp/client" "$1" "$tmp"
    kill "$server"
}

seen=$(
    set -e
    try_with 16
    try_with 30
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
