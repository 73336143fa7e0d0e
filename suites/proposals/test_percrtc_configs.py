# SPDX-License-Identifier: MIT
"""SetCrtcConfigs: what it sets, what it refuses, what it tells; all of it or nothing."""

import pytest

from harness.clients.randr.scanout import Scanout
from harness.clients.randr.scanout_session import ScanoutSession
from harness.clients.resources.pixmap import Pixmap
from harness.x11.core_events import ConfigureNotify
from harness.x11.drafts.randr_percrtc import (
    ALL_OF_CRTC,
    ALL_OF_SCREEN,
    KEEP_PIXMAP,
    ConfigStatus,
    CrtcConfig,
    CrtcFlag,
    Revision,
    ScreenFlag,
    SetCrtcConfigs,
    SpriteTransforms,
)
from harness.x11.randr import CrtcChangeNotify, OutputChangeNotify, Rotation, ScreenChangeNotify
from suites.marks import REFUSING

pytestmark = [
    pytest.mark.proposal("randr-percrtc"),
    pytest.mark.needs("RANDR", "RENDER", root_pixels=True),
    pytest.mark.xserver(at_least=(1280, 1024), any_depth=True),
]

TURNS = [Rotation.ROTATE_90, Rotation.ROTATE_180, Rotation.ROTATE_270, Rotation.REFLECT_X | 1]
SUCCESS, FAILED = ConfigStatus.SUCCESS, ConfigStatus.FAILED
TWO = pytest.mark.needs(crtcs=2, resize=True)


def test_nothing_to_set_is_a_success_without_events(desk):
    """No CRTCs and no flags: the state stays, nothing is told (PCP-018)."""
    before = desk.state()[1:]
    assert desk.scanout.set(SetCrtcConfigs(drawable=desk.client.root)) is SUCCESS
    assert desk.state()[1:] == before
    assert desk.observer.take() == []


def test_millimetres_alone_are_told_once(desk):
    """One ScreenChange with the new size in mm and the old one in pixels (PCP-019)."""
    root = desk.client.geometry(desk.client.root)
    assert desk.scanout.configure(millimeters=(77, 88)) is SUCCESS
    (told,) = desk.observer.take()
    assert isinstance(told, ScreenChangeNotify)
    assert (told.mm_width, told.mm_height) == (77, 88)
    assert (told.width, told.height) == (root.width, root.height)


def test_millimetres_of_zero_are_refused_where_they_count(desk):
    """Value 0 with the flag; without it they are not looked at (PCP-020)."""
    flag = ScreenFlag.SCREEN_SIZE_IN_MILLIMETERS
    for wrong in ((0, 7), (7, 0)):
        assert desk.refused(set=flag, millimeters=wrong) == ("Value", 0)
        request = SetCrtcConfigs(drawable=desk.client.root, millimeters=wrong)
        assert desk.scanout.set(request) is SUCCESS


def test_the_screen_pixmap_keeps_to_the_range_of_the_screen(desk):
    """Value with the number, the width before the height (PCP-021)."""
    limits = desk.monitors.requests.GetScreenSizeRange(desk.client.root).reply()
    flag = ScreenFlag.SCREEN_PIXMAP_SIZE
    good = (limits.max_width, limits.max_height)
    too_small = (limits.min_width - 1, limits.min_height - 1)
    too_large = (limits.max_width + 1, limits.max_height + 1)
    for wrong in (too_small, too_large):
        assert desk.refused(set=flag, screen_pixmap=wrong) == ("Value", wrong[0])
        assert desk.refused(set=flag, screen_pixmap=(wrong[0], good[1])) == ("Value", wrong[0])
        assert desk.refused(set=flag, screen_pixmap=(good[0], wrong[1])) == ("Value", wrong[1])


@pytest.mark.parametrize("wrong", [0, 32768, 65535])
def test_the_screen_has_a_size_that_can_be(desk, wrong):
    """From 1 to 32767; Value with the number (PCP-021)."""
    flag = ScreenFlag.SCREEN_SIZE
    assert desk.refused(set=flag, screen=(wrong, 9)) == ("Value", wrong)
    assert desk.refused(set=flag, screen=(9, wrong)) == ("Value", wrong)


