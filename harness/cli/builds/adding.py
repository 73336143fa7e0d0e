# SPDX-License-Identifier: MIT
"""``xharness builds add``: a build of a branch, a working tree or a release."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.cli.builds.arguments import OK, add_config, builds_file
from harness.errors import HarnessError
from harness.inputs import given, setting
from harness.servers.kinds.table import ServerKind

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

_PRESETS = "plain", "sanitized", "coverage"


def add_command(commands: "Commands") -> None:
    """Add the command to those of ``xharness builds``."""
    parser = commands.add_parser(
        "add",
        help="add a build to nightly.toml",
        epilog="examples: xharness builds add main --git ~/xserver --ref main; "
        "xharness builds add mine --source . --preset sanitized; "
        "xharness builds add sid-asan xvfb@sid --preset sanitized",
    )
    parser.add_argument("name", type=given, metavar="NAME", help="such as main, in KIND@main")
    origin = parser.add_mutually_exclusive_group(required=True)
    origin.add_argument(
        "release",
        type=given,
        nargs="?",
        metavar="KIND@RELEASE",
        help="the source package of a Debian release",
    )
    origin.add_argument(
        "--git", type=given, metavar="DIR|URL", help="a git repository; --ref says what of it"
    )
    origin.add_argument("--source", type=given, metavar="DIR", help="a working tree as it is")
    parser.add_argument("--ref", type=given, metavar="REF", help="a branch, a tag or a commit")
    parser.add_argument("--preset", choices=_PRESETS, help="default: plain")
    parser.add_argument(
        "--option",
        type=setting,
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="an option of meson, such as glamor=true (repeatable)",
    )
    parser.add_argument(
        "--server",
        choices=[str(kind) for kind in ServerKind],
        action="append",
        default=[],
        help="build this kind (repeatable; default: all that the sources have, or KIND)",
    )
    add_config(parser)
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    from harness.nightly.builds.definitions import add_definition

    file = builds_file(arguments)
    table: dict[str, Any] = {
        key: value
        for key in ("git", "ref", "source", "release", "preset")
        if (value := getattr(arguments, key)) is not None
    }
    for key in ("git", "source"):
        if key in table:
            _check_folder(f"--{key}", table[key], address=key == "git")
            table[key] = _from_folder_of(file, table[key])
    table |= {"servers": arguments.server, "options": dict(arguments.option)}
    definition = add_definition(file, arguments.name, table)
    print(f"added {definition.name} ({definition.origin}) to {file}")
    print(f"build it: xharness builds make {definition.name}")
    return OK


def _check_folder(option: str, text: str, *, address: bool) -> None:
    """Raise HarnessError unless ``text`` is a folder, or may be an ``address`` of git."""
    folder = Path(text).expanduser()
    if folder.is_dir() or (address and (":" in text or folder.is_file())):
        return
    known = "a folder or an address" if address else "a folder"
    problem = "is no folder" if folder.exists() else "does not exist"
    raise HarnessError(f"{option} {text}: expected {known}, and {folder.absolute()} {problem}")


def _from_folder_of(file: Path, text: str) -> str:
    """A folder that is named relative to the current one as the file's folder sees it."""
    folder = Path(text).expanduser()
    if folder.is_absolute() or not folder.exists():
        return text
    return os.path.relpath(folder.absolute(), file.absolute().parent)
