# SPDX-License-Identifier: MIT
"""``xharness golden review``: the report, with decisions that are kept in a file."""

import argparse
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from harness.inputs import given

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_command(commands: "Commands") -> None:
    """Add ``review`` to the commands of ``xharness golden``."""
    parser = commands.add_parser(
        "review",
        help="serve the report of a run to the browser, and keep what is accepted and rejected",
        description="Serve the report of a run on 127.0.0.1, at an address that cannot be guessed, "
        "until Ctrl-C. What is accepted and rejected is kept in decisions.json of the folder of "
        "the run, which `xharness golden accept` reads.",
    )
    parser.add_argument("run_path", type=given, metavar="RUN", help="a results.json, or its folder")
    parser.add_argument(
        "--port", type=int, default=0, metavar="N", help="serve on this port (default: a free one)"
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    # Pages, pictures and results come with Jinja2, Pillow and numpy.
    from harness.cli.golden.review_server import ReviewServer
    from harness.report.html.writing import write_report
    from harness.results.run_file import read_run

    path = Path(arguments.run_path)
    run = read_run(path)
    folder = path if path.is_dir() else path.parent
    write_report(run, folder, folder / "report")
    with ReviewServer(folder, run.id, arguments.port) as server:
        try:
            print(f"{server.address}\nopen it in a browser; Ctrl-C ends the review", flush=True)
            server.serve_forever()
        except KeyboardInterrupt:
            print(f"\nxharness golden accept {shlex.quote(str(folder))}")
    return 0
