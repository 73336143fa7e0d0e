# SPDX-License-Identifier: MIT
"""The picture of a timeline: what stands in it, as XML."""

from collections.abc import Sequence
from xml.etree import ElementTree

import pytest

from harness.report.pictures.timeline_picture import timeline_svg
from harness.report.pictures.visible import MOST_LIVES
from harness.timeline import rules
from harness.timeline.record import Request, Timeline
from harness.timeline.rules import Family, Violation
from harness.x11.present import CompleteMode, PresentPixmap
from tests.report import scenes
from tests.timeline.script import FENCE, OTHER_WINDOW, PIXMAP, WINDOW, Script, started
from tests.timeline.test_rules import BROKEN, LEGAL

SVG = "{http://www.w3.org/2000/svg}"


class Picture:
    """A picture, to be searched by the classes of its groups."""

    def __init__(self, timeline: Timeline, violations: Sequence[Violation] = ()) -> None:
        self.text = timeline_svg(timeline, violations)
        self.root = ElementTree.fromstring(self.text)

    @property
    def title(self) -> str:
        return self.root.findtext(f"{SVG}title", "")

    @property
    def words(self) -> list[str]:
        """Everything written in it."""
        return [text.text or "" for text in self.root.iter(f"{SVG}text")]

    def groups(self, kind: str) -> list[ElementTree.Element]:
        return [one for one in self.root.iter(f"{SVG}g") if one.get("class") == kind]

    def titles(self, kind: str) -> list[str]:
        return [one.findtext(f"{SVG}title", "") for one in self.groups(kind)]

    def place(self, kind: str, tag: str = "polygon") -> list[float]:
        """The x of the first corner of the first shape in each group."""
        found = (one.find(f".//{SVG}{tag}") for one in self.groups(kind))
        return [float(one.get("points", "0").split(",")[0]) for one in found if one is not None]


def test_each_presentation_says_what_became_of_it() -> None:
    """Request, target, mode and frame of the CompleteNotify, idle: in words and as signs."""
    picture = Picture(scenes.copies())
    assert picture.title == "Timeline: 2 presentations, 2 pixmaps, 1 window"
    assert "#1 for 12: copy at 12" in picture.words
    assert picture.titles("life")[1] == (
        "a: serial 1 on window 0x200001, pixmap 0x200010, target MSC 12, copy at MSC 12, idle"
    )
    assert picture.titles("complete") == [
        "MSC 10, UST 166670",
        "copy at MSC 12, UST 200004",
        "copy at MSC 13, UST 216671",
    ]
    assert len(picture.groups("idle")) == 2
    assert picture.titles("target") == ["target MSC 12"]


def test_windows_pixmaps_and_fences_have_rows() -> None:
    """Each is named; a pixmap is busy from its request to its IdleNotify."""
    root = Picture(scenes.flips(2)).root
    for kind, ids in {
        "window": ["0x200001"],
        "pixmap": ["0x200011", "0x200012"],
        "fence": ["0x200020"],
    }.items():
        rows = [one for one in root.iter(f"{SVG}g") if one.get(f"data-{kind}")]
        assert [one.get(f"data-{kind}") for one in rows] == ids
        assert [one.findtext(f"{SVG}title") for one in rows] == [f"{kind} {one}" for one in ids]


@pytest.mark.parametrize("mode", CompleteMode)
def test_modes_are_told_apart_without_colour(mode: CompleteMode) -> None:
    """By a letter, a shape and a word."""
    picture = Picture(started().present(1).idle(1).complete(1, 11, mode=mode).timeline)
    sign = picture.groups("complete")[1]
    assert sign.findtext(f"{SVG}text") == "CFSO"[mode]
    assert f"#1: {mode.name.lower().replace('_', ' ')} at 11" in picture.words
    shapes = [one.tag.removeprefix(SVG) for one in sign if one.get("class", "").startswith("fill")]
    assert shapes[0] == ("rect", "circle", "rect", "polygon")[mode]


def test_the_grid_has_the_frames() -> None:
    """MSC numbers stand above lines; frames between two readings have theirs too."""
    a = started()
    for n in range(1, 4):
        a.present(n).idle(n).complete(n, 10 + 2 * n)
    words = Picture(a.timeline).words
    assert {"12", "16"} <= set(words)


def test_what_overlaps_has_lanes_of_its_own() -> None:
    """Of 30 presentations that are queued at once no two stand on one line."""
    picture = Picture(scenes.flips(30))
    lines = [one.find(f"{SVG}text").get("y") for one in picture.groups("life")]
    assert len(lines) == 31
    assert len(set(lines[1:])) == 30


def test_a_violation_is_marked_where_it_is() -> None:
    """Its number above, rings around its entries, its sentence below."""
    timeline = started().present(1, target=20).idle(1).complete(1, 19).timeline
    (violation,) = violations = rules.check(timeline, Family.COPY)
    picture = Picture(timeline, violations)
    assert picture.title.endswith(", 1 violation")
    assert picture.titles("violation") == [violation.sentence]
    assert picture.groups("violation")[0].get("data-rule") == "target-reached"
    rings = [one for one in picture.root.iter(f"{SVG}circle") if "ring" in one.get("class", "")]
    assert len(rings) == len(violation.entries)
    assert violation.sentence.split()[-1] in " ".join(picture.words)
    desc = picture.root.findtext(f"{SVG}desc", "")
    assert violation.sentence in desc


def test_a_rejected_presentation_shows_its_error() -> None:
    """It is not queued for ever."""
    picture = Picture(started().present(1).error("Match").timeline)
    assert "#1: Match error" in picture.words


