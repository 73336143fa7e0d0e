# SPDX-License-Identifier: MIT
"""The folder of goldens: pictures, their descriptions, and who may write them."""

import fcntl
import io
import os
import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from operator import methodcaller
from pathlib import Path

from PIL import Image

from harness.errors import HarnessError
from harness.goldens.description import GoldenEntry, entry_file, read_entry
from harness.goldens.errors import GoldenDamagedError, GoldenError, GoldenRefusedError
from harness.goldens.files import png, replace_files
from harness.goldens.index import read_index
from harness.goldens.names import golden_key, variant_of, variants_for
from harness.pixels.frame import Frame

__tracebackhide__ = methodcaller("errisinstance", HarnessError)


class GoldenMode(StrEnum):
    """What may be written: nothing, only missing goldens, or only changed ones."""

    CHECK = "check"
    ADD = "add"
    UPDATE = "update"


def refuse_writing_in_ci(
    mode: GoldenMode, environment: Mapping[str, str] = os.environ, given: str = ""
) -> None:
    """Raise GoldenRefusedError for a ``mode`` that writes where ``environment`` says CI.

    An empty CI, 0, false and no count as unset.  ``given`` is the mode as the user wrote it.
    """
    ci = environment.get("CI", "").lower() not in ("", "0", "false", "no")
    if ci and mode is not GoldenMode.CHECK:
        raise GoldenRefusedError(
            f"{given or f'--golden {mode}'} is refused where CI is set: goldens are reviewed by a "
            f"person; run it at home, or unset CI"
        )


