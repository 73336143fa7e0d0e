# SPDX-License-Identifier: MIT
"""Clients that wait in SYNC's AwaitFence while others trigger and destroy fences, or leave."""

import pytest
import xcffib.sync
from xcffib.xproto import Atom, PropMode

from suites.marks import BYTE_ORDERS, FOREIGN, SHOWN

pytestmark = [
    pytest.mark.xserver(fps=600, any_depth=True),
    pytest.mark.needs("Present", sync=(3, 1)),
]

CREATE_FENCE, TRIGGER_FENCE, AWAIT_FENCE, GET_INPUT_FOCUS = 14, 15, 19, 43

NOT_TOLD = pytest.mark.known_bug(
    reference="present_fence_set_triggered() marks the idle fence and releases nobody who waits",
    evidence="failed: AssertionError still waits for a fence that is triggered",
)


class Waiter:
    """A client that waits for fences, and then says so by a property of ``window``.

    It asks for an answer first: once that has come the server has read the rest as well.
    """

    def __init__(self, client, window):
        self._client, self._window = client, window
        self._atom = client.atom(f"PASSED BY {client.name}")
        self._sync = client.extension(xcffib.sync)

    def wait(self, *fences):
        ids = [fence if isinstance(fence, int) else fence.id for fence in fences]
        core = self._client.core
        first = core.GetInputFocus()
        self._sync.AwaitFence(len(ids), ids)
        core.ChangeProperty(PropMode.Replace, self._window.id, self._atom, Atom.STRING, 8, 1, b"x")
        first.reply()

    @property
    def waits(self):
        """Whether what follows its AwaitFence is not done yet, after two round trips of another."""
        other = self._window.client
        other.sync()
        reply = other.core.GetProperty(
            False, self._window.id, self._atom, Atom.STRING, 0, 1
        ).reply()
        return reply.value_len == 0

    def goes_on(self):
        """Its wait is over: what follows is done.  Raises ServerHung when nothing comes."""
        self._window.client.sync()
        self._client.sync()


@pytest.fixture
def window(presenter):
    window = presenter.window(20, 20)
    presenter.sync()
    return window


@pytest.fixture
def make_waiter(connect, window):
    return lambda name="waiter": Waiter(connect(name), window)


@pytest.fixture
def waiter(make_waiter):
    return make_waiter()


@pytest.fixture
def fence(presenter):
    fence = presenter.fence()
    presenter.sync()
    return fence


@pytest.mark.parametrize("how", ["created", "triggered"])
def test_a_fence_that_is_triggered_holds_nobody(presenter, waiter, how):
    """The wait is over as it begins, also among others that are not triggered (PRE-158)."""
    fences = [presenter.fence(), presenter.fence(triggered=how == "created"), presenter.fence()]
    if how == "triggered":
        fences[1].trigger()
    presenter.sync()
    waiter.wait(*fences)
    waiter.goes_on()
    assert [fence.triggered for fence in fences] == [False, True, False]


@pytest.mark.parametrize("which", range(3))
def test_one_of_its_fences_is_enough(presenter, waiter, which):
    """It waits until any of them is triggered (PRE-158)."""
    fences = [presenter.fence() for _ in range(3)]
    presenter.sync()
    waiter.wait(*fences)
    assert waiter.waits
    fences[which].trigger()
    waiter.goes_on()
    assert [fence.triggered for fence in fences] == [n == which for n in range(3)]


def test_others_are_served_while_one_waits(presenter, waiter, window, fence):
    """They present, create and trigger fences; one that is not triggered cannot be reset (PRE-108,
    PRE-158)."""
    waiter.wait(fence)
    assert window.show("green").mode in SHOWN
    other = presenter.fence()
    other.trigger()
    assert other.triggered
    with presenter.expect_error("Match", fence.id):
        fence.reset()
    assert not fence.triggered
    assert waiter.waits
    other.destroy()
    assert waiter.waits
    fence.trigger()
    waiter.goes_on()


def test_a_fence_that_is_reset_at_once_has_let_its_waiters_go(waiter, make_waiter, fence):
    """Being triggered counts, not being found so (PRE-158)."""
    waiter.wait(fence)
    assert waiter.waits
    fence.trigger()
    fence.reset()
    waiter.goes_on()
    assert not fence.triggered
    again = make_waiter("again")
    again.wait(fence)
    assert again.waits
    fence.trigger()
    again.goes_on()


