#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a window has the WM_NAME "before" and the _NET_WM_NAME "after", as one whose program renames it by
#           the second alone. Which name do tools print, and by which do they find it?
# Guess:    EWMH prefers _NET_WM_NAME: all print and find "after", or each at least finds what it prints.
# Instead:  xdotool prints "after" (getwindowname) and finds "before" (search --name), and nothing by what it
#           printed. wmctrl and xwininfo print "after", too; xwininfo finds both, wmctrl that one alone.
#           xprop and xwd find "before". A script that waits for a title waits for ever with one of them.
# Why:      search of xdotool matches XGetWMName(), getwindowname reads _NET_WM_NAME; xprop and xwd share old
#           code that uses XFetchName().
# Seen:     xdotool 3.20160805, wmctrl 1.07, xwininfo and xprop of x11-utils 7.7+5, xwd of x11-apps 7.7+9
#           (Debian 1:3.20160805.1-5, 1.07-7+b1, 7.7+5, 7.7+9), Xvfb 21.1.7 (2:21.1.7-3+deb12u13)
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
    xvfb=2:21.1.7-3+deb12u13 x11-apps=7.7+9 x11-utils=7.7+5 wmctrl=1.07-7+b1 \
    xdotool=1:3.20160805.1-5 libxdo3=1:3.20160805.1-5 libxinerama1 libxtst6 libxi6 libxcb-shape0) || cannot packages
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
export LD_LIBRARY_PATH="$(dirname "$tmp"/unpacked/usr/lib/*/libxdo.so.3)"
export PATH="$tmp/unpacked/usr/bin:$PATH" HOME="$tmp"

stated='xdotool: prints after, finds before
wmctrl: prints after, finds after
xwininfo: prints after, finds before and after
xprop: prints nothing, finds before
xwd: prints nothing, finds before'

seen=$(DISPLAY=:$number timeout 30 python3 - <<'END'
import os
import re
import socket
import struct
import subprocess


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


def shown(command):
    run = subprocess.run(command, shell=True, capture_output=True, timeout=10)
    return (run.stdout + run.stderr).decode(errors="replace")


def atom(name):
    layout = f"H2x{(len(name) + 3) // 4 * 4}s"
    return struct.unpack_from("<I", client.ask(16, 0, layout, len(name), name), 8)[0]


def name(window, attribute, kind, text):
    layout = f"IIIB3xI{(len(text) + 3) // 4 * 4}s"
    client.send(18, 0, layout, window, attribute, kind, 8, len(text), text)  # ChangeProperty


client = Client()
window = client.new_id()
client.send(1, 0, "IIhhHHHHII", window, client.root, 0, 0, 90, 90, 0, 1, 0, 0)
name(window, 39, 31, b"before")  # WM_NAME, STRING
name(window, atom(b"_NET_WM_NAME"), atom(b"UTF8_STRING"), b"after")
client.send(18, 0, "IIIB3xII", client.root, atom(b"_NET_CLIENT_LIST"), 33, 32, 1, window)
client.send(8, 0, "I", window)
client.ask(43, 0)
number, digits = str(window), f"{window:x}"
tools = {  # what prints its name, and what finds it by one
    "xdotool": ("xdotool getwindowname {}", "xdotool search --name {}", number),
    "wmctrl": ("wmctrl -l", "wmctrl -v -r {} -b add,above", f"Using window: 0x0*{digits}"),
    "xwininfo": ("xwininfo -id {}", "xwininfo -name {}", f"Window id: 0x{digits}"),
    "xprop": ("true", "xprop -name {} WM_NAME", '= "before"'),
    "xwd": ("true", "xwd -silent -name {} | wc -c", "[0-9]{4}"),
}
for tool, (prints, finds, found) in tools.items():
    printed = re.findall("before|after", shown(prints.format(window))) or ["nothing"]
    names = [one for one in ("before", "after") if re.search(found, shown(finds.format(one)))]
    print(f"{tool}: prints {printed[0]}, finds {' and '.join(names)}")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
