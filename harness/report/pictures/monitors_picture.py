# SPDX-License-Identifier: MIT
"""The layouts of a screen as pictures of its monitors, side by side."""

from dataclasses import dataclass, field

from harness.report.layouts import CrtcArea, LayoutStep, ScreenHistory, ScreenLayout
from harness.report.pictures.drawing import CHARACTER, Drawing
from harness.wording import counted
from harness.x11.randr import OutputConnection, Rotation

MOST_STEPS = 6
"""Layouts in one picture; of more the first and the last ones are shown."""

MOST_CRTCS = 12
"""CRTCs, and monitors, of one layout."""

_WIDE, _HIGH = 300.0, 210.0
"""The pixels that the largest screen of a picture may fill."""

_PANEL, _MARGIN = 372.0, 16.0
_COLUMNS = 3

_TURNS = {Rotation.ROTATE_90: 90, Rotation.ROTATE_180: 180, Rotation.ROTATE_270: 270}


def monitors_svg(history: ScreenHistory) -> str:
    """A self-contained SVG of what each CRTC shows: before, and after each change.

    Each CRTC is a rectangle of the screen, its thick edge where the top of its panel is; below
    stands in words what it shows, of which mode and rotation, on which outputs.  Its size is
    bounded, and it says what was left out.  Empty without steps.
    """
    return _Picture(history).svg() if history.steps else ""


