#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a VNC viewer sends the key A alone, without Shift, as programs do that type a text. Which
#           keys does an X client of the VNC server see?
# Guess:    Shift and a: the server holds Shift while the key goes down, as it does for an exclamation
#           mark, and nothing is left behind.
# Instead:  Caps_Lock, then a. The lock stays, for everyone: after the viewer has left, other sources of
#           keys, such as XTEST, type capitals. Only a small letter from a viewer takes it back.
# Why:      VNCSConnectionST::keyEvent() takes a capital without Shift for a sign that Caps Lock is on at
#           the viewer, and presses it here as well, unless the viewer has asked for the states of LEDs.
# Seen:     TigerVNC 1.12.0 (Debian tigervnc-standalone-server 1.12.0+dfsg-8); by hand also 1.15.0
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
    tigervnc-standalone-server=1.12.0+dfsg-8) || cannot packages
for package in "$tmp"/*.deb; do
    dpkg-deb -x "$package" "$tmp/unpacked"
    echo "$(dpkg-deb -f "$package" Package) $(dpkg-deb -f "$package" Version)"
done
mkfifo "$tmp/number"
timeout -k 2 55 "$tmp/unpacked/usr/bin/Xtigervnc" -geometry 640x480 -SecurityTypes None -rfbport -1 \
    -rfbunixpath "$tmp/viewers" -noreset -displayfd 3 3>"$tmp/number" >/dev/null 2>&1 &
servers=$!
number=$(timeout 20 head -n 1 "$tmp/number")
[ -n "$number" ] || cannot server

stated='!: +Shift_L +1 -Shift_L -1; Caps Lock is off
A: +Caps_Lock -Caps_Lock +a -a; Caps Lock is on
a: +Caps_Lock -Caps_Lock +a -a; Caps Lock is off
!: +Shift_L +1 -Shift_L -1; Caps Lock is off
A: +Caps_Lock -Caps_Lock +a -a; Caps Lock is on
when the viewer has left: Caps Lock is on'

seen=$(DISPLAY=:$number timeout 30 python3 - "$tmp/viewers" <<'END'
import os
import socket
import struct
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

    def opcode(self, extension):
        size = len(extension)
        return self.ask(98, 0, f"H2x{(size + 3) // 4 * 4}s", size, extension)[9]


def viewer():
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(20)
    connection.connect(sys.argv[1])
    read = connection.makefile("rb").read
    read(12)
    connection.sendall(b"RFB 003.008\n")
    read(read(1)[0])
    connection.sendall(b"\1")  # no authentication
    read(4)
    connection.sendall(b"\1")
    read(struct.unpack(">20xI", read(24))[0])
    return connection


def type_key(keysym):
    for down in (1, 0):
        connection.sendall(struct.pack(">BB2xI", 4, down, keysym))


def keys():
    """What is typed up to the end of Escape."""
    events = []
    while not events or events[-1] != (3, 9):
        event = client.message()
        if event[0] in (2, 3):
            events.append((event[0], event[1]))
    return " ".join("+-"[kind - 2] + NAMES[keycode] for kind, keycode in events[:-2])


def lock():
    mask = struct.unpack_from("<H", client.ask(38, 0, "I", client.root), 24)[0]  # QueryPointer
    return f"Caps Lock is {'on' if mask & 2 else 'off'}"


NAMES = {9: "Escape", 10: "1", 38: "a", 50: "Shift_L", 66: "Caps_Lock"}
client = Client()
window = client.new_id()
client.send(1, 0, "IIhhHHHHIII", window, client.root, 0, 0, 9, 9, 0, 1, 0, 2048, 3)
client.send(8, 0, "I", window)
client.send(42, 0, "II", window, 0)  # SetInputFocus
client.ask(43, 0)
connection = viewer()
for character in "!Aa!A":
    type_key(ord(character))
    type_key(0xFF1B)
    print(f"{character}: {keys()}; {lock()}")
connection.shutdown(socket.SHUT_WR)
while connection.recv(65536):
    pass
print("when the viewer has left:", lock())
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