@pytest.mark.needs(resize=True)
def test_the_screen_and_its_pixmap_may_differ_in_size(desk):
    """The root is as large as the screen; the CRTC's source tells of the pixmap (PCP-022)."""
    desk.side_by_side((320, 240))
    assert desk.scanout.configure(screen_pixmap=(640, 480), screen=(400, 300)) is SUCCESS
    root = desk.client.geometry(desk.client.root)
    assert (root.width, root.height) == (400, 300)
    assert desk.scanout.of(desk.crtcs[0]).screen_pixmap == (640, 480)
    told = desk.observer.take()
    assert [type(one) for one in told] == [ScreenChangeNotify, ConfigureNotify]
    assert (told[0].width, told[0].height) == (told[1].width, told[1].height) == (400, 300)


@pytest.mark.needs(resize=True)
def test_a_screen_alone_takes_its_pixmap_along(desk):
    """Without a size of its own the pixmap is as large as the screen (PCP-022, PCP-045)."""
    desk.side_by_side((320, 240))
    assert desk.scanout.configure(screen=(500, 400)) is SUCCESS
    assert desk.scanout.of(desk.crtcs[0]).screen_pixmap == (500, 400)


@pytest.mark.needs(resize=True)
def test_the_old_request_sets_both_sizes(desk):
    """SetScreenSize (PCP-045)."""
    desk.side_by_side((320, 240))
    desk.scanout.configure(screen_pixmap=(640, 480), screen=(400, 300))
    desk.monitors.set_screen_size(410, 310)
    assert desk.scanout.of(desk.crtcs[0]).screen_pixmap == (410, 310)


@pytest.mark.parametrize("wrong", [0x10, 0x800, 0x1000, 1 << 31, 0xFFFFFFFF])
def test_flags_of_the_screen_are_known(desk, wrong):
    """Value with the word: those of CRTCs do not belong there (PCP-023)."""
    assert desk.refused(set=wrong) == ("Value", wrong)


@pytest.mark.parametrize("wrong", [0x1, 0x8, 0x1000, 1 << 31, 0xFFFFFFFF])
def test_flags_of_a_crtc_are_known(desk, wrong):
    """Value with the word: those of the screen do not belong there (PCP-023)."""
    assert desk.refused(desk.same(desk.first, set=wrong)) == ("Value", wrong)


def whole(desk):
    return SetCrtcConfigs(
        drawable=desk.client.root, set=ScreenFlag.SCREEN_CRTCS, configs=[desk.same(desk.first)]
    )


@pytest.mark.parametrize("change", [-4, 4], ids=["short", "long"])
def test_a_request_is_as_long_as_its_counts_say(desk, change):
    """Length, a word less or more (PCP-024)."""
    data = whole(desk).encode() + bytes(4)
    assert desk.refused_bytes(SetCrtcConfigs.OPCODE, data[: len(data) - 4 + change])[0] == "Length"


def test_a_request_holds_at_least_its_own_fields(desk):
    """Length (PCP-024)."""
    for size in (4, 32):
        assert desk.refused_bytes(SetCrtcConfigs.OPCODE, bytes(size))[0] == "Length"


@pytest.mark.parametrize("outputs", [2, 0xFFFF])
def test_outputs_that_are_not_there_are_missed(desk, outputs):
    """Length, where the count says more than the tail holds (PCP-025)."""
    data = bytearray(whole(desk).encode())
    data[36 + 18 : 36 + 20] = outputs.to_bytes(2, "little")
    assert desk.refused_bytes(SetCrtcConfigs.OPCODE, bytes(data))[0] == "Length"


def test_more_crtcs_than_there_are_bytes_are_missed(desk):
    """Length (PCP-024)."""
    data = bytearray(whole(desk).encode())
    data[28:30] = (2).to_bytes(2, "little")
    assert desk.refused_bytes(SetCrtcConfigs.OPCODE, bytes(data))[0] == "Length"


def test_a_wrong_drawable_is_told_first(desk):
    """Drawable with the id, before flags and CRTCs (PCP-027)."""
    assert desk.refused(drawable=0x1234, set=1 << 31) == ("Drawable", 0x1234)


@pytest.mark.parametrize("wrong", [0x1234, 0x1FFFFFFF])
def test_ids_are_those_of_what_they_name(desk, wrong):
    """RANDR's Crtc, Mode and Output errors, and Pixmap, with the id (PCP-027)."""
    first = desk.first
    window = desk.client.window(4, 4, events=0)
    assert desk.refused(desk.same(first, crtc=wrong)) == ("RANDR:Crtc", wrong)
    assert desk.refused(desk.same(first, mode=wrong)) == ("RANDR:Mode", wrong)
    assert desk.refused(desk.same(first, outputs=(wrong,))) == ("RANDR:Output", wrong)
    for id in (wrong, window.id):
        assert desk.refused(desk.same(first, pixmap=id)) == ("Pixmap", id)


