# SPDX-License-Identifier: MIT
"""Random scenes of windows, redirections, pixmaps, presentations and deaths, against a model."""

import random
from contextlib import contextmanager
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from harness.deadlines import Deadline
from harness.errors import HarnessError
from harness.fixtures.bench import RuleViolated
from harness.frames.play import Play
from harness.frames.scene import ROOT, Mode, SceneError
from harness.servers.launch import launch
from harness.timeline import rules, text

pytestmark = [
    pytest.mark.needs("Composite", "DAMAGE", "XFIXES", "Present"),
    pytest.mark.xserver(fps=600, size=(160, 128)),
]

SEED, EXAMPLES, STEPS = 3, 60, 20
SHORTEN_SECONDS = 20.0
APPLICATIONS, COMPOSITORS = ("one", "two"), ("manager", "mirror")
MOST_WINDOWS, MOST_PIXMAPS = 6, 4

colours = st.sampled_from(["red", "green", "blue", "yellow", "cyan", "magenta"])
picks = st.integers(0, 11)
places = st.integers(-12, 80)
sizes = st.integers(12, 70) | st.integers(1, 12)
shifts = st.integers(-20, 20)
borders = st.sampled_from([0, 2, 1, 5])
modes = st.sampled_from([Mode.MANUAL.value, Mode.AUTOMATIC.value])
windows = st.tuples(
    st.sampled_from(APPLICATIONS),
    picks,
    st.tuples(places, places, sizes, sizes, borders),
    colours,
    st.booleans(),
    st.none() | modes,
    st.sampled_from([True, True, True, False]),
    st.booleans(),
)


