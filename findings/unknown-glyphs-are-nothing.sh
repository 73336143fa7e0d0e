#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: CompositeGlyphs8 of RENDER draws the glyphs 65, 66, 65 of a set from which another client, which
#           shares the set, has freed 66. RENDER's text lists an error Glyph for it. What comes?
# Guess:    that error, with 66.
# Instead:  none: 66 is nothing at all, not even a step to the right; the last glyph takes its place. Who
#           forgot AddGlyphs, or whose friend freed a glyph, loses characters and the width of the line
#           without a word. FreeGlyphs of the same glyph does give the error.
# Why:      ProcRenderCompositeGlyphs() leaves glyphs out of the list that FindGlyph() does not find.
# Seen:     Xvfb 21.1.7 (Debian 2:21.1.7-3+deb12u13); by hand also 1.20.11, 21.1.16, 21.1.25, XLibre's
#           25.2, Xephyr and TigerVNC 1.12
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

stated='both are in the set: .####.####.####....., error none
another client freed 66: .####.####.........., error none
freed once more: error Glyph, 66'

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


def error(answer):
    value, code = struct.unpack_from("<I", answer, 4)[0], answer[1]
    return "none" if answer[0] else f"{'Glyph' if code == glyph else code}, {value}"


client, friend = Client(), Client()
answer = client.ask(98, 0, "H2x8s", 6, b"RENDER")  # QueryExtension
render, glyph = answer[9], answer[11] + 4
for one in client, friend:
    one.ask(render, 0, "II", 0, 11)
answer = client.ask(render, 1)  # QueryPictFormats
formats = {}
for index in range(struct.unpack("<8xI", answer[:12])[0]):
    name, depth, red, alpha = struct.unpack_from("<IxB4xH10xH", answer, 32 + 28 * index)
    if (depth == 8 and alpha) or (depth == 24 and red == 255):
        formats.setdefault(depth, name)
white, glyphs, shared = client.new_id(), client.new_id(), friend.new_id()
client.send(render, 33, "I4H", white, *[65535] * 4)  # CreateSolidFill
client.send(render, 17, "II", glyphs, formats[8])  # CreateGlyphSet
for one in (65, 66):  # AddGlyphs: 4x4 pixels, 5 to the next one
    client.send(render, 20, "IIIHHhhhh16s", glyphs, 1, one, 4, 4, 0, 0, 5, 0, b"\xff" * 16)


def draw(words):
    pixmap, picture, gc = client.new_id(), client.new_id(), client.new_id()
    client.send(53, 24, "IIHH", pixmap, client.root, 20, 10)
    client.send(55, 0, "IIII", gc, pixmap, 4, 0)
    client.send(70, 0, "IIhhHH", pixmap, gc, 0, 0, 20, 10)
    client.send(render, 4, "IIII", picture, pixmap, formats[24], 0)
    item = struct.pack("<B3xhh4B", 3, 1, 2, 65, 66, 65, 0)
    client.send(render, 23, "B3xIIIIhh12s", 3, white, picture, 0, glyphs, 0, 0, item)
    answer = client.ask(43, 0)
    if not answer[0]:
        client.message()  # the reply
    row = client.ask(73, 2, "IhhHHI", pixmap, 0, 3, 20, 1, 0xFFFFFF)[32:]
    print(f"{words}: {''.join('.#'[byte > 0] for byte in row[::4])}, error {error(answer)}")


draw("both are in the set")
friend.send(render, 18, "II", shared, glyphs)  # ReferenceGlyphSet
friend.send(render, 22, "II", shared, 66)  # FreeGlyphs
friend.ask(43, 0)
draw("another client freed 66")
print("freed once more: error", error(friend.ask(render, 22, "II", shared, 66)))
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
