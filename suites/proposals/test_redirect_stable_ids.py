# SPDX-License-Identifier: MIT
"""Stable ids: a pixmap of the server's own, which lives until its receiver frees it."""

import pytest

from harness.capture.get_image import capture
from harness.clients.connection.errors import ProtocolError
from harness.clients.resources.picture import Picture
from harness.x11.present import Option

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs("Present", "SYNC", "XFIXES"),
    pytest.mark.proposal("present-redirect", profile=2),
]


def test_the_contents_outlive_the_applications_id(redirected):
    """The application draws, presents, frees; the pixels are there (RDR-050)."""
    chart = redirected.application.pixmap(32, 32)
    before = capture(chart).digest
    redirected.window.present(chart)
    chart.free()
    redirected.application.sync()
    handed = redirected.redirector.take()
    assert capture(redirected.redirector.pixmap(handed)).digest == before


@pytest.mark.parametrize("depth", [24, pytest.param(32, marks=pytest.mark.needs(depths=(32,)))])
def test_the_id_is_of_neither_client_and_like_the_original(redirected, depth):
    """Size and depth are those of the pixmap, the id is nobody's (RDR-054)."""
    window = redirected.second_window(depth=depth)
    pixmap = redirected.application.pixmap(45, 17, depth)
    _, handed = redirected.present(pixmap, window)
    alias = redirected.redirector.pixmap(handed)
    assert (alias.width, alias.height, alias.depth) == (45, 17, depth)
    for client in (redirected.client, redirected.application):
        setup = client.setup
        assert handed.pixmap & ~setup.resource_id_mask != setup.resource_id_base
    assert capture(alias).digest == capture(pixmap).digest


def test_one_pixmap_has_one_id(redirected):
    """The same pixmap again is the same id, others have others (RDR-055)."""
    first, second = redirected.window.pixmap("red"), redirected.window.pixmap("green")
    ids = []
    for pixmap in (first, second, first, second, first):
        _, handed = redirected.present(pixmap)
        ids.append(handed.pixmap)
        redirected.redirector.give_back(handed)
    assert len(set(ids)) == 2
    assert ids[0::2] == [ids[0]] * 3
    assert ids[1::2] == [ids[1]] * 2


def test_one_pixmap_has_one_id_under_a_grab(redirected):
    """Also while both copies, which are large, are made at the grab's end; what is given back
    is the oldest (RDR-029, RDR-055)."""
    pixmap = redirected.application.pixmap(1000, 800)
    with redirected.application.grab():
        first = redirected.window.present(pixmap)
        second = redirected.window.present(pixmap)
    handed = [redirected.redirector.take() for _ in range(2)]
    assert handed[0].pixmap == handed[1].pixmap
    for shown, one in zip((first, second), handed, strict=True):
        redirected.redirector.give_back(one)
        redirected.client.sync()
        shown.wait_idle()


def test_one_pixmap_of_two_applications_has_one_id(redirected, connect):
    """Presented by both at once, when the grab of a third client ends (RDR-055)."""
    second, third = connect("second"), connect("third")
    pixmap, window = redirected.window.pixmap("red"), redirected.second_window()
    others = second.window(16, 16, parent=redirected.parent)
    second.sync()
    with third.grab():
        window.present(pixmap)
        redirected.application.flush()
        others.present(pixmap)
        second.flush()
    handed = [redirected.redirector.take() for _ in range(2)]
    assert handed[0].pixmap == handed[1].pixmap
    for one in handed:
        redirected.redirector.give_back(one)


def test_the_id_shows_what_is_presented_now(redirected):
    """A pixmap that is drawn into and presented again shows the new contents (RDR-055)."""
    pixmap = redirected.window.pixmap("red")
    _, handed = redirected.present(pixmap)
    redirected.redirector.give_back(handed)
    pixmap.fill("green")
    _, handed = redirected.present(pixmap)
    assert redirected.redirector.pixmap(handed).pixel(3, 3) == redirected.window.value("green")


def test_a_new_pixmap_of_the_same_id_has_a_new_one(redirected):
    """Ids are kept apart by pixmap, not by number (RDR-056)."""
    application, pixmap = redirected.application, redirected.window.pixmap("red")
    first, handed = redirected.present(pixmap, serial=1)
    pixmap.free()
    application.core.CreatePixmap(pixmap.depth, pixmap.id, application.root, 32, 32)
    pixmap.fill("green")
    second, other = redirected.present(pixmap, serial=2)
    assert other.pixmap != handed.pixmap
    assert redirected.redirector.pixmap(handed).pixel() == redirected.window.value("red")
    assert redirected.redirector.pixmap(other).pixel() == redirected.window.value("green")
    redirected.redirector.give_back(other)
    second.wait_idle()
    assert first.idles() == []
    redirected.redirector.give_back(handed)
    assert first.wait_idle().pixmap == pixmap.id


def test_freeing_the_id_leaves_what_is_owed(redirected):
    """Contents are out of reach, but the number still counts for PresentIdle (RDR-057)."""
    shown, handed = redirected.present(redirected.window.pixmap("red"))
    alias = redirected.redirector.pixmap(handed)
    alias.free()
    with redirected.client.expect_error("Drawable", handed.pixmap):
        alias.client.core.GetGeometry(handed.pixmap).reply()
    redirected.redirector.give_back(handed)
    shown.wait_idle()
    with redirected.client.expect_error("Pixmap", handed.pixmap):
        redirected.redirector.give_back(handed)