@pytest.mark.parametrize("how", ["destroyed", "client gone"])
@pytest.mark.parametrize("count", [1, 3])
def test_a_fence_that_goes_lets_its_waiters_go(connect, make_waiter, presenter, how, count):
    """By DestroyFence, and with the client that made it; each of several waiters, also of one
    that waits for others besides (PRE-158)."""
    owner, still = connect("owner"), presenter.fence()
    fence = owner.fence()
    owner.sync()
    presenter.sync()
    waiters = [make_waiter(f"waiter {n}") for n in range(count)]
    for number, waiter in enumerate(waiters):
        waiter.wait(*[fence, still][: 1 + number % 2])
    assert all(waiter.waits for waiter in waiters)
    if how == "destroyed":
        fence.destroy()
        owner.sync()
    else:
        owner.close()
    # The end of a client is noticed when the server looks for it.
    connect("later").sync()
    for waiter in waiters:
        waiter.goes_on()
    assert not still.triggered
    still.trigger()
    assert still.triggered


@pytest.mark.parametrize("then", ["trigger", "destroy"])
def test_a_client_that_leaves_while_it_waits_is_forgotten(connect, presenter, window, fence, then):
    """The fence does what is asked of it afterwards, and serves presentations and other waiters
    (PRE-108, PRE-158)."""
    leaving, staying = (connect(name) for name in ("leaving", "staying"))
    waiters = [Waiter(client, window) for client in (leaving, staying)]
    for waiter in waiters:
        waiter.wait(fence)
    held = window.present(window.pixmap("red"), wait_fence=fence)
    leaving.close()
    connect("later").sync()
    assert waiters[1].waits
    assert not held.completes()
    if then == "trigger":
        fence.trigger()
    else:
        fence.destroy()
    waiters[1].goes_on()
    if then != "destroy":
        assert held.wait_complete().mode in SHOWN


def test_one_fence_lets_all_go_and_releases_what_waits_for_it(
    presenter, make_waiter, window, fence
):
    """Clients and presentations alike, those that began to wait before and after each other
    (PRE-108, PRE-158)."""
    first, second = make_waiter("first"), make_waiter("second")
    first.wait(fence)
    held = window.present(window.pixmap("red"), wait_fence=fence)
    presenter.sync()
    second.wait(fence)
    assert first.waits
    assert second.waits
    assert not held.completes()
    fence.trigger()
    first.goes_on()
    second.goes_on()
    assert held.wait_complete().mode in SHOWN


@NOT_TOLD
@pytest.mark.needs(small_windows_copy=True)
def test_an_idle_fence_lets_its_waiter_go_when_the_pixmap_is_idle(presenter, waiter, window, fence):
    """That is how a client waits for its buffer: not before the copy, and at once with it
    (PRE-112, PRE-158)."""
    hold = presenter.fence()
    shown = window.present(window.pixmap("red"), wait_fence=hold, idle_fence=fence)
    presenter.sync()
    waiter.wait(fence)
    assert waiter.waits
    hold.trigger()
    shown.wait_idle()
    assert fence.triggered
    window.wait_msc(window.msc() + 3)
    waits = waiter.waits
    # By the client itself: the waiter goes in any case.
    fence.trigger()
    waiter.goes_on()
    assert not waits, "the client still waits for a fence that is triggered"


@NOT_TOLD
@pytest.mark.needs(small_windows_copy=True)
def test_an_idle_fence_releases_the_presentation_that_waits_for_it(presenter, window, fence):
    """One whose target has passed is shown as soon as the other's pixmap is idle (PRE-111,
    PRE-112)."""
    other, hold = presenter.window(20, 20, x=30), presenter.fence()
    first = other.present(other.pixmap("red"), wait_fence=hold, idle_fence=fence)
    second = window.present(window.pixmap("green"), wait_fence=fence)
    window.wait_msc(window.msc() + 3)
    assert not second.completes()
    hold.trigger()
    first.wait_idle()
    assert fence.triggered
    window.wait_msc(window.msc() + 3)
    shown = second.completes()
    fence.trigger()
    assert second.wait_complete().mode in SHOWN
    assert window.pixel() == window.value("green")
    assert shown, "the presentation still waits for a fence that is triggered"


def test_one_fence_may_be_waited_for_and_triggered(presenter, window, fence):
    """As wait and idle fence of one presentation: it holds that back until somebody triggers it,
    and is triggered afterwards (PRE-230)."""
    shown = window.present(window.pixmap("red"), wait_fence=fence, idle_fence=fence)
    window.wait_msc(window.msc() + 5)
    assert not fence.triggered
    assert not shown.completes() + shown.idles()
    assert window.pixel() != window.value("red")
    fence.trigger()
    shown.wait_complete()
    assert shown.wait_idle().idle_fence == fence.id
    assert window.pixel() == window.value("red")
    assert fence.triggered


def test_a_window_that_goes_leaves_the_waiter_for_its_idle_fence_alone(
    presenter, connect, make_waiter, fence
):
    """The fence is not triggered then, and its end ends the wait (PRE-116, PRE-158)."""
    window, hold = presenter.window(20, 20), presenter.fence()
    window.present(window.pixmap("red"), wait_fence=hold, idle_fence=fence)
    presenter.sync()
    waiter = make_waiter()
    waiter.wait(fence)
    window.destroy()
    presenter.sync()
    fence.destroy()
    waiter.goes_on()


