# SPDX-License-Identifier: MIT
"""The layouts of a screen, as timelines tell them, and their pictures."""

import struct
from collections.abc import Sequence
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from harness.report.layouts import CrtcArea, ScreenHistory, screen_history
from harness.report.pictures.monitors_picture import MOST_STEPS, monitors_svg
from harness.timeline.record import Event
from harness.x11 import randr
from harness.x11.randr import Rotation
from tests.timeline.randr_script import CRTC, FIRST_EVENT, MODE, OTHER_CRTC, OTHER_OUTPUT, OUTPUT
from tests.timeline.randr_script import crtc as crtc_event
from tests.timeline.script import ROOT, Actor, Script

SVG = "{http://www.w3.org/2000/svg}"
TALL = MODE + 1


def _answered(a: Actor, name: str, body: bytes, reply: bytes) -> Actor:
    return a.request(f"RANDR:{name}", body).reply(f"RANDR:{name}", reply)


def _resources(a: Actor) -> Actor:
    ids = struct.pack("=4I", CRTC, OTHER_CRTC, OUTPUT, OTHER_OUTPUT)
    modes = b"".join(
        struct.pack("=IHH18xH4x", id, width, height, len(name))
        for id, width, height, name in ((MODE, 640, 480, b"wide"), (TALL, 800, 600, b"larger"))
    )
    head = struct.pack("=16xHHHH8x", 2, 2, 2, 10)
    return _answered(
        a, "GetScreenResources", struct.pack("=I", ROOT), head + ids + modes + b"widelarger"
    )


def _output(a: Actor, id: int, name: str, connection: int = 0) -> Actor:
    head = struct.pack("=BB6x4xIIIBBHHHHH", 1, 0, 0, 0, 0, connection, 0, 0, 0, 0, 0, len(name))
    return _answered(a, "GetOutputInfo", struct.pack("=II", id, 0), head + name.encode())


def _crtc(
    a: Actor, id: int, mode: int, place: tuple[int, int, int, int], outputs: Sequence[int] = ()
) -> Actor:
    head = struct.pack("=BB10xhhHHIHHHH", 1, 0, *place, mode, 1, 15, len(outputs), len(outputs))
    reply = head + struct.pack(f"={len(outputs)}I", *outputs)
    return _answered(a, "GetCrtcInfo", struct.pack("=II", id, 0), reply)


def _set(
    a: Actor, id: int, mode: int, x: int, y: int, rotation: int, outputs: Sequence[int], status: int
) -> Actor:
    body = struct.pack("=IIIhhIHxx", id, 0, 0, x, y, mode, rotation)
    body += struct.pack(f"={len(outputs)}I", *outputs)
    return _answered(a, "SetCrtcConfig", body, struct.pack("=BB30x", 1, status))


def _read() -> Actor:
    """A client that has read a screen with one CRTC on."""
    a = _resources(Script().client("a"))
    a = _output(_output(a, OUTPUT, "DP-1-1"), OTHER_OUTPUT, "DP-1-2")
    a = _crtc(a, CRTC, MODE, (0, 0, 640, 480), [OUTPUT])
    a = _crtc(a, OTHER_CRTC, 0, (5, 5, 0, 0))
    return _answered(a, "GetOutputPrimary", struct.pack("=I", ROOT), struct.pack("=8xI20x", OUTPUT))


def _notify(a: Actor, content: randr.CrtcChangeNotify) -> Actor:
    data = struct.pack("=BBH", FIRST_EVENT + randr.NOTIFY, 0, a.sequence) + content.encode()
    a.timeline.append(
        Event(
            time=a.script.tick(),
            client=a.name,
            sequence=a.sequence,
            name="RANDR:Notify",
            data=data.ljust(32, b"\0"),
        )
    )
    return a


def _causes(history: ScreenHistory) -> list[str]:
    return [step.cause for step in history.steps]


