# SPDX-License-Identifier: MIT
"""Servers started before they are needed, so that a fresh one per test costs little time."""

import contextlib
import shutil
import signal
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Self

from harness.servers.process.launch import launch
from harness.servers.process.launched_server import LaunchedServer
from harness.servers.process.private_folder import new_folder, temporary_folder
from harness.servers.process.process import Process
from harness.servers.process.reaper import REAPER
from harness.servers.server import Stop
from harness.servers.spec import ServerSpec


class ServerPool:
    """Fresh servers, each for one user; at most ``size`` idle ones are kept.

    ``expect`` says what to start ahead.  All private files are in one temporary folder in
    ``folder`` (default: TMPDIR), which ``close`` removes.  Raises FolderUnusable.
    """

    def __init__(self, folder: Path | None = None, size: int = 2) -> None:
        self._resources = contextlib.ExitStack()
        self._folder = self._resources.enter_context(temporary_folder(folder))
        self._expected: deque[ServerSpec] = deque(maxlen=size)
        self._idle: list[LaunchedServer] = []
        self._taken: set[LaunchedServer] = set()
        self._starting: ServerSpec | None = None
        self._started: list[Process] = []
        self._closing = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="server pool", daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def expect(self, *specs: ServerSpec) -> None:
        """Each of ``specs`` will be taken once, in this order: start them ahead.

        Beyond the pool's size the oldest expectations are dropped, and their servers stopped.
        """
        with self._changed:
            self._expected.extend(specs)
            self._changed.notify_all()

    def take(self, spec: ServerSpec) -> LaunchedServer:
        """A fresh server that matches ``spec``, started ahead or else now.

        Raises what ``launch`` does.
        """
        while (server := self._take_idle(spec)) is not None:
            if server.alive:
                break
            self._discard(server)
        else:
            server = self._launch(spec)
        with self._changed:
            self._taken.add(server)
        return server

    def retire(self, server: LaunchedServer) -> Stop:
        """Stop a server that was taken, and remove its files; how it ended.

        In the caller's thread, for a healthy server ends within a few ms.
        """
        with self._changed:
            self._taken.discard(server)
        return self._discard(server)

    def close(self) -> None:
        """Stop every server, idle or taken, and remove all files.

        One that is being started ahead is killed: it may take as long as a start may last.
        """
        with self._changed:
            self._closing = True
            for process in self._started:
                process.signal(signal.SIGKILL)
            self._changed.notify_all()
        self._thread.join()
        for server in (*self._idle, *self._taken):
            self._discard(server)
        self._idle.clear()
        self._taken.clear()
        self._resources.close()
        REAPER.end_if_idle()

    def _take_idle(self, spec: ServerSpec) -> LaunchedServer | None:
        """An idle server that matches ``spec``; waits for one that is being started."""
        with self._changed:
            while True:
                for server in self._idle:
                    if server.spec == spec:
                        self._idle.remove(server)
                        self._drop_expectation(spec)
                        return server
                if self._starting != spec:
                    self._drop_expectation(spec)
                    return None
                self._changed.wait()

    def _drop_expectation(self, spec: ServerSpec) -> None:
        if spec in self._expected:
            self._expected.remove(spec)

    def _launch(
        self, spec: ServerSpec, started: Callable[[Process], None] = lambda _: None
    ) -> LaunchedServer:
        folder = new_folder(f"{spec.build.kind}-", self._folder)
        try:
            return launch(spec, folder, started=started)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise

    def _discard(self, server: LaunchedServer) -> Stop:
        stop = server.stop()
        shutil.rmtree(server.folder, ignore_errors=True)
        return stop

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(self._has_work)
                if self._closing:
                    return
                unwanted, self._starting = self._plan()
                self._idle = [server for server in self._idle if server not in unwanted]
                spec = self._starting
            for server in unwanted:
                self._discard(server)
            if spec is not None:
                self._start_ahead(spec)

    def _has_work(self) -> bool:
        return self._closing or self._plan() != ([], None)

    def _plan(self) -> tuple[list[LaunchedServer], ServerSpec | None]:
        """The idle servers that are not expected, and the first expectation without a server."""
        expected, unwanted = list(self._expected), []
        for server in self._idle:
            if server.spec in expected:
                expected.remove(server.spec)
            else:
                unwanted.append(server)
        return unwanted, expected[0] if expected else None

    def _note_started(self, process: Process) -> None:
        with self._changed:
            self._started.append(process)
            if self._closing:
                process.signal(signal.SIGKILL)

    def _start_ahead(self, spec: ServerSpec) -> None:
        server = None
        # ``take`` starts it again and raises the error where a test reports it.
        with contextlib.suppress(Exception):
            server = self._launch(spec, self._note_started)
        with self._changed:
            self._starting = None
            self._started.clear()
            if server is not None:
                self._idle.append(server)
            else:
                while spec in self._expected:
                    self._expected.remove(spec)
            self._changed.notify_all()
