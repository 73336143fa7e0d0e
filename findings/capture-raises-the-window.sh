#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: two windows overlap, the focus is in the lower one. Five tools capture that window alone. What is
#           in the picture where the upper one covers it, and what do the tools do to the screen?
# Guess:    the pixels of the window that covers it, as the screen has no others, and nothing: they read.
# Instead:  "gm import" and "scrot -u" raise the window and leave it on top: their picture is whole, the
#           screen is another one, and the window gets Expose. maim redirects it, so that it is whole, too,
#           which costs an Expose. xwd and ImageMagick's import change nothing and have black there, import
#           with -screen what is seen. A test that captures with the first three changes what it tests.
# Why:      gm and scrot call XRaiseWindow(), maim redirects all windows and draws this one by RENDER; the
#           server blanks what GetImage of a window would give of others (XaceCensorImage).
# Seen:     x11-apps 7.7+9, ImageMagick 6.9.11-60, GraphicsMagick 1.3.40, scrot 1.8.1, maim 5.7.4 (Debian
#           7.7+9, 8:6.9.11.60+dfsg-1.6+deb12u15, 1.4+really1.3.40-4+deb12u1, 1.8.1-1, 5.7.4-2+b1), Xvfb
#           21.1.7 (2:21.1.7-3+deb12u13)
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
mkfifo "$tmp/number"
timeout -k 2 55 "$tmp/unpacked/usr/bin/Xvfb" -screen 0 640x480x24 -noreset -displayfd 3 \
    3>"$tmp/number" >/dev/null 2>&1 &
servers=$!
number=$(timeout 20 head -n 1 "$tmp/number")
[ -n "$number" ] || cannot server
library=$(dirname "$tmp"/unpacked/usr/lib/*/libslopy.so.7.6)
export LD_LIBRARY_PATH="$library:$tmp/unpacked/usr/lib" PATH="$tmp/unpacked/usr/bin:$PATH"
export MAGICK_CODER_MODULE_PATH="$(echo "$library"/ImageMagick-*/modules-Q16/coders)"
export MAGICK_CONFIGURE_PATH="$tmp/unpacked/etc/ImageMagick-6" HOME="$tmp"

stated='xwd: 100x80, black; below, 0 Expose
import: 100x80, black; below, 0 Expose
import -screen: 100x80, the other window; below, 0 Expose
gm import: 100x80, itself; raised, 1 Expose
scrot -u: 100x80, itself; raised, 1 Expose
maim -i: 100x80, itself; below, 1 Expose'

seen=$(DISPLAY=:$number timeout 50 python3 - "$tmp" <<'END'
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
        self.told = []
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
            self.told.append(answer)
        return answer  # a reply or an error


COLOURS = {b"\xff\0\0": "itself", b"\0\0\xff": "the other window", bytes(3): "black"}


def covered(command):
    """What the picture has in the middle of the covered part, and its size."""
    run = subprocess.run(command, shell=True, capture_output=True, timeout=20, cwd=sys.argv[1])
    head = re.match(rb"P6\s(?:#.*\n)?(\d+)\s+(\d+)\s+255\s", run.stdout)
    width, height = (int(number) for number in head.groups())
    place = head.end() + 3 * ((height - 21) * width + width - 21)
    return COLOURS.get(run.stdout[place : place + 3], "unknown"), f"{width}x{height}"


def map_window(x, y, colour, events):
    window = client.new_id()
    values = (2 | 1 << 11, colour, events)
    client.send(1, 0, "IIhhHHHHIIII", window, client.root, x, y, 100, 80, 0, 1, 0, *values)
    client.send(8, 0, "I", window)
    return window


client = Client()
commands = {
    "xwd": "xwd -silent -id {0} | xwdtopnm -quiet",
    "import": "import-im6.q16 -silent -window {0} -depth 8 ppm:-",
    "import -screen": "import-im6.q16 -silent -screen -window {0} -depth 8 ppm:-",
    "gm import": "gm import -silent -window {0} ppm:-",
    "scrot -u": "scrot -o -u scrot.png; pngtopnm -quiet scrot.png",
    "maim -i": "maim -u -i {0} maim.png; pngtopnm -quiet maim.png",
}
for name, command in commands.items():
    lower, upper = map_window(100, 100, 0xFF0000, 1 << 15), map_window(150, 140, 0xFF, 0)
    client.send(42, 1, "II", lower, 0)  # SetInputFocus
    client.ask(43, 0)
    client.told.clear()
    colour, size = covered(command.format(lower))
    tree = client.ask(15, 0, "I", client.root)  # QueryTree
    order = struct.unpack(f"<{len(tree) // 4 - 8}I", tree[32:])
    exposed = sum(event[0] == 12 for event in client.told)
    above = order.index(lower) > order.index(upper)
    print(f"{name}: {size}, {colour}; {'raised' if above else 'below'}, {exposed} Expose")
    client.send(4, 0, "I", lower)
    client.send(4, 0, "I", upper)
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
