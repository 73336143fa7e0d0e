#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: the resources of the server name one theme and size of cursors, XCURSOR_THEME and
#           XCURSOR_SIZE another. Which cursor do libXcursor and libxcb-cursor load?
# Guess:    the same one, that of the environment, which is the nearer of the two; the second library
#           is a port of the first.
# Instead:  libXcursor so. libxcb-cursor takes the size from the environment and the theme from the
#           resources, and XCURSOR_THEME counts for nothing even when there are none. The pointer
#           changes its look from window to window of one desktop, and who sets both variables for a
#           test gets the size that he wants of a theme that he does not.
# Why:      libxcb-cursor reads XCURSOR_SIZE, but no variable for the theme: that is the resource
#           Xcursor.theme, or "default".
# Seen:     libXcursor 1.2.1 and libxcb-cursor 0.1.4 (Debian 1:1.2.1-1, 0.1.4-1), Xvfb 21.1.7
#           (2:21.1.7-3+deb12u13)
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
    xvfb=2:21.1.7-3+deb12u13 libxcursor1=1:1.2.1-1 libxcb-cursor0=0.1.4-1 \
    libxcb-image0=0.4.0-2 libxcb-render-util0=0.3.9-1+b1 libxcb-util1=0.4.0-1+b1 \
    libxfixes3=1:6.0.0-2 libxrender1=1:0.9.10-1.1) || cannot packages
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

stated='resources: libXcursor Resource 32, libxcb-cursor Resource 32
variables: libXcursor Variable 48, libxcb-cursor default 48
both: libXcursor Variable 48, libxcb-cursor Resource 48'

library=$(dirname "$tmp"/unpacked/usr/lib/*/libxcb-cursor.so.0)
seen=$(LD_LIBRARY_PATH=$library DISPLAY=:$number timeout 30 python3 - "$tmp/icons" <<'END'
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


LOADERS = {
    "libXcursor": """
library = ctypes.CDLL("libXcursor.so.1")
xlib = ctypes.CDLL("libX11.so.6")
xlib.XOpenDisplay.restype = ctypes.c_void_p
display = ctypes.c_void_p(xlib.XOpenDisplay(None))
library.XcursorLibraryLoadCursor.restype = ctypes.c_ulong
cursor = library.XcursorLibraryLoadCursor(display, b"left_ptr")
xlib.XDefineCursor(display, ctypes.c_ulong(root), ctypes.c_ulong(cursor))
xlib.XSync(display, 0)
""",
    "libxcb-cursor": """
library = ctypes.CDLL("libxcb-cursor.so.0")
xcb = ctypes.CDLL("libxcb.so.1")
util = ctypes.CDLL("libxcb-util.so.1")
xcb.xcb_connect.restype = util.xcb_aux_get_screen.restype = ctypes.c_void_p
connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
screen, context = ctypes.c_void_p(util.xcb_aux_get_screen(connection, 0)), ctypes.c_void_p()
library.xcb_cursor_context_new(connection, screen, ctypes.byref(context))
cursor = library.xcb_cursor_load_cursor(context, b"left_ptr")
xcb.xcb_change_window_attributes(connection, root, 1 << 14, (ctypes.c_uint32 * 1)(cursor))
util.xcb_aux_sync(connection)
""",
}


def add_theme(name, blue):
    """A theme whose left_ptr has the sizes 24, 32 and 48, all in this shade of blue."""
    table, images = b"", b""
    for size in (24, 32, 48):
        table += struct.pack("<III", 0xFFFD0002, size, 52 + len(images))
        images += struct.pack("<9I", 36, 0xFFFD0002, size, 1, size, size, 0, 0, 50)
        images += struct.pack("<I", 0xFF000000 + blue) * size * size
    os.makedirs(f"{folder}/{name}/cursors")
    with open(f"{folder}/{name}/cursors/left_ptr", "wb") as file:
        file.write(b"Xcur" + struct.pack("<III", 16, 0x10000, 3) + table + images)


def try_with(words, resources, environment):
    size = len(resources)
    layout = f"IIIB3xI{(size + 3) // 4 * 4}s"
    client.send(18, 0, layout, client.root, 23, 31, 8, size, resources)  # RESOURCE_MANAGER
    client.ask(43, 0)
    results = []
    for library, code in LOADERS.items():
        settings = dict(os.environ, HOME=folder, XCURSOR_PATH=folder, **environment)
        code = f"import ctypes\nroot = {client.root}\n{code}import sys\nsys.stdin.read()\n"
        command = [sys.executable, "-c", code]
        client.send(2, 0, "III", client.root, 1 << 14, 0)  # the cursor of the root: none
        before = shown()
        loader = subprocess.Popen(command, env=settings, stdin=subprocess.PIPE)
        while shown() == before:
            pass
        results.append(f"{library} {shown()}")
        loader.communicate()
    print(f"{words}:", ", ".join(results))


def shown():
    image = client.ask(xfixes, 4)  # GetCursorImage
    width = struct.unpack("<12xH", image[:14])[0]
    return f"{NAMES.get(image[32:33], 'none')} {width}"


NAMES = {b"\1": "default", b"\2": "Resource", b"\3": "Variable"}
folder = sys.argv[1]
client = Client()
xfixes = client.opcode(b"XFIXES")
client.ask(xfixes, 0, "II", 5, 0)
for blue, name in NAMES.items():
    add_theme(name, blue[0])
resources = b"Xcursor.theme:\tResource\nXcursor.size:\t32\n"
variables = {"XCURSOR_THEME": "Variable", "XCURSOR_SIZE": "48"}
try_with("resources", resources, {})
try_with("variables", b"\n", variables)
try_with("both", resources, variables)
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
