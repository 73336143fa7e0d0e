#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a client presents the pixmap that NameWindowPixmap gave it for a redirected window, to
#           another window. Which pixmap does IdleNotify name?
# Guess:    the one that was presented, as for any other pixmap: GetGeometry knows its id.
# Instead:  pixmap 0. A client that looks its buffers up by the event's pixmap never frees this one.
#           A pixmap of the client's own, presented the same way, comes back by its id.
# Why:      ProcCompositeNameWindowPixmap() adds the id as a resource and leaves drawable.id 0, which
#           present_pixmap_idle() reports.
# Seen:     Xvfb 21.1.7 (Debian 2:21.1.7-3+deb12u13); by hand also XLibre's 25.2
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

stated='a pixmap of the client'\''s own: serial 1, IdleNotify names the pixmap
the named pixmap of a window: serial 2, IdleNotify names 0'

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
present, composite = client.opcode(b"Present"), client.opcode(b"Composite")
client.ask(present, 0, "II", 1, 2)
client.ask(composite, 0, "II", 0, 4)
target, source = client.new_id(), client.new_id()
for window in (target, source):
    client.send(1, 0, "IIhhHHHHII", window, client.root, 0, 0, 64, 64, 0, 1, 0, 0)
    client.send(8, 0, "I", window)
client.send(present, 3, "III", client.new_id(), target, 4)  # SelectInput: IdleNotify
client.send(composite, 1, "IB3x", source, 0)  # RedirectWindow, Automatic
own, named = client.new_id(), client.new_id()
client.send(53, 24, "IIHH", own, client.root, 64, 64)  # CreatePixmap
client.send(composite, 6, "II", source, named)  # NameWindowPixmap
words = "a pixmap of the client's own", "the named pixmap of a window"
for serial, (pixmap, word) in enumerate(zip((own, named), words), 1):
    assert client.ask(14, 0, "I", pixmap)[0] == 1, "GetGeometry does not know it"
    client.send(present, 1, "IIIIIhhIIII4xQQQ", target, pixmap, serial, *[0] * 11)
    event = client.message()
    kind, _, _, told, which = struct.unpack("<8xH2xIIII", event[:28])
    assert kind == 2, "this is no IdleNotify"
    names = {pixmap: "the pixmap"}.get(which, which)
    print(f"{word}: serial {told}, IdleNotify names {names}")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
