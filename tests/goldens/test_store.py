# SPDX-License-Identifier: MIT
"""The golden folder: damage is explained and never repaired silently; writers do not collide."""

import json
import multiprocessing
import os
import resource
import shutil
import subprocess
from contextlib import contextmanager
from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from harness.goldens.errors import GoldenDamagedError, GoldenError
from harness.goldens.files import png
from harness.goldens.lints import orphans, oversized, redundant_variants, unmatched
from harness.goldens.store import GoldenMode, GoldenStore
from harness.pixels.frame import Frame, FrameSource

KEY = "present/test-skip/frame.png"


def frame(value=0x204060, size=8):
    return Frame(np.full((size, size), value, np.uint32), 24, FrameSource.WINDOW)


def noise(size):
    values = np.random.default_rng(1).integers(0, 1 << 24, (size, size), np.uint32)
    return Frame(values, 24, FrameSource.WINDOW)


@pytest.fixture
def store(tmp_path):
    """A store with one golden."""
    store = GoldenStore(tmp_path / "golden", GoldenMode.ADD, environment={})
    store.save(KEY, frame(), server="xvfb 21.1.7")
    return store


def everything(store):
    return {p: p.read_bytes() for p in store.folder.rglob("*") if p.is_file()}


def refuse_all(store, match):
    """Every mode refuses to go on with ``match``, and changes nothing."""
    before = everything(store)
    for mode in GoldenMode:
        with pytest.raises(GoldenDamagedError, match=match):
            _use(store.folder, mode)
    assert everything(store) == before


def _use(folder, mode):
    again = GoldenStore(folder, mode, environment={})
    key = again.find("present", "test-skip", "frame", "xvfb", 24)
    return again.load(key)


def test_what_is_saved_is_loaded(store):
    """Pixels come back; beside the picture stands what they are and where they come from."""
    assert _use(store.folder, GoldenMode.CHECK).digest == frame().digest
    assert store.entry_path(KEY).read_text() == (
        f'{{\n "depth": 24,\n "digest": "{frame().digest}",\n "height": 8,\n "layout": 2,\n'
        f' "reason": "",\n "server": "xvfb 21.1.7",\n "width": 8\n}}\n'
    )


def git(folder, *arguments):
    """Run git as somebody, without this machine's settings; its status."""
    who = ("-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "init.defaultBranch=main")
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "GIT_CONFIG_NOSYSTEM": "1"}
    command = ["git", *who, *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True).returncode


@pytest.mark.skipif(shutil.which("git") is None, reason="git not found on PATH")
def test_goldens_of_two_branches_merge(store):
    """New ones of the same test too, and a change beside them; all load in the end."""
    folder = store.folder
    store.save("present/test-skip/m.png", frame(5), server="xvfb")
    assert git(folder, "init") == git(folder, "add", ".") == git(folder, "commit", "-m", "0") == 0
    keys = {"one": "a", "other": "b"}
    for branch, name in keys.items():
        assert git(folder, "checkout", "-b", branch, "main") == 0
        writing = GoldenStore(folder, GoldenMode.UPDATE, environment={})
        for number, letter in enumerate((name, f"n{name}", f"z{name}")):
            key = f"present/test-skip/{letter}.png"
            writing.save(key, frame(number), server=f"xvfb {branch}")
        if branch == "one":
            writing.save("present/test-skip/m.png", frame(6), server="xvfb")
        assert git(folder, "add", ".") == git(folder, "commit", "-m", branch) == 0
    assert git(folder, "merge", "one") == 0
    merged = GoldenStore(folder, environment={})
    assert len(merged.entries()) == 8
    for key in merged.entries():
        merged.load(key)
    assert merged.load("present/test-skip/m.png").pixel(0, 0) == 6


def old_index(folder, *entries):
    """Put goldens into the older layout's index, with these digests in place of theirs."""
    store = GoldenStore(folder, environment={})
    lines = []
    for key, entry in store.entries().items():
        members = asdict(entry) | dict(entries)
        lines.append(f"{json.dumps(key)}: {json.dumps(members, sort_keys=True)},\n")
    store.old_index.write_text("{\n" + "".join(lines) + '"layout": 1\n}\n')


def test_the_older_layout_is_read(store):
    """Only what writes stops, and names the command that brings the new one."""
    old_index(store.folder)
    store.entry_path(KEY).unlink()
    assert _use(store.folder, GoldenMode.CHECK).digest == frame().digest
    before = everything(store)
    writing = GoldenStore(store.folder, GoldenMode.UPDATE, environment={})
    with pytest.raises(
        GoldenError, match=r"older layout, .* run `xharness golden migrate .*golden"
    ):
        writing.save(KEY, frame(1), server="xvfb")
    with pytest.raises(GoldenError, match="older layout"):
        writing.delete(KEY)
    assert everything(store) == before


