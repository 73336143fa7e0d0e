# SPDX-License-Identifier: MIT
"""Random configurations of CRTCs, modes, the screen and monitors, against a model."""

import random
from dataclasses import dataclass, field, replace
from itertools import count

import pytest
from hypothesis import HealthCheck, Phase, note, seed, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    precondition,
    rule,
    run_state_machine_as_test,
)
from xcffib.xproto import CW, EventMask

from harness.clients.monitors import Monitor, Monitors
from harness.deadlines import Deadline
from harness.frames.canvas import Canvas
from harness.frames.capture import capture_root
from harness.frames.rectangle import Rectangle
from harness.protocol import randr
from harness.protocol.randr import Rotation

pytestmark = [
    pytest.mark.needs("RANDR"),
    pytest.mark.xserver(size=(640, 480)),
]

SEED, EXAMPLES, STEPS = 5, 6, 14
MOST_CRTCS, MOST_MODES = 3, 4
MM = 170, 130

QUARTER_TURNS = Rotation.ROTATE_90 | Rotation.ROTATE_270
WINDOWS = (
    ("red", Rectangle(10, 20, 100, 60)),
    ("green", Rectangle(250, 190, 130, 90)),
    ("blue", Rectangle(560, 400, 160, 140)),
)
"""Override-redirect windows, on the root, that stay where they are."""

picks = st.integers(0, 11)


@dataclass(frozen=True)
class Shown:
    """What a CRTC is set to; ``mode`` 0 and no ``outputs`` for one that is off."""

    mode: int = 0
    x: int = 0
    y: int = 0
    rotation: Rotation = Rotation.ROTATE_0
    outputs: tuple[int, ...] = ()


@dataclass
class Model:
    """All that requests can set: modes are sizes by id, ``listed`` the modes of each output."""

    width: int
    height: int
    mm: tuple[int, int]
    modes: dict[int, tuple[int, int]]
    crtcs: dict[int, Shown]
    listed: dict[int, tuple[int, ...]]
    primary: int
    monitors: dict[int, Monitor] = field(default_factory=dict)
    own_modes: list[int] = field(default_factory=list)
    gamma: dict[int, list[int]] = field(default_factory=dict)

    def area(self, shown):
        """The rectangle of the screen that is shown."""
        width, height = self.modes[shown.mode]
        if shown.rotation & QUARTER_TURNS:
            width, height = height, width
        return Rectangle(shown.x, shown.y, width, height)

    @property
    def areas(self):
        return {crtc: self.area(shown) for crtc, shown in self.crtcs.items() if shown.mode}

    def crtc_of(self, output):
        return next((crtc for crtc, shown in self.crtcs.items() if output in shown.outputs), 0)

    def screen_change(self):
        size = self.width, self.height
        first = next(iter(self.crtcs.values()))
        return "screen", *(size[::-1] if first.rotation & QUARTER_TURNS else size)

    def crtc_change(self, crtc):
        shown = self.crtcs[crtc]
        if not shown.mode:
            return "crtc", crtc, 0, 0, 0, 0, 0
        return "crtc", crtc, shown.mode, shown.x, shown.y, *self.modes[shown.mode]

    def output_change(self, output):
        crtc = self.crtc_of(output)
        return "output", output, crtc, self.crtcs[crtc].mode if crtc else 0

    def configure(self):
        return "configure", self.width, self.height


def told(entry, first_event):
    """An event of RANDR, or of the root's size, as the model foretells it."""
    if entry.name == "ConfigureNotify":
        return "configure", *(int.from_bytes(entry.data[at : at + 2], "little") for at in (20, 22))
    event = randr.decode_event((entry.data[0] & 0x7F) - first_event, entry.data)
    match event:
        case randr.ScreenChangeNotify():
            return "screen", event.width, event.height
        case randr.CrtcChangeNotify():
            place = event.x, event.y, event.width, event.height
            return "crtc", event.crtc, event.mode, *place
        case randr.OutputChangeNotify():
            return "output", event.output, event.crtc, event.mode
    return type(event).__name__


