# SPDX-License-Identifier: MIT
"""XFIXES regions: arithmetic, canonical form and extents, against areas reckoned here."""

import struct
from enum import IntEnum

import pytest
import xcffib.xfixes
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.clients.resources.region import Region
from harness.pixels.region import HIGHEST, LOWEST, PixelRegion
from suites.composite.scenes import leave

pytestmark = [pytest.mark.xserver(any_depth=True), pytest.mark.needs("XFIXES")]

bounded = settings(
    derandomize=True,
    database=None,
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)

# Multiples of 8 touch and repeat; the others overlap.
near = st.tuples(
    *[st.one_of(st.integers(-3, 5).map(lambda n: 8 * n), st.integers(-20, 40))] * 2,
    *[st.one_of(st.integers(0, 3).map(lambda n: 8 * n), st.integers(0, 30))] * 2,
)
far = st.tuples(
    *[st.sampled_from((LOWEST, LOWEST + 1, -9, -1, 0, 1, 7, HIGHEST - 1, HIGHEST))] * 2,
    *[st.sampled_from((0, 1, 2, 8, HIGHEST, HIGHEST + 1, 65534, 65535))] * 2,
)
lists = {"near": st.lists(near, max_size=8), "far": st.lists(far, max_size=4)}
reaches = pytest.mark.parametrize("reach", lists)


class XfixesOpcode(IntEnum):
    """Minor opcodes of XFIXES."""

    CREATE_REGION = 5
    CREATE_REGION_FROM_BITMAP = 6
    CREATE_REGION_FROM_WINDOW = 7
    CREATE_REGION_FROM_GC = 8
    CREATE_REGION_FROM_PICTURE = 9
    DESTROY_REGION = 10
    SET_REGION = 11
    COPY_REGION = 12
    UNION_REGION = 13
    INTERSECT_REGION = 14
    SUBTRACT_REGION = 15
    INVERT_REGION = 16
    TRANSLATE_REGION = 17
    REGION_EXTENTS = 18
    FETCH_REGION = 19
    SET_GC_CLIP_REGION = 20
    SET_WINDOW_SHAPE_REGION = 21
    SET_PICTURE_CLIP_REGION = 22
    EXPAND_REGION = 28


OPERATIONS = {
    "unite": lambda first, second: first | second,
    "intersect": lambda first, second: first & second,
    "subtract": lambda first, second: first - second,
}


def check(region, area):
    """The region is the area: rectangle by rectangle, and in its bounding box."""
    extents, rectangles = region.fetch_with_extents()
    assert tuple(rectangles) == area.rectangles
    if area:
        assert extents == area.extents
    else:
        # Where nothing is, is not said.
        assert extents[2:] == (0, 0)


def covered(region):
    """The region's pixels, whatever the rectangles."""
    return PixelRegion.of(region.fetch())


@reaches
def test_region_of_rectangles_is_their_union(presenter, reach):
    """CreateRegion and SetRegion give the union in canonical form: empty, zero-sized, doubled,
    touching, overlapping and negative rectangles, and those that 16 bits cut off (CMP-094)."""
    kept = presenter.region()

    @bounded
    @given(lists[reach])
    def check_union(rectangles):
        area = PixelRegion.of(rectangles)
        created = presenter.region(*rectangles)
        kept.set(rectangles)
        check(created, area)
        check(kept, area)
        created.destroy()

    check_union()


@reaches
@pytest.mark.parametrize("operation", OPERATIONS)
def test_two_regions_combine_as_sets_of_pixels(presenter, operation, reach):
    """Union, intersection and difference are those of the pixels, in canonical form; the
    sources stay as they were, and a destination may be either or both sources (CMP-095,
    CMP-096)."""
    first, second, result = presenter.region(), presenter.region(), presenter.region((1, 1, 9, 9))
    combine = OPERATIONS[operation]

    @bounded
    @given(lists[reach], lists[reach], st.sampled_from(("other", "first", "second", "both")))
    def check_combination(one, two, destination):
        first.set(one)
        second.set(two)
        a, b = PixelRegion.of(one), PixelRegion.of(two)
        if destination == "other":
            getattr(result, operation)(first, second)
            check(result, combine(a, b))
        elif destination == "first":
            getattr(first, operation)(first, second)
            a = combine(a, b)
        elif destination == "second":
            getattr(second, operation)(first, second)
            b = combine(a, b)
        else:
            getattr(first, operation)(first, first)
            a = combine(a, a)
        check(first, a)
        check(second, b)

    check_combination()


