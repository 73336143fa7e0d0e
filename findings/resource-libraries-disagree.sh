#!/bin/sh
# SPDX-License-Identifier: MIT
# Question: Xlib and libxcb-xrm, which window managers such as i3 and awesome use, look the same resource
#           up in the same database. Do they find the same value?
# Guess:    yes: the rules of precedence are those of Xlib's manual, and the second library is made to be
#           compatible with the first.
# Instead:  Xlib takes "*color" before "Color" for the resource color, in whichever order they stand: a
#           name comes before a class. libxcb-xrm takes the one that stands last, for each is better than
#           the other in some way. It also reads a comment that ends with a backslash on into the next
#           line, whose entry is lost, and has no value for an entry that is empty.
# Why:      the manual compares entries component by component, and by name or class before it looks at
#           the bindings. __match_compare() of libxcb-xrm asks only where the later entry is the better
#           one, not whether the earlier one was better before that.
# Seen:     libxcb-xrm 1.0 (Debian 1.0-3+b1), libX11 1.8.4 (2:1.8.4-2+deb12u2); by hand also libxcb-xrm
#           1.3
set -eu

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
trap 'exit 2' HUP INT TERM
cannot() { echo "cannot be tried: $1"; exit 2; }

(cd "$tmp" && apt-get -qq -o APT::Sandbox::User=root download \
    libxcb-xrm0=1.0-3+b1 libx11-6=2:1.8.4-2+deb12u2) || cannot packages
for package in "$tmp"/*.deb; do
    dpkg-deb -x "$package" "$tmp/unpacked"
    echo "$(dpkg-deb -f "$package" Package) $(dpkg-deb -f "$package" Version)"
done

stated='*color: blue, Color: red for color: Xlib finds blue, libxcb-xrm red
Color: red, *color: blue for color: Xlib finds blue, libxcb-xrm blue
wm*color: blue, Wm.color: red for wm.color: Xlib finds blue, libxcb-xrm red
! of the bar \, wm.color: blue for wm.color: Xlib finds blue, libxcb-xrm nothing
wm.color: for wm.color: Xlib finds an empty value, libxcb-xrm nothing
of 1892 databases of two entries 168 differ'

library=$(dirname "$tmp"/unpacked/usr/lib/*/libxcb-xrm.so.0)
seen=$(LD_LIBRARY_PATH=$library timeout 60 python3 - <<'END'
import ctypes
import itertools
from ctypes import POINTER, byref, c_char_p, c_uint, c_void_p


class Value(ctypes.Structure):
    _fields_ = (("size", c_uint), ("address", c_char_p))


xlib, xrm = ctypes.CDLL("libX11.so.6"), ctypes.CDLL("libxcb-xrm.so.0")
xlib.XrmGetStringDatabase.restype = xrm.xcb_xrm_database_from_string.restype = c_void_p
xlib.XrmGetResource.argtypes = c_void_p, c_char_p, c_char_p, POINTER(c_char_p), POINTER(Value)
xrm.xcb_xrm_resource_get_string.argtypes = c_void_p, c_char_p, c_char_p, POINTER(c_char_p)
xlib.XrmDestroyDatabase.argtypes = xrm.xcb_xrm_database_free.argtypes = (c_void_p,)
xlib.XrmInitialize()


def found(text, name, kind):
    """What Xlib and libxcb-xrm find for the resource of this name and class."""
    database, type_name, value = xlib.XrmGetStringDatabase(text), c_char_p(), Value()
    known = xlib.XrmGetResource(database, name, kind, byref(type_name), byref(value))
    first = value.address if known else None
    xlib.XrmDestroyDatabase(database)
    database, second = xrm.xcb_xrm_database_from_string(text), c_char_p()
    xrm.xcb_xrm_resource_get_string(database, name, kind, byref(second))
    both = first, second.value
    xrm.xcb_xrm_database_free(database)
    return both


def words(value):
    return "nothing" if value is None else value.decode() or "an empty value"


for text, name, kind in (
    (b"*color: blue\nColor: red\n", b"color", b"Color"),
    (b"Color: red\n*color: blue\n", b"color", b"Color"),
    (b"wm*color: blue\nWm.color: red\n", b"wm.color", b"Wm.Color"),
    (b"! of the bar \\\nwm.color: blue\n", b"wm.color", b"Wm.Color"),
    (b"wm.color:\n", b"wm.color", b"Wm.Color"),
):
    entries = ", ".join(text.decode().splitlines())
    first, second = map(words, found(text, name, kind))
    print(f"{entries} for {name.decode()}: Xlib finds {first}, libxcb-xrm {second}")

# all databases of two entries of one or two components
parts = [b"".join(part) for part in itertools.product((b"", b"*"), (b"a", b"A", b"b", b"B", b"?"))]
entries = [a + b for a, b in itertools.product(parts, (b".b", b".B", b"*b", b"*B"))] + [
    binding + name for binding, name in itertools.product((b"", b"*"), (b"b", b"B"))
]
tried = differ = 0
for one, other in itertools.permutations(entries, 2):
    first, second = found(one + b": 1\n" + other + b": 2\n", b"a.b", b"A.B")
    tried += 1
    differ += first != second
print(f"of {tried} databases of two entries {differ} differ")
END
) || seen="$seen (failed)"

echo "$seen"
[ "$seen" = "$stated" ] || { echo "This differs from what is stated."; exit 1; }
