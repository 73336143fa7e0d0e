#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a screen of depth 8 shows red, green, blue, a brown and white, with each class of visual that Xvfb
#           can have there (-cc). Are these the colours in captures of it: of xwd, read by netpbm, ImageMagick's
#           convert and GraphicsMagick; of import; of scrot; of maim?
# Guess:    yes, for all classes: XWD was made for such screens, and Xlib gives the colours of a colormap.
# Instead:  for netpbm, import and scrot. convert and gm read the xwd of one class alone: they call a proper
#           header improper, for greys of 8 bits and for TrueColor, and for StaticColor they find white
#           alone. maim has black for some or all colours where clients may change the colormap.
# Why:      ImageMagick and GraphicsMagick share a reader that wants 1 bit for greys and at least 16 for
#           TrueColor.
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

stated='StaticGray: xwd and netpbm 5 of 5, convert refused, gm refused, import 5 of 5, scrot 5 of 5, maim 5 of 5
GrayScale: xwd and netpbm 5 of 5, convert refused, gm refused, import 5 of 5, scrot 5 of 5, maim 1 of 5
StaticColor: xwd and netpbm 5 of 5, convert 1 of 5, gm 1 of 5, import 5 of 5, scrot 5 of 5, maim 5 of 5
PseudoColor: xwd and netpbm 5 of 5, convert 5 of 5, gm 5 of 5, import 5 of 5, scrot 5 of 5, maim 4 of 5
TrueColor: xwd and netpbm 5 of 5, convert refused, gm refused, import 5 of 5, scrot 5 of 5, maim 5 of 5'

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
        self.setup = setup = self.read(4 * struct.unpack("<6xH", self.read(8))[0])
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


def right(command):
    """How many of the five colours are seen, give or take a step of the screen."""
    text = subprocess.run(command, shell=True, capture_output=True, timeout=60).stdout
    head = re.match(rb"P([56])\s(?:#.*\n)?(\d+)\s+(\d+)\s+(\d+)\s", text)
    if not head:
        return "refused"
    kind, width, _, most = (int(word) for word in head.groups())
    size, bands = 2 if most > 255 else 1, 3 if kind == 6 else 1
    number = 0
    for index, wanted in enumerate(shades):
        place = head.end() + (5 * width + 10 * index + 5) * bands * size
        found = [
            int.from_bytes(text[place + band * size :][:size], "big") * 255 / most
            for band in range(bands)
        ]
        found *= 3 // bands
        number += all(abs(one - other) < 2 for one, other in zip(found, wanted, strict=True))
    return f"{number} of 5"


client = Client()
_, vendor, formats = struct.unpack("<4xI8xH3xB", client.setup[:22])
(colormap,) = struct.unpack_from("<I", client.setup, 36 + (vendor + 3) // 4 * 4 + 8 * formats)
shades = []
for index, colour in enumerate(((255, 0, 0), (0, 255, 0), (0, 0, 255), (128, 64, 32), (255,) * 3)):
    answer = client.ask(84, 0, "I3H2x", colormap, *(257 * value for value in colour))
    (pixel,) = struct.unpack_from("<I", answer, 16)  # AllocColor
    colours = client.ask(91, 0, "II", colormap, pixel)  # QueryColors
    shades.append([value / 257 for value in struct.unpack_from("<3H", colours, 32)])
    window = client.new_id()
    area = (10 * index, 0, 10, 10)
    client.send(1, 0, "IIhhHHHHIII", window, client.root, *area, 0, 1, 0, 2, pixel)
    client.send(8, 0, "I", window)
client.ask(43, 0)
commands = {
    "xwd and netpbm": "xwd -silent -root >dump.xwd; xwdtopnm -quiet dump.xwd",
    "convert": "convert-im6.q16 xwd:dump.xwd ppm:-",
    "gm": "gm convert xwd:dump.xwd ppm:-",
    "import": "import-im6.q16 -silent -window root ppm:-",
    "scrot": "scrot -o scrot.png; pngtopnm -quiet scrot.png",
    "maim": "maim -u maim.png; pngtopnm -quiet maim.png",
}
os.chdir(sys.argv[2])
print(f"{sys.argv[1]}:", ", ".join(f"{name} {right(commands[name])}" for name in commands))
END
try_with() {
    rm -f "$tmp/number" && mkfifo "$tmp/number"
    timeout -k 2 100 "$tmp/unpacked/usr/bin/Xvfb" -screen 0 320x200x8 -cc "$1" -noreset \
        -displayfd 3 3>"$tmp/number" >/dev/null 2>&1 &
    server=$!
    servers="$servers $server"
    number=$(timeout 20 head -n 1 "$tmp/number")
    [ -n "$number" ] || cannot server
    DISPLAY=:$number timeout 90 python3 "$tmp/client" "$2" "$tmp"
    kill "$server"
}

seen=$(
    set -e
    try_with 0 StaticGray
    try_with 1 GrayScale
    try_with 2 StaticColor
    try_with 3 PseudoColor
    try_with 4 TrueColor
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
