#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: one client of Xwayland grabs the server. Does another one get an answer?
# Guess:    not before the grab ends: GrabServer stops the processing of all other clients' requests.
# Instead:  with a root window of its own, yes, so it is; without (-rootless, as desktops start it) the
#           request is accepted without an error and does nothing. What a client does between
#           GrabServer and UngrabServer is not atomic there: not a window manager's adoption of the
#           windows that it finds, nor a screenshot of several windows.
# Why:      Xwayland ignores the grab where a Wayland compositor might wait for the grabbed server, and
#           both would wait for ever.
# Seen:     Xwayland 22.1.9 (Debian 2:22.1.9-1) on a headless weston 10.0.1 (10.0.1-1+b1)
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
    xwayland=2:22.1.9-1 weston=10.0.1-1+b1 libweston-10-0=10.0.1-1+b1) || cannot packages
for package in "$tmp"/*.deb; do
    dpkg-deb -x "$package" "$tmp/unpacked"
    echo "$(dpkg-deb -f "$package" Package) $(dpkg-deb -f "$package" Version)"
done
mkdir -m 700 "$tmp/run" && mkfifo "$tmp/number"
library=$(dirname "$tmp"/unpacked/usr/lib/*/libweston-10.so.0)
backend=headless-backend.so=$library/libweston-10/headless-backend.so
unset DISPLAY WAYLAND_DISPLAY
export XDG_RUNTIME_DIR="$tmp/run"
LD_LIBRARY_PATH=$library:$library/weston \
    WESTON_MODULE_MAP="$backend;kiosk-shell.so=$library/weston/kiosk-shell.so" \
    timeout -k 2 55 "$tmp/unpacked/usr/bin/weston" --backend=headless-backend.so \
    --shell=kiosk-shell.so --use-pixman --width=1280 --height=800 --idle-time=0 --no-config \
    --socket=host >/dev/null 2>&1 &
servers=$!
# shellcheck disable=SC2016
timeout 20 sh -c 'until [ -S "$1" ]; do :; done' sh "$tmp/run/host" || cannot weston
try_with() {
    # shellcheck disable=SC2086  # no word, or one
    WAYLAND_DISPLAY=host timeout -k 2 55 "$tmp/unpacked/usr/bin/Xwayland" $1 -shm -noreset \
        -displayfd 3 3>"$tmp/number" >/dev/null 2>&1 &
    server=$!
    number=$(timeout 20 head -n 1 "$tmp/number")
    [ -n "$number" ] && ask "$number"
    kill "$server"
}

ask() {
    DISPLAY=:$1 timeout 30 python3 - <<'END'
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

one, other = Client(), Client()
one.send(36, 0)  # GrabServer
one.ask(43, 0)  # GetInputFocus: the grab is there
other.socket.settimeout(3)
try:
    other.ask(43, 0)
    print("the other client is answered during the grab")
except TimeoutError:
    print("the other client waits")
END
}

stated='with a root window: the other client waits
rootless: the other client is answered during the grab'

seen=$(
    echo "with a root window: $(try_with '')"
    echo "rootless: $(try_with -rootless)"
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
