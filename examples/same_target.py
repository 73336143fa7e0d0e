# SPDX-License-Identifier: MIT
"""Two presentations with the same target MSC: the first is skipped, its pixmap idle at once.

A bug reproduction without pytest: run it with ``python examples/same_target.py [SERVER]``,
where SERVER is an Xvfb of your own.  It ends with status 1 when the server is wrong,
with 2 when there is no server to judge.
"""

import sys
from pathlib import Path

from harness.clients.present.presenter import Presenter
from harness.servers.builds import find_on_path, from_file
from harness.servers.errors import NotAServer, ServerNotInstalled
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec
from harness.timeline.rules import Family, check
from harness.timeline.text import timeline_text, violations_text


def main(arguments: list[str]) -> int:
    """Present twice for one target to the server named by ``arguments``; 1 when it is wrong."""
    build = from_file(Path(arguments[0])) if arguments else find_on_path(ServerKind.XVFB)
    with launch(ServerSpec(build=build, fps=600)) as server, Presenter(server) as application:
        window = application.window(64, 64)
        target = window.msc() + 20
        first = window.present(window.pixmap("red"), target_msc=target)
        second = window.present(window.pixmap("green"), target_msc=target)
        print("idle    ", first.wait_idle())
        print("first   ", first.wait_complete())
        print("second  ", second.wait_complete())
        application.settle()
        violations = check(application.timeline, Family.COPY)
        if violations:
            print(violations_text(violations, application.timeline))
            print(timeline_text(application.timeline))
        return 1 if violations else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (NotAServer, ServerNotInstalled) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
