#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a window manager grabs the key that types "(", with Shift, as XKeysymToKeycode() names it on
#           the US keyboard that servers start with. Does Shift and 9 reach it?
# Guess:    yes: keysyms belong to keys, "(" to that of 9, and libxcb-keysyms names the same.
# Instead:  no. Xlib names key 187, which is there for the parenthesis of a keypad that hardly any
#           keyboard has, and for "<" key 94, which American ones do not have. Grabs, and robots that
#           press what Xlib names, miss the key that people use. libxcb-keysyms names 18 first, then 187.
# Why:      XKeysymToKeycode() looks for the first symbol of all keys before it looks for the second of
#           any; xcb_key_symbols_get_keycode() goes from key to key, and lists all that have the symbol.
# Seen:     libX11 1.8.4 and libxcb-keysyms 0.4.0 (Debian 2:1.8.4-2+deb12u2, 0.4.0-1+b2), Xvfb 21.1.7
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
    xvfb=2:21.1.7-3+deb12u13 libx11-6=2:1.8.4-2+deb12u2 libxcb-keysyms1=0.4.0-1+b2 libxtst6) ||
    cannot packages
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

stated='( is on the key 187 by Xlib, 18 and 187 by libxcb-keysyms
) is on the key 188 by Xlib, 19 and 188 by libxcb-keysyms
< is on the key 94 by Xlib, 59 and 94 by libxcb-keysyms
the key of Xlib for (: Shift and 9 do not reach a grab of it
the first of libxcb-keysyms for (: Shift and 9 reach a grab of it'

library=$(dirname "$tmp"/unpacked/usr/lib/*/libX11.so.6)
seen=$(LD_LIBRARY_PATH=$library DISPLAY=:$number timeout 30 python3 - <<'END'
import ctypes
from ctypes import POINTER, byref, c_int, c_long, c_uint8, c_uint32, c_ulong, c_void_p

SHIFT = 50
xlib, xtst = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libXtst.so.6")
xcb, symbols = ctypes.CDLL("libxcb.so.1"), ctypes.CDLL("libxcb-keysyms.so.1")
xlib.XOpenDisplay.restype = xcb.xcb_connect.restype = c_void_p
symbols.xcb_key_symbols_alloc.restype = c_void_p
symbols.xcb_key_symbols_get_keycode.restype = POINTER(c_uint8)
xlib.XDefaultRootWindow.restype = c_ulong
xlib.XKeysymToKeycode.restype = c_uint8
display = c_void_p(xlib.XOpenDisplay(None))
root = c_ulong(xlib.XDefaultRootWindow(display))
table = c_void_p(symbols.xcb_key_symbols_alloc(c_void_p(xcb.xcb_connect(None, None))))


def of_xlib(keysym):
    return xlib.XKeysymToKeycode(display, c_ulong(keysym))


def of_xcb(keysym):
    found, keys = symbols.xcb_key_symbols_get_keycode(table, c_uint32(keysym)), []
    while found and found[len(keys)]:
        keys.append(found[len(keys)])
    return keys


def reached(key):
    """Whether a grab of this key with Shift gets what Shift and 9 on the keyboard press."""
    xlib.XGrabKey(display, c_int(key), 1, root, 0, 1, 1)
    for part, down in (SHIFT, 1), (18, 1), (18, 0), (SHIFT, 0):
        xtst.XTestFakeKeyEvent(display, part, down, c_ulong(0))
    xlib.XSync(display, 0)
    event, count = (c_long * 24)(), 0
    while xlib.XCheckTypedEvent(display, 2, byref(event)):  # KeyPress
        count += 1
    xlib.XUngrabKey(display, c_int(key), 1, root)
    xlib.XSync(display, 1)
    return "Shift and 9 reach a grab of it" if count else "Shift and 9 do not reach a grab of it"


for character in map(chr, range(33, 127)):
    one, keys = of_xlib(ord(character)), of_xcb(ord(character))
    if one != keys[0]:
        others = " and ".join(map(str, keys))
        print(f"{character} is on the key {one} by Xlib, {others} by libxcb-keysyms")
print(f"the key of Xlib for (: {reached(of_xlib(ord('(')))}")
print(f"the first of libxcb-keysyms for (: {reached(of_xcb(ord('('))[0])}")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
