# SPDX-License-Identifier: MIT
"""The page of one test in a browser: pictures and their views, loupe, logs, turning pages."""

import base64
import json
import random
import re
import shlex
import struct
import zlib

import pytest

from harness.pixels.channels import channels
from harness.report.html import details
from harness.report.html.rows import ORDER
from harness.report.html.writing import write_report
from harness.results.run import Outcome
from tests.report.conftest import Pages
from tests.report.sample import SECRET, changed, frame, sample

DEPTHS = (1, 8, 15, 16, 24, 30, 32)
GOLDEN, RULE, WATCHED = (
    ORDER.index(outcome) for outcome in (Outcome.GOLDEN, Outcome.RULE, Outcome.HUNG)
)


def viewer(page, name):
    """What shows the frame with this name."""
    return page.locator(f"[id='frame:{name}']")


def button(place, name):
    """A button by its whole name."""
    return place.get_by_role("button", name=name, exact=True)


def words(seen, x, y):
    """The channels of a pixel as the loupe says them."""
    pixel = int(seen.pixels[y, x])
    if seen.depth <= 8:
        return f"value {pixel}"
    names = ("red", "green", "blue", "alpha")
    values = [(pixel >> one.shift) & one.full for one in channels(seen.depth)]
    return ", ".join(f"{name} {value}" for name, value in zip(names, values, strict=False))


@pytest.mark.parametrize("depth", DEPTHS)
def test_the_loupe_says_the_servers_own_values(pages, depth):
    """Of both pictures, exactly: low bits of depth 30 and colours below an alpha of 0 too."""
    page = pages.open(f"test.html#{GOLDEN}")
    box = viewer(page, f"depth-{depth}")
    before = frame(depth)
    after = changed(before, (5, 3), (60, 40))
    for x, y in ((5, 3), (60, 40), (5, 3)):
        cells = [cell.strip() for cell in box.locator(".values td").all_inner_texts()]
        assert box.locator(".place").inner_text() == f"x {x}, y {y}"
        assert cells[:2] == [words(before, x, y), words(after, x, y)]
        assert re.fullmatch(r"(value|blue) [+-]1", cells[2])
        button(box, "Next difference").click()