def test_the_older_layout_is_migrated(store):
    """Each description then stands beside its picture, and says the same."""
    old_index(store.folder)
    entry = store.entry(KEY)
    store.entry_path(KEY).unlink()
    assert store.migrate() == 1
    assert not store.old_index.exists()
    assert GoldenStore(store.folder, environment={}).entry(KEY) == entry
    assert store.migrate() == 0


@pytest.mark.parametrize("newer", ["index", "beside"])
def test_after_a_merge_the_description_that_fits_the_picture_stays(store, newer):
    """One branch migrated, the other changed the golden in the older layout, or the reverse."""
    stale = {"index": store.entry_path(KEY), "beside": store.old_index}[newer]
    old_index(store.folder)
    stale.write_text(stale.read_text().replace(frame().digest, frame(1).digest))
    assert GoldenStore(store.folder, environment={}).migrate() == 1
    assert _use(store.folder, GoldenMode.CHECK).digest == frame().digest


def test_a_golden_is_deleted_with_all_that_is_its(store):
    """And the folders that nothing is left in; others stay."""
    store.save("present/test-other/frame.png", frame(1), server="xvfb")
    store.delete(KEY)
    assert set(store.entries()) == {"present/test-other/frame.png"}
    assert sorted(p.name for p in (store.folder / "present").iterdir()) == ["test-other"]
    store.delete("present/test-other/frame.png")
    assert list(store.folder.iterdir()) == []


def test_a_cut_picture_is_damage(store):
    """Truncated."""
    path = store.path(KEY)
    path.write_bytes(path.read_bytes()[:60])
    refuse_all(store, "corrupt or truncated: expected a PNG of 8x8 depth 24, got 60 bytes")


def test_an_empty_picture_is_damage(store):
    """Empty."""
    store.path(KEY).write_bytes(b"")
    refuse_all(store, r"corrupt or truncated: .* got 0 bytes .*git checkout --")


def test_a_picture_of_another_format_is_damage(store):
    """A JPEG named .png."""
    Image.new("RGB", (8, 8)).save(store.path(KEY), "JPEG")
    refuse_all(store, "corrupt or truncated")


def test_a_picture_of_the_wrong_size_is_damage(store):
    """Cropped in an editor."""
    Image.new("RGB", (9, 8)).save(store.path(KEY))
    refuse_all(store, "edited by hand: frame.json says 8x8 depth 24, the picture is 9x8; restore")


def test_a_picture_of_another_mode_is_damage(store):
    """Saved with a palette or alpha by an editor."""
    Image.new("RGBA", (8, 8)).save(store.path(KEY))
    refuse_all(store, "edited by hand: expected a picture of mode RGB for depth 24, got RGBA")


def test_a_retouched_picture_is_damage(store):
    """One pixel painted over."""
    with Image.open(store.path(KEY)) as image:
        image.putpixel((1, 1), (1, 2, 3))
        image.save(store.path(KEY))
    refuse_all(store, "edited by hand: frame.json says pixels .*, the picture has .*; restore it")


def test_a_recompressed_picture_is_no_damage(store):
    """Pixels count, never the file."""
    with Image.open(store.path(KEY)) as image:
        image.save(store.path(KEY), compress_level=1, pnginfo=None)
    assert _use(store.folder, GoldenMode.CHECK).digest == frame().digest


def test_a_picture_that_nothing_describes_is_damage(store):
    """Only the picture was committed."""
    store.entry_path(KEY).unlink()
    refuse_all(store, "frame.png has no frame.json beside it: restore it")


def test_a_description_without_a_picture_is_damage(store):
    """Somebody deleted the picture only."""
    store.path(KEY).unlink()
    refuse_all(store, "frame.png is gone, but .*frame.json describes it")


def test_a_folder_in_place_of_a_picture_is_damage(store):
    """Whatever stands there is explained."""
    store.path(KEY).unlink()
    store.path(KEY).mkdir()
    refuse_all(store, "corrupt or truncated: .* no file")


def test_a_variant_without_a_reason_is_damage(store):
    """Variants are statements."""
    store.save("present/test-skip/frame.xvfb.png", frame(1), server="xvfb", reason="")
    refuse_all(store, r"variant present/test-skip/frame\.xvfb\.png has no reason")