@reaches
def test_inverted_region_fills_its_bounds(presenter, reach):
    """InvertRegion leaves what is in the bounds and not in the source, with the destination the
    same as the source or not; bounds are cut off at 16 bits (CMP-097, CMP-096)."""
    source, result = presenter.region(), presenter.region((1, 1, 9, 9))
    bounds = {"near": near, "far": far}[reach]

    @bounded
    @given(lists[reach], bounds.filter(lambda box: PixelRegion.of([box])), st.booleans())
    def check_inverse(rectangles, box, same):
        source.set(rectangles)
        area = PixelRegion.of(rectangles)
        destination = source if same else result
        destination.invert(source, box)
        check(destination, area.inverted(box))
        if not same:
            check(source, area)

    check_inverse()


@pytest.mark.parametrize("box", [(4, 4, 0, 9), (4, 4, 9, 0), (0, 0, 0, 0)])
@pytest.mark.parametrize("rectangles", [[], [(0, 0, 20, 20)], [(50, 50, 2, 2)]])
def test_inverse_in_bounds_without_pixels_has_no_pixels(presenter, box, rectangles):
    """Bounds without width or height leave nothing.  Servers may keep them as a rectangle
    without pixels (CMP-097)."""
    source, result = presenter.region(*rectangles), presenter.region((1, 1, 9, 9))
    result.invert(source, box)
    assert not covered(result)


def test_translated_region_moves(presenter):
    """TranslateRegion moves every rectangle, there and back (CMP-098)."""
    region = presenter.region()

    @bounded
    @given(lists["near"], st.integers(-900, 900), st.integers(-900, 900))
    def check_move(rectangles, dx, dy):
        region.set(rectangles)
        region.translate(dx, dy)
        area = PixelRegion.of(rectangles)
        check(region, area.moved(dx, dy))
        region.translate(-dx, -dy)
        check(region, area)

    check_move()