def filtered(rows, step):
    """The rows of a PNG, each with another of its five filters, deflated."""
    data = bytearray()
    above = bytes(len(rows[0]))
    for number, row in enumerate(rows):
        kind = number % 5
        left = bytes(step) + row[:-step]
        corner = bytes(step) + above[:-step]
        guesses = (
            bytes(len(row)),
            left,
            above,
            bytes((a + b) // 2 for a, b in zip(left, above, strict=True)),
            bytes(map(nearest, left, above, corner)),
        )[kind]
        data += bytes([kind]) + bytes((a - b) % 256 for a, b in zip(row, guesses, strict=True))
        above = row
    return zlib.compress(data)


def nearest(left, above, corner):
    """Paeth's predictor, from the specification of PNG."""
    guess = left + above - corner
    return min((abs(guess - one), at, one) for at, one in enumerate((left, above, corner)))[2]


def test_every_filter_of_a_png_is_undone(pages):
    """An encoder is free to choose among five, row by row."""
    page = pages.open(f"test.html#{GOLDEN}")
    width, height = 23, 20
    rows = [random.Random(n).randbytes(4 * width) for n in range(height)]

    def chunk(name, body):
        return (
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    packed = filtered(rows, 4)
    parts = [(b"IHDR", header), (b"IDAT", packed[:99]), (b"IDAT", packed[99:]), (b"IEND", b"")]
    file = b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)
    decoded = page.evaluate(
        """async (data) => {
        const picture = await xharness.png.decode(data), values = [];
        for (let y = 0; y < picture.height; y++) for (let x = 0; x < picture.width; x++)
          for (let channel = 0; channel < 4; channel++) values.push(picture.value(x, y, channel));
        return values;
        }""",
        base64.b64encode(file).decode(),
    )
    assert bytes(decoded) == b"".join(rows)


def test_the_loupe_follows_pointer_and_arrows(pages):
    """It stays inside of the picture."""
    page = pages.open(f"test.html#{GOLDEN}")
    box = viewer(page, "depth-24")
    picture = box.locator(".stage canvas").first
    size = picture.bounding_box()
    picture.hover(position={"x": size["width"] * 10.5 / 64, "y": size["height"] * 20.5 / 48})
    assert box.locator(".place").inner_text() == "x 10, y 20"
    box.locator(".viewer").focus()
    for key, place in {
        "ArrowRight": "x 11, y 20",
        "ArrowDown": "x 11, y 21",
        "Shift+ArrowLeft": "x 3, y 21",
        "Shift+ArrowUp": "x 3, y 13",
        "Control+ArrowUp": "x 3, y 13",
    }.items():
        page.keyboard.press(key)
        assert box.locator(".place").inner_text() == place
    page.keyboard.press("Shift+ArrowLeft")
    assert box.locator(".place").inner_text() == "x 0, y 13"


def test_the_loupe_outside_of_the_smaller_picture(pages):
    """A size that changed is seen where one picture ends; there is no difference picture."""
    page = pages.open(f"test.html#{GOLDEN}")
    box = viewer(page, "larger")
    assert button(box, "Difference").count() == 0
    box.locator(".viewer").focus()
    for _ in range(10):
        page.keyboard.press("Shift+ArrowRight")
    assert box.locator(".place").inner_text() == "x 79, y 0"
    cells = [cell.strip() for cell in box.locator(".values td").all_inner_texts()]
    assert cells[0] == "outside"
    assert cells[1].startswith("red ")
    assert cells[2] == "outside of one picture"


def test_pictures_show_what_was_captured(pages):
    """Pixel by pixel, in each view."""
    page = pages.open(f"test.html#{GOLDEN}")
    box = viewer(page, "depth-24")
    shown = (
        box.locator(".stage canvas")
        .nth(1)
        .evaluate("c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]")
    )
    image = changed(frame(24), (5, 3), (60, 40)).to_image().convert("RGBA")
    assert bytes(shown) == image.tobytes()


def test_swipe_and_blend_are_sliders(pages):
    """Also for the keyboard; the edge stands where the slider does."""
    page = pages.open(f"test.html#{GOLDEN}")
    box = viewer(page, "depth-24")
    button(box, "Swipe").click()
    upper = box.locator(".pile canvas").nth(1)
    assert "50%" in upper.evaluate("c => c.style.clipPath")
    slider = box.get_by_role("slider")
    slider.focus()
    page.keyboard.press("Home")
    assert upper.evaluate("c => c.style.clipPath") in ("inset(0px)", "inset(0px 0px 0px 0%)")
    page.keyboard.press("End")
    assert "100%" in upper.evaluate("c => c.style.clipPath")
    button(box, "Blend").click()
    upper, slider = box.locator(".pile canvas").nth(1), box.get_by_role("slider")
    assert upper.evaluate("c => c.style.opacity") == "0.5"
    slider.fill("25")
    assert upper.evaluate("c => c.style.opacity") == "0.25"


def test_keys_choose_views(pages):
    """Space turns between expected and actual, numbers choose, d goes to the next difference."""
    page = pages.open(f"test.html#{GOLDEN}/depth-24")
    box = viewer(page, "depth-24")
    box.locator(".viewer").focus()
    seen = []
    for _ in range(3):
        page.keyboard.press("Space")
        seen.append(box.locator(".stage figcaption span").inner_text())
    assert seen == ["expected", "actual", "expected"]
    page.keyboard.press("5")
    assert button(box, "Difference").get_attribute("aria-pressed") == "true"
    page.keyboard.press("1")
    assert box.locator(".stage canvas").count() == 2
    page.keyboard.press("d")
    assert box.locator(".place").inner_text() == "x 60, y 40"


def test_space_presses_a_button_that_has_the_focus(pages):
    """Keys of the page do not take those of its parts."""
    page = pages.open(f"test.html#{GOLDEN}/depth-24")
    box = viewer(page, "depth-24")
    button(box, "Blend").focus()
    page.keyboard.press("Space")
    assert button(box, "Blend").get_attribute("aria-pressed") == "true"


def test_a_missing_golden_shows_what_was_captured(pages, run_folder):
    """Alone, with the command that accepts it."""
    page = pages.open(f"test.html#{GOLDEN}")
    box = viewer(page, "new")
    assert box.locator(".stage canvas").count() == 1
    assert "there is no golden for this frame" in box.inner_text()
    assert box.locator(".command code").inner_text() == (
        f"xharness golden accept {shlex.quote(str(run_folder))} --only '^present/test-frames/new$'"
    )


def test_frames_that_match_are_listed(pages):
    """Without pictures."""
    page = pages.open(f"test.html#{GOLDEN}")
    page.get_by_text("Frames that match").click()
    assert "present/test-frames/same.png" in viewer(page, "same").inner_text()


def test_pictures_of_timelines_show_and_do_not_act(pages):
    """Titles are there for the pointer; scripts, handlers and links to elsewhere are not."""
    page = pages.open(f"test.html#{RULE}")
    drawing = page.locator(".drawing svg")
    assert drawing.locator("rect title").text_content() == "PresentPixmap serial 1"
    drawing.locator("rect").click()
    assert drawing.locator("script").count() == 0
    for acting in ("a", "animate", "embed", "style"):
        assert drawing.locator(acting).count() == 0
    assert "acted" not in page.title()


def test_a_watched_test_shows_its_screen_step_by_step(pages):
    """Small pictures with their last step in words; keys and clicks show one large, with all."""
    page = pages.open(f"test.html#{WATCHED}")
    strip = page.get_by_role("group", name="Steps: arrow keys turn")
    names = [image.get_attribute("alt") for image in strip.locator("img").all()]
    assert names == [
        "Picture 1: presenter -> MapWindow <b>",
        "Picture 2: presenter -> Pixmap serial=1",
        "Picture 3: presenter <- Complete serial=1",
    ]
    large = page.locator(".drawing figure > img")
    assert large.evaluate("one => one.naturalWidth") == 64
    said = "The screen after: presenter -> CreateWindow; presenter -> MapWindow <b>"
    assert large.get_attribute("alt") == said
    assert page.locator(".drawing figcaption li").count() == 2
    seen = [large.get_attribute("src")]
    assert large.locator("xpath=..").get_attribute("aria-live") == "polite"
    strip.get_by_role("button").first.focus()
    turns = (
        ("ArrowRight", 2),
        ("ArrowRight", 3),
        ("ArrowRight", 3),
        ("Control+Home", 3),
        ("Home", 1),
    )
    for key, number in turns:
        page.keyboard.press(key)
        assert page.locator(".drawing figcaption strong").inner_text() == f"Picture {number} of 3"
        assert strip.locator("[aria-pressed=true]").count() == 1
        # Tab comes to the one that is large, and has left the others.
        assert strip.locator("[tabindex='0']").count() == 1
        assert strip.locator("[tabindex='0'][aria-pressed=true]:focus").count() == 1
        seen.append(large.get_attribute("src"))
    assert len(set(seen)) == 3
    assert page.get_by_text("In the folder of the test only").count() == 0
    strip.get_by_role("button").last.click()
    assert "Complete" in page.locator(".drawing figcaption").inner_text()


def test_a_cut_strip_says_where_the_rest_is(tmp_path, monkeypatch, browser):
    """Below what is there."""
    run = sample(tmp_path)
    first = tmp_path / "test_rules/watch/0001.png"
    monkeypatch.setattr(details, "LARGEST_STRIP", 2 * first.stat().st_size + 999)
    write_report(run, tmp_path, tmp_path / "report")
    opened = Pages(browser, tmp_path)
    try:
        page = opened.open(f"test.html#{WATCHED}")
        assert page.get_by_text("In the folder of the test only: 1 of 3 pictures.").is_visible()
    finally:
        opened.close()


def test_a_long_strip_is_cut(tmp_path, monkeypatch):
    """What is left out is counted; pictures that were not kept are no steps."""
    run = sample(tmp_path / "run")
    monkeypatch.setattr(
        details,
        "LARGEST_STRIP",
        2 * (tmp_path / "run/test_rules/watch/0001.png").stat().st_size + 999,
    )
    (test,) = (one for one in run.tests if one.outcome is Outcome.HUNG)

    def steps():
        (file,) = details.Details(run, tmp_path / "run", "").of(test)["files"]
        return [step["number"] for step in file.get("steps", ())], file.get("cut")

    assert steps() == ([1, 2], 1)
    (tmp_path / "run/test_rules/watch/0001.png").unlink()
    assert steps() == ([2, 3], 1)
    for number in (2, 3):
        (tmp_path / f"run/test_rules/watch/000{number}.png").unlink()
    assert steps() == ([], None)
    (tmp_path / "run/test_rules/watch/steps.txt").unlink()
    assert steps() == ([], None)


def test_texts_are_there_to_their_ends(pages):
    """A long one is cut at its beginning, and its file is a click away."""
    page = pages.open(f"test.html#{RULE}")
    page.locator("summary").get_by_text("timeline", exact=True).click()
    timeline = page.locator("pre[aria-label=timeline]").inner_text()
    assert timeline.rstrip().endswith("3999.000  presenter")
    assert len(timeline) < 33 * 1024
    assert "<script>" in page.locator("pre[aria-label=log]").inner_text()
    assert page.locator("pre[aria-label=log] .mark").inner_text() == "the test begins here"
    link = page.locator("details:has(pre[aria-label=timeline]) p a")
    with page.expect_navigation():
        link.click()
    assert "0.000  presenter" in page.locator("body").inner_text()


def test_files_that_are_gone_or_outside_are_not_shown(pages, run_folder):
    """A run from elsewhere reads nothing but its own folder."""
    page = pages.open(f"test.html#{RULE}")
    facts = page.locator("main").inner_text()
    assert "gone (not kept)" in facts
    assert "outside (not kept)" in facts
    for script in (run_folder / "report" / "data").iterdir():
        assert SECRET not in script.read_text()


def test_pages_turn_in_the_order_of_the_list(pages):
    """j and k follow what was filtered, and u leads back to it."""
    page = pages.open("index.html#outcome=hung&outcome=passed")
    page.locator("#tests a").first.click()
    page.wait_for_selector("main h1")
    page.keyboard.press("j")
    page.locator("h1", has_text="test_ends_passed").or_(
        page.locator("h1", has_text="test_window_is_shown")
    ).wait_for()
    page.keyboard.press("k")
    page.locator("h1", has_text="test_ends_hung").wait_for()
    page.keyboard.press("u")
    page.wait_for_selector("#tests li")
    assert page.url.endswith("#outcome=hung&outcome=passed")


def test_a_page_opened_by_itself_has_neighbours(pages):
    """In the order of the report."""
    page = pages.open("test.html#1")
    page.keyboard.press("j")
    page.locator("h1", has_text="test_ends_sanitizer").wait_for()


def test_an_unknown_test_is_said(pages):
    """A link of another report."""
    page = pages.open("test.html#4711")
    assert page.locator("h1").inner_text() == "No such test"


def test_commands_are_copied(pages):
    """By a button with a name."""
    page = pages.open(f"test.html#{RULE}")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy: Repeat it").click()
    page.get_by_text("Copied", exact=True).wait_for()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == "pytest 'suites/test_rule.py::test_it[5]'"


def test_words_of_commands_are_quoted(pages):
    """This folder has a space in its name, and a golden of a foreign run may have more."""
    page = pages.open(f"test.html#{GOLDEN}")
    command = viewer(page, "depth-24").locator(".command code").inner_text()
    folder, key = shlex.split(command)[3::2]
    assert folder == page.locator("body").get_attribute("data-folder")
    assert " " in folder
    assert re.fullmatch(key, "present/test-frames/depth-24")
    odd = "a'; touch x; '$(x)"
    assert shlex.split(page.evaluate("word => xharness.quoted(word)", odd)) == [odd]


def test_decisions_are_kept_and_saved(pages):
    """Across pages; a second press takes one back; the file names frame, golden and pixels."""
    page = pages.open(f"test.html#{GOLDEN}")
    button(viewer(page, "depth-24"), "Accept").click()
    button(viewer(page, "depth-30"), "Reject").click()
    button(viewer(page, "new"), "Accept").click()
    button(viewer(page, "new"), "Accept").click()
    page.reload()
    assert button(viewer(page, "depth-24"), "Accept").get_attribute("aria-pressed") == "true"
    assert button(viewer(page, "new"), "Accept").get_attribute("aria-pressed") == "false"
    assert "1 accepted, 1 rejected" in page.locator("#decided").inner_text()
    with page.expect_download() as waiting:
        page.get_by_text("Save decisions.json").click()
    saved = json.loads(waiting.value.path().read_text())
    assert (saved["layout"], saved["run"]) == (1, "20261129T142320Z-5c0e21")
    assert [(one["frame"], one["decision"], one["golden"]) for one in saved["decisions"]] == [
        ("depth-24", "accept", "present/test-frames/depth-24.png"),
        ("depth-30", "reject", "present/test-frames/depth-30.png"),
    ]
    assert saved["decisions"][0]["digest"] == changed(frame(24), (5, 3), (60, 40)).digest
    assert saved["decisions"][0]["test"].startswith("suites/present/test_golden.py::")


def test_keys_decide(pages):
    """a accepts the frame that is looked at, x rejects it."""
    page = pages.open(f"test.html#{GOLDEN}")
    box = viewer(page, "depth-15")
    box.locator(".viewer").focus()
    page.keyboard.press("a")
    assert button(box, "Accept").get_attribute("aria-pressed") == "true"
    page.keyboard.press("x")
    assert button(box, "Reject").get_attribute("aria-pressed") == "true"
    assert button(box, "Accept").get_attribute("aria-pressed") == "false"
