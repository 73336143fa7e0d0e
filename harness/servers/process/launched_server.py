# SPDX-License-Identifier: MIT
"""A server that the harness started, until it is stopped."""

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

from harness.errors import HarnessError
from harness.servers.attached import attach
from harness.servers.errors import ServerDied, describe_status
from harness.servers.flip.control import FlipControl
from harness.servers.kinds.table import ServerKind
from harness.servers.kms.control import KmsControl
from harness.servers.monitors.control import MonitorControl
from harness.servers.process.log import tail
from harness.servers.process.process import Process
from harness.servers.reports import Report, ReportFiles
from harness.servers.server import Ending, Server, Stop
from harness.servers.spec import ServerSpec
from harness.x11.address import Address
from harness.x11.setup import Setup

STOP_SECONDS = 5.0
"""From SIGTERM to SIGKILL."""

HELPER_END_SECONDS = 0.5
"""How long a helper process that dies may take to end after its connections broke."""


class LaunchedServer(Server):
    """A server that ``launch`` started; its stop releases ``resources``."""

    spec: ServerSpec
    authority: Path
    log_path: Path

    def __init__(
        self,
        spec: ServerSpec,
        address: Address,
        cookie: bytes,
        authority: Path,
        setup: Setup,
        process: Process,
        helper: Process | None,
        reports: ReportFiles,
        pid: int,
        private: Path,
        resources: ExitStack,
    ) -> None:
        self.spec, self.setup, self.log_path = spec, setup, process.log_path
        self.is_xwayland = spec.build.kind.info.program == ServerKind.XWAYLAND.info.program
        self.display, self.cookie, self.authority = address.name, cookie, authority
        self.pid = pid
        info = spec.build.kind.info
        self._flip = FlipControl(private, self) if info.own_driver else None
        self._control = KmsControl(private, self) if info.guest else self._flip
        self._process = process
        self._helper = helper
        self._report_files = reports
        self._reports = [replace(one, at_start=True) for one in reports.new(ended=False)]
        self._resources = resources
        self._stop: Stop | None = None

    @property
    def folder(self) -> Path:
        """The folder of its private files."""
        return self.log_path.parent

    @property
    def flip(self) -> FlipControl | None:
        return self._flip

    @property
    def monitor_control(self) -> MonitorControl | None:
        return self._control

    @property
    def kind(self) -> ServerKind:
        return self.spec.build.kind

    @property
    def name(self) -> str:
        build = self.spec.build
        return f"{build.kind.info.program} ({build.path}, {self.display})"

    @property
    def alive(self) -> bool:
        return self._process.alive

    def check_alive(self, handling: str = "", grace: float = 0.0) -> None:
        """Raise ServerDied when the server ended, after its helper or host display if so."""
        if self._process.wait(grace):
            status, log = self._process.status, self.log_tail()
            cause = self._helper_death() or self._host_death()
            if self.reported:
                last = self._reports[-1]
                cause, log = f"{last.headline!r}", f"{last.excerpt}\n{log}"
            raise ServerDied(self.name, status, handling, log, self.log_path, cause)

    def _helper_death(self) -> str:
        """How the helper process died; empty if it did not."""
        helper = self.kind.info.helper
        # The server may notice the broken connection before the kernel has ended the helper.
        if helper is None or self._helper is None or not self._helper.wait(HELPER_END_SECONDS):
            return ""
        ended = describe_status(self._helper.status)
        return f"{helper.program}, which it needs, died with {ended}"

    def _host_death(self) -> str:
        """That the host display does not serve any more; empty if it does."""
        try:
            host = self.attach_host()
        except HarnessError:
            assert self.spec.host is not None
            return f"its host display {self.spec.host.display}, which it needs, was no more"
        if host is not None:
            host.stop()
        return ""

    @property
    def reported(self) -> bool:
        if self._stop is None:
            self._reports += self._report_files.new(ended=not self.alive)
        return bool(self._reports)

    def take_reports(self) -> list[Report]:
        taken, self._reports = (self._reports, []) if self.reported else ([], [])
        return taken

    @property
    def report_text(self) -> str:
        return self._report_files.text

    def log_tail(self, lines: int = 20, start: int = 0) -> str:
        if self._stop is not None and not self.log_path.exists():
            return self._stop.log
        return tail(self.log_path, lines, start)

    @property
    def log_size(self) -> int:
        try:
            return self.log_path.stat().st_size
        except OSError:
            return 0

    def attach_host(self) -> Server | None:
        host = self.spec.host
        if host is None or not self.kind.info.needs_host:
            return None
        return attach(host.display, host.authority)

    def stop(self) -> Stop:
        if self._stop is None:
            died = not self.alive
            if self._control is not None:
                self._control.close()
            reports = self.take_reports()
            killed = not self._process.end(STOP_SECONDS, self.kind.info.end_signal)
            if died:
                ending = Ending.DIED
            elif killed:
                ending = Ending.KILLED
            else:
                ending = Ending.CLEAN if self._process.ended_well else Ending.FAILED
            at_end = self._report_files.new(ended=True)
            # Such a status only repeats that there are reports.
            if self._report_files.any and ending is Ending.FAILED and self._process.status != 0:
                ending = Ending.CLEAN
            self._stop = Stop(
                *(ending, self._process.status, self.log_tail()),
                *(tuple(reports), tuple(at_end), self.report_text),
            )
            self._resources.close()
        return self._stop
