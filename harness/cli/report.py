# SPDX-License-Identifier: MIT
"""``xharness report``: the pages of a run."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from harness.inputs import given

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

FOLDER = "report"
"""Where the report of a run is, below the folder of the run, unless another one is named."""


def add_command(commands: "Commands") -> None:
    """Add ``report`` to the commands of ``xharness``."""
    parser = commands.add_parser(
        "report",
        help="write the pages of a run: its tests, their frames, timelines and logs",
        description="Write static pages that show what a run found. They open from the disk and "
        "from the artifacts of a CI job.",
    )
    parser.add_argument("run_path", type=given, metavar="RUN", help="a results.json, or its folder")
    parser.add_argument(
        "-o",
        "--output",
        type=given,
        metavar="DIR",
        help=f"the folder to write (default: {FOLDER} in the folder of the run)",
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    # Pages and results come with Jinja2, Pillow and numpy.
    from harness.report.html.writing import write_report
    from harness.results.run_file import read_run

    path = Path(arguments.run_path)
    run = read_run(path)
    folder = path if path.is_dir() else path.parent
    output = Path(arguments.output) if arguments.output else folder / FOLDER
    write_report(run, folder, output)
    print(output / "index.html")
    return 0
