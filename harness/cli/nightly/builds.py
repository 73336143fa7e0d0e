# SPDX-License-Identifier: MIT
"""``xharness builds``: X servers built from their sources, by names of ``nightly.toml``."""

import argparse
import os
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError
from harness.inputs import given, printable, setting, whole_number
from harness.servers.kinds.table import ServerKind

if TYPE_CHECKING:
    from harness.nightly.builds.cache import BuildCache, Built
    from harness.nightly.builds.definitions import BuildDefinition
    from harness.nightly.builds.progress import BuildStep, Progress

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

OK, BUILD_FAILED, UNUSABLE = 0, 1, 2
"""Exit statuses; sources that cannot be built differ from wrong input."""

_PRESETS = "plain", "sanitized", "coverage"
_UNITS = {"K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def add_command(commands: "Commands") -> None:
    """Add the commands to those of ``xharness``."""
    parser = commands.add_parser(
        "builds",
        help="build X servers from their sources, to be judged as KIND@NAME",
        description="Builds are tables [builds.NAME] of nightly.toml. "
        "Exit status: 0 when all is done, 1 when something cannot be built, 2 for wrong input.",
    )
    parser.set_defaults(failed=UNUSABLE)
    below = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    _add_adding(below)
    listing = below.add_parser("list", help="show the builds, and which are made")
    listing.set_defaults(run=_list)
    making = below.add_parser(
        "make",
        help="build what is not in the cache yet",
        epilog="example: xharness builds make main && pytest suites/ --server xvfb@main",
    )
    _add_names(making, "*", "default: all of the file")
    making.set_defaults(run=_make)
    showing = below.add_parser(
        "path",
        help="print the meson build folder of a build",
        epilog='example: pytest suites/ --server-build "$(xharness builds path main)"',
    )
    showing.add_argument("name", type=given, metavar="NAME")
    showing.set_defaults(run=_path)
    forgetting = below.add_parser(
        "forget", help="remove builds from the file; what was made stays until it is pruned"
    )
    _add_names(forgetting, "+", "a build of the file")
    forgetting.set_defaults(run=_forget)
    pruning = below.add_parser(
        "prune",
        help="remove builds that failed or were not used for longest from the cache",
        description="Builds that a name means now are kept.",
        epilog="example: xharness builds prune --size 5G",
    )
    limit = pruning.add_mutually_exclusive_group(required=True)
    limit.add_argument(
        "--keep", type=whole_number(5), metavar="N", help="keep so many beside the named"
    )
    limit.add_argument(
        "--size", type=_size, metavar="SIZE", help="keep what the named leave of this (500M, 5G)"
    )
    pruning.set_defaults(run=_prune)
    for command in (listing, making, forgetting):
        _add_config(command)


def _add_adding(below: "Commands") -> None:
    adding = below.add_parser(
        "add",
        help="add a build to nightly.toml",
        epilog="examples: xharness builds add main --git ~/xserver --ref main; "
        "xharness builds add mine --source . --preset sanitized; "
        "xharness builds add sid-asan xvfb@sid --preset sanitized",
    )
    adding.add_argument("name", type=given, metavar="NAME", help="such as main, in KIND@main")
    origin = adding.add_mutually_exclusive_group(required=True)
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
    adding.add_argument("--ref", type=given, metavar="REF", help="a branch, a tag or a commit")
    adding.add_argument("--preset", choices=_PRESETS, help="default: plain")
    adding.add_argument(
        "--option",
        type=setting,
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="an option of meson, such as glamor=true (repeatable)",
    )
    adding.add_argument(
        "--server",
        choices=[str(kind) for kind in ServerKind],
        action="append",
        default=[],
        help="build this kind (repeatable; default: all that the sources have, or KIND)",
    )
    _add_config(adding)
    adding.set_defaults(run=_add)


def _add_names(parser: argparse.ArgumentParser, number: str, words: str) -> None:
    parser.add_argument("names", type=given, nargs=number, metavar="NAME", help=words)


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--config",
        type=given,
        metavar="FILE",
        help="the file of the builds (default: nightly.toml here or in a folder above)",
    )


def _size(text: str) -> int:
    found = re.fullmatch(r"(\d{1,9}(?:\.\d+)?)([KMGT]?)B?", given(text), re.IGNORECASE)
    if found is None:
        raise argparse.ArgumentTypeError(f"expected a size such as 500M or 5G, got {text!r}")
    return int(float(found[1]) * _UNITS.get(found[2].upper(), 1))


