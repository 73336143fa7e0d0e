# SPDX-License-Identifier: MIT
"""Files that are either whole or not there."""

import io
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from PIL import Image


def replace_file(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` in one step; readers see the old file or the new one.

    Makes the folders.  Raises OSError, and then leaves nothing new behind.
    """
    replace_files({path: data})


def replace_files(files: Mapping[Path, bytes]) -> None:
    """Put all ``files`` in their places once all of them are written, as ``replace_file`` does.

    A disk that is full changes none of them.  Raises OSError.
    """
    besides = {path: path.with_name(f".{path.name}.{os.getpid()}.tmp") for path in files}
    try:
        for path, data in files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            besides[path].write_bytes(data)
        for path, beside in besides.items():
            beside.replace(path)
    finally:
        for beside in besides.values():
            # Also where a folder could not be made, or is a file.
            with suppress(OSError):
                beside.unlink(missing_ok=True)


def png(image: Image.Image) -> bytes:
    """The image as a PNG file; the same image gives the same bytes."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=9)
    return buffer.getvalue()
