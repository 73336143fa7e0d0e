# SPDX-License-Identifier: MIT
"""Damage and XFIXES regions on a screen that Xinerama joins of two: both screens count."""

import pytest
import xcffib.damage
import xcffib.shape
import xcffib.xfixes
from xcffib.shape import SK

from harness.capture.get_image import capture
from harness.clients.resources.damage import Damage, DamageLevel
from harness.clients.resources.drawable import create_gc, fill_rectangles
from harness.clients.resources.picture import Picture
from harness.clients.resources.region import Region
from harness.pixels.region import PixelRegion
from suites.address_space import address_space
from suites.composite.joined import ACROSS, HEIGHT, JOINED, LEFT, PARTS, RIGHT, WIDTH, Joined
from suites.composite.scenes import leave
from suites.cursors import set_cursor, sprite, warp
from suites.present.test_lifetime import new_generation

pytestmark = [*JOINED, pytest.mark.needs("DAMAGE", "XFIXES")]

WHOLE = (0, 0, WIDTH, HEIGHT)
RAW, DELTA, BOX, ONCE = DamageLevel
levels = pytest.mark.parametrize("level", DamageLevel, ids=lambda level: level.name.lower())


@pytest.fixture
def joined(presenter):
    return Joined(presenter)


def reported(damage):
    """The area of all reports since the last call, of each screen and at any level."""
    return PixelRegion.of(damage.areas()).rectangles


@levels
def test_what_either_screen_draws_is_reported(joined, level):
    """The reports together are what was drawn, from the window's origin; one of NonEmpty tells
    of the whole window, once (CMP-146)."""
    window = joined.window("red")
    damage = Damage.watch(window, level)
    place = joined.place
    for part in PARTS.values():
        window.fill("green", *part)
        notices = damage.notices()
        assert {one.geometry for one in notices} == {(place.x, place.y, place.width, place.height)}
        assert {(one.level, one.drawable) for one in notices} == {(level, window.id)}
        assert reported(damage) == ((WHOLE,) if level is ONCE else (part,))
        if level is ONCE:
            assert len(notices) == 1
        damage.forget()


@levels
def test_what_is_damaged_already_is_reported_as_its_level_says(joined, level):
    """Raw reports come again; of the others comes what is new on either screen (CMP-146)."""
    damaged_on_both_screens(joined, level)


def damaged_on_both_screens(joined, level):
    window = joined.window("red")
    damage = Damage.create(window, level)
    assert reported(damage) == (WHOLE,)
    damage.forget()
    window.fill("green", *ACROSS)
    assert reported(damage) == ((WHOLE,) if level is ONCE else (ACROSS,))
    window.fill("blue", *ACROSS)
    assert reported(damage) == ((ACROSS,) if level is RAW else ())
    window.fill("blue", *RIGHT)
    bounds = PixelRegion.of([ACROSS, RIGHT]).extents
    expected = {RAW: (RIGHT,), DELTA: (RIGHT,), BOX: (bounds,), ONCE: ()}
    assert reported(damage) == expected[level]
    damage.destroy()
    window.fill("red")
    assert damage.notices() == []
    window.destroy()


def test_damage_of_both_screens_is_subtracted_as_one(joined):
    """Subtract takes what it names from the damage, gives the parts, and tells what is left;
    what is outside of the window and what covers it is no damage (CMP-147)."""
    client = joined.client
    window = joined.window("red")
    damage, parts = Damage.watch(window, DELTA), client.region()
    window.fill("green", *LEFT)
    window.fill("green", *RIGHT)
    assert PixelRegion.of(damage.areas()) == PixelRegion.of([LEFT, RIGHT])
    repair = client.region((40, 0, 30, 40))
    damage.subtract(repair, parts)
    assert (
        tuple(parts.fetch())
        == (PixelRegion.of([RIGHT]) & PixelRegion.of([(40, 0, 30, 40)])).rectangles
    )
    rest = PixelRegion.of([LEFT, RIGHT]) - PixelRegion.of([(40, 0, 30, 40)])
    assert PixelRegion.of(damage.areas()) == rest
    damage.subtract(None, parts)
    assert tuple(parts.fetch()) == rest.rectangles
    assert damage.areas() == []
    damage.add(client.region((-20, 10, 400, 30)))
    damage.take()
    damage.subtract(client.region((0, 0, 10, 60)))
    assert damage.areas()
    damage.subtract(None, parts)
    inside = PixelRegion(tuple(parts.fetch()))
    assert PixelRegion.of([(10, 10, WIDTH - 10, 30)]) <= inside


