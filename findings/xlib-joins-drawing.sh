#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a program of Xlib calls XFillRectangle five times for a pixmap that it has freed. How many
#           requests does the server get, and how many errors does the program?
# Guess:    five each: a call is a request, which the serial of an error names; Xlib only puts off
#           sending them.
# Instead:  one. Xlib adds rectangles, points, lines and filled arcs to the request before, as long as
#           that is still in its buffer and for the same drawable and GC, up to 256 rectangles;
#           NextRequest() stays where it is meanwhile. A count of requests, of errors or of what DAMAGE
#           reports says nothing of the calls, and the serial of an error nothing of which it was.
#           XDrawArc is not joined, though XFillArc is, nor are XClearArea and XDrawString.
# Why:      XFillRectangle() looks at dpy->last_req, and makes that request longer if it is one of its
#           kind; so do others, each with a limit of its own.
# Seen:     libX11 1.8.4 (Debian 2:1.8.4-2+deb12u2), Xvfb 21.1.7 (2:21.1.7-3+deb12u13)
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
    xvfb=2:21.1.7-3+deb12u13 libx11-6=2:1.8.4-2+deb12u2) || cannot packages
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

stated='5 times XFillRectangle: requests 1, errors 1
5 times XDrawRectangle: requests 1, errors 1
5 times XDrawPoint: requests 1, errors 1
5 times XDrawLine: requests 1, errors 1
5 times XFillArc: requests 1, errors 1
5 times XDrawArc: requests 5, errors 5
5 times XClearArea: requests 5, errors 5
5 times XDrawString: requests 5, errors 5
1000 times XFillRectangle: requests 4, errors 4
5 times XFillRectangle and XFlush: requests 5, errors 5'

library=$(dirname "$tmp"/unpacked/usr/lib/*/libX11.so.6)
seen=$(LD_LIBRARY_PATH=$library DISPLAY=:$number timeout 30 python3 - <<'END'
import ctypes
from ctypes import CFUNCTYPE, c_int, c_ulong, c_void_p

xlib = ctypes.CDLL("libX11.so.6")
xlib.XOpenDisplay.restype = xlib.XCreateGC.restype = c_void_p
for function in "XDefaultRootWindow", "XCreatePixmap", "XNextRequest":
    getattr(xlib, function).restype = c_ulong
display = c_void_p(xlib.XOpenDisplay(None))
root = c_ulong(xlib.XDefaultRootWindow(display))
pixmap = c_ulong(xlib.XCreatePixmap(display, root, 64, 64, 24))
gc = c_void_p(xlib.XCreateGC(display, pixmap, c_ulong(0), None))
errors = []
handler = CFUNCTYPE(c_int, c_void_p, c_void_p)(lambda *_: errors.append(1) or 0)
xlib.XSetErrorHandler(handler)
xlib.XFreePixmap(display, pixmap)

CALLS = {
    "XFillRectangle": (pixmap, gc, 1, 1, 2, 2),
    "XDrawRectangle": (pixmap, gc, 1, 1, 2, 2),
    "XDrawPoint": (pixmap, gc, 1, 1),
    "XDrawLine": (pixmap, gc, 1, 1, 2, 2),
    "XFillArc": (pixmap, gc, 1, 1, 2, 2, 0, 99),
    "XDrawArc": (pixmap, gc, 1, 1, 2, 2, 0, 99),
    "XClearArea": (pixmap, 1, 1, 2, 2, 0),
    "XDrawString": (pixmap, gc, 1, 1, b"A", 1),
}


def told_of(times, function, between=lambda: None):
    xlib.XSync(display, 0)
    errors.clear()
    before = xlib.XNextRequest(display)
    for _ in range(times):
        getattr(xlib, function)(display, *CALLS[function])
        between()
    requests = xlib.XNextRequest(display) - before
    xlib.XSync(display, 0)
    return f"requests {requests}, errors {len(errors)}"


for function in CALLS:
    print(f"5 times {function}: {told_of(5, function)}")
print("1000 times XFillRectangle:", told_of(1000, "XFillRectangle"))
flush = lambda: xlib.XFlush(display)
print("5 times XFillRectangle and XFlush:", told_of(5, "XFillRectangle", flush))
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
