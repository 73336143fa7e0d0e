#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: RANDR sets the only CRTC of an Xorg in memory (dummy driver) to 800x600, then a game switches to
#           640x480 by XFree86-VidModeExtension. Which mode do the two extensions name?
# Guess:    800x600, then 640x480, and RANDR's clients get a CrtcChange each time: there is one screen.
# Instead:  VidMode stays with the first mode when RANDR sets another, and RANDR does not hear of VidMode's,
#           which succeeds: CRTC, root window and events are as before. Who takes the frame rate from
#           GetModeLine has that of a mode that nobody shows.
# Why:      GetModeLine reads currentMode of the ScrnInfoRec, which RANDR 1.2 does not set, with any driver.
#           SwitchToMode sets it and calls SwitchMode of the driver, and that of dummy only says TRUE.
# Seen:     Xorg 21.1.7 (Debian 2:21.1.7-3+deb12u13) with dummy 0.4.0 (1:0.4.0-1)
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
    xserver-xorg-core=2:21.1.7-3+deb12u13 xserver-xorg-video-dummy=1:0.4.0-1) || cannot packages
for package in "$tmp"/*.deb; do
    dpkg-deb -x "$package" "$tmp/unpacked"
    echo "$(dpkg-deb -f "$package" Package) $(dpkg-deb -f "$package" Version)"
done
cat >"$tmp/xorg.conf" <<'END'
Section "ServerFlags"
    Option "AutoAddDevices" "false"
    Option "AutoAddGPU" "false"
    Option "DontVTSwitch" "true"
EndSection
Section "Device"
    Identifier "memory"
    Driver "dummy"
EndSection
Section "Screen"
    Identifier "screen"
    Device "memory"
    DefaultDepth 24
    SubSection "Display"
        Modes "1024x768" "800x600" "640x480"
    EndSubSection
EndSection
END
mkfifo "$tmp/number"
timeout -k 2 55 "$tmp/unpacked/usr/lib/xorg/Xorg" vt7 -novtswitch -sharevts -keeptty -noreset \
    -config "$tmp/xorg.conf" -configdir "$tmp" -modulepath "$tmp/unpacked/usr/lib/xorg/modules" \
    -logfile "$tmp/log" -displayfd 3 3>"$tmp/number" >/dev/null 2>&1 &
servers=$!
number=$(timeout 20 head -n 1 "$tmp/number")
[ -n "$number" ] || cannot server

stated='at the start: VidMode 1024x768, RANDR 1024x768, root 1024x768
RANDR sets 800x600: success; CrtcChange; VidMode 1024x768, RANDR 800x600, root 800x600
VidMode switches to 640x480: success; no event; VidMode 640x480, RANDR 800x600, root 800x600
RANDR sets 1024x768: success; CrtcChange; VidMode 640x480, RANDR 1024x768, root 1024x768'

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


def state():
    line = client.ask(vidmode, 1, "H2x", 0)  # GetModeLine
    line = "{}x{}".format(*struct.unpack_from("<H8xH", line, 12))
    info = client.ask(randr, 20, "II", crtc, 0)  # GetCrtcInfo
    shown = "{}x{}".format(*struct.unpack_from("<HH", info, 16))
    root = "{}x{}".format(*struct.unpack_from("<HH", client.ask(14, 0, "I", client.root), 16))
    return f"VidMode {line}, RANDR {shown}, root {root}"


def set_by_randr(width, height):
    """SetCrtcConfig of no mode, SetScreenSize, SetCrtcConfig."""
    mode = next(number for number, *size in modes if size == [width, height])
    client.send(randr, 4, "IH2x", client.root, 0)  # SelectInput: nothing
    client.ask(randr, 21, "IIIhhIHH", crtc, 0, stamp, 0, 0, 0, 1, 0)
    client.send(randr, 7, "IHHII", client.root, width, height, 270, 203)
    client.send(randr, 4, "IH2x", client.root, 2)  # CrtcChange
    client.send(randr, 21, "IIIhhIHHI", crtc, 0, stamp, 0, 0, mode, 1, 1, output)
    changes = []
    while (message := client.message())[0] > 1:
        changes += ["CrtcChange"] * (message[:2] == bytes([notify, 0]))
    done = "success" if message[:2] == b"\1\0" else "failure"
    print(f"RANDR sets {width}x{height}: {done}; {' '.join(changes[:1]) or 'no event'}; {state()}")


def switch_by_vidmode(width, height):
    lines = client.ask(vidmode, 6, "H2x", 0)  # GetAllModeLines
    for at in range(32, len(lines), 48):
        clock, *across = struct.unpack_from("<I4H", lines, at)
        down = struct.unpack_from("<4H", lines, at + 16)
        if (across[0], down[0]) == (width, height):
            break
    flags = struct.unpack_from("<I", lines, at + 28)[0]
    client.send(vidmode, 10, "II5H5HI16x", 0, clock, *across, 0, *down, 0, flags)  # SwitchToMode
    client.send(43, 0)
    changes, done = [], "success"
    while (message := client.message())[0] != 1:
        changes += ["CrtcChange"] * (message[:2] == bytes([notify, 0]))
        done = "failure" if message[0] == 0 else done
    print(f"VidMode switches to {width}x{height}: {done}; "
          f"{' '.join(changes[:1]) or 'no event'}; {state()}")


client = Client()
vidmode = client.opcode(b"XFree86-VidModeExtension")
client.send(vidmode, 14, "HH", 2, 2)  # SetClientVersion
randr, notify = client.ask(98, 0, "H2x8s", 5, b"RANDR")[9:11]
notify += 1
client.ask(randr, 0, "II", 1, 6)
resources = client.ask(randr, 25, "I", client.root)  # GetScreenResourcesCurrent
stamp, crtcs, outputs, count = struct.unpack_from("<IHHH", resources, 12)
crtc = struct.unpack_from("<I", resources, 32)[0]
output = struct.unpack_from("<I", resources, 32 + 4 * crtcs)[0]
first = 32 + 4 * (crtcs + outputs)
modes = [struct.unpack_from("<IHH", resources, first + 32 * index) for index in range(count)]
print("at the start:", state())
set_by_randr(800, 600)
switch_by_vidmode(640, 480)
set_by_randr(1024, 768)
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
