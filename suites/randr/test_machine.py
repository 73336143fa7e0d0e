# SPDX-License-Identifier: MIT
"""Random configurations of CRTCs, modes, the screen and monitors, against a model."""

from dataclasses import replace

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from harness.frames.arrangement import Shown
from harness.frames.arrangement_play import ArrangementPlay
from harness.protocol.randr import Rotation
from suites.search import PlayMachine, search

pytestmark = [
    pytest.mark.needs("RANDR"),
    pytest.mark.xserver(size=(640, 480)),
]

MOST_MODES, MOST_MONITORS = 4, 2

picks = st.integers(0, 11)


class ArrangementMachine(PlayMachine):
    """CRTCs, outputs, modes, the screen, monitors, and requests that are to be refused.

    Rules leave out what servers do differently: outputs that another CRTC has, and where a CRTC
    that is off would be.  Where a mode decides the size of the screen, CRTCs stay at its corner
    and have modes of the server only, which takes modes of one size for each other.
    """

    PLAY, SEED, EXAMPLES, STEPS = ArrangementPlay, 5, 6, 14

    def __init__(self, search):
        super().__init__(search)
        self.made = 0

    def fresh(self, kind):
        self.made += 1
        return f"{kind}-{self.made}"

    @property
    def now(self):
        return self.play.now

    @property
    def outputs(self):
        return range(len(self.now.listed))

    def crtc(self, pick):
        return pick % len(self.now.crtcs)

    def lit(self, pick):
        """A CRTC that is on."""
        crtcs = list(self.now.areas)
        return crtcs[pick % len(crtcs)]

    obeys = precondition(lambda self: self.play.obeys)
    shows = precondition(lambda self: self.play.obeys and self.now.areas)
    has_modes = precondition(lambda self: self.play.own_modes)

    def set(self, crtc, shown):
        place = shown.mode, shown.x, shown.y, shown.rotation.value, shown.outputs
        self.act("set_crtc", crtc, *place)

    # CRTCs

    @obeys
    @rule(crtc=picks, output=picks, mode=picks, x=st.sampled_from([0, 0, 30, 100]), turn=picks)
    def set_crtc(self, crtc, output, mode, x, turn):
        """RND-013, RND-045, RND-047, RND-065."""
        crtc = self.crtc(crtc)
        free = [
            one
            for one in self.play.outputs_for(crtc)
            if self.now.crtc_of(one) in (None, crtc) and self.now.listed[one]
        ]
        if not free:
            return
        output = free[output % len(free)]
        modes = self.now.listed[output]
        own = [one for one in modes if one in self.play.own_modes]
        if not self.now.free:
            modes = [one for one in modes if one not in own]
        elif own and mode % 2:
            modes = own
        turns = self.play.turns_of(crtc)
        shown = Shown(
            mode=modes[mode % len(modes)],
            x=x * self.now.free,
            y=x // 2 * self.now.free,
            rotation=Rotation(turns[turn % len(turns)]),
            outputs=(output,),
        )
        if not self.now.fits(shown):
            shown = replace(shown, x=0, y=0)
        if self.now.fits(shown):
            self.set(crtc, shown)

    @shows
    @rule(pick=picks, x=st.integers(0, 200), y=st.integers(0, 120))
    def move(self, pick, x, y):
        crtc = self.lit(pick)
        shown = replace(self.now.crtcs[crtc], x=x, y=y)
        if self.now.fits(shown):
            self.set(crtc, shown)

    @precondition(lambda self: self.play.obeys and len(self.now.areas) > 1 - self.now.free)
    @rule(pick=picks)
    def switch_off(self, pick):
        """RND-016, RND-031, RND-046."""
        self.act("switch_off", self.lit(pick))

    @shows
    @rule(pick=picks)
    def clone(self, pick):
        """A further output of the same CRTC, where they can be clones: RND-038."""
        crtc = self.lit(pick)
        shown = self.now.crtcs[crtc]
        for output in self.play.outputs_for(crtc):
            clones = self.play.clones_of(output)
            if (
                self.now.crtc_of(output) is None
                and shown.mode in self.now.listed[output]
                and all(other in clones for other in shown.outputs)
            ):
                self.set(crtc, replace(shown, outputs=tuple(sorted((*shown.outputs, output)))))
                return

    @shows
    @rule(pick=picks)
    def set_again(self, pick):
        """Nothing happens: RND-017."""
        crtc = self.lit(pick)
        self.set(crtc, self.now.crtcs[crtc])

    @obeys
    @rule(pick=picks, value=st.integers(0, 0xFFFF))
    def set_gamma(self, pick, value):
        """Nobody is told; what was set is read: RND-050, RND-052."""
        self.act("set_gamma", self.crtc(pick), value)

    # The screen and its outputs

    @precondition(lambda self: self.now.free)
    @rule(width=st.integers(0, 300), height=st.integers(0, 200), whole=st.booleans())
    def resize(self, width, height, whole):
        """RND-022, RND-023."""
        areas, (low_width, low_height) = self.now.areas.values(), self.play.least
        right = max((area.right for area in areas), default=0)
        bottom = max((area.bottom for area in areas), default=0)
        width = max(low_width, right, 64 + 2 * width, 640 * whole)
        height = max(low_height, bottom, 64 + 2 * height, 480 * whole)
        self.act("resize", *map(min, (width, height), self.play.most))

    @rule(pick=picks)
    def choose(self, pick):
        """RND-067, RND-068."""
        choice = [None, *self.outputs]
        self.act("choose", choice[pick % len(choice)])

    # Modes

    @precondition(lambda self: len(self.play.own_modes) < MOST_MODES)
    @rule(width=st.sampled_from([320, 200, 400]), height=st.sampled_from([240, 320, 160]))
    def create_mode(self, width, height):
        """RND-070, RND-072."""
        self.act("create_mode", self.fresh("own"), width, height)

    @has_modes
    @rule(pick=picks, output=picks)
    def add_mode(self, pick, output):
        """RND-074; a driver may refuse it."""
        own = self.play.own_modes
        self.act("add_mode", self.outputs[output % len(self.outputs)], own[pick % len(own)])

    @has_modes
    @rule(pick=picks)
    def delete_mode(self, pick):
        """RND-073, RND-075: in the order in which it is allowed."""
        own = self.play.own_modes
        mode = own[pick % len(own)]
        users = [output for output in self.outputs if mode in self.now.listed[output]]
        if users:
            self.act("delete_mode", users[0], mode)
        else:
            self.act("destroy_mode", mode)

    # Monitors

    @precondition(lambda self: len(self.now.monitors) < MOST_MONITORS)
    @rule(pick=picks, covers=st.booleans(), x=st.integers(0, 90), primary=st.booleans())
    def set_monitor(self, pick, covers, x, primary):
        """RND-108, RND-112, RND-113."""
        taken = {output for one in self.now.monitors.values() for output in one.outputs}
        free = [output for output in self.outputs if output not in taken]
        outputs = (free[pick % len(free)],) if covers and free else ()
        self.act("set_monitor", self.fresh("monitor"), x, primary, outputs)

    @precondition(lambda self: self.now.monitors)
    @rule(pick=picks)
    def delete_monitor(self, pick):
        """RND-113, RND-114."""
        names = list(self.now.monitors)
        self.act("delete_monitor", names[pick % len(names)])

    # Errors

    @rule(pick=st.integers(0, 12), crtc=picks)
    def refuse(self, pick, crtc):
        """Nothing changes and nobody is told: RND-019, RND-020, RND-021, RND-032, RND-033,
        RND-034, RND-035, RND-039, RND-050, RND-067, RND-073, RND-104, RND-114."""
        crtc = self.crtc(crtc)
        illegal = self.play.illegal(crtc)
        self.act("refuse", illegal[pick % len(illegal)], crtc)


def test_any_configuration_is_as_the_model_foretells(server, soak):
    """CRTCs are set, moved, turned, cloned and switched off, modes and monitors come and go, the
    screen changes: replies, events and pictures are those of the model.

    RND-013, RND-016, RND-017, RND-019, RND-020, RND-021, RND-022, RND-023, RND-031, RND-032,
    RND-033, RND-034, RND-035, RND-038, RND-039, RND-045, RND-046, RND-047, RND-050, RND-052,
    RND-065, RND-067, RND-068, RND-070, RND-072, RND-073, RND-074, RND-075, RND-101, RND-108,
    RND-110, RND-112, RND-113, RND-114.
    """
    search(server, ArrangementMachine, soak)