@pytest.mark.needs("SHAPE", memory=True)
def test_subtracting_takes_no_memory(joined, server):
    """What the server reckons with to subtract from the damage of a window, whose shape is a
    region of a piece of memory of its own, is freed (CMP-151)."""
    client, window = joined.client, joined.window("red")
    dots = client.region(
        *[(2 * column, 2 * row, 1, 1) for row in range(30) for column in range(40)]
    )
    shape_window(window, SK.Bounding, dots)
    damage, repair = Damage.watch(window, DELTA), client.region((0, 0, 2, 2))

    def subtract(times):
        for _ in range(times):
            damage.subtract(repair)
        client.sync()
        return address_space(server.pid)

    before = subtract(50)
    assert subtract(1000) - before < 2 << 20


def test_what_is_covered_is_no_damage_any_more(joined):
    """At a Subtract what others cover of the window since it was damaged, on either screen, goes
    with what is subtracted (CMP-147)."""
    window = joined.window("red")
    damage, left = Damage.watch(window, DELTA), joined.client.region()
    window.fill("green")
    assert reported(damage) == (WHOLE,)
    cover = joined.window("blue", 30, 10)
    cover.move(joined.place.x + 25, joined.place.y + 30)
    damage.subtract(joined.client.region(LEFT))
    rest = PixelRegion.of([WHOLE]) - PixelRegion.of([LEFT, (25, 30, 30, 10)])
    # What the cover left before it was moved is drawn, and damage, again.
    assert PixelRegion.of(damage.areas()) == rest
    damage.subtract(None, left)
    assert tuple(left.fetch()) == rest.rectangles


@pytest.mark.known_bug(
    reference="PanoramiXDamageReport moves the border clip of the root on screens that are not in "
    "the corner: from then on nothing damages the root there",
    servers=("xephyr",),
    evidence="failed: AssertionError",
)
def test_the_root_is_damaged_where_it_is_seen(joined):
    """Reports are from the corner of the joined screen, as large as that (CMP-146)."""
    client = joined.client
    joined.ground.destroy()
    root = client.root_window(events=0)
    damage = Damage.watch(root, DELTA)
    screen = client.screen
    whole = (0, 0, screen.width_in_pixels, screen.height_in_pixels)
    for x in (joined.seam - 40, joined.seam - 5, joined.seam + 60):
        box = (x, 70, 30, 20)
        root.fill("green", *box)
        notices = damage.notices()
        assert {one.geometry for one in notices} == {whole}
        assert reported(damage) == (box,)
        damage.subtract(client.region((x, 70, 10, 20)))
        assert reported(damage) == ((x + 10, 70, 20, 20),)
        damage.forget()
    root.clear()
    client.sync()


def test_a_pixmap_is_damaged_once(joined):
    """A pixmap is on no screen: each drawing is reported as it is (CMP-146)."""
    pixmap = joined.client.pixmap(WIDTH, HEIGHT, colour="blue")
    damage = Damage.watch(pixmap)
    for part in PARTS.values():
        pixmap.fill("green", *part)
        assert {one.geometry for one in damage.notices()} == {WHOLE}
        assert damage.areas() == [part]


@pytest.mark.needs("RENDER")
def test_the_sprite_is_no_damage_on_either_screen(joined, barrier):
    """The pointer that moves over both parts of a window draws nothing of it; what clients draw
    under it is reported (CMP-236)."""
    client, place, window = joined.client, joined.place, joined.window("red")
    set_cursor(client, sprite(), 2, 3)
    damage = Damage.watch(window)
    for part in PARTS.values():
        for x, y in [(part[0] + 3, part[1] + 3), (part[0] + part[2] - 9, part[1] + 9)]:
            warp(client, place.x + x, place.y + y)
            barrier()
            assert damage.areas() == []
        window.fill("green", *part)
        assert reported(damage) == (part,)
        barrier()
        assert damage.areas() == []


def test_damage_ends_with_its_window_and_its_client(joined, connect):
    """Its id is then that of no damage, and free (CMP-148)."""
    client, other = joined.client, connect("other")
    window = joined.window("red")
    client.sync()
    damage = Damage.create(window)
    window.fill("green")
    window.destroy()
    with client.expect_error("DAMAGE:Damage", damage.id):
        damage.destroy()
    window = joined.window("red")
    client.extension(xcffib.damage).Create(damage.id, window.id, DELTA)
    assert reported(damage) == (WHOLE,)
    damage.destroy()
    with client.expect_error("DAMAGE:Damage", damage.id):
        damage.subtract()
    client.sync()
    borrowed = other.borrow_window(window, events=0)
    Damage.create(borrowed)
    leave(other)
    window.fill("green")
    joined.shows("green")