class SceneMachine(RuleBasedStateMachine):
    """Each rule is a step of a play on the server; all that can be seen is compared after it.

    Rules leave out what the scene refuses, and what nothing defines: drawing into a named pixmap
    that automatic redirection copies; copying a backing pixmap onto itself; a size and a place
    that change at once.  After the death of a client, a named pixmap is not looked at if what
    fell into it ended at the same time.  Of windows whose children are redirected by hand, what
    is exposed is not looked at, since no background is painted there.
    """

    def __init__(self, search):
        super().__init__()
        self.search = search
        self.play = search.open()
        self.made = 0

    def teardown(self):
        self.search.close(self.play)

    def act(self, step, *arguments):
        with self.search.watching(self.play):
            getattr(self.play, step)(*arguments)
            self.play.look()

    def on(self, names, pick, step, *arguments):
        if names:
            self.act(step, names[pick % len(names)], *arguments)

    def fresh(self, kind):
        self.made += 1
        return f"{kind}{self.made}"

    @property
    def scenery(self):
        return [window for name, window in self.play.scene.windows.items() if name != ROOT]

    @property
    def names(self):
        return [window.name for window in self.scenery]

    @property
    def pixmaps(self):
        return list(self.play.scene.pixmaps)

    @property
    def backed(self):
        return [window.name for window in self.scenery if window.sheet is not None]

    has_windows = precondition(lambda self: self.scenery)
    has_pixmaps = precondition(lambda self: self.pixmaps)

    @initialize(mode=st.none() | modes, wishes=st.lists(windows, min_size=2, max_size=3))
    def begin(self, mode, wishes):
        if mode is not None:
            self.act("redirect_children", ROOT, "mirror", mode)
        for wish in wishes:
            self.create(wish)

    @precondition(lambda self: len(self.scenery) < MOST_WINDOWS)
    @rule(wish=windows)
    def create_further(self, wish):
        self.create(wish)

    def create(self, wish):
        client, parent, geometry, colour, keeps, mode, mapped, named = wish
        parents = [ROOT, *self.names]
        above = self.play.scene.window(parents[parent % len(parents)])
        x, y, *size = geometry
        name = self.fresh("w")
        place = x % above.width, y % above.height
        self.act("create", name, client, above.name, *place, *size, colour, keeps)
        if mode is not None and self.play.scene.window(name).mode is not Mode.MANUAL:
            self.act("redirect", name, "manager", mode)
        if mapped:
            self.act("map", name)
            self.act("draw", name, self.made)
        if named and name in self.backed and len(self.pixmaps) < MOST_PIXMAPS:
            self.act("name", name, self.fresh("p"), "manager")

    @has_windows
    @rule(pick=picks)
    def map_or_unmap(self, pick):
        window = self.scenery[pick % len(self.scenery)]
        self.act("unmap" if window.mapped else "map", window.name)

    @has_windows
    @rule(pick=picks, victim=st.sampled_from(["window", "client"]))
    def end(self, pick, victim):
        if victim == "window":
            self.on(self.names, pick, "destroy")
        else:
            self.on(list(self.play.clients), pick, "kill")

    @has_windows
    @rule(pick=picks, x=places, y=places, drawn=st.booleans())
    def move(self, pick, x, y, drawn):
        self.change(pick, drawn, "move", x, y)

    @has_windows
    @rule(pick=picks, width=sizes, height=sizes, drawn=st.booleans())
    def resize(self, pick, width, height, drawn):
        self.change(pick, drawn, "resize", width, height)

    @has_windows
    @rule(pick=picks, width=borders, drawn=st.booleans())
    def set_border(self, pick, width, drawn):
        self.change(pick, drawn, "set_border", width)

    def change(self, pick, drawn, step, *arguments):
        """What may replace a backing pixmap, preferably of a window that has one."""
        names = self.backed or self.names
        self.on(names, pick, step, *arguments)
        if drawn:
            self.on(names, pick, "draw", 90 + pick)

    @has_windows
    @rule(pick=picks, top=st.booleans())
    def restack(self, pick, top):
        self.on(self.names, pick, "restack", top)

    @has_windows
    @rule(pick=picks, parent=picks, x=places, y=places)
    def reparent(self, pick, parent, x, y):
        window = self.scenery[pick % len(self.scenery)]
        inside = [other.name for other in window.tree()]
        manual = any(mode is Mode.MANUAL for _, mode in window.own_redirections)
        parents = [
            above.name
            for above in self.play.scene.windows.values()
            if above.name not in inside and (above.paints or not manual)
        ]
        if parents:
            self.act("reparent", window.name, parents[parent % len(parents)], x, y)

    @has_windows
    @rule(pick=picks, client=st.sampled_from(COMPOSITORS), mode=modes)
    def redirect(self, pick, client, mode):
        free = [w.name for w in self.scenery if Mode.MANUAL not in (mode, w.mode) or w.mode != mode]
        self.on(free, pick, "redirect", client, mode)

    @has_windows
    @rule(pick=picks, client=st.sampled_from(COMPOSITORS), mode=modes)
    def redirect_children(self, pick, client, mode):
        free = [
            window.name
            for window in self.play.scene.windows.values()
            if mode != Mode.MANUAL
            or (window.paints and all(child.mode != mode for child in window.children))
        ]
        self.on(free, pick, "redirect_children", client, mode)

    @precondition(lambda self: any(window.redirections for window in self.scenery))
    @rule(pick=picks)
    def unredirect(self, pick):
        begun = [
            ("unredirect_children", window.name, client, mode.value)
            for window in self.play.scene.windows.values()
            for client, mode in window.child_redirections
        ]
        begun += [
            ("unredirect", window.name, client, mode.value)
            for window in self.scenery
            for client, mode in window.own_redirections
        ]
        if begun:
            self.act(*begun[pick % len(begun)])

    @precondition(lambda self: self.backed and len(self.pixmaps) < MOST_PIXMAPS)
    @rule(pick=picks, client=st.sampled_from([*COMPOSITORS, *APPLICATIONS]))
    def name(self, pick, client):
        self.on(self.backed, pick, "name", self.fresh("p"), client)

    @has_pixmaps
    @rule(pick=picks)
    def free(self, pick):
        self.on(self.pixmaps, pick, "free")

    @has_windows
    @rule(pick=picks, colour=colours, x=places, y=places, width=sizes, height=sizes)
    def fill(self, pick, colour, x, y, width, height):
        self.on([*self.names, ROOT], pick, "fill", colour, x, y, width, height)

    @has_pixmaps
    @rule(pick=picks, colour=colours, x=places, y=places, width=sizes, height=sizes)
    def fill_pixmap(self, pick, colour, x, y, width, height):
        alone = [name for name in self.pixmaps if not self.play.scene.copied(name)]
        self.on(alone, pick, "fill_pixmap", colour, x, y, width, height)

    @has_windows
    @rule(
        pick=picks,
        width=sizes,
        height=sizes,
        number=st.integers(0, 9),
        x=shifts,
        y=shifts,
        parts=st.none()
        | st.lists(st.tuples(places, places, sizes, sizes), min_size=1, max_size=2).map(tuple),
    )
    def present(self, pick, width, height, number, x, y, parts):
        self.on(self.names, pick, "present", width, height, number, x, y, parts)

    @has_windows
    @has_pixmaps
    @rule(pick=picks, pixmap=picks, x=shifts, y=shifts)
    def present_pixmap(self, pick, pixmap, x, y):
        scene, name = self.play.scene, self.pixmaps[pixmap % len(self.pixmaps)]
        others = [w for w in self.names if scene.drawn_on(w) is not scene.pixmap(name)]
        self.on(others, pick, "present_pixmap", name, x, y)