class Lab:
    """A server with windows at known places, a client that acts, and one that watches.

    ``obeys`` says whether SetCrtcConfig does what it says, ``sizes`` whether SetScreenSize
    does: some servers accept both and leave the one, or the other, to somebody else.
    """

    def __init__(self, connect):
        self.actor, self.watcher = connect("actor"), connect("watcher")
        self.monitors = Monitors(self.actor)
        self.requests = self.monitors.requests
        self.made = count(1)
        for colour, place in WINDOWS:
            self.actor.window(
                place.width,
                place.height,
                events=0,
                x=place.x,
                y=place.y,
                background=colour,
                attributes={CW.OverrideRedirect: 1},
            )
        root = self.actor.root_window(events=0)
        self.actor.core.ChangeWindowAttributes(root.id, CW.BackPixel, [0x808080])
        root.clear()
        resources = self.monitors.resources()
        low_width, low_height, *_ = self.range = self.size_range()
        self.crtcs = resources.crtcs[:MOST_CRTCS]
        self.outputs = resources.outputs[:MOST_CRTCS]
        self.first = self.begin()
        self.small = max(low_width, 64), max(low_height, 64)
        self.obeys = self.sizes = False
        self.probe()
        self.watcher.core.ChangeWindowAttributes(
            self.watcher.root, CW.EventMask, [EventMask.StructureNotify]
        )
        Monitors(self.watcher).select()
        self.provoke()

    def begin(self):
        """What there is at first, but no CRTC that shows more than the screen, as some servers
        begin."""
        first = self.model()
        for crtc, area in first.areas.items():
            if area.right <= first.width and area.bottom <= first.height:
                continue
            outputs = first.crtcs[crtc].outputs
            mode = self.monitors.create_mode(first.width, first.height, "whole")
            self.monitors.add_mode(outputs[0], mode.id)
            self.monitors.set_crtc(crtc, mode.id, outputs)
        return self.model()

    def size_range(self):
        reply = self.requests.GetScreenSizeRange(self.actor.root).reply()
        return reply.min_width, reply.min_height, reply.max_width, reply.max_height

    def probe(self):
        """Try a smaller screen without CRTCs, then have everything as it was."""
        crtc, *_ = self.first.areas
        self.monitors.switch_off(crtc)
        self.obeys = not self.monitors.crtc(crtc).mode
        if self.obeys:
            self.monitors.set_screen_size(*self.small, *MM)
            self.sizes = self.size() == self.small
        self.restore()

    def provoke(self):
        """Have the server tell what it kept to tell since it started."""
        output = self.outputs[0]
        for primary in (output, 0, self.first.primary):
            self.monitors.set_primary(primary)
        self.news()

    def restore(self):
        """As at the start: for the next search, and for servers that cannot end otherwise."""
        model = self.model()
        for name in model.monitors:
            self.monitors.delete_monitor(name)
        self.monitors.set_primary(self.first.primary)
        if not self.obeys:
            return
        for crtc, shown in model.crtcs.items():
            if shown.mode and shown != self.first.crtcs[crtc]:
                self.monitors.set_crtc(crtc, 0, []) if self.sizes else None
        if self.sizes:
            self.monitors.set_screen_size(self.first.width, self.first.height, *MM)
        for crtc, shown in self.first.crtcs.items():
            if self.sizes or shown.mode:
                self.set(crtc, shown)

    def set(self, crtc, shown):
        return self.monitors.set_crtc(
            crtc, shown.mode, shown.outputs, x=shown.x, y=shown.y, rotation=shown.rotation
        )

    def size(self):
        geometry = self.actor.geometry(self.actor.root)
        return geometry.width, geometry.height

    def news(self):
        """What the watcher was told since it was asked last."""
        self.actor.sync()
        self.watcher.sync()
        first = self.watcher.numbers(randr.EXTENSION).first_event
        found = [told(entry, first) for entry in self.watcher.events]
        self.watcher.events.clear()
        return found

    def model(self):
        """What the server says that its state is."""
        resources = self.monitors.resources(current=True)
        crtcs = {}
        for id in self.crtcs:
            crtc = self.monitors.crtc(id)
            place = (crtc.x, crtc.y, crtc.rotation) if crtc.mode else (0, 0, Rotation.ROTATE_0)
            crtcs[id] = Shown(crtc.mode, *place, tuple(sorted(crtc.outputs)))
        width, height = self.size()
        return Model(
            width=width,
            height=height,
            mm=MM,
            modes={mode.id: (mode.width, mode.height) for mode in resources.modes.values()},
            crtcs=crtcs,
            listed={id: self.monitors.output(id).modes for id in self.outputs},
            primary=self.monitors.primary(),
            monitors={
                monitor.name: monitor
                for monitor in self.monitors.monitors()
                if not monitor.automatic
            },
        )


