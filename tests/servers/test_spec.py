# SPDX-License-Identifier: MIT
"""What may be asked of a server, and the command line it becomes."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.servers.builds import find_on_path
from harness.servers.errors import SpecError
from harness.servers.kinds.info import Host
from harness.servers.kinds.table import ServerKind
from harness.servers.spec import ServerSpec


def test_every_server_is_authorised_and_off_the_network(spec):
    """-auth and -nolisten tcp always, -ac never."""
    argv = spec.argv(5, Path("/a"), Path("/f"))
    assert argv[argv.index("-auth") + 1] == "/a"
    assert argv[argv.index("-nolisten") + 1] == "tcp"
    assert argv[argv.index("-displayfd") + 1] == "5"
    assert "-ac" not in argv


def test_flags_follow_the_spec(spec):
    """lean, reset, fps, size, and the caller's own arguments last."""
    full = replace(
        spec, lean=False, reset=True, fps=2, width=300, height=200, depth=16, extra_args=("-br",)
    ).argv(5, Path("/a"), Path("/f"))
    assert full[-1] == "-br"
    assert "300x200x16" in full
    assert full[full.index("-fakescreenfps") + 1] == "2"
    assert "-noreset" not in full
    assert "GLX" not in full
    lean = spec.argv(5, Path("/a"), Path("/f"))
    assert "-noreset" in lean
    assert lean[lean.index("-extension") + 1] == "GLX"


def test_glx_is_left_alone_where_the_server_does_not_know_it(spec):
    """A build without GLX is not told to leave it out."""
    bare = replace(spec, build=replace(spec.build, help=spec.build.help.replace("\tGLX", "")))
    assert "GLX" not in bare.argv(5, Path("/a"), Path("/f"))


@pytest.mark.parametrize(
    "line",
    [
        "-crtcs n               number of CRTCs per screen (default: 1)",
        "-crtcs n[@WxH]         number of CRTCs per screen, and their size",
        "-crtcs N\n",
    ],
    ids=["XLibre", "X.Org", "bare"],
)
def test_xvfb_gets_crtcs_where_it_offers_them(spec, line):
    """Behind the screen that they count for; without the option none."""
    arguments = spec.argv(5, Path("/a"), Path("/f"))
    assert "-crtcs" not in arguments
    offering = replace(spec, build=replace(spec.build, help=f"{spec.build.help}\n{line}"))
    screen = arguments.index("-screen")
    crtcs = [*arguments[: screen + 3], "-crtcs", "4", *arguments[screen + 3 :]]
    assert offering.argv(5, Path("/a"), Path("/f")) == crtcs


def test_impossible_wishes_are_refused(spec):
    """Out of range, or unknown to the build: the option is named."""
    for wrong in ({"width": 0}, {"height": 40000}, {"depth": 33}, {"fps": 601}, {"fps": 0}):
        with pytest.raises(SpecError, match="use "):
            replace(spec, **wrong)
    with pytest.raises(SpecError, match="-fakescreenfps"):
        replace(spec, build=replace(spec.build, help=""), fps=600)


def test_a_nested_server_needs_a_host(spec):
    """Xephyr has nowhere to appear without one, and gets exactly one -screen with one."""
    build = find_on_path(ServerKind.XEPHYR)
    with pytest.raises(SpecError, match="host"):
        ServerSpec(build=build)
    argv = ServerSpec(build=build, host=Host(":9")).argv(5, Path("/a"), Path("/f"))
    assert argv.count("-screen") == 1
    assert "-output" not in argv


@pytest.mark.parametrize(
    ("kind", "arguments"),
    [
        (
            ServerKind.XVFB,
            "+xinerama -screen 0 213x200x24 -screen 1 426x200x24 -screen 2 640x200x24",
        ),
        (
            ServerKind.XEPHYR,
            "+xinerama -origin 0,0 -screen 213x200x24 -origin 213,0 -screen 213x200x24 "
            "-origin 426,0 -screen 214x200x24 -no-host-grab",
        ),
    ],
)
def test_screens_share_the_width(kind, arguments):
    """Xvfb begins all at the left, Xephyr places them side by side; Xinerama joins them."""
    spec = ServerSpec(build=find_on_path(kind), host=Host(":9"), screens=3, height=200)
    argv = " ".join(spec.argv(5, Path("/a"), Path("/f")))
    assert arguments in argv
    assert "-crtcs" not in argv


def test_screens_are_joined_only_where_they_can_be(spec):
    """A kind with one screen, or a build without Xinerama, is refused several."""
    with pytest.raises(SpecError, match="use 1 or more"):
        replace(spec, screens=0)
    for build in (
        find_on_path(ServerKind.XVNC),
        replace(spec.build, help=spec.build.help.replace("+xinerama", "")),
    ):
        with pytest.raises(SpecError, match="joins no 2 screens"):
            replace(spec, build=build, screens=2)


def test_specs_compare_and_hash_by_value(spec):
    """The pool finds servers by spec."""
    assert len({spec, replace(spec), replace(spec, fps=60)}) == 2
