# SPDX-License-Identifier: MIT
"""A lost IdleNotify: the rules report the pixmap that never becomes idle.

The server is a real one; a proxy in front of it drops the event.  Run it with
``python examples/lost_idle.py [SERVER]``.  It ends with status 1 when the rules do not report it,
with 2 when there is no server.
"""

import sys
from pathlib import Path

from harness.clients.present.presenter import Presenter
from harness.faults.script import Script
from harness.faults.scripted import Drop
from harness.proxy.proxied_server import ProxiedServer
from harness.servers.builds import find_on_path, from_file
from harness.servers.errors import NotAServer, ServerNotInstalled
from harness.servers.kinds.table import ServerKind
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec
from harness.timeline.rules import Family, check
from harness.timeline.text import violations_text


def main(arguments: list[str]) -> int:
    """Lose one IdleNotify of the server named by ``arguments``; 0 when the rules report it."""
    build = from_file(Path(arguments[0])) if arguments else find_on_path(ServerKind.XVFB)
    script = Script(Drop("PresentIdleNotify", nth=2))
    with (
        ProxiedServer(launch(ServerSpec(build=build, fps=600)), [script]) as server,
        Presenter(server) as application,
    ):
        window = application.window(64, 64)
        for colour in ("red", "green", "blue"):
            print(window.present(window.pixmap(colour)).wait_complete())
        application.settle()
        script.check()
        print(script.report)
        violations = check(application.timeline, Family.COPY)
        print(violations_text(violations, application.timeline))
        return 0 if [one.rule for one in violations] == ["idle-missing"] else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (NotAServer, ServerNotInstalled) as error:
        print(error, file=sys.stderr)
        sys.exit(2)
