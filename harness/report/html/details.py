# SPDX-License-Identifier: MIT
"""All that the page of one test shows, with its pictures and the ends of its logs."""

import base64
import re
from collections.abc import Mapping
from pathlib import Path

from harness.results.run import Attempt, FrameResult, Run, TestResult
from harness.results.run_files import RunFiles

LONGEST_TEXT = 32 * 1024
"""How much (bytes) of the end of a text a page shows; the file has the rest."""

LARGEST_STRIP = 1024 * 1024
"""How much (bytes) the pictures of a watched test may have on its page; the folder has the rest."""

_STEP = re.compile(r"(\d{4})\.png  (.*)")
_TEXTS = (".txt", ".log", ".sh")
_PICTURES = (".svg",)


class Details:
    """Reads what a run's folder keeps of its tests.

    ``link`` leads from the report to the run's folder, empty where there is no way, as the two
    are moved apart.
    """

    def __init__(self, run: Run, folder: Path, link: str) -> None:
        self._run = run
        self._files = RunFiles(folder)
        self._link = link

    def of(self, test: TestResult) -> dict[str, object]:
        """What the page reads; empty members are left out."""
        server = self._run.servers.get(test.server)
        durations = test.durations
        members: dict[str, object] = {
            "message": test.message,
            "command": test.command,
            "durations": [durations.setup, durations.call, durations.teardown],
            "started": round(test.started, 3),
            "worker": test.worker,
            "assertions": test.assertions,
            "bugs": test.bugs,
            "expectations": test.expectations,
            "attempts": [self._attempt(attempt) for attempt in test.attempts],
            "observations": list(test.observations.items()),
            "frames": [self._frame(frame) for frame in test.frames],
            "files": [self._file(name, path) for name, path in test.files.items()],
            "server": server.version if server else "",
        }
        return {name: value for name, value in members.items() if value}

    def _attempt(self, attempt: Attempt) -> dict[str, object]:
        members: dict[str, object] = {
            "outcome": attempt.outcome,
            "message": attempt.message,
            "duration": round(attempt.durations.whole, 3),
            "files": [self._file(name, path) for name, path in attempt.files.items()],
        }
        return {name: value for name, value in members.items() if value}

    def _frame(self, frame: FrameResult) -> dict[str, object]:
        members: dict[str, object] = {
            "name": frame.name,
            "golden": frame.golden,
            "verdict": frame.verdict,
            "depth": frame.depth,
            "size": frame.size if any(frame.size) else (),
            "total": frame.total,
            "differing": frame.differing,
            "tolerated": frame.tolerated,
            "box": frame.box or (),
            "worst": frame.worst,
            "limit": frame.limit,
            "text": frame.text,
            "saved": frame.saved,
            "digest": frame.digest,
            "unsteady": not frame.steady,
            "pictures": self._pictures(frame.pictures),
        }
        return {name: value for name, value in members.items() if value}

    def _pictures(self, pictures: Mapping[str, str]) -> dict[str, str]:
        found = {kind: self._read(path) for kind, path in pictures.items()}
        return {kind: base64.b64encode(data).decode() for kind, data in found.items() if data}

    def _file(self, name: str, path: str) -> dict[str, object]:
        members: dict[str, object] = {"name": name, "path": path}
        if self._files.find(path) is None:
            return members | {"gone": True}
        if self._link:
            members["link"] = f"{self._link}/{path}"
        if name == "steps":
            members |= self._steps(path)
        elif path.endswith(_PICTURES):
            members["picture"] = self._read(path).decode(errors="replace")
        elif path.endswith(_TEXTS):
            data = self._read(path)
            text = data[-LONGEST_TEXT:].decode(errors="replace")
            if len(data) > LONGEST_TEXT:
                text = text.partition("\n")[2]
                members["cut"] = len(data)
            members["text"] = text
        return members

    def _steps(self, path: str) -> dict[str, object]:
        """The pictures beside the list of steps at ``path``, each with the words for its steps."""
        folder = path.rpartition("/")[0]
        words: dict[str, list[str]] = {}
        for line in self._read(path).decode(errors="replace").splitlines():
            if found := _STEP.fullmatch(line):
                words.setdefault(found[1], []).append(found[2])
        steps: list[dict[str, object]] = []
        size = 0
        for number, said in words.items():
            data = self._read(f"{folder}/{number}.png")
            size += len(data)
            if size > LARGEST_STRIP:
                break
            if data:
                picture = base64.b64encode(data).decode()
                steps.append({"number": int(number), "words": said, "picture": picture})
        return {"steps": steps, "cut": len(words) - len(steps)} if steps else {}

    def _read(self, path: str) -> bytes:
        """A file of the run, empty where it was not kept."""
        place = self._files.find(path)
        try:
            return b"" if place is None else place.read_bytes()
        except OSError:
            return b""