def test_errors_come_in_the_order_of_the_fields(desk):
    """CRTC, mode and outputs against each other, mode, pixmap, outputs, rotation (PCP-027,
    PCP-028, PCP-030)."""
    wrong = {"mode": 0x1234, "pixmap": 0x1235, "outputs": (0x1236,), "rotation": 3}
    assert desk.refused(desk.same(desk.first, crtc=0x99, **wrong)) == ("RANDR:Crtc", 0x99)
    assert desk.refused(desk.same(desk.first, **(wrong | {"outputs": ()})))[0] == "Match"
    for name, told in (
        ("mode", ("RANDR:Mode", 0x1234)),
        ("pixmap", ("Pixmap", 0x1235)),
        ("outputs", ("RANDR:Output", 0x1236)),
        ("rotation", ("Value", 3)),
    ):
        assert desk.refused(desk.same(desk.first, **wrong)) == told
        del wrong[name]


def test_a_mode_goes_with_outputs(desk):
    """Match for one without the other (PCP-028)."""
    first = desk.first
    assert desk.refused(desk.same(first, mode=0))[0] == "Match"
    assert desk.refused(desk.same(first, outputs=()))[0] == "Match"


def test_a_mode_is_one_of_the_output(desk):
    """Match for a mode that the output does not list (PCP-029)."""
    mode = desk.monitors.create_mode(96, 80, "nobody's")
    desk.observer.forget()
    assert desk.refused(desk.same(desk.first, mode=mode.id))[0] == "Match"


@TWO
def test_an_output_is_one_that_the_crtc_can_drive(desk):
    """Match for an output of another CRTC alone, and for two that are no clones (PCP-029)."""
    first, second = desk.side_by_side((320, 240), (320, 240))
    theirs = [desk.monitors.output(crtc.outputs[0]) for crtc in (first, second)]
    if first.id not in theirs[1].crtcs:
        assert desk.refused(desk.same(first, outputs=(theirs[1].id,)))[0] == "Match"
    if theirs[1].id not in theirs[0].clones:
        both = (theirs[0].id, theirs[1].id)
        assert desk.refused(desk.same(first, outputs=both))[0] == "Match"
    twice = (theirs[0].id, theirs[0].id)
    assert desk.refused(desk.same(first, outputs=twice))[0] == "Match"


@pytest.mark.parametrize("wrong", [0, 3, 15, 0x40, 0x41, 48])
def test_a_rotation_turns_once(desk, wrong):
    """Value with the rotation, unless it has exactly one of the four (PCP-030)."""
    assert desk.refused(desk.same(desk.first, rotation=wrong)) == ("Value", wrong)


def test_an_ordinary_pixmap_cannot_be_scanned_out(desk):
    """Match (PCP-031)."""
    first = desk.first
    pixmap = Pixmap.create(desk.client, first.width, first.height, 24)
    assert desk.refused(desk.same(first, pixmap=pixmap.id))[0] == "Match"


@pytest.mark.parametrize("beyond", ["right", "bottom", "left", "top"])
def test_what_is_shown_lies_in_the_pixmap(desk, beyond):
    """Match one pixel beyond it, Success where it just fits (PCP-032)."""
    first = desk.first
    pixmap = desk.scanout.create(first.width + 3, first.height + 5)
    x, y = {"right": (4, 5), "bottom": (3, 6), "left": (-1, 0), "top": (0, -1)}[beyond]
    config = desk.same(first, pixmap=pixmap.id, pixmap_x=x, pixmap_y=y)
    assert desk.refused(config)[0] == "Match"
    assert desk.show(first, pixmap, 3, 5) is SUCCESS
    assert desk.show(first, pixmap, 0, 0) is SUCCESS