WRONG = {
    "no fence": ((), "Value"),
    "0": ((0,), "SYNC:Fence"),
    "a window": (("window",), "SYNC:Fence"),
    "behind a good one": (("fence", "window"), "SYNC:Fence"),
    "behind a triggered one": (("triggered", "window"), "SYNC:Fence"),
    "before a good one": (("window", "fence"), "SYNC:Fence"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_list_with_what_is_no_fence_is_refused(presenter, connect, window, fence, case):
    """With SYNC's Fence error and the id, or Value for an empty list; then nothing waits, and the
    good ones are free (PRE-158)."""
    names, expected = WRONG[case]
    client = connect("wrong")
    ids = {"fence": fence.id, "window": window.id, "triggered": presenter.fence(True).id}
    presenter.sync()
    given = [ids.get(name, 0) for name in names]
    with client.expect_error(expected, window.id if "window" in names else 0):
        client.extension(xcffib.sync).AwaitFence(len(given), given)
    fence.trigger()
    assert fence.triggered
    fence.destroy()
    presenter.sync()
    client.sync()


@BYTE_ORDERS
@pytest.mark.xserver(fps=600, any_depth=True, swapped=True)
def test_fences_are_read_in_the_clients_byte_order(presenter, connect_wire, fence, order):
    """Every id of the list (PRE-158)."""
    still = presenter.fence()
    presenter.sync()
    wire = connect_wire(order)
    major = wire.major("SYNC")
    wire.request(major, AWAIT_FENCE, wire.pack("3I", still.id, still.id, fence.id))
    answer = wire.request(GET_INPUT_FOCUS, 0, b"")
    fence.trigger()
    presenter.sync()
    wire.reply(answer)
    bad = presenter.root
    error = wire.error_of(wire.request(major, AWAIT_FENCE, wire.pack("2I", still.id, bad)))
    assert error.value == bad


@pytest.mark.parametrize(
    "order",
    [
        *set("<>") - {FOREIGN},
        pytest.param(
            FOREIGN,
            marks=pytest.mark.known_bug(
                reference="SProcSyncCreateFence leaves the drawable unswapped",
                fixed={"X.Org": "21.1.12", "XLibre": "25", "Xwayland": "24.1"},
                evidence="failed: AssertionError the fence was refused: RawError(name='Drawable'",
            ),
        ),
    ],
)
@pytest.mark.xserver(fps=600, any_depth=True, swapped=True)
def test_a_fence_is_made_by_a_client_of_either_byte_order(presenter, window, connect_wire, order):
    """And serves presentations of others (PRE-108, PRE-158)."""
    wire = connect_wire(order)
    id = wire.new_id()
    body = wire.pack("IIB3x", wire.root, id, 0)
    error = wire.error_of(wire.request(wire.major("SYNC"), CREATE_FENCE, body))
    assert error is None, f"the fence was refused: {error}"
    shown = window.present(window.pixmap("red"), wait_fence=id)
    window.wait_msc(window.msc() + 5)
    assert not shown.completes()
    wire.request(wire.major("SYNC"), TRIGGER_FENCE, wire.pack("I", id))
    wire.sync()
    assert shown.wait_complete().mode in SHOWN


@BYTE_ORDERS
@pytest.mark.parametrize("triggered", [0, 1], ids=["untriggered", "triggered"])
@pytest.mark.xserver(fps=600, any_depth=True, swapped=True)
def test_a_fence_is_made_as_it_is_asked_for(presenter, window, connect_wire, order, triggered):
    """Triggered from the start or not, by clients of either byte order: of a drawable whose id
    reads the same in both, which old servers leave as it is (PRE-234)."""
    wire = connect_wire(order)
    drawable = wire.create_pixmap(8, 8, wire.symmetric_id())
    id = wire.new_id()
    body = wire.pack("IIB3x", drawable, id, triggered)
    assert wire.error_of(wire.request(wire.major("SYNC"), CREATE_FENCE, body)) is None
    shown = window.present(window.pixmap("red"), wait_fence=id)
    window.wait_msc(window.msc() + 5)
    assert len(shown.completes()) == triggered
    wire.request(wire.major("SYNC"), TRIGGER_FENCE, wire.pack("I", id))
    wire.sync()
    assert shown.wait_complete().mode in SHOWN


def test_a_fence_lets_a_presentation_go_each_time(presenter):
    """Reset and triggered again and again (PRE-111)."""
    window, fence = presenter.window(20, 20), presenter.fence()
    pixmap = window.pixmap("red")
    for _ in range(60):
        shown = window.present(pixmap, wait_fence=fence)
        fence.trigger()
        shown.wait_complete()
        assert fence.triggered
        fence.reset()
        assert not fence.triggered