def test_damage_that_cannot_be_is_refused(joined):
    """IDChoice for an id in use, Value for a level, each with what was wrong, Length; the id that
    was meant for it stays free (CMP-148)."""
    client = joined.client
    window = joined.window("red")
    create = client.extension(xcffib.damage).Create
    wrong, id = client.new_id(), client.new_id()
    with client.expect_error("IDChoice", window.id):
        create(window.id, wrong, 9)
    for level in (4, 255):
        with client.expect_error("Value", level):
            create(id, window.id, level)
    for body in (b"", bytes(4), bytes(8), bytes(16)):
        with client.expect_error("Length"):
            client.send_raw("DAMAGE", 1, bytes(4) + body)
    create(id, window.id, RAW)
    damage = Damage(client, id, window.id)
    damage.forget()
    window.fill("green", *ACROSS)
    assert reported(damage) == (ACROSS,)


@pytest.mark.known_bug(
    reference="PanoramiXDamageCreate looks for a class of resources, which has no error of its own",
    evidence="failed: AssertionError",
)
def test_damage_is_of_a_drawable(joined):
    """Drawable for what is none, with its id (CMP-148)."""
    for error, wrong in errors_without_drawable(joined):
        assert (error.name, error.value) == ("Drawable", wrong)


def test_damage_of_no_drawable_is_refused(joined):
    """Whatever the error is called, it has the id that is no drawable (CMP-148)."""
    for error, wrong in errors_without_drawable(joined):
        assert error.name in ("Drawable", "Value")
        assert error.value == wrong


def errors_without_drawable(joined):
    """The error of each DamageCreate for what is no drawable, and what that is."""
    client = joined.client
    create = client.extension(xcffib.damage).Create
    for wrong in (client.new_id(), 0, client.region().id):
        with client.catch_errors() as errors:
            create(client.new_id(), wrong, RAW)
        [error] = errors
        yield error, wrong


def clip_gc(client, gc, region, x=0, y=0):
    client.extension(xcffib.xfixes).SetGCClipRegion(gc, region.id if region else 0, x, y)


def clip_picture(client, picture, region, x=0, y=0):
    client.extension(xcffib.xfixes).SetPictureClipRegion(picture, region.id if region else 0, x, y)


def shape_window(window, kind, region, x=0, y=0):
    requests = window.client.extension(xcffib.xfixes)
    requests.SetWindowShapeRegion(window.id, kind, x, y, region.id if region else 0)


def test_a_gc_is_clipped_on_both_screens(joined):
    """SetGCClipRegion limits drawing on either to the region moved by the origin; None ends
    that (CMP-149)."""
    clipped_on_both_screens(joined)


def clipped_on_both_screens(joined):
    client, window = joined.client, joined.window("blue")
    region, gc = client.region(LEFT, RIGHT, ACROSS), create_gc(window)
    clip_gc(client, gc, region, 3, 2)
    fill_rectangles(window, gc, WHOLE)
    area = PixelRegion.of([LEFT, RIGHT, ACROSS])
    picture = joined.canvas("blue")
    picture.within(*area.moved(3, 2).rectangles).fill("red")
    picture.check(joined.look())
    assert tuple(Region.from_gc(client, gc).fetch()) == area.rectangles
    assert tuple(region.fetch()) == area.rectangles
    clip_gc(client, gc, None)
    fill_rectangles(window, gc, WHOLE)
    joined.shows("red")
    client.core.FreeGC(gc)
    window.destroy()


@pytest.mark.needs("RENDER")
@pytest.mark.parametrize("of", ["window", "root", "pixmap"])
def test_a_picture_is_clipped_on_both_screens(joined, of):
    """SetPictureClipRegion limits RENDER on either to the region moved by the origin: from the
    corner of the joined screen where the picture is the root's.  The region stays what it is, and
    None ends the clip (CMP-149)."""
    client = joined.client
    area = PixelRegion.of([LEFT, RIGHT, ACROSS])
    dx, dy = 3, 2
    if of == "root":
        joined.ground.destroy()
        drawable = client.root_window(events=0)
        drawable.fill("blue")
        area = area.moved(joined.place.x, joined.place.y)
    elif of == "window":
        drawable = joined.window("blue")
    else:
        drawable = client.pixmap(WIDTH, HEIGHT, colour="blue")
    region, picture = client.region(*area.rectangles), Picture.of(drawable)
    red = client.pixmap(drawable.width, drawable.height, colour="red")
    source = Picture.of(red)

    def shown():
        if of == "root":
            return joined.look()
        return capture(drawable)

    expected = joined.canvas("blue")
    expected.within(*PixelRegion.of([LEFT, RIGHT, ACROSS]).moved(dx, dy).rectangles).fill("red")
    clip_picture(client, picture.id, region, dx, dy)
    picture.composite(source, 0, 0, drawable.width, drawable.height)
    expected.check(shown())
    assert tuple(region.fetch()) == area.rectangles
    assert tuple(Region.from_picture(client, picture.id).fetch()) == area.rectangles
    clip_picture(client, picture.id, None)
    picture.composite(source, 0, 0, drawable.width, drawable.height)
    joined.canvas("red").check(shown())
    if of == "root":
        drawable.clear()
        client.sync()


