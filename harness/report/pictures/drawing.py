# SPDX-License-Identifier: MIT
"""A self-contained SVG in the making: shapes with words for those who cannot see their colours.

Nothing in it has an id, so that several can stand in one page.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from xml.etree import ElementTree

_NAMESPACE = "http://www.w3.org/2000/svg"

CHARACTER = 6.3
"""About how wide a letter is (pixels)."""

_LIGHT = {
    "paper": "#ffffff",
    "ink": "#1b2430",
    "muted": "#5b6673",
    "band": "#f2f5f8",
    "grid": "#cdd5de",
    "queued": "#b9d3f3",
    "waiting": "#f3dfae",
    "busy": "#cfe3cf",
    "mark": "#1f5fb0",
    "idle": "#2b7a3d",
    "bad": "#b3261e",
    "chain": "#7a3fa0",
}
_DARK = {
    "paper": "#14181d",
    "ink": "#e6ebf1",
    "muted": "#a3aebb",
    "band": "#1d242c",
    "grid": "#3a4653",
    "queued": "#2f4f78",
    "waiting": "#6b5520",
    "busy": "#2d4f33",
    "mark": "#8fbdf5",
    "idle": "#86d398",
    "bad": "#ff8a80",
    "chain": "#d3a4f0",
}


def _rules(colours: dict[str, str]) -> str:
    """``fill-NAME`` and ``line-NAME`` for each colour."""
    return "".join(
        f".xh-picture .fill-{name}{{fill:{colour}}}.xh-picture .line-{name}{{stroke:{colour}}}"
        for name, colour in colours.items()
    )


_STYLE = (
    ".xh-picture text{font:11px system-ui,'DejaVu Sans',sans-serif}"
    ".xh-picture .small{font-size:10px}.xh-picture .strong{font-weight:600}"
    ".xh-picture .centred{text-anchor:middle}"
    ".xh-picture [class*=line-]{fill:none}.xh-picture .dashed{stroke-dasharray:4 3}"
    f"{_rules(_LIGHT)}"
    f"@media (prefers-color-scheme:dark){{{_rules(_DARK)}}}"
)


class Drawing:
    """An SVG ``width`` pixels wide, named ``title`` and described by ``description``.

    Classes of shapes are ``fill-COLOUR`` and ``line-COLOUR``, with a colour of the style.
    """

    def __init__(self, title: str, description: str) -> None:
        self._root = ElementTree.Element(
            "svg", {"xmlns": _NAMESPACE, "class": "xh-picture", "role": "img"}
        )
        ElementTree.SubElement(self._root, "title").text = _printable(title)
        ElementTree.SubElement(self._root, "desc").text = _printable(description)
        ElementTree.SubElement(self._root, "style").text = _STYLE
        self._paper = ElementTree.SubElement(self._root, "rect", {"class": "fill-paper"})
        self._inside = self._root
        self.width = self.height = 0.0

    @contextmanager
    def group(self, title: str = "", **attributes: str) -> Iterator[None]:
        """What is drawn inside belongs together; ``title`` says what it is."""
        outer = self._inside
        names = {name.replace("_", "-").strip("-"): text for name, text in attributes.items()}
        self._inside = ElementTree.SubElement(outer, "g", names)
        if title:
            ElementTree.SubElement(self._inside, "title").text = _printable(title)
        yield
        self._inside = outer

    def text(self, x: float, y: float, text: str, kind: str = "fill-ink") -> None:
        """``text`` that begins at ``x``, its base line at ``y``."""
        self._add("text", kind, x=x, y=y).text = _printable(text)
        self._reach(x + CHARACTER * len(text) * ("centred" not in kind), y + 4)

    def box(self, x: float, y: float, width: float, height: float, kind: str) -> None:
        """A rectangle."""
        self._add("rect", kind, x=x, y=y, width=max(0.0, width), height=height)
        self._reach(x + width, y + height)

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str) -> None:
        """A straight line."""
        self._add("line", kind, x1=x1, y1=y1, x2=x2, y2=y2)
        self._reach(max(x1, x2), max(y1, y2))

    def circle(self, x: float, y: float, radius: float, kind: str) -> None:
        """A circle around (``x``, ``y``)."""
        self._add("circle", kind, cx=x, cy=y, r=radius)
        self._reach(x + radius, y + radius)

    def polygon(self, kind: str, *corners: tuple[float, float]) -> None:
        """A closed shape."""
        points = " ".join(f"{_number(x)},{_number(y)}" for x, y in corners)
        self._add("polygon", kind).set("points", points)
        self._reach(max(x for x, _ in corners), max(y for _, y in corners))

    def path(self, kind: str, data: str) -> None:
        """A path that stays within what other shapes span."""
        self._add("path", kind).set("d", data)

    def finish(self) -> str:
        """The SVG, as large as what was drawn."""
        width, height = _number(self.width + 8), _number(self.height + 8)
        self._root.attrib |= {
            "width": width,
            "height": height,
            "viewBox": f"0 0 {width} {height}",
        }
        self._paper.attrib |= {"width": width, "height": height}
        return ElementTree.tostring(self._root, encoding="unicode")

    def _add(self, tag: str, kind: str, **numbers: float) -> ElementTree.Element:
        attributes = {"class": kind}
        attributes |= {name: _number(number) for name, number in numbers.items()}
        return ElementTree.SubElement(self._inside, tag, attributes)

    def _reach(self, x: float, y: float) -> None:
        self.width, self.height = max(self.width, x), max(self.height, y)


def _number(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _printable(text: str) -> str:
    """``text`` without the control characters that XML cannot have."""
    return "".join(one if one.isprintable() else "?" for one in text)
