# SPDX-License-Identifier: MIT
"""The host's side of a server in a guest: a display whose connections it carries there.

    python -m harness.servers.kms.host KERNEL FOLDER CRTCS XORG -displayfd FD -auth FILE OPTION...

It boots KERNEL, which runs XORG, and takes a display number of the host as a server does.  It ends
as the server does: with its status, or by its signal.
"""

import contextlib
import ctypes
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

from harness.servers.kms.stream import CREDIT, Multiplexer, StreamClosed
from harness.servers.kms.words import GUEST_FILE, Guest, Service, Tell, status_of
from harness.x11 import authority

MEMORY_MB = 768
CONTROL = "control"
"""The socket of commands, in the private folder."""

LARGEST_DISPLAY = 59535
DISPLAY_WORD = "@display@"
LAST_WORDS_SECONDS = 2.0
"""From the end of the guest's line to its own."""

SET_PARENT_DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG (prctl(2)), which Python does not name."""


def boot(kernel: str, folder: Path, stream: int) -> subprocess.Popen[bytes]:
    """Boot the guest, which dies with this process.

    It makes itself a session of its own, so that no signal to this process's group reaches it,
    and the end of the stream does not always wake it.
    """
    parent, prctl = os.getpid(), ctypes.CDLL(None).prctl

    def die_with_parent() -> None:
        prctl(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)

    memory = MEMORY_MB * 1024 * 1024
    # The file of its memory, which it removes at once, is as large as what it used so far.
    shared = Path("/dev/shm")
    roomy = shared.is_dir() and shutil.disk_usage(shared).free > memory
    root = Path(__file__).parents[3]
    return subprocess.Popen(
        [
            *(kernel, f"mem={MEMORY_MB}M", "seccomp=on", "quiet", "panic=-1"),
            *("root=/dev/root", "rootfstype=hostfs", "ro", "vkms.create_default_dev=0"),
            *("con=null", "con0=null,fd:2", "ssl=null", "ssl0=null,fd:1", f"ssl1=fd:{stream}"),
            *(f"uml_dir={folder}", "umid=guest", f"PYTHONPATH={root}"),
            *(f"init={sys.executable}", "--", "-S", "-m", "harness.servers.kms.guest", str(folder)),
        ],
        stdin=subprocess.DEVNULL,
        env={"TMPDIR": str(shared if roomy else folder), "PATH": os.environ.get("PATH", "")},
        pass_fds=(stream,),
        preexec_fn=die_with_parent,
    )


def listen(path: str) -> socket.socket:
    """A socket that listens at ``path``.  Raises OSError."""
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(path)
        listener.listen(512)
    except OSError:
        listener.close()
        raise
    return listener


@contextlib.contextmanager
def display() -> Iterator[tuple[int, list[socket.socket]]]:
    """A free display of this machine, and the sockets at which clients come."""
    for number in range(LARGEST_DISPLAY):
        path = Path(f"/tmp/.X11-unix/X{number}")
        lock = Path(f"/tmp/.X{number}-lock")
        try:
            abstract = listen(f"\0{path}")
        except OSError:
            continue
        with abstract:
            if path.exists() or not _locked(lock):
                continue
            try:
                with listen(str(path)) as named:
                    path.chmod(0o777)
                    yield number, [abstract, named]
            finally:
                path.unlink(missing_ok=True)
                lock.unlink(missing_ok=True)
            return
    sys.exit("no display number is free")


def _locked(lock: Path) -> bool:
    try:
        descriptor = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o444)
    except OSError:
        return False
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{os.getpid():10}\n")
    return True


class DisplayHost:
    """The host's end of the stream, until the guest's server ends or is to end."""

    def __init__(self, stream: int, guest: subprocess.Popen[bytes]) -> None:
        self.ready = False
        self.status: int | None = None
        self._guest = guest
        self._lost = False
        self.carried = Multiplexer(stream, told=self._told, credit=CREDIT)
        woken, waking = os.pipe()
        for end in (woken, waking):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(waking, warn_on_full_buffer=False)
        self.carried.selector.register(woken, 1, lambda _: self._signalled(os.read(woken, 64)))
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)

    def run_until_ready(self) -> bool:
        """Whether the server accepts clients; False when it ended."""
        while not self.ready and self._running:
            self._turn()
        return self.ready and self.status is None

    def run(self) -> None:
        """Carry connections until the server has ended, or the guest."""
        while self._running:
            self._turn()

    def serve(self, listener: socket.socket, service: Service) -> None:
        """Carry whatever connects to ``listener``."""
        listener.setblocking(False)

        def accept(_events: int) -> None:
            with contextlib.suppress(BlockingIOError):
                connection, _ = listener.accept()
                self.carried.open(service, connection)

        self.carried.selector.register(listener, 1, accept)

    @property
    def _running(self) -> bool:
        return self.status is None and not self._lost and self._guest.poll() is None

    def _turn(self) -> None:
        try:
            self.carried.turn()
        except StreamClosed:
            self._lost = True

    def _told(self, what: int, number: int) -> None:
        if what == Tell.READY:
            self.ready = True
        elif what == Tell.ENDED:
            self.status = status_of(number)

    def _signalled(self, numbers: bytes) -> None:
        if {signal.SIGTERM, signal.SIGINT} & set(numbers):
            if self.ready:
                self.carried.tell(Tell.STOP)
            else:
                # The guest's line is not yet one that takes any byte.
                self.status = -signal.SIGTERM


def main(arguments: Sequence[str]) -> NoReturn:
    """Boot the guest, serve a display of this machine from it, and end as its server does."""
    kernel, folder, crtcs, *command = arguments
    folder_path = Path(folder)
    at = command.index("-displayfd") + 1
    report, command[at] = int(command[at]), DISPLAY_WORD
    cookie_file = Path(command[command.index("-auth") + 1])
    # The guest has the private folder alone for writing, and the number is the host's matter.
    copied = folder_path / "Xauthority.guest"
    copied.write_bytes(cookie_file.read_bytes())
    command[command.index("-auth") + 1] = str(copied)
    guest = Guest(
        folder=folder,
        command=command,
        display_word=DISPLAY_WORD,
        environment={key: value for key, value in os.environ.items() if key != "PYTHONPATH"},
        crtcs=int(crtcs),
        kept=_kept(command),
        cookie=next(authority.decode(copied.read_bytes())).data.hex(),
    )
    (folder_path / GUEST_FILE).write_text(json.dumps(asdict(guest)), encoding="utf-8")
    ours, theirs = socket.socketpair()
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)
    running = boot(kernel, folder_path, theirs.fileno())
    theirs.close()
    host = DisplayHost(ours.fileno(), running)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ends)
    try:
        if host.run_until_ready():
            with display() as (number, listeners), listen(str(folder_path / CONTROL)) as control:
                for listener in listeners:
                    host.serve(listener, Service.DISPLAY)
                host.serve(control, Service.COMMANDS)
                os.write(report, f"{number}\n".encode())
                os.close(report)
                host.run()
        if host.status is None:
            # Its line is closed a moment before its end.
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.wait(LAST_WORDS_SECONDS)
        guest_status = running.poll()
    finally:
        # It has nothing to save.
        running.kill()
        running.wait()
    end(host.status, guest_status)


def end(status: int | None, guest: int | None = None) -> NoReturn:
    """End with the server's status, or by its signal; 1 when the guest ended without it.

    ``guest`` is the status of the guest itself, None where it did not end.
    """
    if status is None:
        sys.exit(_guest_lost(guest))
    if status < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    sys.exit(status)


def _guest_lost(status: int | None) -> str:
    """How the guest ended, and what to look at."""
    if status is None:
        how = "broke its line off"
    elif status < 0:
        how = f"ended by {signal.Signals(-status).name}"
    else:
        how = f"ended with status {status}"
    return (
        f"the guest {how}, and its server with it; its kernel's last words are above; without "
        f"any it may lack memory: {MEMORY_MB} MB in /dev/shm, or where TMPDIR is"
    )


def _kept(command: Sequence[str]) -> list[str]:
    """The folders that the guest needs, wherever they are."""
    root = Path(__file__).parents[3]
    keymaps = [Path(one).resolve() for option, one in pairwise(command) if option == "-xkbdir"]
    return [*map(str, (root, Path(command[0]).parent, sys.prefix, sys.base_prefix, *keymaps))]


if __name__ == "__main__":
    main(sys.argv[1:])