def test_a_turned_pixmap_is_measured_as_it_is_turned(desk):
    """A mode turned by 90 degrees reads as wide a part as it is high (PCP-032)."""
    first = desk.first
    lying = desk.scanout.create(first.width, first.height, rotations=0x3F)
    standing = desk.scanout.create(first.height, first.width, rotations=0x3F)
    turned = {"rotation": Rotation.ROTATE_90, "pixmap_x": 0, "pixmap_y": 0}
    assert desk.refused(desk.same(first, pixmap=lying.id, **turned))[0] == "Match"
    config = desk.same(first, pixmap=standing.id, **turned)
    assert desk.scanout.configure(config) is SUCCESS
    now = desk.monitors.crtc(first.id)
    assert (now.width, now.height) == (first.height, first.width)
    assert now.rotation == desk.scanout.of(first.id).rotation == Rotation.ROTATE_90


@pytest.mark.parametrize("rotation", TURNS)
def test_a_pixmap_is_turned_only_as_it_was_made_for(desk, rotation):
    """Match for a rotation that its creation did not name (PCP-033)."""
    first = desk.first
    side = max(first.width, first.height)
    plain = desk.scanout.create(side, side, rotations=Rotation.ROTATE_0)
    made = desk.scanout.create(side, side, rotations=rotation)
    assert desk.refused(desk.same(first, pixmap=plain.id, rotation=rotation))[0] == "Match"
    config = desk.same(first, pixmap=made.id, rotation=rotation)
    assert desk.scanout.configure(config) is SUCCESS
    assert desk.monitors.crtc(first.id).rotation == rotation


def test_without_a_pixmap_the_crtc_must_be_able_to_turn(desk):
    """Value with the rotation, where it cannot (PCP-033)."""
    first = desk.first
    unable = [turn for turn in TURNS if turn & ~int(first.rotations)]
    for turn in unable:
        assert desk.refused(desk.same(first, rotation=turn)) == ("Value", turn)
    assert unable or first.rotations == 0x3F


def test_a_crtc_without_a_pixmap_shows_a_part_of_the_screens(desk):
    """Value with the coordinate, for a place that reaches beyond it (PCP-035)."""
    first = desk.first
    for place, told in (({"x": 1}, 1), ({"x": -1}, -1), ({"y": 1}, 1), ({"y": -1}, -1)):
        size = {"screen": (first.width, first.height)}
        fields = {"set": ScreenFlag.SCREEN_CRTCS | ScreenFlag.SCREEN_SIZE} | size
        name, value = desk.refused(desk.same(first, **place), **fields)
        assert (name, value) == ("Value", told & 0xFFFFFFFF)


def test_a_crtc_is_listed_once(desk):
    """Value with its id (PCP-048)."""
    config = desk.same(desk.first)
    assert desk.refused(config, config) == ("Value", config.crtc)


def test_a_status_is_success_or_failure(desk):
    """Without timestamps there is no wrong time (PCP-040)."""
    first = desk.first
    for _ in range(3):
        assert desk.scanout.configure(desk.same(first)) is SUCCESS


@pytest.mark.proposal("randr-percrtc", errors="code")
def test_by_the_code_every_wrong_crtc_fails(desk):
    """A reply says Failed in place of an error, and nothing has changed (PCP-027, PCP-030)."""
    first, before = desk.first, desk.state()
    for change in ({"crtc": 0x99}, {"mode": 0x99}, {"rotation": 3}, {"pixmap": 0x99}):
        assert desk.scanout.configure(desk.same(first, **change)) is FAILED
    assert desk.state() == before
    assert desk.observer.take() == []


def test_a_pixmap_of_its_own_leaves_the_crtc_in_its_place(desk):
    """GetCrtcScanout tells it, GetCrtcInfo and RANDR's events do not (PCP-034)."""
    before = desk.first
    pixmap = desk.scanout.create(before.width + 9, before.height + 9)
    assert desk.show(before, pixmap, 4, 7) is SUCCESS
    shown = desk.scanout.of(before.id)
    assert (shown.pixmap, shown.x, shown.y) == (pixmap.id, 4, 7)
    after = desk.monitors.crtc(before.id)
    assert (after.x, after.y, after.width, after.height) == (
        before.x,
        before.y,
        before.width,
        before.height,
    )
    assert (after.mode, after.outputs) == (before.mode, before.outputs)
    assert desk.observer.take() == []


def test_no_pixmap_is_the_screens_own_again(desk):
    """The same as before, and nothing is told (PCP-035)."""
    first = desk.first
    assert desk.show(first, desk.pixmap_for(first)) is SUCCESS
    assert desk.show(first, None) is SUCCESS
    shown = desk.scanout.of(first.id)
    assert (shown.pixmap, shown.x, shown.y) == (0, 0, 0)
    assert desk.observer.take() == []