def test_after_freeing_the_id_the_next_one_is_good(redirected):
    """The pixmap presented again is reachable again (RDR-057)."""
    pixmap = redirected.window.pixmap("red")
    _, handed = redirected.present(pixmap)
    redirected.redirector.pixmap(handed).free()
    redirected.client.sync()
    _, again = redirected.present(pixmap)
    assert redirected.redirector.pixmap(again).pixel(3, 3) == redirected.window.value("red")


def test_the_death_of_the_receiver_frees_its_ids(redirected, connect):
    """Nobody else can use them any more (RDR-058)."""
    observer = connect("observer")
    ids = [redirected.present(redirected.window.pixmap("red"))[1].pixmap for _ in range(3)]
    for id in ids:
        observer.geometry(id)
    redirected.client.close()
    for shown in redirected.application.presentations:
        shown.wait_complete()
    redirected.application.sync()

    def left():
        found = []
        for id in ids:
            try:
                observer.geometry(id)
            except ProtocolError:
                continue
            found.append(id)
        return found

    while left():
        observer.sync()


def test_the_end_of_the_applications_id_is_told(redirected):
    """After the RedirectNotify, with the stable id, once (RDR-059)."""
    pixmap, other = redirected.window.pixmap("red"), redirected.window.pixmap("green")
    _, handed = redirected.present(pixmap)
    redirected.present(other)
    pixmap.free()
    redirected.application.flush()
    context = redirected.redirector.context
    told = context.wait_pixmap_destroy()
    assert (told.pixmap, told.window) == (handed.pixmap, redirected.parent.id)
    redirected.sync()
    names = [type(event).__name__ for event in context.events()]
    assert names == ["RedirectNotify", "RedirectNotify", "PixmapDestroyNotify"]
    # The stable id is as good as before.
    assert redirected.redirector.pixmap(handed).pixel() == redirected.window.value("red")


def test_the_death_of_the_application_ends_its_ids(redirected):
    """Each pixmap that was handed over is told of (RDR-059)."""
    handed = [redirected.present(redirected.window.pixmap("red"))[1] for _ in range(3)]
    redirected.application.close()
    context = redirected.redirector.context
    told = {context.wait_pixmap_destroy(nth=n).pixmap for n in (1, 2, 3)}
    assert told == {one.pixmap for one in handed}


def test_what_is_not_owed_any_more_is_told_as_well(redirected):
    """Textures are kept beyond PresentIdle, so the end of the id matters (RDR-059)."""
    pixmap = redirected.window.pixmap("red")
    shown, handed = redirected.present(pixmap)
    redirected.redirector.give_back(handed)
    shown.wait_idle()
    pixmap.free()
    redirected.application.flush()
    assert redirected.redirector.context.wait_pixmap_destroy().pixmap == handed.pixmap


def test_regions_are_copies(redirected):
    """The application's regions may be destroyed at once (RDR-015)."""
    valid = redirected.application.region((1, 2, 3, 4), (10, 2, 3, 4))
    update = redirected.application.region((5, 6, 7, 8))
    redirected.window.present(redirected.window.pixmap("red"), valid=valid, update=update)
    valid.destroy()
    update.destroy()
    redirected.application.sync()
    handed = redirected.redirector.take()
    frame = redirected.redirector.pass_back(handed, options=Option.COPY)
    frame.client.sync()
    redirected.redirector.give_back(handed)
    redirected.application.presentations[-1].wait_idle()
    assert redirected.window.pixel(6, 7) == redirected.window.value("red")
    assert redirected.window.pixel(2, 3) == redirected.window.value("yellow")


def test_contents_drawn_before_the_wait_fence_count(redirected):
    """What the application draws until it triggers the wait fence is in the frame
    (RDR-026, RDR-050)."""
    fence, pixmap = redirected.application.fence(), redirected.window.pixmap("red")
    shown, handed = redirected.present(pixmap, wait_fence=fence)
    redirected.redirector.pass_back(handed, options=Option.COPY)
    pixmap.fill("green")
    fence.trigger()
    redirected.application.flush()
    shown.wait_complete()
    assert redirected.window.pixel(3, 3) == redirected.window.value("green")
    redirected.redirector.give_back(handed)


def test_a_large_picture_is_whole_under_a_grab(redirected):
    """What is taken while the application grabs the server is complete (RDR-050)."""
    chart = redirected.application.pixmap(400, 300)
    with redirected.application.grab():
        redirected.window.present(chart)
        chart.free()
        redirected.application.sync()
    handed = redirected.redirector.take()
    alias = redirected.redirector.pixmap(handed)
    expected = redirected.client.pixmap(400, 300)
    assert capture(alias).digest == capture(expected).digest


@pytest.mark.needs("RENDER")
def test_a_picture_of_the_id_can_be_made(redirected):
    """It is a pixmap like any other: RENDER takes it (RDR-054)."""
    _, handed = redirected.present(redirected.window.pixmap("red"))
    target = redirected.client.pixmap(8, 8, colour="blue")
    source = Picture.of(redirected.redirector.pixmap(handed))
    Picture.of(target).composite(source, 0, 0, 4, 4)
    assert (target.pixel(1, 1), target.pixel(6, 6)) == (target.value("red"), target.value("blue"))