@dataclass(slots=True)
class _Picture:
    history: ScreenHistory
    steps: list[LayoutStep] = field(init=False)
    drawing: Drawing = field(init=False)
    scale: float = field(init=False)

    def __post_init__(self) -> None:
        steps = self.history.steps
        self.steps = [*steps[: MOST_STEPS // 2], *steps[-(MOST_STEPS // 2) :]]
        if len(steps) <= MOST_STEPS:
            self.steps = list(steps)
        sizes = [_extent(step.layout) for step in self.steps]
        wide, high = max(size[0] for size in sizes), max(size[1] for size in sizes)
        self.scale = min(_WIDE / max(1, wide), _HIGH / max(1, high))
        words = [f"{step.cause}: {'. '.join(self._lines(step))}" for step in self.steps]
        self.drawing = Drawing(self._title(), ". ".join(words))

    def svg(self) -> str:
        draw, y, bottom = self.drawing, 40.0, 40.0
        draw.text(8, 18, self._title(), "fill-ink strong")
        left_out = len(self.history.steps) - len(self.steps)
        if left_out:
            words = f"the first and the last layouts; {left_out:,} between them are left out"
            draw.text(8, 33, words, "fill-muted")
            y += 8
        for number, step in enumerate(self.steps):
            column = number % _COLUMNS
            if number and not column:
                y = bottom + 22
            bottom = max(bottom, self._panel(step, 8 + column * _PANEL, y))
        words = "thick edge: top of the panel; dashed inside: changed; dashed: panning, monitors"
        draw.text(8, bottom + 10, words, "fill-muted small")
        return draw.finish()

    def _title(self) -> str:
        changes = counted(len(self.history.steps) - 1, "change")
        crtcs = max(len(step.layout.crtcs) for step in self.history.steps)
        return f"Monitors: {counted(crtcs, 'CRTC')}, {changes}"

    def _panel(self, step: LayoutStep, x: float, y: float) -> float:
        """One layout with its words; where it ends."""
        draw, layout = self.drawing, step.layout
        wide, high = _extent(layout)
        with draw.group(step.cause, class_="layout"):
            time = f", {step.time * 1000:.1f} ms" if step.time else ""
            draw.text(x, y + 12, f"{step.cause}{time}"[:54], "fill-ink strong")
            top = y + 22
            size = f"{layout.width}x{layout.height}" if layout.width else "of unknown size"
            if layout.width:
                with draw.group(f"screen {size}", class_="screen"):
                    draw.box(x, top, wide * self.scale, high * self.scale, "fill-band")
                    draw.box(x, top, wide * self.scale, high * self.scale, "line-muted")
            shown = [area for area in layout.crtcs.values() if area.on][:MOST_CRTCS]
            for area in shown:
                if area.panning[2] and area.panning[3]:
                    self._rectangle(x, top, area.panning, "panning", "line-mark dashed")
            for number, area in enumerate(shown, 1):
                self._crtc(step, area, number, x, top)
            for one in layout.monitors[:MOST_CRTCS]:
                place = one.x, one.y, one.width, one.height
                self._rectangle(x, top, place, f"monitor {one.name}", "line-chain dashed")
                left, upper = x + one.x * self.scale, top + one.y * self.scale
                draw.text(left + 3, upper + 14, one.name, "fill-chain small")
            end = top + high * self.scale + 6
            for line in self._lines(step):
                end += 14
                words = line.lstrip()
                indented = x + 3 * (len(line) - len(words))
                draw.text(indented, end, words[:58], "fill-ink small")
        return end + _MARGIN

    def _rectangle(
        self, x: float, y: float, place: tuple[int, int, int, int], name: str, kind: str
    ) -> None:
        left, top, width, height = (number * self.scale for number in place)
        with self.drawing.group(name, class_=name.partition(" ")[0]):
            self.drawing.box(x + left, y + top, width, height, kind)

    def _crtc(self, step: LayoutStep, area: CrtcArea, number: int, x: float, y: float) -> None:
        draw, scale = self.drawing, self.scale
        left, top = x + area.x * scale, y + area.y * scale
        width, height = area.width * scale, area.height * scale
        changed = area.id in step.changed
        title = f"CRTC {area.id:#x}: {area.width}x{area.height}{area.x:+}{area.y:+}"
        with draw.group(title + ", changed" * changed, class_="crtc", data_crtc=f"{area.id:#x}"):
            draw.box(left, top, width, height, "fill-queued")
            draw.box(left, top, width, height, "line-mark")
            if changed and min(width, height) > 8:
                draw.box(left + 3, top + 3, width - 6, height - 6, "line-bad dashed")
            edge = {
                0: (left, top, width, 4.0),
                90: (left + width - 4, top, 4.0, height),
                180: (left, top + height - 4, width, 4.0),
                270: (left, top, 4.0, height),
            }[_turn(area.rotation)]
            draw.box(*edge, "fill-ink")
            middle = left + width / 2, top + height / 2 + 4
            draw.text(*middle, str(number), "fill-ink strong centred")
            names = ", ".join(self._output(one) for one in area.outputs)
            if names and CHARACTER * len(names) < width - 12 and height > 44:
                draw.text(middle[0], middle[1] + 14, names, "fill-ink small centred")

    def _output(self, id: int) -> str:
        return self.history.output_names.get(id, f"output {id:#x}")

    def _lines(self, step: LayoutStep) -> list[str]:
        """A layout in words."""
        layout = step.layout
        size = f"{layout.width}x{layout.height}" if layout.width else "of unknown size"
        lines = [f"screen {size}"]
        on = [area for area in layout.crtcs.values() if area.on]
        for number, area in enumerate(on[:MOST_CRTCS], 1):
            lines += self._crtc_lines(layout, area, number, changed=area.id in step.changed)
        if len(on) > MOST_CRTCS:
            lines.append(f"and {counted(len(on) - MOST_CRTCS, 'more CRTC')}")
        off = [f"{id:#x}" for id, area in layout.crtcs.items() if not area.on]
        if off:
            more = f" and {len(off) - 4} more" * (len(off) > 4)
            lines.append(f"off: CRTC {', '.join(off[:4])}{more}")
        lines += [
            f"monitor {one.name}: {one.width}x{one.height}{one.x:+}{one.y:+}"
            + ", primary" * one.primary
            for one in layout.monitors[:MOST_CRTCS]
        ]
        used = {output for area in layout.crtcs.values() for output in area.outputs}
        idle = [
            self._output(id)
            for id, connection in layout.outputs.items()
            if connection == OutputConnection.CONNECTED and id not in used
        ]
        if idle:
            lines.append(f"connected, not in use: {', '.join(idle[:6])}")
        return lines

    def _crtc_lines(
        self, layout: ScreenLayout, area: CrtcArea, number: int, *, changed: bool
    ) -> list[str]:
        first = f"{number}  CRTC {area.id:#x}: {area.width}x{area.height}{area.x:+}{area.y:+}"
        if mode := self.history.mode_names.get(area.mode):
            first += f", mode {mode}"
        words = []
        if turn := _turn(area.rotation):
            words.append(f"rotated {turn} degrees")
        words += [
            f"reflected in {axis}"
            for axis, bit in (("x", Rotation.REFLECT_X), ("y", Rotation.REFLECT_Y))
            if area.rotation & bit
        ]
        words += [
            self._output(one) + " (primary)" * (one == layout.primary) for one in area.outputs
        ]
        if area.panning[2] and area.panning[3]:
            left, top, width, height = area.panning
            words.append(f"pans {width}x{height}{left:+}{top:+}")
        if area.transformed:
            words.append("transformed")
        if changed:
            words.append("changed")
        return [first, f"    {', '.join(words)}"] if words else [first]


def _turn(rotation: Rotation) -> int:
    """Degrees, counter-clockwise."""
    return next((turn for bit, turn in _TURNS.items() if rotation & bit), 0)


def _extent(layout: ScreenLayout) -> tuple[int, int]:
    """The pixels that hold the screen and all that CRTCs and monitors show."""
    places = [(area.x + area.width, area.y + area.height) for area in layout.crtcs.values()]
    pannings = [area.panning for area in layout.crtcs.values()]
    places += [(left + width, top + height) for left, top, width, height in pannings]
    places += [(one.x + one.width, one.y + one.height) for one in layout.monitors]
    places.append((layout.width, layout.height))
    return max(1, *(x for x, _ in places)), max(1, *(y for _, y in places))