def test_what_is_read_is_the_layout_before() -> None:
    """CRTCs with place, mode and outputs; outputs and modes by their names; the primary one."""
    history = screen_history(_read().timeline)
    (before,) = history.steps
    assert before.layout.crtcs == {
        CRTC: CrtcArea(CRTC, 0, 0, 640, 480, MODE, Rotation.ROTATE_0, (OUTPUT,)),
        OTHER_CRTC: CrtcArea(OTHER_CRTC),
    }
    assert before.layout.primary == OUTPUT
    assert history.output_names == {OUTPUT: "DP-1-1", OTHER_OUTPUT: "DP-1-2"}
    assert history.mode_names == {MODE: "wide", TALL: "larger"}


def test_what_a_client_sets_is_a_step() -> None:
    """With the size that mode and rotation give; the screen's size comes from its request."""
    a = _read().request("RANDR:SetScreenSize", struct.pack("=IHHII", ROOT, 1240, 800, 1, 1))
    a = _set(a, OTHER_CRTC, TALL, 640, 0, Rotation.ROTATE_90, [OTHER_OUTPUT], 0)
    history = screen_history(a.timeline)
    assert _causes(history) == ["before", "after SetScreenSize of a", "after SetCrtcConfig of a"]
    last = history.steps[-1]
    assert (last.layout.width, last.layout.height) == (1240, 800)
    assert last.layout.crtcs[OTHER_CRTC] == CrtcArea(
        OTHER_CRTC, 640, 0, 600, 800, TALL, Rotation.ROTATE_90, (OTHER_OUTPUT,)
    )
    assert last.changed == {OTHER_CRTC}
    assert last.layout.crtcs[CRTC] == history.steps[0].layout.crtcs[CRTC]


def test_what_is_refused_changes_nothing() -> None:
    """Neither with a status nor with an error."""
    a = _set(_read(), CRTC, TALL, 0, 0, 1, [OUTPUT], 3)
    a.request("RANDR:SetScreenSize", struct.pack("=IHHII", ROOT, 9, 9, 1, 1)).error("Value")
    assert _causes(screen_history(a.timeline)) == ["before"]


def test_what_the_server_says_is_a_step_once() -> None:
    """An event tells what no client did; a second client's copy of it tells nothing new."""
    a = _notify(_read(), crtc_event(mode=TALL, width=800, height=600))
    _notify(a.client("b"), crtc_event(mode=TALL, width=800, height=600))
    history = screen_history(a.timeline)
    assert _causes(history) == ["before", "after CrtcChangeNotify to a"]
    assert history.steps[1].layout.crtcs[CRTC].outputs == (OUTPUT,)


def test_events_that_come_one_after_the_other_are_one_step() -> None:
    """They tell of one change of several CRTCs."""
    a = _notify(_read(), crtc_event(mode=TALL, width=800, height=600))
    event = replace(crtc_event(mode=MODE, width=640, height=480), crtc=OTHER_CRTC)
    a = _notify(a, event)
    history = screen_history(a.timeline)
    assert _causes(history) == ["before", "after CrtcChangeNotify to a"]
    assert history.steps[1].changed == {CRTC, OTHER_CRTC}


def test_the_events_of_a_request_are_no_step_of_their_own() -> None:
    """They say what its reply said."""
    a = _set(_read(), CRTC, 0, 0, 0, 1, [], 0)
    _notify(a, crtc_event(mode=0))
    assert _causes(screen_history(a.timeline)) == ["before", "after SetCrtcConfig of a"]


def test_what_is_read_late_was_so_before() -> None:
    """A CRTC that no request had changed is in all earlier layouts."""
    a = _crtc(_resources(Script().client("a")), CRTC, MODE, (0, 0, 640, 480))
    a = _set(a, CRTC, 0, 0, 0, 1, [], 0)
    a = _crtc(a, OTHER_CRTC, TALL, (0, 0, 800, 600))
    first, second = screen_history(a.timeline).steps
    assert first.layout.crtcs[OTHER_CRTC] == second.layout.crtcs[OTHER_CRTC]


def test_a_screen_that_was_not_read_has_no_picture() -> None:
    """Nothing is known of its CRTCs."""
    history = screen_history(Script().client("a").create().sync().timeline)
    assert history.steps == ()
    assert monitors_svg(history) == ""