class ConfigurationMachine(RuleBasedStateMachine):
    """Each rule is one request on the server and in the model; then all that both say is compared.

    Rules leave out what servers do differently: outputs that another CRTC has, and where a CRTC
    that is off would be.  Where a mode decides the size of the screen, CRTCs stay at its corner
    and have modes of the server only, which takes modes of one size for each other.
    """

    def __init__(self, lab):
        super().__init__()
        self.lab = lab
        self.monitors = lab.monitors
        self.requests = lab.requests
        self.now = lab.model()
        self.own_modes = []
        self.gamma = {}
        lab.news()

    def teardown(self):
        self.lab.restore()
        for mode in self.own_modes:
            for output, modes in self.lab.model().listed.items():
                if mode in modes:
                    self.monitors.delete_mode(output, mode)
            self.monitors.destroy_mode(mode)
        self.lab.news()

    def look(self, *events):
        """The watcher was told this, in this order, and everything is as the model says.

        Servers may tell of outputs that have changed otherwise, as their lists of modes do.
        """
        now, got = self.now, self.lab.news()
        note(f"told {got}")
        if self.lab.sizes:
            more = set(map(now.output_change, self.lab.outputs)) if events else set()
            assert [one for one in got if one in events or one not in more] == list(events)
        else:
            assert set(got) >= set(events)
        assert self.lab.model() == now
        self.check_monitors()
        self.check_pictures()

    def check_monitors(self):
        """Those that were set, the primary one first, and one for each CRTC that none covers.

        RND-101, RND-108, RND-110.
        """
        now, got = self.now, self.monitors.monitors()
        covered = {output for one in now.monitors.values() for output in one.outputs}
        expected = {
            (area.x, area.y, area.width, area.height, tuple(now.crtcs[crtc].outputs))
            for crtc, area in now.areas.items()
            if not covered & {*now.crtcs[crtc].outputs}
        }
        automatic = [one for one in got if one.automatic]
        assert {
            (one.x, one.y, one.width, one.height, tuple(sorted(one.outputs))) for one in automatic
        } == expected
        assert len(automatic) == len(expected)
        primary = [one for one in now.monitors.values() if one.primary]
        assert [one for one in got if one.primary and not one.automatic] == primary
        assert got[: len(primary)] == primary

    def check_pictures(self):
        """Each CRTC shows its part of the screen."""
        for crtc, area in self.now.areas.items():
            picture = Canvas(area.width, area.height, self.lab.actor.screen.root_depth, 0x808080)
            for colour, place in WINDOWS:
                at = place.x - area.x, place.y - area.y
                picture.area(*at, place.width, place.height).fill(colour)
            note(f"looking at CRTC {crtc:#x}: {area}")
            picture.check(capture_root(self.lab.actor, area))

    # CRTCs

    def fits(self, shown):
        area = self.now.area(shown)
        if not self.lab.sizes:
            return not (shown.x or shown.y)
        return area.right <= self.now.width and area.bottom <= self.now.height

    @precondition(lambda self: self.lab.obeys)
    @rule(crtc=picks, output=picks, mode=picks, x=st.sampled_from([0, 0, 30, 100]), turn=picks)
    def set_crtc(self, crtc, output, mode, x, turn):
        """RND-013, RND-045, RND-047, RND-065."""
        id = self.lab.crtcs[crtc % len(self.lab.crtcs)]
        info = self.monitors.crtc(id)
        free = [
            one
            for one in self.lab.outputs
            if one in info.possible and self.now.crtc_of(one) in (0, id) and self.now.listed[one]
        ]
        if not free:
            return
        output = free[output % len(free)]
        modes = self.now.listed[output]
        own = [one for one in modes if one in self.own_modes]
        if not self.lab.sizes:
            modes = [one for one in modes if one not in own]
        elif own and mode % 2:
            modes = own
        turns = [one for one in Rotation if one in info.rotations and one < Rotation.REFLECT_X]
        shown = Shown(
            mode=modes[mode % len(modes)],
            x=x if self.lab.sizes else 0,
            y=x // 2 if self.lab.sizes else 0,
            rotation=turns[turn % len(turns)],
            outputs=(output,),
        )
        if not self.fits(shown):
            shown = replace(shown, x=0, y=0)
        if self.fits(shown):
            self.show(id, shown)

    @precondition(lambda self: self.lab.obeys and self.now.areas)
    @rule(pick=picks, x=st.integers(0, 200), y=st.integers(0, 120))
    def move(self, pick, x, y):
        ids = list(self.now.areas)
        id = ids[pick % len(ids)]
        shown = replace(self.now.crtcs[id], x=x, y=y)
        if self.fits(shown):
            self.show(id, shown)

    @precondition(lambda self: self.lab.obeys and len(self.now.areas) > 1 - self.lab.sizes)
    @rule(pick=picks)
    def switch_off(self, pick):
        """RND-016, RND-031, RND-046."""
        ids = list(self.now.areas)
        self.show(ids[pick % len(ids)], Shown())

    @precondition(lambda self: self.lab.obeys and self.now.areas)
    @rule(pick=picks)
    def clone(self, pick):
        """A further output of the same CRTC, where they can be clones: RND-038."""
        ids = list(self.now.areas)
        id = ids[pick % len(ids)]
        shown, possible = self.now.crtcs[id], self.monitors.crtc(id).possible
        for output in self.lab.outputs:
            clones = self.monitors.output(output).clones
            if (
                output in possible
                and not self.now.crtc_of(output)
                and shown.mode in self.now.listed[output]
                and all(other in clones for other in shown.outputs)
            ):
                outputs = tuple(sorted((*shown.outputs, output)))
                self.show(id, replace(shown, outputs=outputs))
                return

    @precondition(lambda self: self.lab.obeys and self.now.areas)
    @rule(pick=picks)
    def set_again(self, pick):
        """Nothing happens: RND-017."""
        ids = list(self.now.areas)
        id = ids[pick % len(ids)]
        self.show(id, self.now.crtcs[id])

    def show(self, id, shown):
        old = self.now.crtcs[id]
        note(f"CRTC {id:#x}: {old} becomes {shown}")
        reply = self.lab.set(id, shown)
        assert reply.status == 0
        self.now.crtcs[id] = shown
        if shown == old:
            self.look()
            return
        if not self.lab.sizes and shown.mode:
            area = self.now.area(shown)
            self.now.width, self.now.height = area.width, area.height
        outputs = sorted({*old.outputs} ^ {*shown.outputs}, key=self.lab.outputs.index)
        events = [
            self.now.screen_change(),
            self.now.crtc_change(id),
            *map(self.now.output_change, outputs),
        ]
        if replace(old, outputs=()) != replace(shown, outputs=()):
            events.append(self.now.configure())
        self.look(*events)

    @precondition(lambda self: self.lab.obeys)
    @rule(pick=picks, value=st.integers(0, 0xFFFF))
    def set_gamma(self, pick, value):
        """Nobody is told; what was set is read: RND-050, RND-052."""
        id = self.lab.crtcs[pick % len(self.lab.crtcs)]
        size = self.requests.GetCrtcGammaSize(id).reply().size
        if not size:
            return
        ramps = [[(value + step * n) & 0xFFFF for n in range(size)] for step in (1, 77, 256)]
        self.requests.SetCrtcGamma(id, size, *ramps)
        reply = self.requests.GetCrtcGamma(id).reply()
        assert [list(reply.red), list(reply.green), list(reply.blue)] == ramps
        self.look()

    # The screen

    @precondition(lambda self: self.lab.sizes)
    @rule(width=st.integers(0, 300), height=st.integers(0, 200), whole=st.booleans())
    def set_screen_size(self, width, height, whole):
        """RND-022, RND-023."""
        low_width, low_height, most_width, most_height = self.lab.range
        right = max((area.right for area in self.now.areas.values()), default=0)
        bottom = max((area.bottom for area in self.now.areas.values()), default=0)
        width = max(low_width, right, 64 + 2 * width, 640 * whole)
        height = max(low_height, bottom, 64 + 2 * height, 480 * whole)
        size = min(width, most_width), min(height, most_height)
        old = self.now.width, self.now.height
        note(f"screen: {old} becomes {size}")
        self.monitors.set_screen_size(*size, *MM)
        self.now.width, self.now.height = size
        self.look(*([self.now.screen_change(), self.now.configure()] if size != old else []))

    @rule(pick=picks)
    def set_primary(self, pick):
        """RND-067, RND-068."""
        choice = [0, *self.lab.outputs]
        output, old = choice[pick % len(choice)], self.now.primary
        self.monitors.set_primary(output)
        self.now.primary = output
        if output == old:
            self.look()
            return
        changed = sorted({old, output} - {0}, key=self.lab.outputs.index)
        self.look(
            self.now.screen_change(),
            *map(self.now.output_change, changed),
            self.now.configure(),
        )

    # Modes

    @precondition(lambda self: len(self.own_modes) < MOST_MODES)
    @rule(width=st.sampled_from([320, 200, 400]), height=st.sampled_from([240, 320, 160]))
    def create_mode(self, width, height):
        """RND-070, RND-072."""
        mode = self.monitors.create_mode(width, height, f"own-{next(self.lab.made)}")
        assert mode.id not in self.now.modes
        self.own_modes.append(mode.id)
        self.now.modes[mode.id] = width, height
        self.look()

    @precondition(lambda self: self.own_modes)
    @rule(pick=picks, output=picks)
    def add_mode(self, pick, output):
        """RND-074; a driver may refuse it."""
        mode = self.own_modes[pick % len(self.own_modes)]
        output = self.lab.outputs[output % len(self.lab.outputs)]
        with self.lab.actor.catch_errors() as errors:
            self.monitors.add_mode(output, mode)
        if errors:
            assert [error.name for error in errors] == ["Match"]
            self.look()
            return
        if mode in self.now.listed[output]:
            self.look()
            return
        self.now.listed[output] += (mode,)
        self.look(self.now.screen_change(), self.now.output_change(output))

    @precondition(lambda self: self.own_modes)
    @rule(pick=picks)
    def delete_mode(self, pick):
        """RND-073, RND-075: in the order in which it is allowed."""
        mode = self.own_modes[pick % len(self.own_modes)]
        users = [output for output, modes in self.now.listed.items() if mode in modes]
        if not users:
            self.monitors.destroy_mode(mode)
            self.own_modes.remove(mode)
            del self.now.modes[mode]
            self.look()
            return
        crtc = self.now.crtc_of(users[0])
        if crtc and self.now.crtcs[crtc].mode == mode:
            with self.lab.actor.expect_error("Match"):
                self.monitors.delete_mode(users[0], mode)
        else:
            self.monitors.delete_mode(users[0], mode)
            rest = tuple(one for one in self.now.listed[users[0]] if one != mode)
            self.now.listed[users[0]] = rest
        self.look()

    # Monitors

    @precondition(lambda self: len(self.now.monitors) < 2)
    @rule(pick=picks, covers=st.booleans(), x=st.integers(0, 90), primary=st.booleans())
    def set_monitor(self, pick, covers, x, primary):
        """Of outputs that no other one has: servers differ in who keeps them.

        RND-108, RND-112, RND-113.
        """
        name = f"monitor-{next(self.lab.made)}".encode()
        atom = self.lab.actor.core.InternAtom(False, len(name), name).reply().atom
        taken = {output for one in self.now.monitors.values() for output in one.outputs}
        free = [output for output in self.lab.outputs if output not in taken]
        outputs = (free[pick % len(free)],) if covers and free else ()
        monitor = Monitor(atom, primary, False, x, x + 1, 50 + x, 40, 30, 20, outputs)
        self.monitors.set_monitor(monitor)
        if primary:
            for other, known in self.now.monitors.items():
                self.now.monitors[other] = replace(known, primary=False)
        self.now.monitors[atom] = monitor
        self.look(self.now.configure())

    @precondition(lambda self: self.now.monitors)
    @rule(pick=picks)
    def delete_monitor(self, pick):
        """RND-113, RND-114."""
        names = list(self.now.monitors)
        name = names[pick % len(names)]
        self.monitors.delete_monitor(name)
        del self.now.monitors[name]
        self.look(self.now.configure())

    # Errors

    @rule(pick=st.integers(0, 11), at=picks)
    def ask_for_the_illegal(self, pick, at):
        """Nothing changes and nobody is told: RND-019, RND-020, RND-021, RND-032, RND-033,
        RND-034, RND-035, RND-039, RND-050, RND-067, RND-073, RND-104, RND-114."""
        m, none = self.monitors, 0x1FFFFF
        crtc = self.lab.crtcs[at % len(self.lab.crtcs)]
        shown = self.now.crtcs[crtc]
        *_, most_width, most_height = self.lab.range
        mode = next(iter(self.now.modes))
        output = self.lab.outputs[0]
        gamma = self.requests.GetCrtcGammaSize(crtc).reply().size + 1
        wrong = [
            ("RANDR:Crtc", none, lambda: m.set_crtc(none, 0, [])),
            ("Match", None, lambda: m.set_crtc(crtc, mode, [])),
            ("Match", None, lambda: m.set_crtc(crtc, 0, [output])),
            ("RANDR:Mode", none, lambda: m.set_crtc(crtc, none, [output])),
            ("RANDR:Output", none, lambda: m.set_crtc(crtc, mode, [none])),
            ("Value", most_width + 1, lambda: m.set_screen_size(most_width + 1, most_height)),
            ("Value", 0, lambda: m.set_screen_size(most_width, most_height, 0, 1)),
            ("Match", None, lambda: self.requests.SetCrtcGamma(crtc, gamma, *[[0] * gamma] * 3)),
            ("RANDR:Output", none, lambda: m.set_primary(none)),
            ("RANDR:Mode", none, lambda: m.destroy_mode(none)),
            ("Value", 1, lambda: m.delete_monitor(1)),
            ("Value", 0, lambda: m.set_crtc(crtc, shown.mode, shown.outputs, rotation=0)),
        ]
        if shown.mode and self.lab.sizes:
            area = self.now.area(shown)
            size = max(area.right - 1, self.lab.range[0]), self.now.height
            if size[0] < area.right:
                wrong.append(("Match", None, lambda: m.set_screen_size(*size)))
        name, value, ask = wrong[-1 if pick == 11 else pick]
        note(f"illegal request {pick}")
        with self.lab.actor.expect_error(name, value):
            ask()
        self.look()


