#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: a window of depth 24 is filled with white, the left half by PolyFillRectangle, the right half
#           by RENDER's Composite. Do both halves have the same pixels, by XGetPixel, by
#           xcb_image_get_pixel of libxcb-image, and in the image that GetImage gives?
# Guess:    yes, 0xffffff everywhere: a pixel of depth 24 has 24 bits, and a window shows one white.
# Instead:  by XGetPixel alone. With AllPlanes, as usual, the image has 00ffffff to the left and ffffffff
#           to the right, and xcb_image_get_pixel gives all 32 bits of it: pixels that nobody can tell
#           apart compare as different, and so do screenshots, depending on which request drew them.
# Why:      a pixel of depth 24 takes 32 bits here. RENDER writes the alpha of its colour into the
#           others, the core requests what the GC has; a plane mask of 24 bits takes them away, AllPlanes
#           leaves them. XGetPixel() cuts off what is above the depth, xcb_image_get_pixel() does not.
# Seen:     libxcb-image 0.4.0 and libX11 1.8.4 (Debian 0.4.0-2, 2:1.8.4-2+deb12u2), Xvfb 21.1.7
#           (2:21.1.7-3+deb12u13); by hand also XLibre's 25.2
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
    xvfb=2:21.1.7-3+deb12u13 libx11-6=2:1.8.4-2+deb12u2 libxcb-image0=0.4.0-2 libxcb-util1 \
    libxrender1) || cannot packages
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

stated='the image of all planes: 00ffffff to the left, ffffffff to the right
the image of 24 planes: 00ffffff to the left, 00ffffff to the right
XGetPixel: 00ffffff to the left, 00ffffff to the right
xcb_image_get_pixel: 00ffffff to the left, ffffffff to the right'

library=$(dirname "$tmp"/unpacked/usr/lib/*/libX11.so.6)
seen=$(LD_LIBRARY_PATH=$library DISPLAY=:$number timeout 30 python3 - <<'END'
import ctypes
from ctypes import byref, c_char_p, c_int, c_uint, c_uint16, c_uint32, c_ulong, c_ushort, c_void_p


class Image(ctypes.Structure):  # the beginning of XImage
    _fields_ = (
        *((name, c_int) for name in ("width", "height", "xoffset", "format")),
        ("data", ctypes.POINTER(ctypes.c_uint32)),
    )


class Colour(ctypes.Structure):
    _fields_ = tuple((name, c_ushort) for name in ("red", "green", "blue", "alpha"))


names = "libX11.so.6", "libXrender.so.1", "libxcb.so.1", "libxcb-image.so.0"
xlib, render, xcb, xcb_image = map(ctypes.CDLL, names)
for library, functions in (
    (xlib, ("XOpenDisplay", "XCreateGC", "XDefaultVisual")),
    (render, ("XRenderFindVisualFormat",)),
    (xcb, ("xcb_connect",)),
    (xcb_image, ("xcb_image_get",)),
):
    for function in functions:
        getattr(library, function).restype = c_void_p
xlib.XDefaultRootWindow.restype = xlib.XCreateSimpleWindow.restype = c_ulong
xlib.XGetPixel.restype = c_ulong
render.XRenderCreatePicture.restype = render.XRenderCreateSolidFill.restype = c_ulong
xcb_image.xcb_image_get_pixel.restype = c_uint32
xlib.XGetImage.restype = ctypes.POINTER(Image)

display = c_void_p(xlib.XOpenDisplay(None))
root = c_ulong(xlib.XDefaultRootWindow(display))
none = c_ulong(0)
window = c_ulong(xlib.XCreateSimpleWindow(display, root, 0, 0, 64, 32, 0, none, none))
xlib.XMapWindow(display, window)
xlib.XSync(display, 0)  # an exposure paints the background before the halves
gc = c_void_p(xlib.XCreateGC(display, window, none, None))
xlib.XSetForeground(display, gc, c_ulong(0xFFFFFF))
xlib.XFillRectangle(display, window, gc, 0, 0, 32, 32)
visual = c_void_p(xlib.XDefaultVisual(display, 0))
layout = c_void_p(render.XRenderFindVisualFormat(display, visual))
picture = c_ulong(render.XRenderCreatePicture(display, window, layout, none, None))
white = Colour(0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF)
solid = c_ulong(render.XRenderCreateSolidFill(display, byref(white)))
render.XRenderComposite(display, 1, solid, none, picture, 0, 0, 0, 0, 32, 0, 32, 32)
xlib.XSync(display, 0)

image, masked = (
    xlib.XGetImage(display, window, 0, 0, 64, 32, c_ulong(planes), 2)
    for planes in (0xFFFFFFFF, 0x00FFFFFF)
)
connection = c_void_p(xcb.xcb_connect(None, None))
size = [c_uint16(number) for number in (0, 0, 64, 32)]
other = c_void_p(xcb_image.xcb_image_get(connection, c_uint32(window.value), *size, 0xFFFFFFFF, 2))
for name, value in (
    ("the image of all planes", lambda x: image.contents.data[x]),
    ("the image of 24 planes", lambda x: masked.contents.data[x]),
    ("XGetPixel", lambda x: xlib.XGetPixel(image, x, 0)),
    ("xcb_image_get_pixel", lambda x: xcb_image.xcb_image_get_pixel(other, x, 0)),
):
    print(f"{name}: {value(8):08x} to the left, {value(40):08x} to the right")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