@pytest.mark.parametrize(
    ("dx", "dy"),
    [(32700, 0), (-32700, 0), (0, 32700), (0, -32700), (32767, 32767), (-32768, -32768)],
)
@pytest.mark.parametrize("count", [1, 4])
def test_region_moved_to_the_limits_is_cut_off(presenter, dx, dy, count):
    """What a translation moves beyond 16 bits is gone and does not come back; whether the
    remaining bands are joined is left open (CMP-098)."""
    rectangles = [(-80, -90, 30, 20), (-10, -5, 40, 30), (20, 40, 90, 8), (100, 60, 9, 70)]
    rectangles = rectangles[4 - count :]
    region = presenter.region(*rectangles)
    region.translate(dx, dy)
    moved = PixelRegion.of(rectangles).moved(dx, dy)
    assert covered(region) == moved
    region.translate(-(dx // 2), -(dy // 2))
    assert covered(region) == moved.moved(-(dx // 2), -(dy // 2))


def test_extents_are_the_bounding_box(presenter):
    """RegionExtents gives one rectangle around all; the source stays as it was unless it is the
    destination, too.  The extents of nothing are a rectangle without pixels (CMP-099,
    CMP-096)."""
    source, result = presenter.region(), presenter.region((1, 1, 9, 9))

    @bounded
    @given(st.one_of(*lists.values()), st.booleans())
    def check_extents(rectangles, same):
        source.set(rectangles)
        area = PixelRegion.of(rectangles)
        destination = source if same else result
        destination.extents_of(source)
        if area:
            check(destination, PixelRegion((area.extents,)))
        else:
            assert not covered(destination)
        if not same:
            check(source, area)

    check_extents()


@pytest.mark.parametrize("same", [False, True], ids=["other", "same"])
def test_expanded_region_grows_each_rectangle(presenter, same):
    """ExpandRegion grows every rectangle to the four sides by their own amounts and joins what
    then touches (CMP-100, CMP-096)."""
    source, result = presenter.region(), presenter.region((1, 1, 9, 9))
    grow = st.integers(0, 24)

    @bounded
    @given(lists["near"].filter(PixelRegion.of), grow, grow, grow, grow)
    def check_growth(rectangles, left, right, top, bottom):
        source.set(rectangles)
        area = PixelRegion.of(rectangles)
        destination = source if same else result
        destination.expand(source, left, right, top, bottom)
        check(destination, area.expanded(left, right, top, bottom))
        if not same:
            check(source, area)

    check_growth()


def test_expanded_empty_region_stays_empty(presenter):
    """Nothing grows to nothing when source and destination are the same (CMP-100)."""
    region = presenter.region()
    region.expand(region, 3, 4, 5, 6)
    check(region, PixelRegion())


def test_copied_region_is_its_own(presenter):
    """CopyRegion replaces the contents, and later changes of one leave the other alone; a copy
    onto itself changes nothing (CMP-101, CMP-096)."""
    first, second = presenter.region(), presenter.region((1, 1, 9, 9), (30, 2, 3, 3))

    @bounded
    @given(lists["near"], st.booleans())
    def check_copy(rectangles, source_changes):
        first.set(rectangles)
        first.copy(first)
        second.copy(first)
        area = PixelRegion.of(rectangles)
        changed, kept = (first, second) if source_changes else (second, first)
        changed.translate(5, 7)
        check(changed, area.moved(5, 7))
        check(kept, area)

    check_copy()


def test_many_rectangles_make_one_region(presenter):
    """A thousand rectangles in any order: a checkerboard keeps them apart, its complement and
    their union become what they are (CMP-094, CMP-095, CMP-097)."""
    cells = [(3 * x, 2 * y, 3, 2) for y in range(40) for x in range(50)]
    black = [cell for n, cell in enumerate(cells) if (n + n // 50) % 2]
    black = black[1::2] + black[::2]
    area = PixelRegion.of(black)
    assert len(area.rectangles) == 1000
    region = presenter.region(*black)
    check(region, area)
    white = presenter.region()
    white.invert(region, (0, 0, 150, 80))
    check(white, area.inverted((0, 0, 150, 80)))
    white.unite(white, region)
    check(white, PixelRegion(((0, 0, 150, 80),)))


@pytest.mark.parametrize("setting", [False, True], ids=["created", "set"])
def test_a_region_has_as_many_rectangles_as_a_long_request_has(presenter, setting):
    """Of a request longer than 16 bits can tell, the last rectangle counts too (CMP-233)."""
    cells = [(2 * x, 2 * y, 1, 1) for y in range(90) for x in range(400)]
    region = presenter.region(*([] if setting else cells))
    if setting:
        region.set(cells)
    assert list(region.fetch()) == cells


def test_compositor_reckons_with_one_region_after_another(presenter):
    """A chain of operations on the same regions, as a compositor subtracts window after window
    from what is still to be painted, keeps to the model at each step (CMP-095, CMP-098)."""
    todo, window, visible = presenter.region(), presenter.region(), presenter.region()

    @bounded
    @given(st.lists(lists["near"], min_size=3, max_size=6), st.integers(-9, 9))
    def check_chain(windows, step):
        left = PixelRegion.of([(-30, -30, 100, 90)])
        todo.set(left.rectangles)
        for n, shape in enumerate(windows):
            window.set(shape)
            window.translate(n * step, -step)
            area = PixelRegion.of(shape).moved(n * step, -step)
            visible.intersect(window, todo)
            todo.subtract(todo, window)
            check(visible, area & left)
            left -= area
            check(todo, left)

    check_chain()


def test_other_clients_may_use_a_region(presenter, connect):
    """Regions belong to a client, but any client may read and change them; they go with their
    owner (CMP-102)."""
    other = connect("region owner")
    owned = other.region((2, 3, 4, 5))
    other.sync()
    borrowed = Region(presenter, owned.id)
    check(borrowed, PixelRegion.of([(2, 3, 4, 5)]))
    borrowed.translate(10, 10)
    presenter.sync()
    check(owned, PixelRegion.of([(12, 13, 4, 5)]))
    leave(other)
    with presenter.expect_error("XFIXES:Region", owned.id):
        borrowed.translate(1, 1)


USES = {
    "destroy": lambda good, bad: bad.destroy(),
    "set": lambda good, bad: bad.set([(0, 0, 1, 1)]),
    "copy_from": lambda good, bad: good.copy(bad),
    "copy_to": lambda good, bad: bad.copy(good),
    "unite_first": lambda good, bad: good.unite(bad, good),
    "unite_second": lambda good, bad: good.unite(good, bad),
    "unite_into": lambda good, bad: bad.unite(good, good),
    "intersect_first": lambda good, bad: good.intersect(bad, good),
    "intersect_second": lambda good, bad: good.intersect(good, bad),
    "intersect_into": lambda good, bad: bad.intersect(good, good),
    "subtract_first": lambda good, bad: good.subtract(bad, good),
    "subtract_second": lambda good, bad: good.subtract(good, bad),
    "subtract_into": lambda good, bad: bad.subtract(good, good),
    "invert_from": lambda good, bad: good.invert(bad, (0, 0, 9, 9)),
    "invert_into": lambda good, bad: bad.invert(good, (0, 0, 9, 9)),
    "translate": lambda good, bad: bad.translate(1, 1),
    "extents_from": lambda good, bad: good.extents_of(bad),
    "extents_into": lambda good, bad: bad.extents_of(good),
    "expand_from": lambda good, bad: good.expand(bad, 1, 1, 1, 1),
    "expand_into": lambda good, bad: bad.expand(good, 1, 1, 1, 1),
    "fetch": lambda good, bad: bad.fetch(),
}


def test_bad_region_is_refused_wherever_it_is_named(presenter):
    """Every request names the bad region in a Region error and changes nothing: never made,
    destroyed, or of another type (CMP-103)."""
    good = presenter.region((3, 3, 5, 5), (20, 1, 2, 2))
    destroyed = presenter.region((0, 0, 4, 4))
    destroyed.destroy()
    for bad in (destroyed.id, presenter.new_id(), 0, presenter.pixmap(4, 4, colour="red").id):
        for use in USES.values():
            with presenter.expect_error("XFIXES:Region", bad):
                use(good, Region(presenter, bad))
    check(good, PixelRegion.of([(3, 3, 5, 5), (20, 1, 2, 2)]))


def test_bad_regions_are_looked_up_in_order(presenter):
    """Of several bad regions the first one of the request is named (CMP-103)."""
    a, b, c = (Region(presenter, presenter.new_id()) for _ in range(3))
    for operation in OPERATIONS:
        with presenter.expect_error("XFIXES:Region", a.id):
            getattr(c, operation)(a, b)
    with presenter.expect_error("XFIXES:Region", a.id):
        b.copy(a)


def test_id_of_a_new_region_must_be_free(presenter):
    """A region is refused an id in use, or of another client's range, with IDChoice; what has
    the id keeps it (CMP-104)."""
    region = presenter.region((3, 3, 5, 5))
    window = presenter.window(8, 8, events=0)
    for taken in (region.id, window.id, presenter.root, presenter.new_id() ^ 1 << 27):
        with presenter.expect_error("IDChoice", taken):
            presenter.extension(xcffib.xfixes).CreateRegion(taken, 0, [])
    check(region, PixelRegion.of([(3, 3, 5, 5)]))


@pytest.mark.parametrize(
    "opcode", [XfixesOpcode.CREATE_REGION, XfixesOpcode.SET_REGION], ids=["create", "set"]
)
def test_half_a_rectangle_is_refused(presenter, opcode):
    """A list that ends within a rectangle gives Length, and no region changes (CMP-105)."""
    region = presenter.region((3, 3, 5, 5))
    target = presenter.new_id() if opcode == XfixesOpcode.CREATE_REGION else region.id
    body = struct.pack("=4xI8h4x", target, 1, 1, 9, 9, 2, 2, 9, 9)
    with presenter.expect_error("Length"):
        presenter.send_raw("XFIXES", opcode, body)
    check(region, PixelRegion.of([(3, 3, 5, 5)]))


@pytest.mark.parametrize(
    "opcode", [XfixesOpcode.CREATE_REGION, XfixesOpcode.SET_REGION], ids=["create", "set"]
)
def test_a_request_without_its_region_is_refused(presenter, opcode):
    """It has no id to look at: Length, whatever the next request begins with (CMP-105)."""
    region = presenter.region((3, 3, 5, 5))
    for _ in range(2):
        with presenter.expect_error("Length"):
            presenter.send_raw("XFIXES", opcode, bytes(4))
    check(region, PixelRegion.of([(3, 3, 5, 5)]))


@pytest.mark.parametrize("beyond", [-1, 0, 1, 2])
def test_an_inverse_ends_at_the_last_pixel(presenter, beyond):
    """Bounds that end near 32767 are cut off there, to the pixel, in each direction
    (CMP-097)."""
    source, result = presenter.region((0, 0, 1, 1)), presenter.region()
    near = (1 << 15) - 1 - 300 + beyond
    for box in [(300, 5, near, 20), (5, 300, 20, near), (300, 300, near, near)]:
        result.invert(source, box)
        check(result, PixelRegion.of([(0, 0, 1, 1)]).inverted(box))


def test_fixed_requests_have_one_length(presenter):
    """Requests on regions that are a word too long or too short are refused with Length, before
    what they name is looked at (CMP-105)."""
    region = presenter.region((3, 3, 5, 5))
    words = {
        XfixesOpcode.CREATE_REGION_FROM_BITMAP: 2,
        XfixesOpcode.CREATE_REGION_FROM_WINDOW: 3,
        XfixesOpcode.CREATE_REGION_FROM_GC: 2,
        XfixesOpcode.CREATE_REGION_FROM_PICTURE: 2,
        XfixesOpcode.DESTROY_REGION: 1,
        XfixesOpcode.COPY_REGION: 2,
        XfixesOpcode.UNION_REGION: 3,
        XfixesOpcode.INTERSECT_REGION: 3,
        XfixesOpcode.SUBTRACT_REGION: 3,
        XfixesOpcode.INVERT_REGION: 4,
        XfixesOpcode.TRANSLATE_REGION: 2,
        XfixesOpcode.REGION_EXTENTS: 2,
        XfixesOpcode.FETCH_REGION: 1,
        XfixesOpcode.SET_GC_CLIP_REGION: 3,
        XfixesOpcode.SET_WINDOW_SHAPE_REGION: 4,
        XfixesOpcode.SET_PICTURE_CLIP_REGION: 3,
        XfixesOpcode.EXPAND_REGION: 4,
    }
    for opcode, right in words.items():
        for count in (right - 1, right + 1):
            body = struct.pack(f"=4x{count}I", *[region.id] * count)
            with presenter.expect_error("Length"):
                presenter.send_raw("XFIXES", opcode, body)
    check(region, PixelRegion.of([(3, 3, 5, 5)]))


@pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])
@pytest.mark.xserver(swapped=True)
def test_regions_speak_either_byte_order(connect_wire, order):
    """Rectangles, moves and replies are turned round for clients of the other byte order
    (CMP-106)."""
    wire = connect_wire(order)
    major = wire.major("XFIXES")
    wire.reply(wire.request(major, 0, wire.pack("II", 5, 0)))
    a, b = wire.new_id(), wire.new_id()
    wire.request(
        major, XfixesOpcode.CREATE_REGION, wire.pack("I8h", a, -3, 258, 20, 10, 300, 2, 5, 6)
    )
    wire.request(major, XfixesOpcode.CREATE_REGION, wire.pack("I", b))
    wire.request(major, XfixesOpcode.SET_REGION, wire.pack("I4h", b, 0, 260, 400, 2))
    wire.request(major, XfixesOpcode.UNION_REGION, wire.pack("III", a, b, a))
    wire.request(major, XfixesOpcode.TRANSLATE_REGION, wire.pack("Ihh", a, 258, -1))
    wire.request(major, XfixesOpcode.INVERT_REGION, wire.pack("IhhHHI", a, 200, 0, 700, 300, b))
    wire.request(major, XfixesOpcode.EXPAND_REGION, wire.pack("IIHHHH", a, a, 1, 0, 2, 0))
    first = PixelRegion.of([(-3, 258, 20, 10), (300, 2, 5, 6), (0, 260, 400, 2)]).moved(258, -1)
    for region, area in (
        (b, first.inverted((200, 0, 700, 300))),
        (a, first.expanded(1, 0, 2, 0)),
    ):
        reply = wire.reply(wire.request(major, XfixesOpcode.FETCH_REGION, wire.pack("I", region)))
        assert wire.unpack("I", reply, 4) == (2 * len(area.rectangles),)
        assert wire.unpack("hhHH", reply, 8) == area.extents
        for n, rectangle in enumerate(area.rectangles):
            assert wire.unpack("hhHH", reply, 32 + 8 * n) == rectangle
    assert not wire.errors
