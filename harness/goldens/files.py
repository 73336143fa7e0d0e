# SPDX-License-Identifier: MIT
"""Files that are either whole or not there."""

import io
import os
from pathlib import Path

from PIL import Image


def replace_file(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path`` in one step; readers see the old file or the new one.

    Makes the folders.  Raises OSError, and then leaves nothing new behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        beside.write_bytes(data)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def png(image: Image.Image) -> bytes:
    """The image as a PNG file; the same image gives the same bytes."""
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=9)
    return buffer.getvalue()
