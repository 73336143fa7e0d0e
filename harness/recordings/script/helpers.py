# SPDX-License-Identifier: MIT
"""What scripts need around their requests; a script has the parts that it uses."""

CANNOT_TELL = 125
"""The exit status of a script that can judge nothing, as ``git bisect run`` wants it."""

CLIENT = '''\
class Client(xcffib.Connection):
    """A connection that keeps its events, and the errors of requests that nothing checks."""

    def __init__(self) -> None:
        try:
            super().__init__()
        except xcffib.ConnectionException as error:
            raise OSError(f"no server can be reached: {error}") from None
        self.events: list = []
        self.errors: list = []

    def take(self, seconds: float = 0.0) -> None:
        """Read what has come; wait at most so long for it."""
        self.flush()
        select.select([self.get_file_descriptor()], [], [], seconds)
        while True:
            try:
                if (event := self.poll_for_event()) is None:
                    return
                self.events.append(event)
            except xcffib.Error as error:
                self.errors.append(error)
            except (IndexError, KeyError):
                self.events.append(None)  # of a type that xcffib does not know

    def sync(self) -> None:
        """Wait until the server has carried out all requests so far."""
        self.core.GetInputFocus().reply()
        self.take()
'''

FIND = '''
    def find(self, kind: type, /, **fields: int) -> list:
        """The events of this kind so far, with these fields."""
        return [
            one
            for one in self.events
            if isinstance(one, kind) and all(getattr(one, k) == v for k, v in fields.items())
        ]
'''

UNTIL = '''
    def until(self, holds: Callable[[], object], seconds: float = SECONDS) -> bool:
        """Take events until this holds, at most so long; whether it does."""
        end = time.monotonic() + seconds
        while not holds() and time.monotonic() < end:
            self.take(0.02)
        return bool(holds())
'''

WAIT = '''
    def wait(self, kind: type, /, **fields: int) -> Any:
        """The last event of this kind with these fields, which comes if it is not there yet."""
        if not self.until(lambda: self.find(kind, **fields)):
            sys.exit(cannot_tell(f"no {kind.__name__} came with {fields}"))
        return self.find(kind, **fields)[-1]
'''

CANNOT = '''
def cannot_tell(why: str) -> int:
    """Say why the server cannot be judged; the exit status that says so."""
    print(f"cannot tell: {why}", file=sys.stderr)
    return 125
'''

ERROR_OF = '''
def error_of(cookie: Any) -> xcffib.Error | None:
    """The error that answers a request, None for none."""
    try:
        cookie.reply() if cookie.reply_type else cookie.check()
    except xcffib.Error as error:
        return error
    return None
'''

VISUAL = '''
def visual(screen: Any, depth: int) -> int:
    """The first visual of this depth."""
    return next(
        one.visual_id
        for allowed in screen.allowed_depths
        if allowed.depth == depth
        for one in allowed.visuals
    )
'''

KINDS = '''
def kinds(conn: Client) -> list[str]:
    """The kinds of all events so far."""
    return [f"{type(one).__name__}{getattr(one, 'subCode', '')}" for one in conn.events]
'''

PICTURE = '''
def picture(conn: Client, drawable: int, x: int, y: int, width: int, height: int) -> list[int]:
    """The pixels that a part of a window or pixmap shows, without unused bits."""
    conn.sync()
    image = conn.core.GetImage(2, drawable, x, y, width, height, 0xFFFFFFFF).reply()
    pixels = struct.unpack(f"={width * height}I", bytes(image.data))
    return [one & ((1 << image.depth) - 1) for one in pixels]
'''

DIGEST = '''
def digest(pixels: list[int]) -> str:
    """What tells pictures apart."""
    return hashlib.sha256(struct.pack(f"<{len(pixels)}I", *pixels)).hexdigest()
'''

SHARED_MEMORY = '''
class SharedMemory:
    """A segment of System V, which ends with the last process that has it."""

    def __init__(self, size: int) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.shmat.restype = ctypes.c_void_p
        self.id = libc.shmget(0, ctypes.c_size_t(size), 0o1600)
        self.address = libc.shmat(self.id, None, 0) if self.id >= 0 else None
        if self.address in (None, ctypes.c_void_p(-1).value):
            raise OSError(f"no shared memory of {size} bytes: {os.strerror(ctypes.get_errno())}")
        libc.shmctl(self.id, 0, None)  # Linux still lets others attach it

    def write(self, offset: int, data: bytes) -> None:
        """Put these bytes there."""
        ctypes.memmove(self.address + offset, data, len(data))
'''

PAINT = '''
def paint(conn: Client, pixmap: int, depth: int, width: int, stride: int, data: bytes) -> None:
    """Draw rows of so many bytes: what the client's own buffer of a graphics device showed."""
    gc = conn.generate_id()
    conn.core.CreateGC(gc, pixmap, 0, [])
    rows = max(1, (1 << 17) // stride)
    for y in range(0, len(data) // stride, rows):
        part = data[y * stride : (y + rows) * stride]
        size = (width, len(part) // stride, 0, y, 0, depth)
        conn.core.PutImage(2, pixmap, gc, *size, len(part), part)
    conn.core.FreeGC(gc)
'''

