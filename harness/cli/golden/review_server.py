# SPDX-License-Identifier: MIT
"""Serves the folder of a run to a browser of this machine, and keeps its decisions.

The address holds a secret, as every user and every page in a browser may connect to the port.
"""

import secrets
import sys
import urllib.parse
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from harness.cli.golden.decisions import NAME, DecisionsError, parse_decisions
from harness.errors import HarnessError
from harness.goldens.files import replace_file
from harness.results.run_files import RunFiles

LONGEST = 64 << 20
"""How large (bytes) decisions may be."""

REPORT = "report"

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".png": "image/png",
}
_TEXT = "text/plain; charset=utf-8"
_NOTHING_DECIDED = b'{"decisions": []}'


class ReviewServer(ThreadingHTTPServer):
    """Serves ``folder``, whose report is in ``report``, on 127.0.0.1.

    ``address`` is that of its first page.  Raises HarnessError for a port that is in use.
    """

    daemon_threads = True

    def __init__(self, folder: Path, run: str, port: int = 0) -> None:
        self.folder = folder.resolve()
        self.run = run
        self.secret = secrets.token_urlsafe(24)
        try:
            super().__init__(("127.0.0.1", port), _Handler)
        except (OSError, OverflowError) as error:
            raise HarnessError(
                f"port {port} cannot be served on: {error}; leave --port out to get a free one"
            ) from None

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/{self.secret}/{REPORT}/index.html"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say what went wrong, unless a browser only left before it had its answer."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: ReviewServer

    def do_GET(self) -> None:
        path = self._path()
        if path is None:
            self._answer(HTTPStatus.NOT_FOUND, b"not here")
        elif path == f"{REPORT}/{NAME}":
            self._answer(HTTPStatus.OK, self._kept())
        else:
            self._file(path)

    def _kept(self) -> bytes:
        kept = RunFiles(self.server.folder).find(NAME)
        try:
            return _NOTHING_DECIDED if kept is None else kept.read_bytes()
        except OSError:
            return _NOTHING_DECIDED

    def do_PUT(self) -> None:
        length = self.headers.get("Content-Length", "")
        if self._path() != f"{REPORT}/{NAME}":
            self._answer(HTTPStatus.NOT_FOUND, b"not here")
        elif not length.isdecimal() or int(length) > LONGEST:
            self._answer(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, b"the decisions are too many")
        else:
            self._keep(self.rfile.read(int(length)))

    def _keep(self, data: bytes) -> None:
        try:
            decisions = parse_decisions(data.decode("utf-8", "replace"), "the decisions")
            if decisions.run != self.server.run:
                raise DecisionsError(f"the decisions are about the run {decisions.run}")
            replace_file(self.server.folder / NAME, data)
        except HarnessError as error:
            self._answer(HTTPStatus.BAD_REQUEST, str(error).encode())
        except OSError as error:
            words = f"{self.server.folder / NAME} cannot be written: {error.strerror}"
            self._answer(HTTPStatus.INTERNAL_SERVER_ERROR, words.encode())
        else:
            self._answer(HTTPStatus.OK, b"kept")

    def _path(self) -> str | None:
        """What is asked for in the folder of the run; nothing for those who lack the secret."""
        # A page of another site may have its own name point here.
        if self.headers.get("Host") != f"127.0.0.1:{self.server.server_port}":
            return None
        try:
            path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path)
        except ValueError:
            return None
        _, secret, *rest = [*path.split("/", 2), ""]
        return (
            rest[0]
            if secrets.compare_digest(secret.encode(), self.server.secret.encode())
            else None
        )

    def _file(self, path: str) -> None:
        try:
            place = RunFiles(self.server.folder).find(path)
            if place is None:
                raise FileNotFoundError
            data = place.read_bytes()
        except OSError:
            self._answer(HTTPStatus.NOT_FOUND, b"not here")
            return
        kind = _TYPES.get(place.suffix, _TEXT)
        if not place.is_relative_to(self.server.folder / REPORT) and place.suffix != ".png":
            # A page of the run itself, which may come from anywhere, could decide.
            kind = _TEXT
        elif place.suffix == ".html":
            data = data.replace(b"<html ", b"<html data-review ", 1)
        self._answer(HTTPStatus.OK, data, {"Content-Type": kind})

    def _answer(
        self, status: HTTPStatus, data: bytes, headers: Mapping[str, str] | None = None
    ) -> None:
        self.send_response(status)
        fixed = {
            "Content-Type": _TEXT,
            "Content-Length": str(len(data)),
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Content-Type-Options": "nosniff",
        }
        for name, value in (fixed | dict(headers or {})).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing: the terminal shows the address."""