def test_the_place_in_the_pixmap_moves_alone(desk):
    """Its flag alone is enough; without a pixmap it is kept (PCP-036)."""
    first = desk.first

    def move(x, y):
        config = CrtcConfig(crtc=first.id, set=CrtcFlag.PIXMAP_POSITION, pixmap_x=x, pixmap_y=y)
        assert desk.scanout.configure(config) is SUCCESS
        shown = desk.scanout.of(first.id)
        assert (shown.x, shown.y) == (x, y)
        return shown.pixmap

    pixmap = desk.scanout.create(first.width + 9, first.height + 9)
    desk.show(first, pixmap)
    assert move(9, 8) == pixmap.id
    desk.show(first, None)
    assert move(300, 200) == 0
    assert desk.observer.take() == []


def test_flags_that_are_clear_leave_all_as_it_is(desk):
    """Every field of an entry without flags is passed over (PCP-036)."""
    first, before = desk.first, desk.state()[1:]
    junk = CrtcConfig(
        crtc=first.id,
        x=-7,
        y=-8,
        rotation=77,
        sprite=SpriteTransforms((5,) * 9, (6,) * 9),
        pixmap=99,
        pixmap_x=-3,
    )
    assert desk.scanout.configure(junk) is SUCCESS
    assert desk.state()[1:] == before
    assert desk.observer.take() == []


@TWO
def test_two_crtcs_are_told_in_one_batch(desk):
    """One ScreenChange, the CRTCs in the server's order, the outputs, the root's
    ConfigureNotify (PCP-037)."""
    first, second = desk.side_by_side((320, 240), (320, 240))
    outputs = (*first.outputs, *second.outputs)
    off = [CrtcConfig(crtc=crtc.id, set=ALL_OF_CRTC) for crtc in (second, first)]
    assert desk.scanout.configure(*off) is SUCCESS
    for status in (True, False):
        told = desk.observer.take()
        assert [type(one) for one in told] == [
            ScreenChangeNotify,
            *[CrtcChangeNotify] * 2,
            *[OutputChangeNotify] * 2,
            ConfigureNotify,
        ]
        assert [one.crtc for one in told[1:3]] == [first.id, second.id]
        assert {one.output for one in told[3:5]} == set(outputs)
        if status:
            assert [one.mode for one in told[1:3]] == [0, 0]
            configs = [desk.same(crtc, outputs=crtc.outputs) for crtc in (second, first)]
            assert desk.scanout.configure(*configs) is SUCCESS
        else:
            assert [one.mode for one in told[1:3]] == [first.mode, second.mode]
            assert [(one.x, one.y) for one in told[1:3]] == [(0, 0), (320, 0)]


@TWO
def test_every_client_hears_of_it_what_it_selected(desk, connect):
    """Others get one batch as well, and those who ask the core the root's alone (PCP-037)."""
    other = ScanoutSession(connect("other"))
    first, second = desk.side_by_side((320, 240), (320, 240))
    for one in (other, desk):
        one.observer.take()
    configs = [desk.same(crtc, x=second.x - crtc.x) for crtc in (first, second)]
    assert desk.scanout.configure(*configs) is SUCCESS
    kinds = [ScreenChangeNotify, CrtcChangeNotify, CrtcChangeNotify, ConfigureNotify]
    assert [type(one) for one in desk.observer.take()] == kinds
    assert [type(one) for one in other.observer.take()] == kinds


@TWO
def test_outputs_are_taken_in_the_order_of_the_crtcs(desk):
    """Those of the second entry stand behind those of the first (PCP-026)."""
    first, second = desk.side_by_side((320, 240), (160, 120))
    configs = [desk.same(crtc) for crtc in (second, first)]
    assert desk.scanout.configure(*configs) is SUCCESS
    assert desk.monitors.crtc(first.id).outputs == first.outputs
    assert desk.monitors.crtc(second.id).outputs == second.outputs


