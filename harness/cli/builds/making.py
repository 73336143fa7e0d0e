# SPDX-License-Identifier: MIT
"""``xharness builds make``: build what is not in the cache yet."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.cli.builds.arguments import BUILD_FAILED, OK, add_config, add_names, builds_file
from harness.cli.builds.wording import described, print_lacks
from harness.inputs import printable

if TYPE_CHECKING:
    from harness.nightly.builds.definitions import BuildDefinition
    from harness.nightly.builds.progress import BuildStep, Progress

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]


def add_command(commands: "Commands") -> None:
    """Add the command to those of ``xharness builds``."""
    parser = commands.add_parser(
        "make",
        help="build what is not in the cache yet",
        epilog="example: xharness builds make main && pytest suites/ --server xvfb@main",
    )
    add_names(parser, "*", "default: all of the file")
    add_config(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from harness.nightly.builds.cache import BuildCache
    from harness.nightly.builds.errors import BuildFailed
    from harness.nightly.builds.making import make

    definitions = _chosen(builds_file(arguments), arguments.names)
    cache, status = BuildCache(), OK
    for definition in definitions:
        progress = _progress(definition.name, sys.stderr.isatty())
        try:
            built = make(cache, definition, progress)
        except BuildFailed as error:
            _end_line()
            print(printable(f"{definition.name}: {error}"), file=sys.stderr, flush=True)
            status = BUILD_FAILED
            continue
        _end_line()
        took = f"built in {built.record.seconds:.0f} s" if built.new else "was there already"
        print(f"{definition.name} {described(built)}, {took}: {built.folder}", flush=True)
        print_lacks(definition.name, built)
    return status


def _chosen(file: Path, names: Sequence[str]) -> "list[BuildDefinition]":
    from harness.nightly.builds.definitions import read_definitions
    from harness.nightly.builds.errors import BuildDefinitionError

    definitions = read_definitions(file)
    if unknown := [name for name in names if name not in definitions]:
        raise BuildDefinitionError(
            f"{file} has no build {unknown[0]}; it has {', '.join(definitions) or 'none'}; "
            f"xharness builds add {unknown[0]} ... adds one"
        )
    if not definitions:
        raise BuildDefinitionError(f"{file} has no builds; add one: xharness builds add --help")
    return [definitions[name] for name in dict.fromkeys(names)] or list(definitions.values())


def _progress(name: str, live: bool) -> "Progress":
    """Show steps on stderr: a line that changes, or a line for each phase and tenth of it."""
    last = ""

    def show(step: "BuildStep") -> None:
        nonlocal last
        if live:
            print(f"\r{name}: {step}\x1b[K", end="", file=sys.stderr, flush=True)
            return
        tenth = f"{step.phase} {10 * step.done // step.total}" if step.total else step.phase
        if tenth != last:
            print(f"{name}: {step}", file=sys.stderr, flush=True)
        last = tenth

    return show


def _end_line() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)
