#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: three robots are told to press the key A, the capital: xdotool key A, xte 'key A' and KeyStr
#           A of xmacroplay. What does the window get, and what for exclam?
# Guess:    A and an exclamation mark from all three: A is another keysym than a, and needs Shift.
# Instead:  xdotool alone. xte and xmacroplay press the key that has the symbol somewhere and no Shift:
#           a, and 1; their "str" and "String" do press it. And xdotool lets Shift go before the key: who
#           looks at releases sees an A go down, and an a come up.
# Why:      xte and xmacroplay send XKeysymToKeycode() of the symbol, which leaves out the level at which
#           it stands; xdotool sends the modifiers of the level first, and at the release, too.
# Seen:     xdotool 3.20160805, xautomation 1.09, xmacro 0.3 (Debian 1:3.20160805.1-5, 1.09-4,
#           0.3pre-20000911-8), Xvfb 21.1.7 (2:21.1.7-3+deb12u13)
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
    xvfb=2:21.1.7-3+deb12u13 xautomation=1.09-4 xmacro=0.3pre-20000911-8 \
    xdotool=1:3.20160805.1-5 libxdo3=1:3.20160805.1-5 libxtst6 libxinerama1 libxi6) ||
    cannot packages
for package in "$tmp"/*.deb; do
    dpkg-deb -x "$package" "$tmp/unpacked"
    echo "$(dpkg-deb -f "$package" Package) $(dpkg-deb -f "$package" Version)"
done
mkfifo "$tmp/number"
timeout -k 2 100 "$tmp/unpacked/usr/bin/Xvfb" -screen 0 640x480x24 -noreset -displayfd 3 \
    3>"$tmp/number" >/dev/null 2>&1 &
servers=$!
number=$(timeout 20 head -n 1 "$tmp/number")
[ -n "$number" ] || cannot server

stated='xdotool, key A: +Shift +A -Shift -a
xte, key A: +a -a
xmacroplay, KeyStr A: +a -a
xdotool, key exclam: +Shift +! -Shift -1
xte, key exclam: +1 -1
xmacroplay, KeyStr exclam: +1 -1
xte, str A!: +Shift +A -A -Shift +Shift +! -! -Shift
xmacroplay, String A!: +Shift +A -A -Shift +Shift +! -! -Shift'

library=$(dirname "$tmp"/unpacked/usr/lib/*/libxdo.so.3)
seen=$(DISPLAY=:$number timeout 90 python3 - "$tmp/unpacked/usr/bin" "$library" <<'END'
import os
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
        self.events = []

    def message(self):
        head = self.read(32)
        more = struct.unpack("<4xI", head[:8])[0] if head[0] == 1 or head[0] & 127 == 35 else 0
        return head + self.read(4 * more)

    def send(self, opcode, minor, layout="", *values):
        body = struct.pack("<" + layout, *values)
        self.socket.sendall(struct.pack("<BBH", opcode, minor, 1 + len(body) // 4) + body)

    def ask(self, *request):
        self.send(*request)
        while (answer := self.message())[0] > 1:
            self.events.append(answer)
        return answer  # a reply or an error


def symbol(key, shift):
    """The first or second symbol of this key."""
    reply = client.ask(101, 0, "BBxx", key, 1)  # GetKeyboardMapping
    return chr(struct.unpack_from("<I", reply, 32 + 4 * shift)[0])


def clients():
    return struct.unpack("<8xI", client.ask(resources, 1)[:12])[0]  # QueryClients


def try_with(command, text=""):
    client.events.clear()
    program = subprocess.Popen(
        [f"{sys.argv[1]}/{command[0]}", *command[1:]],
        env=dict(os.environ, LD_LIBRARY_PATH=sys.argv[2]),
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    program.communicate(text.encode(), timeout=20)
    while clients() != others:  # until the server has carried out all that the robot sent
        pass
    words = []
    for event in [event for event in client.events if event[0] in (2, 3)]:
        shift = struct.unpack("<28xH", event[:30])[0] & 1
        words.append("+-"[event[0] - 2] + ("Shift" if event[1] == 50 else symbol(event[1], shift)))
    told = text.strip() or " ".join(command[1:])
    print(f"{command[0]}, {told}: {' '.join(words)}")


client = Client()
window = client.last_id
client.send(1, 24, "IIhhHHHHIIII", window, client.root, 0, 0, 99, 99, 0, 1, 0, 0xA00, 1, 3)
client.send(8, 0, "I", window)
client.send(42, 0, "II", window, 0)  # SetInputFocus
resources = client.ask(98, 0, "H2x12s", 10, b"X-Resource")[9]
others = clients()
for key in "A", "exclam":
    try_with(("xdotool", "key", key))
    try_with(("xte", f"key {key}"))
    try_with(("xmacroplay", os.environ["DISPLAY"]), f"KeyStr {key}\n")
try_with(("xte", "str A!"))
try_with(("xmacroplay", os.environ["DISPLAY"]), "String A!\n")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