def test_any_configuration_is_as_the_model_foretells(connect, soak):
    """CRTCs are set, moved, turned, cloned and switched off, modes and monitors come and go, the
    screen changes: replies, events and pictures are those of the model.

    RND-013, RND-016, RND-017, RND-019, RND-020, RND-021, RND-022, RND-023, RND-031, RND-032,
    RND-033, RND-034, RND-035, RND-038, RND-039, RND-045, RND-046, RND-047, RND-050, RND-052,
    RND-065, RND-067, RND-068, RND-070, RND-072, RND-073, RND-074, RND-075, RND-101, RND-108,
    RND-110, RND-112, RND-113, RND-114.
    """
    lab = Lab(connect)
    try:
        if not soak:
            search(lab, SEED, EXAMPLES)
            return
        deadline = Deadline.after(soak)
        for number in count(random.SystemRandom().getrandbits(32)):
            if deadline.passed:
                break
            print(f"searching from seed {number}")
            search(lab, number, EXAMPLES)
    finally:
        lab.restore()


def search(lab, number, examples):
    """Raise the first failure, in as few steps as still show it."""
    run_state_machine_as_test(
        seed(number)(lambda: ConfigurationMachine(lab)),
        settings=settings(
            max_examples=examples,
            stateful_step_count=STEPS,
            database=None,
            deadline=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
            report_multiple_bugs=False,
        ),
    )