@TWO
@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"mode": 0x99}, ("RANDR:Mode", 0x99)),
        ({"rotation": 3}, ("Value", 3)),
        ({"pixmap": 0x99}, ("Pixmap", 0x99)),
        ({"outputs": (0x99,)}, ("RANDR:Output", 0x99)),
    ],
    ids=["mode", "rotation", "pixmap", "output"],
)
def test_one_wrong_crtc_stops_them_all(desk, wrong, error):
    """Nothing of the others is applied, nothing is told (PCP-038)."""
    first, second = desk.side_by_side((320, 240), (320, 240))
    pixmap = desk.pixmap_for(first)
    good = desk.same(first, pixmap=pixmap.id, sprite=SpriteTransforms((7,) * 9, (8,) * 9))
    screen = {"screen_pixmap": (640, 480), "screen": (640, 480), "millimeters": (5, 5)}
    refused = desk.refused(good, desk.same(second, **wrong), set=ALL_OF_SCREEN, **screen)
    assert refused == error


@TWO
@pytest.mark.parametrize("steps", range(7))
def test_a_driver_that_fails_leaves_everything_as_it_was(desk, proposal, steps):
    """Status Failed after any of its steps; screen, CRTCs, sources and sprites are as before,
    nothing is told, no time has passed (PCP-039, PCP-051)."""
    first, second = desk.side_by_side((320, 240), (320, 240))
    pixmap = desk.pixmap_for(first)
    before = desk.state()
    proposal.fail_after = steps
    configs = [desk.same(first, mode=0, outputs=(), pixmap=0), desk.same(second, x=0)]
    status = desk.scanout.configure(*configs, screen=(400, 300), millimeters=(11, 12))
    if status is FAILED:
        assert desk.state() == before
        assert desk.observer.take() == []
    else:
        assert steps > 4
    proposal.fail_after = -1
    assert desk.show(desk.monitors.crtc(second.id), pixmap) is SUCCESS


def test_a_failure_is_followed_by_success(desk, proposal):
    """The next request is carried out (PCP-039)."""
    first = desk.first
    proposal.fail_after = 0
    assert desk.scanout.configure(desk.same(first)) is FAILED
    assert desk.scanout.configure(desk.same(first)) is SUCCESS


def test_the_time_of_the_last_change_rises_with_success(desk):
    """GetScreenResources tells a later one afterwards, and the same after a refusal (PCP-051)."""
    first = desk.first
    before = desk.monitors.resources(current=True).timestamp
    desk.refused(desk.same(first, rotation=3))
    assert desk.monitors.resources(current=True).timestamp == before
    desk.scanout.configure(desk.same(first))
    assert (desk.monitors.resources(current=True).timestamp - before) & 0xFFFFFFFF < 1 << 31
    assert desk.monitors.resources(current=True).timestamp != before


def test_the_old_request_drops_the_pixmap(desk):
    """SetCrtcConfig knows none (PCP-044)."""
    first = desk.first
    desk.show(first, desk.scanout.create(first.width + 9, first.height), 9, 0)
    desk.monitors.set_crtc(first.id, first.mode, first.outputs, x=first.x, y=first.y)
    shown = desk.scanout.of(first.id)
    assert (shown.pixmap, shown.x, shown.y) == (0, 0, 0)


@TWO
def test_a_crtc_with_its_own_pixmap_may_lie_beyond_the_screens(desk):
    """Two monitors need no pixmap that holds both (PCP-046)."""
    first, second = desk.side_by_side((320, 240), (320, 240))
    pixmap = desk.pixmap_for(second)
    config = desk.same(second, pixmap=pixmap.id)
    status = desk.scanout.configure(config, screen_pixmap=(320, 240), screen=(640, 240))
    assert status is SUCCESS
    shown = desk.scanout.of(second.id)
    assert (shown.pixmap, shown.screen_pixmap) == (pixmap.id, (320, 240))
    assert desk.monitors.crtc(second.id).x == 320
    lost = desk.same(second, pixmap=0)
    assert desk.refused(lost)[0] == "Value"
    assert desk.monitors.crtc(first.id).mode == first.mode


def test_another_sprite_and_other_pixels_set_no_mode(desk):
    """A turn that is painted: no event, the same configuration (PCP-047)."""
    first = desk.first
    pixmap = desk.pixmap_for(first, "red", rotations=0x3F)
    desk.show(first, pixmap)
    before = desk.monitors.crtc(first.id)
    for step in range(5):
        desk.scanout.set_sprite(first.id, SpriteTransforms((step,) * 9, (-step,) * 9))
        pixmap.fill(("green", "blue")[step % 2])
    assert desk.observer.take() == []
    assert desk.monitors.crtc(first.id) == before


