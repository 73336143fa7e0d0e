#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a window has a Damage and a child that is redirected automatically. A client fills the child
#           and asks for the image of the window, in one write. Where is DamageNotify?
# Guess:    before the reply, as without the redirection, or behind it: a reply is sent as a whole.
# Instead:  between the head of the reply and its image. The client takes the event for the first eight
#           pixels and sees the picture shifted by them; it takes the last eight pixels for its next
#           message: for an error, if they are black.
# Why:      GetImage writes the head of its reply, then calls SourceValidate(), in which Composite paints
#           what is redirected automatically; this draws, and Damage tells of it. Where the requests come
#           apart, the server has painted before it waits for the second.
# Seen:     Xvfb 21.1.7 (Debian 2:21.1.7-3+deb12u13); by hand also 1.20.11 and 21.1.25, not XLibre's 25.2
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

stated='not redirected: DamageNotify, head of the reply, 12288 bytes of image
redirected automatically: head of the reply, DamageNotify, 12288 bytes of image'

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

client = Client()
composite, damage = client.opcode(b"Composite"), client.opcode(b"DAMAGE")
damage_notify = client.ask(98, 0, "H2x8s", 6, b"DAMAGE")[10]
client.ask(composite, 0, "II", 0, 4)
client.ask(damage, 0, "II", 1, 1)
parent, child, context, report = (client.new_id() for _ in range(4))
client.send(1, 0, "IIhhHHHHIII", parent, client.root, 0, 0, 64, 48, 0, 1, 0, 2, 0)
client.send(1, 0, "IIhhHHHHIII", child, parent, 0, 0, 32, 32, 0, 1, 0, 2, 0)
client.send(8, 0, "I", child)
client.send(8, 0, "I", parent)
client.send(55, 0, "IIII", context, child, 4, 0x336699)  # CreateGC
client.send(damage, 1, "IIB3x", report, parent, 3)  # DamageCreate, level NonEmpty
event = (damage_notify, parent, report)
fill = struct.pack("<BBHIIhhHH", 70, 0, 5, child, context, 0, 0, 32, 32)  # PolyFillRectangle
get = struct.pack("<BBHIhhHHI", 73, 2, 5, parent, 0, 0, 64, 48, 0xFFFFFFFF)  # GetImage
size = 64 * 48 * 4
for word in ("not redirected", "redirected automatically"):
    client.ask(43, 0)
    client.send(damage, 3, "III", report, 0, 0)  # DamageSubtract: all
    client.ask(43, 0)
    client.socket.sendall(fill + get)
    parts, image = [], 0
    while image < size or len(parts) < 3:
        part = client.read(32)
        head = struct.unpack("<B3xII", part[:12])
        if (head[0], *head[1:]) == event:
            parts.append("DamageNotify")
        elif head[:2] == (1, size // 4):
            parts.append("head of the reply")
        else:
            image += 32
            if image == size:
                parts.append(f"{size} bytes of image")
    print(f"{word}:", ", ".join(parts))
    client.send(composite, 1, "IB3x", child, 0)  # RedirectWindow, Automatic
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