def test_replies_that_are_cut_tell_nothing() -> None:
    """As those of timelines that keep 32 bytes of each."""
    a = _resources(Script().client("a"))
    for entry in list(a.timeline.entries):
        if hasattr(entry, "data") and not hasattr(entry, "content"):
            a.reply(entry.name, entry.data[:32])
    a.request("RANDR:GetCrtcInfo", struct.pack("=II", CRTC, 0)).reply("RANDR:GetCrtcInfo", b"\1\0")
    assert screen_history(a.timeline).steps == ()


def _texts(root: ElementTree.Element) -> list[str]:
    return [one.text or "" for one in root.iter(f"{SVG}text")]


def _groups(root: ElementTree.Element, kind: str) -> list[ElementTree.Element]:
    return [one for one in root.iter(f"{SVG}g") if one.get("class") == kind]


def test_the_picture_shows_each_layout() -> None:
    """Each CRTC as a rectangle to scale, and in words; what changed says so."""
    a = _read().request("RANDR:SetScreenSize", struct.pack("=IHHII", ROOT, 1240, 800, 1, 1))
    a = _set(a, OTHER_CRTC, TALL, 640, 0, Rotation.ROTATE_90, [OTHER_OUTPUT], 0)
    root = ElementTree.fromstring(monitors_svg(screen_history(a.timeline)))
    assert root.findtext(f"{SVG}title") == "Monitors: 2 CRTCs, 2 changes"
    assert root.get("role") == "img"
    panels = _groups(root, "layout")
    assert [len(_groups(panel, "crtc")) for panel in panels] == [1, 1, 2]
    words = _texts(panels[2])
    assert "2  CRTC 0x41: 600x800+640+0, mode larger" in words
    assert "rotated 90 degrees, DP-1-2, changed" in words
    assert "DP-1-1 (primary)" in words
    assert "off: CRTC 0x41" in _texts(panels[0])
    assert "connected, not in use: DP-1-2" in _texts(panels[0])
    wide, tall = (one.find(f"{SVG}rect") for one in _groups(panels[2], "crtc"))
    assert wide is not None
    assert tall is not None
    scale = float(wide.get("width", "0")) / 640
    # Numbers in it have one decimal.
    assert float(tall.get("width", "0")) == pytest.approx(600 * scale, abs=0.1)
    assert float(tall.get("height", "0")) == pytest.approx(800 * scale, abs=0.1)
    left = float(wide.get("x", "0"))
    assert float(tall.get("x", "0")) == pytest.approx(left + 640 * scale, abs=0.1)


def test_the_thick_edge_is_the_top_of_the_panel() -> None:
    """Contents are turned counter-clockwise, so that the right side of the area comes on top."""
    edges = {}
    for rotation in (1, 2, 4, 8):
        a = _set(_read(), CRTC, MODE, 0, 0, rotation, [OUTPUT], 0)
        a = _set(a, CRTC, TALL, 0, 0, rotation, [OUTPUT], 0)
        root = ElementTree.fromstring(monitors_svg(screen_history(a.timeline)))
        rects = _groups(_groups(root, "layout")[-1], "crtc")[0].findall(f"{SVG}rect")
        area, edge = rects[0], next(one for one in rects if one.get("class") == "fill-ink")
        left, top, width, height = (float(area.get(n, "0")) for n in ("x", "y", "width", "height"))
        x, y, *_ = (float(edge.get(n, "0")) for n in ("x", "y"))
        place = (x > left + width / 2, y > top + height / 2)
        edges[rotation] = "right" if place[0] else "bottom" if place[1] else "top or left"
        if edges[rotation] == "top or left":
            edges[rotation] = "left" if float(edge.get("width", "0")) < 5 else "top"
    assert edges == {1: "top", 2: "right", 4: "bottom", 8: "left"}


def test_many_changes_give_a_bounded_picture() -> None:
    """The first and the last layouts; it says how many are left out."""
    a = _read()
    for n in range(3_000):
        a = _set(a, CRTC, MODE, n % 7, 0, 1, [OUTPUT], 0)
    text = monitors_svg(screen_history(a.timeline))
    assert len(text) < 60_000
    root = ElementTree.fromstring(text)
    assert len(_groups(root, "layout")) == MOST_STEPS
    assert any("layouts; " in words and "are left out" in words for words in _texts(root))
