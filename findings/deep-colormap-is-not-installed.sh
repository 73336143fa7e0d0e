#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a window manager installs the colormap of a window of depth 32 (InstallColormap).
#           What do ListInstalledColormaps, GetWindowAttributes and ColormapNotify say?
# Guess:    that it is installed: a screen of TrueColor does as if it had a place for one.
# Instead:  nothing has happened, without an error: the colormap of the window before is still the installed
#           one, no event comes, and map-is-installed stays False. A manager that waits for the event, or
#           installs until the list has it, waits for ever. A colormap of the root's visual is installed.
# Why:      visuals of 32 bits are Composite's (compAddAlternateVisual()), and its compInstallColormap()
#           returns for them, for the screen could not show them.
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

stated='depth 24: ColormapNotify installed, in the list, map-is-installed 1
depth 32: no event, not in the list, map-is-installed 0
depth 24 meanwhile: no event, in the list, map-is-installed 1'

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
        screen = 32 + (vendor + 3) // 4 * 4 + 8 * formats
        (self.root,) = struct.unpack_from("<I", setup, screen)
        self.visuals, place = {}, screen + 40  # by depth
        for _ in range(setup[screen + 39]):
            depth, count = struct.unpack_from("<BxH", setup, place)
            firsts = range(place + 8, place + 8 + 24 * count, 24)
            self.visuals[depth] = [struct.unpack_from("<I", setup, first)[0] for first in firsts]
            place += 8 + 24 * count

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


def window_of(depth, visual):
    window, colormap = client.new_id(), client.new_id()
    client.send(78, 0, "III", colormap, client.root, visual)
    values = (0, 0, 1 << 23, colormap)  # background and border pixel, ColormapChange, colormap
    mask = 2 | 8 | 1 << 11 | 1 << 13
    client.send(1, depth, "IIhhHHHHIIIIII", window, client.root, 0, 0, 9, 9, 0, 1, visual, mask, *values)
    client.send(8, 0, "I", window)
    client.ask(43, 0)
    return window, colormap


def report(words, window, colormap):
    events = []
    client.send(43, 0)
    while (message := client.message())[0] != 1:
        if message[0] == 32 and struct.unpack_from("<I", message, 4)[0] == window:
            events.append(f"ColormapNotify {'installed' if message[13] else 'uninstalled'}")
    listed = client.ask(83, 0, "I", window)  # ListInstalledColormaps
    there = struct.pack("<I", colormap) in [listed[at : at + 4] for at in range(32, len(listed), 4)]
    installed = client.ask(3, 0, "I", window)[25]  # GetWindowAttributes
    print(f"{words}: {', '.join(events) or 'no event'}, {'' if there else 'not '}in the list, "
          f"map-is-installed {installed}")


client = Client()
visuals = {depth: ids[0] for depth, ids in client.visuals.items() if ids}
ordinary, deep = window_of(24, visuals[24]), window_of(32, visuals[32])
client.send(81, 0, "I", ordinary[1])  # InstallColormap
report("depth 24", *ordinary)
client.send(81, 0, "I", deep[1])
report("depth 32", *deep)
report("depth 24 meanwhile", *ordinary)
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