HUNG = '''
def hung() -> None:
    """End with the status of a bug: the server answers no more."""
    print(f"bug: the server did not answer for {SECONDS:g} s", flush=True)
    os._exit(1)
'''

PRESENT_EVENTS = '''
class CompleteNotify:
    """Present's event, which xcffib lacks: it knows no fields of 64 bits."""

    def __init__(self, unpacker: Any) -> None:
        # libxcb has put its own sequence number behind the first 32 bytes.
        data = bytes(xcffib.ffi.buffer(unpacker.cdata, 44))
        self.kind, self.mode, self.event, self.window, self.serial, self.ust = struct.unpack_from(
            "=10xBBIIIQ", data
        )
        (self.msc,) = struct.unpack_from("=Q", data, 36)


xcffib.present._events[1] = CompleteNotify
'''

PRESENT_PIXMAP = '''
def present_pixmap(
    conn: Client,
    window: int,
    pixmap: int,
    serial: int,
    *,
    valid: int = 0,
    update: int = 0,
    x_off: int = 0,
    y_off: int = 0,
    target_crtc: int = 0,
    wait_fence: int = 0,
    idle_fence: int = 0,
    options: int = 0,
    target_msc: int = 0,
    divisor: int = 0,
    remainder: int = 0,
    notifies: tuple[tuple[int, int], ...] = (),
) -> None:
    """PresentPixmap, which xcffib lacks: it knows no fields of 64 bits."""
    head = (window, pixmap, serial, valid, update, x_off, y_off)
    rest = (target_crtc, wait_fence, idle_fence, options, target_msc, divisor, remainder)
    body = struct.pack("=4xIIIIIhhIIII4xQQQ", *head, *rest)
    body += b"".join(struct.pack("=II", *one) for one in notifies)
    conn(xcffib.present.key).send_request(1, io.BytesIO(body))
'''

NOTIFY_MSC = '''
def notify_msc(
    conn: Client,
    window: int,
    serial: int,
    *,
    target_msc: int = 0,
    divisor: int = 0,
    remainder: int = 0,
) -> None:
    """NotifyMSC, which xcffib lacks: it knows no fields of 64 bits."""
    body = struct.pack("=4xII4xQQQ", window, serial, target_msc, divisor, remainder)
    conn(xcffib.present.key).send_request(2, io.BytesIO(body))
'''

START = '''
def start(command: list[str]) -> subprocess.Popen:
    """Start the server; DISPLAY names it when it is ready."""
    reading, writing = os.pipe()
    server = subprocess.Popen([*command, "-displayfd", str(writing)], pass_fds=[writing])
    os.close(writing)
    with os.fdopen(reading) as stream:
        number = stream.readline().strip()
    if not number:
        raise OSError(f"{command[0]} did not start: its status is {server.wait()}")
    os.environ["DISPLAY"] = f":{number}"
    return server
'''

RUN = '''
def run(command: list[str]) -> int:
    """Judge the server that this command starts, or without one that of DISPLAY."""
    try:
        server = start(command) if command else None
        try:
            return main()
        finally:
            if server is not None:
                server.terminate()
                server.wait()
    except Exception as error:  # whatever it is, it says nothing of the server
        return cannot_tell(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
'''

RUN_TO_DEATH = '''
def run(command: list[str]) -> int:
    """Judge the server that this command starts, or without one that of DISPLAY."""
    try:
        server = start(command) if command else None
    except OSError as error:
        return cannot_tell(str(error))
    try:
        return main()
    except xcffib.ConnectionException as error:
        if server is None:
            print(f"the server closed the connection: {error}")
            return 1
        try:
            print(f"the server ended with status {server.wait(SECONDS)}")
        except subprocess.TimeoutExpired:
            return cannot_tell(f"it closed the connection and lives: {error}")
        return 1
    except Exception as error:  # whatever it is, it says nothing of the server
        return cannot_tell(f"{type(error).__name__}: {error}")
    finally:
        if server is not None:
            server.terminate()
            server.wait()


if __name__ == "__main__":
    sys.exit(run(sys.argv[1:]))
'''

PARTS = (
    (r"\bcannot_tell\(", CANNOT),
    (r"(?<!\.)\bCompleteNotify\b", PRESENT_EVENTS),
    (r"\bpresent_pixmap\(", PRESENT_PIXMAP),
    (r"\bnotify_msc\(", NOTIFY_MSC),
    (r"\berror_of\(", ERROR_OF),
    (r"\bvisual\(", VISUAL),
    (r"\bkinds\(", KINDS),
    (r"\bpicture\(", PICTURE),
    (r"\bdigest\(", DIGEST),
    (r"\bSharedMemory\(", SHARED_MEMORY),
    (r"\bpaint\(", PAINT),
    (r"\bhung\b", HUNG),
    (r"\bstart\(", START),
)
"""Parts by what the code that needs them has, in their order in a script."""

METHODS = ((r"\.(find|wait)\(", FIND), (r"\.(until|wait)\(", UNTIL), (r"\.wait\(", WAIT))
"""Methods of the client by the same."""