@pytest.mark.proposal("randr-percrtc", resize="grow")
@pytest.mark.needs(resize=True)
def test_by_the_text_a_pixmap_grows_with_the_mode(desk):
    """It holds the new mode at its offset, and what it held (PCP-032)."""
    (first,) = desk.side_by_side((320, 240))
    pixmap = desk.pixmap_for(first, "red")
    desk.show(first, pixmap)
    larger = desk.monitors.create_mode(400, 300, "larger")
    desk.monitors.add_mode(first.outputs[0], larger.id)
    config = CrtcConfig(crtc=first.id, set=CrtcFlag.MODE, mode=larger.id)
    assert desk.scanout.configure(config, screen=(400, 300)) is SUCCESS
    told = desk.client.geometry(pixmap.id)
    assert (told.width, told.height) == (400, 300)
    assert pixmap.pixel(319, 239) == pixmap.value("red")
    assert desk.scanout.of(first.id).pixmap == pixmap.id


@pytest.mark.needs(resize=True)
def test_a_mode_that_the_pixmap_is_too_small_for_is_refused(desk):
    """Match: nobody changes an application's pixmap behind its back (PCP-032)."""
    (first,) = desk.side_by_side((320, 240))
    desk.show(first, desk.pixmap_for(first))
    larger = desk.monitors.create_mode(400, 300, "larger")
    desk.monitors.add_mode(first.outputs[0], larger.id)
    desk.observer.forget()
    config = CrtcConfig(crtc=first.id, set=CrtcFlag.MODE, mode=larger.id)
    chosen = ScreenFlag.SCREEN_CRTCS | ScreenFlag.SCREEN_SIZE
    assert desk.refused(config, set=chosen, screen=(400, 300))[0] == "Match"


@REFUSING
def test_a_client_of_the_first_revision_sets_everything(connect):
    """Entries of 96 bytes without flags; the server remembers who speaks so (PCP-050)."""
    old, new = ScanoutSession(connect("old"), Revision.A), ScanoutSession(connect("new"))
    first = old.first
    pixmap = old.pixmap_for(first)
    config = old.same(first, pixmap=pixmap.id, sprite=SpriteTransforms((7,) * 9, (8,) * 9))
    size = (first.width, first.height)
    sizes = {"screen_pixmap": size, "screen": size, "millimeters": (55, 66)}
    assert old.scanout.configure(config, **sizes) is SUCCESS
    assert new.scanout.of(first.id).pixmap == pixmap.id
    assert new.scanout.sprite(first.id) == config.sprite
    told = next(one for one in new.observer.take() if isinstance(one, ScreenChangeNotify))
    assert (told.mm_width, told.mm_height) == (55, 66)
    assert new.show(first, None) is SUCCESS


@REFUSING
def test_in_the_first_revision_pixmap_1_keeps_what_there_is(connect):
    """Also the screen's own (PCP-050)."""
    old = ScanoutSession(connect("old"), Revision.A)
    first = old.first
    size = (first.width, first.height)
    sizes = {"screen_pixmap": size, "screen": size, "millimeters": (55, 66)}
    keep = old.same(first, pixmap=KEEP_PIXMAP)
    assert old.scanout.configure(keep, **sizes) is SUCCESS
    assert old.scanout.of(first.id).pixmap == 0
    pixmap = old.pixmap_for(first)
    assert old.scanout.configure(old.same(first, pixmap=pixmap.id), **sizes) is SUCCESS
    assert old.scanout.configure(keep, **sizes) is SUCCESS
    assert old.scanout.of(first.id).pixmap == pixmap.id


def test_the_lengths_of_the_revisions_are_not_taken_for_each_other(connect):
    """Length (PCP-024, PCP-050)."""
    old, new = ScanoutSession(connect("old"), Revision.A), ScanoutSession(connect("new"))
    for desk, wrong in ((old, Revision.B), (new, Revision.A)):
        data = whole(desk).encode(revision=wrong)
        desk.observer.forget()
        assert desk.refused_bytes(SetCrtcConfigs.OPCODE, data)[0] == "Length"


@pytest.mark.parametrize(("asked", "given"), [((1, 1), 1), ((1, 2), 2), ((1, 9), 2), ((9, 0), 1)])
def test_the_version_asked_for_chooses_the_revision(presenter, asked, given):
    """1 is the first one, everything above the second (PCP-050)."""
    assert Scanout(presenter).query_version(*asked) == (1, given)