@given(position=st.integers(0, 10_000), value=st.integers(0, 255), cut=st.booleans())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_random_damage_is_explained_or_harmless(store, position, value, cut):
    """Whatever happens to the file: the right pixels, or one clear error."""
    path = store.path(KEY)
    whole = path.read_bytes()
    position %= len(whole)
    rest = b"" if cut else bytes([value]) + whole[position + 1 :]
    path.write_bytes(whole[:position] + rest)
    explained = ""
    try:
        assert _use(store.folder, GoldenMode.CHECK).digest == frame().digest
    except GoldenDamagedError as error:
        explained = str(error)
    finally:
        path.write_bytes(whole)
    assert not explained or str(path) in explained


GOOD = '{"depth": 24, "digest": "0", "height": 8, "reason": "", "server": "", "width": 8}'


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "line 1: expected JSON"),
        (f'{{\n"a/b/c.png": {GOOD}\n"layout": 1\n}}', "line 3: expected JSON"),
        (f'{{\n<<<<<<< ours\n"a/b/c.png": {GOOD},\n"layout": 1\n}}', "line 2: .*conflict marks"),
        ("[]", "line 1: expected an object that ends with"),
        ("7", "line 1: expected an object"),
        ('{\n"layout": 2\n}', 'line 3: .*ends with "layout": 1'),
        (f'{{\n"a/b/c.png": {GOOD}\n}}', 'ends with "layout": 1'),
        ('{\n"a/b/c.png": 7,\n"layout": 1\n}', "line 2: expected an object, got 7 for 'a/b/c.png'"),
        ('{\n"a/b/c.png": [7],\n"layout": 1\n}', "line 2: expected an object"),
        (f'{{\n"../c.png": {GOOD},\n"layout": 1\n}}', "line 2: expected a key such as"),
        (f'{{\n"a/b/c.png": {GOOD},\n"a/b/c.png": {GOOD},\n"layout": 1\n}}', "line 3: .* twice"),
        (
            '{\n"a/b/c.png": {"depth": "24"},\n"layout": 1\n}',
            r"line 2: expected digest \(str\), .* got depth \(str\)",
        ),
        ("\udcff", "cannot be read"),
        ("[" * 100_000, "line 1: expected JSON"),
    ],
    ids=[
        "empty",
        "comma",
        "conflict",
        "list",
        "number",
        "newer",
        "no-layout",
        "not-an-object",
        "list-entry",
        "outside",
        "twice",
        "members",
        "encoding",
        "deep",
    ],
)
def test_a_damaged_index_is_named_with_its_line(store, text, match):
    """One of the older layout that does not parse stops what needs it, and is not rewritten."""
    store.old_index.write_bytes(text.encode("utf-8", "surrogateescape"))
    store.entry_path(KEY).unlink()
    refuse_all(store, match)
    with pytest.raises(GoldenDamagedError):
        store.migrate()


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "line 1: expected JSON, got ''"),
        ('{\n "depth": 24\n "width": 8\n}', "line 3: expected JSON"),
        ('{\n<<<<<<< ours\n "depth": 24\n}', "line 2: .*conflict marks"),
        ("[]", 'expected an object with "layout": 2'),
        ("7", 'expected an object with "layout": 2'),
        (GOOD, 'expected an object with "layout": 2'),
        (GOOD.replace("}", ', "layout": 3}'), 'expected an object with "layout": 2'),
        (GOOD.replace("24", '"24"').replace("}", ', "layout": 2}'), r"got depth \(str\), digest"),
        (GOOD.replace("}", ', "width": 8, "layout": 2}'), r"width \(int\), width \(int\)"),
        ("\udcff", "cannot be read"),
        ("[" * 100_000, "line 1: expected JSON"),
    ],
    ids=[
        "empty",
        "comma",
        "conflict",
        "list",
        "number",
        "no-layout",
        "newer",
        "members",
        "twice",
        "encoding",
        "deep",
    ],
)
def test_a_damaged_description_is_named_with_its_line(store, text, match):
    """It stops the test whose golden it describes, and is never rewritten."""
    store.entry_path(KEY).write_bytes(text.encode("utf-8", "surrogateescape"))
    refuse_all(store, match)
    with pytest.raises(GoldenDamagedError):
        store.save(KEY, frame(3), server="xvfb")


def test_damage_of_one_golden_stops_no_other(store):
    """Whoever compares with another one goes on."""
    store.save("present/test-other/frame.png", frame(1), server="xvfb")
    store.entry_path(KEY).write_text("")
    reading = GoldenStore(store.folder)
    assert reading.load("present/test-other/frame.png").digest == frame(1).digest


def _add(folder, letter, barrier):
    store = GoldenStore(folder, GoldenMode.ADD, environment={})
    barrier.wait(30)
    for number in range(20):
        store.save(f"present/test-{letter}/f{number}.png", frame(number), server="xvfb")