@pytest.mark.needs("SHAPE")
def test_a_window_is_shaped_on_both_screens(joined):
    """SetWindowShapeRegion shows the window in the region moved by the offset, and drawing in it
    is clipped there; None gives the whole window back (CMP-149)."""
    shaped_on_both_screens(joined)


def shaped_on_both_screens(joined):
    client, window = joined.client, joined.window("blue")
    region = client.region(LEFT, RIGHT, ACROSS)
    area = PixelRegion.of([LEFT, RIGHT, ACROSS])
    moved = area.moved(3, 2).rectangles
    shape_window(window, SK.Bounding, region, 3, 2)
    picture = joined.canvas("grey")
    picture.within(*moved).fill("blue")
    picture.check(joined.look())
    window.fill("red")
    picture.within(*moved).fill("red")
    picture.check(joined.look())
    assert tuple(region.fetch()) == area.rectangles
    assert tuple(Region.of_window(client, window.id).fetch()) == moved
    shape_window(window, SK.Bounding, None)
    assert tuple(Region.of_window(client, window.id).fetch()) == (WHOLE,)
    picture = joined.canvas("blue")
    picture.within(*moved).fill("red")
    picture.check(joined.look())
    window.destroy()


@pytest.mark.needs("SHAPE")
def test_the_shape_of_the_root_is_that_of_the_joined_screen(joined):
    """Its input shape is told as it was set, and the region stays what it is (CMP-149)."""
    client = joined.client
    root = client.root_window(events=0)
    area = PixelRegion.of([(joined.seam - 30, 40, 50, 30), (2, 3, 4, 5)])
    region = client.region(*area.rectangles)
    shape_window(root, SK.Input, region)
    reply = client.extension(xcffib.shape).GetRectangles(root.id, SK.Input).reply()
    assert tuple((r.x, r.y, r.width, r.height) for r in reply.rectangles) == area.rectangles
    assert tuple(region.fetch()) == area.rectangles
    shape_window(root, SK.Input, None)
    client.sync()


def test_a_clip_or_shape_that_cannot_be_is_refused(joined):
    """GContext, Picture and Window for what is none, then Region, then Value, each with the id
    or number; a wrong length gives Length (CMP-149)."""
    client = joined.client
    window = joined.window("blue")
    gc, picture = create_gc(window), Picture.of(window)
    root = Picture.of(client.root_window(events=0))
    good, bad, wrong = client.region(LEFT), client.new_id(), client.new_id()
    requests = client.extension(xcffib.xfixes)
    for other in (wrong, 0, window.id):
        with client.expect_error("GContext", other):
            requests.SetGCClipRegion(other, bad, 0, 0)
        with client.expect_error("RENDER:Picture", other):
            requests.SetPictureClipRegion(other, bad, 0, 0)
    for other in (wrong, 0, good.id):
        with client.expect_error("Window", other):
            requests.SetWindowShapeRegion(other, 99, 0, 0, bad)
    with client.expect_error("XFIXES:Region", bad):
        requests.SetGCClipRegion(gc, bad, 0, 0)
    for one in (picture, root):
        with client.expect_error("XFIXES:Region", bad):
            requests.SetPictureClipRegion(one.id, bad, 0, 0)
    for one in (window.id, client.root):
        with client.expect_error("XFIXES:Region", bad):
            requests.SetWindowShapeRegion(one, 99, 0, 0, bad)
    for region in (good.id, 0):
        with client.expect_error("Value", 99):
            requests.SetWindowShapeRegion(window.id, 99, 0, 0, region)
    for minor, words in ((20, 3), (21, 4), (22, 3)):
        id = {20: gc, 21: window.id, 22: picture.id}[minor]
        for count in (0, words - 1, words + 1):
            body = b"".join(one.to_bytes(4, "little") for one in [id, 0, 0, 0, 0][:count])
            with client.expect_error("Length"):
                client.send_raw("XFIXES", minor, bytes(4) + body)
    fill_rectangles(window, gc, WHOLE)
    joined.shows("red")


@pytest.mark.xserver(reset=True)
@pytest.mark.needs("SHAPE")
def test_every_generation_damages_and_clips_both_screens(connect):
    """After a reset all acts on both screens as before (CMP-145)."""
    for _ in range(3):
        client = new_generation(connect)
        joined = Joined(client)
        for level in DamageLevel:
            damaged_on_both_screens(joined, level)
        clipped_on_both_screens(joined)
        shaped_on_both_screens(joined)
        client.close()