class Enough(BaseException):
    """The time is up; not an Exception, which would be taken for a failure of the scene."""


class Search:
    """Plays scenes on one server until one fails, then what is left of it on fresh ones.

    Steps of a scene depend on each other by name only, so that leaving some out shortens it
    better than making the numbers smaller would that the scene was drawn from.
    """

    def __init__(self, server, deadline=None):
        self._server = server
        self._failed = None
        self._deadline = deadline

    def run(self, number, examples):
        """Raise the first failure, in as few steps as still show it."""
        machine = seed(number)(lambda: SceneMachine(self))
        try:
            run_state_machine_as_test(
                machine,
                settings=settings(
                    max_examples=examples,
                    stateful_step_count=STEPS,
                    database=None,
                    deadline=None,
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                    verbosity=Verbosity.quiet,
                    report_multiple_bugs=False,
                ),
            )
        except (Enough, Exception):
            # When the time is up, hypothesis may say in other words that the machine stopped.
            if self._failed is None and not self._over:
                raise
        if self._failed is not None:
            script, failure = self._shortest()
            print(f"\n{script}")
            failure.add_note("The script in the captured output does the same.")
            raise failure from None

    def open(self):
        if self._over:
            raise Enough
        return Play(self._server)

    @property
    def _over(self):
        return self._deadline is not None and self._deadline.passed

    @contextmanager
    def watching(self, play):
        try:
            yield
        except HarnessError as failure:
            self._failed = self._failed or (play, failure)
            raise

    def close(self, play):
        """The end of a scene: when everybody has gone, the screen is bare again."""
        try:
            if self._failed is None:
                with self.watching(play):
                    self._end(play)
        finally:
            play.close()

    def _end(self, play):
        for client in play.clients.values():
            client.settle()
        broken = rules.check(play.observer.timeline, rules.Family.COPY)
        if broken:
            raise RuleViolated(text.violations_text(broken, play.observer.timeline))
        for client in list(play.clients):
            play.kill(client)
        play.look()

    def _shortest(self):
        """Script and failure of the play that failed, with as many steps left out as can be."""
        play, failure = self._failed
        deadline = Deadline.after(SHORTEN_SECONDS)
        size = len(play.steps)
        while size > 1:
            size = (size + 1) // 2
            for end in range(len(play.steps), 0, -size):
                fewer = play.steps[: max(0, end - size)] + play.steps[end:]
                if not deadline.passed:
                    play, failure = self._failing(fewer) or (play, failure)
        return play.script(), failure

    def _failing(self, steps):
        """The play of these steps and how it failed; None if it did not, or cannot be."""
        with launch(self._server.spec) as server, Play(server) as play:
            try:
                play.replay(steps)
                play.look()
                self._end(play)
            except SceneError:
                return None
            except HarnessError as failure:
                return play, failure
        return None


def test_any_scene_is_shown_as_the_model_paints_it(server, soak):
    """Windows come, go, move, are redirected, presented to and lose their clients: the screen,
    each backing pixmap and each pixmap named show the pixels that they must.

    Redirection: CMP-011, CMP-014, CMP-015, CMP-016, CMP-018, CMP-019, CMP-020, CMP-038, CMP-043,
    CMP-046.  Pixmaps: CMP-021, CMP-022, CMP-023, CMP-028, CMP-029, CMP-030, CMP-031, CMP-032,
    CMP-033, CMP-034, CMP-035, CMP-036.
    """
    if not soak:
        Search(server).run(SEED, EXAMPLES)
        return
    deadline = Deadline.after(soak)
    for number in count(random.SystemRandom().getrandbits(32)):
        if deadline.passed:
            break
        print(f"searching from seed {number}")
        Search(server, deadline).run(number, 10 * EXAMPLES)
