# SPDX-License-Identifier: MIT
"""x2gokdrive: the server of X2Go sessions, with a screen in memory and no client connected."""

import secrets
from pathlib import Path
from signal import Signals

from harness.servers.kinds.info import EVERYWHERE, Always, KindInfo, Spec

OPTIONS = "x2go-options"

ANY_PORT = 65536
"""Cut to 16 bits this is port 0, for which the kernel chooses a free one; 0 itself means 15000."""


def _arguments(spec: Spec, folder: Path) -> tuple[str, ...]:
    """The size, and a file of options for its port.

    Its port for X2Go's client cannot be left closed: nobody knows the cookie that it wants, and
    it closes the port when no client came within 30 s.
    """
    (folder / OPTIONS).touch(mode=0o600)
    (folder / OPTIONS).write_text(
        f"nx/nx,accept=127.0.0.1,listen={ANY_PORT},cookie={secrets.token_hex(16)},clipboard=none:0"
    )
    return ("-geometry", f"{spec.width}x{spec.height}")


def _environment(_spec: Spec, folder: Path) -> dict[str, str]:
    return {"DISPLAY": f"nx/nx,options={folder / OPTIONS}:0"}


INFO = KindInfo(
    program="x2gokdrive",
    packages={
        "Debian, Ubuntu": "xserver-x2gokdrive",
        "Fedora": "x2gokdrive",
    },
    built_at="hw/kdrive/x2gokdrive/x2gokdrive",
    help_mark="x2gokdriveinit.c",
    arguments=_arguments,
    environment=_environment,
    private_sockets=True,
    by_default=False,
    # It does not always survive SIGTERM.
    end_signal=Signals.SIGINT,
    always=(*EVERYWHERE, Always("rate", True, since=(21, 1))),
    depths=(24,),
)
