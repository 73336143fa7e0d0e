#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a redirected window lies partly beyond the edge of the screen. A client takes its image, by
#           GetImage and by ShmGetImage of MIT-SHM.
# Guess:    both succeed, since a redirected window has all its pixels, or neither does.
# Instead:  GetImage gives the whole window, ShmGetImage is a Match error. A thumbnail that is taken by
#           shared memory, where there is some, fails when the window is moved beyond the edge;
#           it succeeds from the pixmap that NameWindowPixmap gives.
# Why:      GetImage looks at the pixmap of a window if Composite may have given it one;
#           ProcShmGetImage() has a check of its own, which wants the window to be on the screen.
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

stated='on the screen: GetImage image, ShmGetImage image
on the screen, redirected: GetImage image, ShmGetImage image
beyond the edge: GetImage Match, ShmGetImage Match
beyond the edge, redirected: GetImage image, ShmGetImage Match
beyond the edge, named pixmap: GetImage image, ShmGetImage image'

seen=$(DISPLAY=:$number timeout 30 python3 - <<'END'
import mmap
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


def outcome(reply, image):
    if reply[0] == 0:
        return {8: "Match"}.get(reply[1], f"error {reply[1]}")
    return "image" if image == size // 4 * b"\x99\x66\x33\0" else "another image"


def report(words, drawable):
    memory[:] = bytes(size)
    place = (0, 0, 64, 48, 0xFFFFFFFF)
    reply = client.ask(73, 2, "IhhHHI", drawable, *place)
    shared = client.ask(shm, 4, "IhhHHIB3xII", drawable, *place, 2, segment, 0)
    print(f"{words}: GetImage {outcome(reply, reply[32:])}, ShmGetImage {outcome(shared, memory[:])}")


def move(x, y):
    client.send(12, 0, "IH2xii", window, 3, x, y)  # ConfigureWindow


size = 64 * 48 * 4
client = Client()
composite, shm = client.opcode(b"Composite"), client.opcode(b"MIT-SHM")
client.ask(composite, 0, "II", 0, 4)
client.ask(shm, 0)
file = os.memfd_create("image")
os.ftruncate(file, size)
memory = mmap.mmap(file, size)
segment = client.new_id()
attach = struct.pack("<BBHIB3x", shm, 6, 3, segment, 0)  # AttachFd
socket.send_fds(client.socket, [attach], [file])
window, pixmap = client.new_id(), client.new_id()
client.send(1, 0, "IIhhHHHHIII", window, client.root, 0, 0, 64, 48, 0, 1, 0, 2, 0x336699)
client.send(8, 0, "I", window)
report("on the screen", window)
client.send(composite, 1, "IB3x", window, 1)  # RedirectWindow, Manual
client.send(61, 0, "IhhHH", window, 0, 0, 0, 0)  # ClearArea
report("on the screen, redirected", window)
client.send(composite, 3, "IB3x", window, 1)  # UnredirectWindow
move(-10, -10)
report("beyond the edge", window)
client.send(composite, 1, "IB3x", window, 1)
client.send(61, 0, "IhhHH", window, 0, 0, 0, 0)
report("beyond the edge, redirected", window)
client.send(composite, 6, "II", window, pixmap)  # NameWindowPixmap
report("beyond the edge, named pixmap", pixmap)
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
