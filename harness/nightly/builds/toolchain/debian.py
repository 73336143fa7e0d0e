# SPDX-License-Identifier: MIT
"""The Debian packages of what X servers need to be built, by the names that programs print."""

_PACKAGES = {
    "libxcb-icccm4-dev": "xcb-icccm",
    "libxcb-image0-dev": "xcb-image",
    "libxcb-keysyms1-dev": "xcb-keysyms",
    "libxcb-randr0-dev": "xcb-randr",
    "libxcb-render-util0-dev": "xcb-renderutil xcb-render-util",
    "libxcb-render0-dev": "xcb-render",
    "libxcb-shape0-dev": "xcb-shape",
    "libxcb-shm0-dev": "xcb-shm",
    "libxcb-util-dev": "xcb-aux xcb-atom xcb-event xcb-util",
    "libxcb-xf86dri0-dev": "xcb-xf86dri",
    "libxcb-glx0-dev": "xcb-glx",
    "libxcb-xinput-dev": "xcb-xinput",
    "libxcb-xkb-dev": "xcb-xkb",
    "libxcb-xv0-dev": "xcb-xv",
    "libx11-xcb-dev": "x11-xcb",
    "libxcb1-dev": "xcb",
    "x11proto-dev": (
        "xproto randrproto renderproto xextproto inputproto kbproto fontsproto fixesproto "
        "damageproto xcmiscproto bigreqsproto videoproto compositeproto recordproto "
        "scrnsaverproto resourceproto xf86driproto dri2proto dri3proto xineramaproto "
        "xf86bigfontproto xf86vidmodeproto applewmproto presentproto xf86dgaproto glproto dmxproto"
    ),
    "libaudit-dev": "audit",
    "libbsd-dev": "libbsd libbsd-overlay",
    "libdbus-1-dev": "dbus-1",
    "libdecor-0-dev": "libdecor-0",
    "libdmx-dev": "dmx",
    "libdrm-dev": "libdrm",
    "libegl-dev": "egl",
    "libei-dev": "libei-1.0",
    "libepoxy-dev": "epoxy",
    "libfontenc-dev": "fontenc",
    "libgbm-dev": "gbm",
    "libgcrypt20-dev": "libgcrypt gcrypt",
    "libgl-dev": "gl opengl",
    "libgl1-mesa-dev": "dri",
    "libmd-dev": "libmd",
    "liboeffis-dev": "liboeffis-1.0",
    "libpciaccess-dev": "pciaccess",
    "libpixman-1-dev": "pixman-1",
    "libselinux1-dev": "libselinux",
    "libssl-dev": "openssl libcrypto",
    "libsystemd-dev": "libsystemd libsystemd-daemon",
    "libtirpc-dev": "libtirpc",
    "libudev-dev": "libudev",
    "libunwind-dev": "libunwind",
    "libwayland-dev": "wayland-client wayland-server wayland-egl",
    "libwayland-bin": "wayland-scanner",
    "libx11-dev": "x11",
    "libxau-dev": "xau",
    "libxaw7-dev": "xaw7",
    "libxcvt-dev": "libxcvt",
    "libxdmcp-dev": "xdmcp",
    "libxext-dev": "xext",
    "libxfont-dev": "xfont2 xfont",
    "libxkbfile-dev": "xkbfile",
    "libxshmfence-dev": "xshmfence X11/xshmfence.h",
    "nettle-dev": "nettle libnettle",
    "wayland-protocols": "wayland-protocols",
    "x11-xkb-utils": "xkbcomp",
    "xfonts-utils": "fontutil",
    "xkb-data": "xkeyboard-config",
    "xtrans-dev": "xtrans",
    "xutils-dev": "xorg-macros",
    "bison": "bison yacc",
    "cmake": "cmake",
    "flex": "flex lex",
    "pkgconf": "pkg-config pkgconf",
    "python3": "python3",
    "xmlto": "xmlto",
    "libc6-dev": "libc stdio.h",
    "autoconf": "autoreconf autoconf",
    "automake": "aclocal automake",
    "libtool": "libtoolize",
    "make": "make",
}

_PACKAGE_OF = {name: package for package, names in _PACKAGES.items() for name in names.split()}


def package_of(dependency: str) -> str:
    """The package that has ``dependency``, or an empty text: of pkg-config, a program, a header."""
    return _PACKAGE_OF.get(dependency, "")
