#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: one client of a rootless Xwayland sets the only CRTC to 640x480 with SetCrtcConfig, which
#           succeeds. What does GetCrtcInfo tell another client?
# Guess:    640x480: a CRTC belongs to the server, and its mode is the same for all.
# Instead:  1280x800 as before. The mode is the caller's own: only its GetCrtcInfo has 640x480.
#           Monitors and the root window keep theirs, and the mode is forgotten when its client leaves.
# Why:      xwl_randr_crtc_set() stores an emulated mode in the client that asked
#           (xwl_output_set_emulated_mode()), for games that switch modes.
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
WAYLAND_DISPLAY=host timeout -k 2 55 "$tmp/unpacked/usr/bin/Xwayland" -rootless -shm -noreset -displayfd 3 \
    3>"$tmp/number" >/dev/null 2>&1 &
servers="$! $servers"
number=$(timeout 20 head -n 1 "$tmp/number")
[ -n "$number" ] || cannot server

stated='before: one has 1280x800, other has 1280x800
set to 640x480: status 0
after: one has 640x480, other has 1280x800, monitor 1280x800, root 1280x800
when it has left: other has 1280x800, a new client has 1280x800'

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


def mode(client):
    return sizes[struct.unpack("<20xI", client.ask(randr, 20, "II", crtc, 0)[:24])[0]]


one, other = Client(), Client()
randr = one.opcode(b"RANDR")
for client in (one, other):
    client.ask(randr, 0, "II", 1, 6)
reply = one.ask(randr, 25, "I", one.root)  # GetScreenResourcesCurrent
stamp, crtcs, outputs, modes = struct.unpack("<12xIHHH", reply[:22])
crtc, output = (struct.unpack_from("<I", reply, 32 + 4 * index)[0] for index in (0, crtcs))
first = 32 + 4 * (crtcs + outputs)
infos = [struct.unpack_from("<IHH", reply, first + 32 * index) for index in range(modes)]
sizes = {number: f"{width}x{height}" for number, width, height in infos}
small = next(number for number, size in sizes.items() if size == "640x480")
print(f"before: one has {mode(one)}, other has {mode(other)}")
reply = one.ask(randr, 21, "IIIhhIHHI", crtc, 0, stamp, 0, 0, small, 1, 0, output)
print("set to 640x480: status", reply[1])
monitor = struct.unpack_from("<HH", other.ask(randr, 42, "IB3x", other.root, 1), 44)
root = struct.unpack_from("<HH", other.ask(14, 0, "I", other.root), 16)
print(f"after: one has {mode(one)}, other has {mode(other)}, "
      "monitor {}x{}, root {}x{}".format(*monitor, *root))
one.socket.shutdown(socket.SHUT_RDWR)
late = Client()
print(f"when it has left: other has {mode(other)}, a new client has {mode(late)}")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
