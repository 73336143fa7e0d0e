#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a compositor redirected all windows manually, had set its close-down mode to
#           RetainPermanent, and left. Who paints the windows?
# Guess:    the server: Composite's text ends a redirection when its client terminates, as grabs
#           and the ownership of selections end in every close-down mode.
# Instead:  nobody. The redirection lives on without its client: windows stay invisible, the next
#           compositor gets Access, until a KillClient names a resource that the first one left.
# Why:      compRedirectSubwindows() adds a resource of the client, and CloseDownClient() keeps
#           resources in these modes.
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

stated='DestroyAll: compositor gone, window painted
RetainPermanent: compositor gone, window not painted, next compositor gets Access
RetainPermanent: after KillClient, window painted'

seen=$(DISPLAY=:$number timeout 30 python3 - <<'END'
import time
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


def painted():
    image = user.ask(73, 2, "IhhHHI", user.root, 10, 10, 1, 1, 0xFFFFFF)
    return "window painted" if image[32:35] == b"\0\0\xff" else "window not painted"


user = Client()
composite = user.opcode(b"Composite")
window = user.new_id()
user.send(1, 0, "IIhhHHHHIII", window, user.root, 0, 0, 64, 64, 0, 1, 0, 2, 0xFF0000)
user.send(8, 0, "I", window)
for mode, word in enumerate(("DestroyAll", "RetainPermanent")):
    compositor = Client()
    compositor.send(112, mode)  # SetCloseDownMode
    compositor.send(composite, 2, "IB3x", compositor.root, 1)  # RedirectSubwindows, Manual
    pixmap = compositor.new_id()
    compositor.send(53, 1, "IIHH", pixmap, compositor.root, 1, 1)
    owner = compositor.new_id()
    compositor.send(1, 0, "IIhhHHHHII", owner, compositor.root, 0, 0, 1, 1, 0, 1, 0, 0)
    compositor.send(22, 0, "III", owner, 1, 0)  # SetSelectionOwner: gone when the client is
    compositor.ask(43, 0)
    compositor.socket.shutdown(socket.SHUT_RDWR)
    deadline = time.monotonic() + 20
    while struct.unpack("<8xI", user.ask(23, 0, "I", 1)[:12])[0]:
        assert time.monotonic() < deadline, "the client is still there"
    user.send(61, 0, "IhhHH", window, 0, 0, 0, 0)  # ClearArea: paint again
    print(f"{word}: compositor gone, {painted()}", end="")
    user.send(composite, 2, "IB3x", user.root, 1)
    answer = user.ask(43, 0)
    if answer[0] == 0:
        user.message()
        print(", next compositor gets", {10: "Access"}[answer[1]])
        user.send(113, 0, "I", pixmap)  # KillClient
        user.send(61, 0, "IhhHH", window, 0, 0, 0, 0)
        print(f"{word}: after KillClient, {painted()}")
    else:
        print()
        user.send(composite, 4, "IB3x", user.root, 1)  # UnredirectSubwindows
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