def _file(arguments: argparse.Namespace) -> Path:
    from harness.servers.made_builds import find_file

    return Path(arguments.config) if arguments.config else find_file(Path.cwd())


def _add(arguments: argparse.Namespace) -> int:
    from harness.nightly.builds.definitions import add_definition

    file = _file(arguments)
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


def _list(arguments: argparse.Namespace) -> int:
    from harness.nightly.builds.cache import BuildCache
    from harness.nightly.builds.definitions import read_definitions

    file, cache = _file(arguments), BuildCache()
    definitions = read_definitions(file)
    for name, definition in definitions.items():
        built = cache.named(name)
        failure = cache.failure(name)
        state = _described(built) if built is not None else failure or "not made yet"
        print(printable(f"{name:16} {state}"))
        if built is not None and failure:
            print(printable(f"{'':16} the last try {failure}"))
        print(printable(f"{'':16} {definition.recipe.preset}: {definition.origin}"))
        if built is not None:
            _print_lacks(name, built)
    if not definitions:
        print(f"no builds in {file}; add one: xharness builds add main --git DIR --ref main")
    names = cache.names()
    further = [built for built in cache.made() if built.key not in names]
    unfinished = cache.unfinished()
    if further or unfinished:
        size = sum(_used(built.folder.parent) for built in further)
        print(
            f"further in {cache.folder}: {len(further)} made ({_megabytes(size)}), "
            f"{len(unfinished)} failed or interrupted; xharness builds prune removes them"
        )
    return OK


def _described(built: "Built") -> str:
    record = built.record
    kinds = [kind for kind in record.kinds if kind not in record.lacks]
    size = _megabytes(_used(built.folder.parent))
    return f"{record.version} {record.origin}: {', '.join(kinds)} ({size})"


def _make(arguments: argparse.Namespace) -> int:
    from harness.nightly.builds.cache import BuildCache
    from harness.nightly.builds.errors import BuildFailed
    from harness.nightly.builds.making import make

    definitions = _chosen(_file(arguments), arguments.names)
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
        print(f"{definition.name} {_described(built)}, {took}: {built.folder}", flush=True)
        _print_lacks(definition.name, built)
    return status


def _print_lacks(name: str, built: "Built") -> None:
    for kind, reason in built.record.lacks.items():
        print(printable(f"{name}: {kind} cannot be judged: {reason}"), flush=True)


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


def _path(arguments: argparse.Namespace) -> int:
    from harness.nightly.builds.cache import BuildCache

    built = BuildCache().named(arguments.name)
    if built is None:
        raise HarnessError(
            f"no build {arguments.name} is made; run: xharness builds make {arguments.name}"
        )
    print(built.folder)
    return OK


def _forget(arguments: argparse.Namespace) -> int:
    from harness.nightly.builds.cache import BuildCache
    from harness.nightly.builds.definitions import read_definitions, remove_definition

    cache, file = BuildCache(), _file(arguments)
    names = dict.fromkeys(arguments.names)
    known = {*read_definitions(file), *(name for made in cache.names().values() for name in made)}
    if unknown := [name for name in names if name not in known]:
        raise HarnessError(f"there is no build {unknown[0]} in {file}, and none is made")
    for name in names:
        remove_definition(file, name)
        cache.forget(name)
        print(f"forgot {name}")
    return OK


def _prune(arguments: argparse.Namespace) -> int:
    from harness.nightly.builds.cache import BuildCache
    from harness.wording import counted

    cache = BuildCache()
    removed = [place for place in cache.unfinished() if cache.remove(place)]
    for built in _superfluous(cache, arguments.keep, arguments.size):
        if cache.remove(built.folder.parent):
            removed.append(built.folder.parent)
    left = sum(_used(built.folder.parent) for built in cache.made())
    print(
        f"removed {counted(len(removed), 'build')}; {len(cache.made())} left ({_megabytes(left)})"
    )
    return OK


def _superfluous(cache: "BuildCache", keep: int | None, size: int | None) -> "list[Built]":
    """The unnamed builds beyond the limit, those that were not used for longest."""
    names, found = cache.names(), cache.made()
    others = [built for built in found if built.key not in names]
    if size is None:
        return others[keep:]
    used = sum(_used(built.folder.parent) for built in found if built.key in names)
    beyond = []
    for built in others:
        used += _used(built.folder.parent)
        if used > size:
            beyond.append(built)
    return beyond


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


def _used(folder: Path) -> int:
    """Bytes that ``folder`` takes of the disk."""
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*"))


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.0f} MB"