def test_several_processes_write_one_folder(tmp_path):
    """Workers that add at the same time lose nothing, and leave no lock or half file."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    workers = [
        context.Process(target=_add, args=(tmp_path / "golden", letter, barrier)) for letter in "ab"
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    store = GoldenStore(tmp_path / "golden")
    expected = {f"present/test-{letter}/f{n}.png" for letter in "ab" for n in range(20)}
    assert set(store.entries()) == expected
    assert {p.suffix for p in everything(store)} == {".png", ".json"}
    assert all(store.load(key).depth == 24 for key in expected)


def _rewrite(folder, barrier):
    barrier.wait(30)
    for number in range(60):
        GoldenStore(folder, GoldenMode.UPDATE, environment={}).save(
            KEY, frame(number), server="xvfb"
        )


def test_a_golden_is_read_whole_while_another_process_writes_it(store):
    """A reader never sees the new picture with the old description."""
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(2)
    worker = context.Process(target=_rewrite, args=(store.folder, barrier))
    worker.start()
    barrier.wait(30)
    seen = set()
    while worker.is_alive():
        seen.add(_use(store.folder, GoldenMode.CHECK).pixel(0, 0))
    worker.join()
    assert worker.exitcode == 0
    assert seen <= {0x204060, *range(60)}
    assert _use(store.folder, GoldenMode.CHECK).pixel(0, 0) == 59


def test_another_process_is_not_overwritten(store):
    """A golden that somebody else saved meanwhile stays; the same pixels are no quarrel."""
    late = GoldenStore(store.folder, GoldenMode.UPDATE, environment={})
    other = GoldenStore(store.folder, GoldenMode.UPDATE, environment={})
    other.save(KEY, frame(1), server="xephyr 21.1.7")
    with pytest.raises(GoldenError, match=r"saved during this run .* made with xephyr 21\.1\.7"):
        late.save(KEY, frame(2), server="xvfb")
    late.save(KEY, frame(1), server="xvfb")
    assert late.load(KEY).digest == frame(1).digest


def test_orphans_are_what_nobody_used(store):
    """Pictures that nothing describes count as well."""
    store.save("present/test-old/frame.png", frame(1), server="xvfb")
    (store.folder / "stray.png").write_bytes(b"")
    again = GoldenStore(store.folder)
    again.find("present", "test-skip", "frame", "xvfb", 24)
    assert orphans(again, again.used) == ["present/test-old/frame.png", "stray.png"]


def test_pictures_and_descriptions_without_the_other_are_found(store):
    """Each on its own side."""
    store.path(KEY).unlink()
    (store.folder / "stray.png").write_bytes(b"")
    assert unmatched(store) == (["stray.png"], [KEY])


def test_a_variant_like_its_fallback_is_redundant(store):
    """Each variant is held against the golden that would be used without it."""
    for variant, value in (("d24", 1), ("xvfb", 1), ("xephyr", 0x204060), ("xephyr-d24", 2)):
        key = f"present/test-skip/frame.{variant}.png"
        store.save(key, frame(value), server="any", reason="shown here")
    store.save("present/test-alone/frame.d24.png", frame(), server="xvfb", reason="alone")
    assert redundant_variants(store) == ["present/test-skip/frame.xvfb.png"]


def test_large_pictures_are_reported(store):
    """The budget is in bytes of the file."""
    store.save("present/test-noise/frame.png", noise(200), server="xvfb")
    assert [key for key, _ in oversized(store)] == ["present/test-noise/frame.png"]
    assert oversized(store, 10**6) == []


@contextmanager
def files_up_to(size):
    """The disk takes no file of more bytes, as if it was full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("key", [KEY, "present/test-skip/new.png"])
def test_a_full_disk_changes_nothing(store, key):
    """The picture would fit, the description does not: both stay, and the error names the cause."""
    store = GoldenStore(store.folder, GoldenMode.UPDATE, environment={})
    before = everything(store)
    largest = len(png(frame(0x999999).to_image()))
    assert largest < store.entry_path(KEY).stat().st_size
    with (
        files_up_to(largest),
        pytest.raises(GoldenError, match="cannot be written: File too large"),
    ):
        store.save(key, frame(0x999999), server="xvfb 21.1.7")
    assert everything(store) == before
    assert store.load(KEY).digest == frame().digest


def test_goldens_that_may_not_be_looked_at_are_named(tmp_path):
    """As below a folder of somebody else; here its path leaves no room for more."""
    folder = tmp_path
    while (room := 4080 - len(str(folder))) > 1:
        folder /= "d" * min(200, room - 1)
        folder.mkdir()
    store = GoldenStore(folder, environment={})
    with pytest.raises(GoldenError, match=r"frame.*\.png cannot be read: File name too long; make"):
        store.find("present", "test-skip", "frame", "xvfb", 24)