class GoldenStore:
    """The goldens in ``folder``.

    ``pattern`` limits updates to keys in which it is found.  Several processes may write at
    once.  ``used`` are the keys that were looked at, ``confirmed`` those that matched, with the
    server that showed them.  Raises GoldenRefusedError for a mode that
    writes where ``environment`` says CI, unless ``even_in_ci``; in one that writes also
    GoldenDamagedError when a description does not parse.
    """

    def __init__(
        self,
        folder: Path,
        mode: GoldenMode = GoldenMode.CHECK,
        pattern: re.Pattern[str] | None = None,
        *,
        environment: Mapping[str, str] = os.environ,
        even_in_ci: bool = False,
    ) -> None:
        if not even_in_ci:
            refuse_writing_in_ci(mode, environment)
        self.folder = folder
        self.mode = mode
        self.pattern = pattern
        self.used: set[str] = set()
        self.confirmed: dict[str, str] = {}
        self._old: tuple[tuple[int, ...], Mapping[str, GoldenEntry]] = ((), {})
        self._at_start = {} if mode is GoldenMode.CHECK else self.entries()

    def path(self, key: str) -> Path:
        return self.folder / key

    def entry_path(self, key: str) -> Path:
        """The file that describes the picture."""
        return self.path(key).with_suffix(".json")

    @property
    def old_index(self) -> Path:
        """The one file that described all pictures in the older layout."""
        return self.folder / "index.json"

    def entry(self, key: str) -> GoldenEntry | None:
        """What is known of a golden, nothing where there is none.  Raises GoldenDamagedError."""
        return read_entry(self.entry_path(key)) or self._old_entries().get(key)

    def entries(self) -> dict[str, GoldenEntry]:
        """What is known of all goldens, as it is now, by key.  Raises GoldenDamagedError."""
        found = dict(self._old_entries())
        for path in self.folder.rglob("*.json"):
            entry = None if path == self.old_index else read_entry(path)
            if entry is not None:
                found[path.with_suffix(".png").relative_to(self.folder).as_posix()] = entry
        return dict(sorted(found.items()))

    def pictures(self) -> set[str]:
        """The keys of all pictures, also of those that nothing describes."""
        return {path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*.png")}

    def migrate(self) -> int:
        """Describe each picture beside it, and drop the older layout's index; how many it had.

        Where both describe a picture, as after a merge, the one that fits it stays.
        Raises GoldenDamagedError, and GoldenError when it cannot be written.
        """
        with self._writing(self.old_index), self._locked(fcntl.LOCK_EX):
            old = read_index(self.old_index)
            files = {}
            for key, entry in old.items():
                described = read_entry(self.entry_path(key))
                if described is None or (described != entry and not self._fits(key, described)):
                    files[self.entry_path(key)] = entry_file(entry)
            replace_files(files)
            self.old_index.unlink(missing_ok=True)
        return len(old)

    def _fits(self, key: str, entry: GoldenEntry) -> bool:
        try:
            return read_frame(self.path(key), entry.depth).digest == entry.digest
        except GoldenError:
            return False

    def _old_entries(self) -> Mapping[str, GoldenEntry]:
        try:
            status = self.old_index.stat()
        except FileNotFoundError:
            return {}
        state = (status.st_ino, status.st_size, status.st_mtime_ns)
        if state != self._old[0]:
            self._old = state, read_index(self.old_index)
        return self._old[1]

    def find(self, suite: str, test: str, name: str, server: str, depth: int) -> str | None:
        """The key of the most specific golden that there is.

        Raises GoldenDamagedError, and GoldenError for an impossible name, and for a folder that
        may not be searched.
        """
        keys = [golden_key(suite, test, name, v) for v in variants_for(server, depth)]
        with self._reading():
            for key in keys:
                if self.path(key).exists() or self.entry(key) is not None:
                    self.used.add(key)
                    return key
        return None

    def load(self, key: str) -> Frame:
        """The frame under ``key``, proven to be the one that is described.

        Raises GoldenDamagedError when picture and description do not agree or the picture is
        broken, GoldenError when it may not be read.
        """
        with self._reading():
            return self._load(key)

    def _load(self, key: str) -> Frame:
        path, entry = self.path(key), self.entry(key)
        if entry is None:
            raise GoldenDamagedError(
                f"{path} has no {self.entry_path(key).name} beside it: restore it with "
                f"`git checkout -- {self.entry_path(key)}`, or delete the picture and save it "
                f"again with --golden=add"
            )
        kept = self.entry_path(key) if self.entry_path(key).exists() else self.old_index
        if variant_of(key) and not entry.reason.strip():
            raise GoldenDamagedError(
                f"the variant {key} has no reason in {kept}: say there why this server "
                f"or depth may differ, or delete the variant"
            )
        restore = (
            f"restore it with `git checkout -- {path} {kept}`; to accept other pixels, "
            f"use --golden=update"
        )
        if not path.exists():
            raise GoldenDamagedError(
                f"{path} is gone, but {kept} describes it: {restore}; to drop the golden, "
                f"delete that too"
            )
        try:
            image = _read_png(path)
        except _UNREADABLE as error:
            raise GoldenDamagedError(
                f"{path} is corrupt or truncated: expected a PNG of {entry.size}, got "
                f"{_bytes(path)} that do not decode ({error}); {restore}"
            ) from None
        if image.size != (entry.width, entry.height):
            raise GoldenDamagedError(
                f"{path} was edited by hand: {kept.name} says {entry.size}, the picture is "
                f"{image.width}x{image.height}; {restore}"
            )
        try:
            frame = Frame.from_image(image, entry.depth)
        except HarnessError as error:
            raise GoldenDamagedError(f"{path} was edited by hand: {error}; {restore}") from None
        if frame.digest != entry.digest:
            raise GoldenDamagedError(
                f"{path} was edited by hand: {kept.name} says pixels {entry.digest[:12]}, the "
                f"picture has {frame.digest[:12]}; {restore}"
            )
        return frame

    def may_update(self, key: str) -> bool:
        """Whether a changed golden is to be rewritten."""
        if self.mode is not GoldenMode.UPDATE:
            return False
        return self.pattern is None or bool(self.pattern.search(key.removesuffix(".png")))

    @property
    def chose_none(self) -> bool:
        """Whether there is a pattern, and it is found in no key that was looked at."""
        return self.pattern is not None and not any(map(self.may_update, self.used))

    def save(self, key: str, frame: Frame, *, server: str, reason: str = "") -> None:
        """Write the picture and its line.

        Raises GoldenError when it cannot be written, or when other pixels were confirmed there,
        or written by another server or process, since this store was opened: then those stay.
        """
        if key in self.confirmed:
            raise GoldenError(
                f"{key} is what {self.confirmed[key]} shows in this run, {server} shows something "
                f"else: find out which is right, or declare a variant with its reason"
            )
        entry = GoldenEntry(frame.digest, frame.width, frame.height, frame.depth, server, reason)
        with self._writing(self.path(key)):
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._locked(fcntl.LOCK_EX):
                self._refuse_old_layout()
                now, before = self.entry(key), self._at_start.get(key)
                if now and now.digest == entry.digest and self.path(key).exists():
                    return
                if now and (before is None or now.digest != before.digest):
                    raise GoldenError(
                        f"{key} was saved during this run with other pixels, made with "
                        f"{now.server}; {server} shows something else: find out which is right, "
                        f"or declare a variant with its reason"
                    )
                picture, described = png(frame.to_image()), entry_file(entry)
                replace_files({self.path(key): picture, self.entry_path(key): described})
        self.used.add(key)

    def delete(self, key: str) -> None:
        """Delete the picture, what describes it, and the folders that are empty then.

        Raises GoldenError when it cannot be deleted.
        """
        with self._writing(self.path(key)), self._locked(fcntl.LOCK_EX):
            self._refuse_old_layout()
            for path in (self.path(key), self.entry_path(key)):
                path.unlink(missing_ok=True)
            for folder in self.path(key).relative_to(self.folder).parents[:-1]:
                if any((self.folder / folder).iterdir()):
                    break
                (self.folder / folder).rmdir()

    def _refuse_old_layout(self) -> None:
        if self.old_index.exists():
            raise GoldenError(
                f"{self.old_index} is of the older layout, which is only read: run "
                f"`xharness golden migrate {self.folder}`, which writes a file beside each "
                f"picture, and commit that"
            )

    @contextmanager
    def _writing(self, path: Path) -> Iterator[None]:
        """Raises GoldenError for what cannot be written."""
        try:
            yield
        except OSError as error:
            raise GoldenError(
                f"the golden {path} cannot be written: {error.strerror}; "
                f"make {self.folder} writable"
            ) from None

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Keep other processes from writing.  Raises GoldenError for what may not be looked at."""
        try:
            with self._locked(fcntl.LOCK_SH):
                yield
        except OSError as error:
            raise GoldenError(
                f"the golden {error.filename or self.folder} cannot be read: {error.strerror}; "
                f"make {self.folder} readable"
            ) from None

    @contextmanager
    def _locked(self, kind: int) -> Iterator[None]:
        """Keep other processes from writing; flock on the folder itself leaves no lock file."""
        if kind == fcntl.LOCK_SH and not self.folder.is_dir():
            yield
            return
        descriptor = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            fcntl.flock(descriptor, kind)
            yield
        finally:
            # A child that another thread forks holds the descriptor until it executes its program.
            fcntl.flock(descriptor, fcntl.LOCK_UN)
            os.close(descriptor)


_UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    EOFError,
    IndexError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Image.DecompressionBombWarning,
)

_LAST_CHUNK = b"\0\0\0\0IEND\xae\x42\x60\x82"


def read_frame(path: Path, depth: int) -> Frame:
    """The frame in a PNG.  Raises GoldenError for one that is broken, or of another depth."""
    try:
        return Frame.from_image(_read_png(path), depth)
    except (*_UNREADABLE, HarnessError) as error:
        raise GoldenError(f"{path} is no picture of a frame of depth {depth}: {error}") from None


def _read_png(path: Path) -> Image.Image:
    """The decoded picture; Pillow itself accepts a file that is cut behind the last pixel."""
    data = path.read_bytes()
    if not data.endswith(_LAST_CHUNK):
        raise ValueError("its end is missing")
    image = Image.open(io.BytesIO(data), formats=["PNG"])
    image.load()
    return image


def _bytes(path: Path) -> str:
    return f"{path.stat().st_size} bytes" if path.is_file() else "no file"