def test_what_waits_for_its_fence_is_hatched() -> None:
    """From the request to the trigger."""
    a = started().create_fence().present(1, wait_fence=FENCE).fence("Trigger").idle(1)
    picture = Picture(a.complete(1, 11).timeline)
    hatched = [one for one in picture.root.iter(f"{SVG}rect") if one.get("class") == "fill-waiting"]
    assert len(hatched) == 2, "one of the presentation, one of the legend"
    assert picture.titles("change") == ["create by a", "trigger by a"]


def test_a_pixmap_that_is_used_before_it_is_idle_says_so() -> None:
    """Its second use is hatched."""
    a = started().present(1).present(2).idle(1).complete(1, 11).idle(2).complete(2, 12)
    assert Picture(a.timeline).titles("busy") == [
        "busy with serial 1",
        "busy with serial 2, presented again before it was idle",
    ]


def test_a_redirected_window_is_chained_to_its_compositor() -> None:
    """By the DamageNotify that came between."""
    picture = Picture(scenes.composited())
    assert picture.titles("chain") == ["#1 for 12: copy at 12: Damage to compositor"]
    assert "Damage to the compositor" in picture.words


def test_an_event_without_a_request_is_shown() -> None:
    """It is what a violation would be about."""
    picture = Picture(started().present(1).idle(1).complete(1, 11).complete(7, 12).timeline)
    assert picture.titles("stray") == ["#7: copy at MSC 12 without a request"]


def test_an_event_answers_no_later_request() -> None:
    """What came before a request of its serial is not its CompleteNotify."""
    picture = Picture(started().complete(1, 11).present(1).timeline)
    assert picture.titles("stray") == ["#1: copy at MSC 11 without a request"]
    assert "#1: not complete" in picture.words


def test_two_windows_have_their_own_sections() -> None:
    """In the order of their first requests."""
    a = started().create(OTHER_WINDOW).select(window=OTHER_WINDOW, context=0x77)
    a.present(2, window=OTHER_WINDOW).present(1)
    rows = [one.get("data-window") for one in Picture(a.timeline).root.iter(f"{SVG}g")]
    assert [one for one in rows if one] == [f"{WINDOW:#x}", f"{OTHER_WINDOW:#x}"]


def test_it_stands_alone_and_has_a_name() -> None:
    """No script, no id, nothing to fetch; a role, a title and a description; a dark mode."""
    picture = Picture(scenes.composited())
    assert picture.root.get("role") == "img"
    assert [one.tag for one in picture.root][:2] == [f"{SVG}title", f"{SVG}desc"]
    for one in picture.root.iter():
        assert one.tag != f"{SVG}script"
        assert not {"id", "href", "src", "onclick"} & one.attrib.keys()
    assert "url(" not in picture.text
    assert "http" not in picture.text.replace("http://www.w3.org/2000/svg", "")
    assert "prefers-color-scheme:dark" in picture.text


def test_names_cannot_break_it() -> None:
    """A client's name is text, whatever it is."""
    a = Script().client("<b>&\x07\ud800").create().select().present(1)
    assert "of <b>&??" in Picture(a.timeline).words


def test_nothing_presented_gives_no_picture() -> None:
    """There is nothing to see."""
    assert timeline_svg(Timeline()) == ""
    assert timeline_svg(Script().client("a").create().sync().timeline) == ""


def test_a_long_timeline_gives_a_bounded_picture() -> None:
    """It shows the ends and what violations are about, and says what it leaves out."""
    a = started()
    for n in range(1, 25_001):
        a.present(n, pixmap=PIXMAP + n)
        if n != 12_345:
            a.idle(n, pixmap=PIXMAP + n)
        a.complete(n, 10 + n)
    assert len(a.timeline.entries) > 75_000
    wrong = [
        one
        for one in a.timeline.entries
        if getattr(one.content if hasattr(one, "content") else None, "serial", 0) == 12_345
    ]
    violation = Violation("some-rule", "a clause", "something is wrong", tuple(wrong))
    picture = Picture(a.timeline, [violation])
    assert len(picture.text) < 400_000
    assert float(picture.root.get("width", "0")) < 4_000
    assert float(picture.root.get("height", "0")) < 4_000
    serials = [int(one.get("data-serial", "0")) for one in picture.groups("life")]
    assert len(serials) == MOST_LIVES
    assert {1, 12_344, 12_345, 12_346, 25_000} <= set(serials)
    assert f"{MOST_LIVES} of 25,001 presentations and NotifyMSC requests shown: " in " ".join(
        picture.words
    )


def test_presentations_of_violations_go_before_their_neighbours() -> None:
    """All are there where the neighbours of all would be too many."""
    a = started()
    for n in range(1, 401):
        a.present(n, pixmap=PIXMAP + n).idle(n, pixmap=PIXMAP + n).complete(n, 10 + n)
    wrong = range(10, 401, 10)
    entries = [
        one
        for one in a.timeline.entries
        if isinstance(one, Request) and isinstance(one.content, PresentPixmap)
        if one.content.serial in wrong
    ]
    assert len(entries) == len(wrong) < MOST_LIVES < 3 * len(wrong)
    violation = Violation("some-rule", "a clause", "something is wrong", tuple(entries))
    picture = Picture(a.timeline, [violation])
    shown = {int(one.get("data-serial", "0")) for one in picture.groups("life")}
    assert len(shown) == MOST_LIVES
    assert set(wrong) <= shown


@pytest.mark.parametrize("case", [*BROKEN, *LEGAL], ids=lambda case: case.label)
def test_whatever_a_server_sends_can_be_drawn(case) -> None:
    """A broken timeline is what pictures are for."""
    timeline = case.build().timeline
    text = timeline_svg(timeline, rules.check(timeline, case.family))
    assert not text or ElementTree.fromstring(text).tag == f"{SVG}svg"
