# SPDX-License-Identifier: MIT
"""A scripted application that draws, resizes and dies in ways that are hard on compositors."""

from enum import Enum, auto
from typing import Self

from xcffib.xproto import CW, GC, ConfigWindow

from harness.clients.connection.endpoint import Endpoint
from harness.clients.raw.raw_client import RawClient
from harness.clients.raw.repetition import Repetition
from harness.pixels.colour import ColourName, pixel_value

FRAME_COLOURS: tuple[ColourName, ...] = ("red", "green", "blue", "yellow", "cyan", "magenta")

_CREATE_WINDOW = 1
_DESTROY_WINDOW = 4
_MAP_WINDOW = 8
_UNMAP_WINDOW = 10
_CONFIGURE_WINDOW = 12
_GRAB_SERVER = 36
_UNGRAB_SERVER = 37
_CREATE_GC = 55
_COPY_AREA = 62
_FILL_RECTANGLE = 70
_ORDER = (
    ("x", ConfigWindow.X),
    ("y", ConfigWindow.Y),
    ("width", ConfigWindow.Width),
    ("height", ConfigWindow.Height),
    ("border_width", ConfigWindow.BorderWidth),
    ("sibling", ConfigWindow.Sibling),
    ("stack_mode", ConfigWindow.StackMode),
)


class Manner(Enum):
    """How an application draws a frame.

    WHOLE: by one request.  GRABBED: its halves one after the other, under a server grab.
    HALVES: the same without a grab, so that others see frames half drawn.
    """

    WHOLE = auto()
    GRABBED = auto()
    HALVES = auto()


def halves(frame: int) -> tuple[ColourName, ColourName]:
    """The colours of the left and the right half of frame number ``frame``."""
    count = len(FRAME_COLOURS)
    return FRAME_COLOURS[frame % count], FRAME_COLOURS[(frame + 1) % count]


class Application:
    """A raw client with one mapped window, in which it draws frames of two halves.

    Successive frames have no half in common, and halves of two successive frames side by side
    are of one colour (``halves``).  Its requests are not recorded and wait for nothing;
    ``rest`` is its barrier.  Sizes are those of the window without its border.
    """

    def __init__(
        self,
        server: Endpoint,
        parent: int,
        x: int,
        y: int,
        width: int,
        height: int,
        *,
        border_width: int = 0,
        background: str = "black",
        border: str = "white",
    ) -> None:
        self.wire = RawClient(server)
        self.width, self.height = width, height
        self.window = self.wire.new_id()
        values = {
            CW.BackPixel: self._pixel(background),
            CW.BorderPixel: self._pixel(border),
            CW.OverrideRedirect: 1,
        }
        body = self.wire.pack("IIhhHHHH", self.window, parent, x, y, width, height, border_width, 0)
        body += self.wire.pack("IIIII", 0, sum(values), *values.values())
        self.wire.request(_CREATE_WINDOW, 0, body)
        self._gcs: dict[str, int] = {}
        for colour in FRAME_COLOURS:
            gc = self._gcs[colour] = self.wire.new_id()
            values = {GC.Foreground: self._pixel(colour), GC.GraphicsExposures: 0}
            body = self.wire.pack("IIIII", gc, self.window, sum(values), *values.values())
            self.wire.request(_CREATE_GC, 0, body)
        self.map()
        self.rest()

    def draw(self, number: int) -> None:
        """Draw a whole frame."""
        self.draw_left(number)
        self.draw_right(number)

    def draw_left(self, number: int) -> None:
        """Begin a frame."""
        self.wire.send(self._halves(number)[0])

    def draw_right(self, number: int) -> None:
        """End a frame."""
        self.wire.send(self._halves(number)[1])

    def drawing(self, manner: Manner = Manner.WHOLE) -> Repetition:
        """Draw frame after frame during the block, without pause.

        The last one is the frame before number 0, that is number -1.
        """
        requests = []
        for number in range(len(FRAME_COLOURS)):
            match manner:
                case Manner.WHOLE:
                    requests.append(self._copy(self._painted(number)))
                case Manner.GRABBED:
                    grab, release = self._encoded(_GRAB_SERVER), self._encoded(_UNGRAB_SERVER)
                    requests += [grab, *self._halves(number), release]
                case Manner.HALVES:
                    requests += self._halves(number)
        return Repetition(self.wire, requests)

    def resizing(self, *sizes: tuple[int, int]) -> Repetition:
        """Resize to each of ``sizes`` in turn and draw during the block, without pause."""
        requests = []
        for number, (width, height) in enumerate(sizes):
            requests.append(self._configuration(width=width, height=height))
            requests += self._halves(number)
        return Repetition(self.wire, requests)

    def configure(self, **values: int) -> None:
        """ConfigureWindow with any of x, y, width, height, border_width, sibling, stack_mode."""
        self.wire.send(self._configuration(**values))

    def map(self) -> None:
        self._of_window(_MAP_WINDOW)

    def unmap(self) -> None:
        self._of_window(_UNMAP_WINDOW)

    def blink(self, times: int) -> None:
        """Unmap and map the window this many times, in one burst."""
        for _ in range(times):
            self.unmap()
            self.map()

    def destroy(self) -> None:
        self._of_window(_DESTROY_WINDOW)

    def rest(self) -> None:
        """A round trip: the server has handled everything."""
        self.wire.sync()

    def die(self) -> None:
        """Close the connection at any time; the server destroys the window."""
        self.wire.close()

    def die_writing(self) -> None:
        """Close the connection in the middle of a request, half of which has been sent."""
        request = self._halves(0)[0]
        self.wire.send(request[: len(request) // 2], requests=0)
        self.die()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.die()

    def _pixel(self, colour: str) -> int:
        return pixel_value(colour, self.wire.root_depth)

    def _halves(self, number: int, drawable: int = 0) -> list[bytes]:
        """The requests that draw the left half of a frame, and its right half."""
        middle = self.width // 2
        spans = (0, middle), (middle, self.width - middle)
        return [
            self._encoded(
                _FILL_RECTANGLE,
                self.wire.pack("II", drawable or self.window, self._gcs[colour])
                + self.wire.pack("hhHH", x, 0, width, self.height),
            )
            for colour, (x, width) in zip(halves(number), spans, strict=True)
        ]

    def _painted(self, number: int) -> int:
        """A new pixmap with a frame in it."""
        pixmap = self.wire.create_pixmap(self.width, self.height)
        for request in self._halves(number, pixmap):
            self.wire.send(request)
        return pixmap

    def _copy(self, pixmap: int) -> bytes:
        """The request that copies ``pixmap`` to the window."""
        gc = self._gcs[FRAME_COLOURS[0]]
        body = self.wire.pack("III", pixmap, self.window, gc)
        body += self.wire.pack("hhhhHH", 0, 0, 0, 0, self.width, self.height)
        return self._encoded(_COPY_AREA, body)

    def _configuration(self, **values: int) -> bytes:
        self.width = values.get("width", self.width)
        self.height = values.get("height", self.height)
        given = [(bit, values[name]) for name, bit in _ORDER if name in values]
        body = self.wire.pack("IH2x", self.window, sum(bit for bit, _ in given))
        body += b"".join(self.wire.pack("i" if value < 0 else "I", value) for _, value in given)
        return self._encoded(_CONFIGURE_WINDOW, body)

    def _of_window(self, opcode: int) -> None:
        self.wire.send(self._encoded(opcode, self.wire.pack("I", self.window)))

    def _encoded(self, opcode: int, body: bytes = b"") -> bytes:
        return self.wire.pack("BBH", opcode, 0, 1 + len(body) // 4) + body
