# SPDX-License-Identifier: MIT
"""The signs of a timeline's picture, each of a shape of its own."""

from harness.report.pictures.drawing import CHARACTER, Drawing
from harness.x11.present import CompleteMode

LETTERS: dict[int, str] = {
    CompleteMode.COPY: "C",
    CompleteMode.FLIP: "F",
    CompleteMode.SKIP: "S",
    CompleteMode.SUBOPTIMAL_COPY: "O",
}


def request_sign(draw: Drawing, x: float, y: float) -> None:
    """A triangle that points to what follows."""
    draw.polygon("fill-mark", (x - 5, y - 6), (x + 5, y), (x - 5, y + 6))


def target_sign(draw: Drawing, x: float, y: float) -> None:
    """A flag on a line."""
    draw.line(x, y - 9, x, y + 9, "line-ink")
    draw.polygon("fill-ink", (x - 4, y - 11), (x + 4, y - 11), (x, y - 5))


def complete_sign(draw: Drawing, mode: int | None, x: float, y: float) -> None:
    """A square, disc, empty square or diamond with the letter of the mode; a dot for None."""
    match mode:
        case None:
            draw.circle(x, y, 4, "fill-mark")
            return
        case CompleteMode.FLIP:
            draw.circle(x, y, 8, "fill-mark")
        case CompleteMode.SKIP:
            draw.box(x - 7, y - 7, 14, 14, "fill-paper")
            draw.box(x - 7, y - 7, 14, 14, "line-mark")
        case CompleteMode.SUBOPTIMAL_COPY:
            draw.polygon("fill-mark", (x - 9, y), (x, y - 9), (x + 9, y), (x, y + 9))
        case _:
            draw.box(x - 7, y - 7, 14, 14, "fill-mark")
    colour = "fill-mark" if mode == CompleteMode.SKIP else "fill-paper"
    draw.text(x, y + 4, LETTERS.get(mode, "?"), f"{colour} small strong centred")


def idle_sign(draw: Drawing, x: float, y: float) -> None:
    """A ring."""
    draw.circle(x, y, 4.5, "fill-paper")
    draw.circle(x, y, 4.5, "line-idle")


def error_sign(draw: Drawing, x: float, y: float) -> None:
    """A cross."""
    draw.line(x - 5, y - 5, x + 5, y + 5, "line-bad")
    draw.line(x - 5, y + 5, x + 5, y - 5, "line-bad")


def waiting_sign(draw: Drawing, left: float, right: float, y: float) -> None:
    """The hatched part of a bar."""
    draw.box(left, y - 5, right - left, 10, "fill-waiting")
    hatch(draw, left, right, y, 5, "line-muted")


def hatch(draw: Drawing, left: float, right: float, y: float, height: float, kind: str) -> None:
    """Slanted lines between ``left`` and ``right``, ``height`` up and down from ``y``."""
    if right - left >= 6:
        step = max(6, int((right - left) // 60))
        places = range(int(left) + 1, int(right) - 4, step)
        draw.path(kind, "".join(f"M{x} {y + height:.0f}l4 {-2 * height:.0f}" for x in places))


def event_sign(draw: Drawing, x: float, y: float) -> None:
    """A triangle that points down: an event by which a compositor learned of something."""
    draw.polygon("fill-chain", (x - 5, y - 7), (x + 5, y - 7), (x, y + 2))


def violation_sign(draw: Drawing, number: int, x: float, top: float) -> None:
    """A warning triangle with its number in the list."""
    draw.polygon("fill-bad", (x, top), (x + 10, top + 17), (x - 10, top + 17))
    draw.text(x, top + 15, str(number), "fill-paper small strong centred")


def legend(draw: Drawing, y: float, *, fences: bool, event: str) -> None:
    """The signs with their meanings; ``event`` is the name of that of ``event_sign``, if used."""
    x = 14.0
    request_sign(draw, x, y)
    x = _explain(draw, x + 10, y, "request, queued")
    target_sign(draw, x, y)
    x = _explain(draw, x + 8, y, "target MSC")
    for mode in CompleteMode:
        complete_sign(draw, mode, x + 4, y)
        x = _explain(draw, x + 16, y, mode.name.lower().replace("_", " "))
    idle_sign(draw, x, y)
    x = _explain(draw, x + 10, y, "idle")
    if fences:
        waiting_sign(draw, x, x + 18, y)
        x = _explain(draw, x + 22, y, "waits for its fence")
    if event:
        event_sign(draw, x + 2, y + 2)
        _explain(draw, x + 11, y, f"{event} to the compositor")


def _explain(draw: Drawing, x: float, y: float, words: str) -> float:
    draw.text(x, y + 4, words, "fill-muted small")
    return x + CHARACTER * len(words) + 14
