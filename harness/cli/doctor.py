# SPDX-License-Identifier: MIT
"""``xharness doctor``: which servers are here, what they can show, what would be skipped."""

import argparse
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from harness.capabilities import needs
from harness.errors import HarnessError
from harness.inputs import given, printable
from harness.servers.builds import Build, from_build_folder, from_file
from harness.servers.errors import (
    DriverNotMade,
    KernelNotBuilt,
    NoServerInBuildFolder,
    ServerNotInstalled,
)
from harness.servers.kinds.table import ServerKind
from harness.servers.made_builds import made_servers
from harness.servers.releases.cache import fetched
from harness.servers.releases.named import find_named, parse_name
from harness.servers.releases.provenance import provenance
from harness.servers.wrapper import Wrapper, Wrappers, WrapperUnusable
from harness.wording import counted

if TYPE_CHECKING:
    from harness.capabilities.probed_server import ProbedServer

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

KINDS = tuple(ServerKind)
"""The kinds to look for."""


def add_command(commands: "Commands") -> None:
    """Add the command to those of ``xharness``."""
    parser = commands.add_parser(
        "doctor",
        help="start each server there is, and say what it can show",
        description="Start each server that is installed, fetched or made, or those named, and "
        "print what it can show, found by trying; then which tests would be skipped, and what "
        "would help. Exit status 0: all start; 1: one does not, or is not known.",
    )
    parser.add_argument(
        "--server",
        type=given,
        action="append",
        default=[],
        metavar="KIND[@NAME]",
        help="this server and no other, such as xvfb or xorg@trixie (repeatable)",
    )
    parser.add_argument(
        "--server-path",
        type=given,
        action="append",
        default=[],
        metavar="FILE",
        help="also this server",
    )
    parser.add_argument(
        "--server-build",
        type=given,
        metavar="DIR",
        help="also the servers in this meson build folder",
    )
    parser.add_argument(
        "--server-wrapper",
        type=given,
        action="append",
        default=[],
        metavar="[KIND=]COMMAND",
        help="start the servers, or those of a kind, under this command",
    )
    parser.add_argument(
        "--display", type=given, metavar=":N", help="only the server that runs as this display"
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    """0 when every server found starts, or the one of --display can be used."""
    wrappers = Wrappers(arguments.server_wrapper)
    if arguments.display is not None:
        if arguments.server_wrapper:
            raise WrapperUnusable(
                arguments.server_wrapper[0], "the server of --display runs already"
            )
        return _run_display(arguments.display)
    builds, missing = _builds(arguments)
    wrappers.check(build.kind for build in builds)
    met: dict[str, set[str]] = {}
    broken = 0
    for build in builds:
        name = build.name if build.stock or build.named else str(build.path)
        print(f"{build.name:17} {build.path}", flush=True)
        try:
            lines, met[name] = _examine(build, wrappers.of(build.kind))
        except HarnessError as error:
            broken += 1
            _print_below(f"does not work: {error}")
            continue
        for line in lines:
            _print_below(line)
    for name, reason in missing.items():
        print(f"{name:17} missing")
        _print_below(reason)
    print()
    for line in _skipped(met, alone=bool(arguments.server)):
        print(line)
    return 1 if broken else 0


def _run_display(display: str) -> int:
    """Say what the server that runs as ``display`` can show.  Raises DisplayUnusable."""
    from harness.capabilities.probed_server import ProbedServer
    from harness.servers.attached import attach

    with attach(display) as server:
        probed = ProbedServer(server)
        print(printable(f"{display:17} {server.vendor}, release number {server.release}"))
        for line in _described(probed):
            _print_below(line)
        print()
        for line in _skipped({display: _met(probed)}, alone=True):
            print(line)
    return 0


def _met(server: "ProbedServer") -> set[str]:
    """The keywords of the needs whose examples ``server`` meets."""
    return {need.keyword for need in _needs() if need.unmet(server, need.example) is None}


def _examine(build: Build, wrapper: Wrapper) -> tuple[list[str], set[str]]:
    """What a server of ``build`` shows, in words, and the keywords of the needs that it meets.

    Raises SanitizerReported, ServerRefused, ServerNotReady and others of ``launch``.
    """
    from harness.capabilities.probed_server import ProbedServer
    from harness.servers.host import virtual_host
    from harness.servers.process.launch import launch
    from harness.servers.spec import ServerSpec

    with (
        virtual_host() if build.kind.info.needs_host else nullcontext() as host,
        launch(ServerSpec(build=build, host=host, wrapper=wrapper)) as server,
    ):
        probed = ProbedServer(server)
        lines, met = _described(probed, provenance(build)), _met(probed)
    server.stop().check_reports(server.name)
    lines += [f"built with {' and '.join(build.sanitizers)}"] if build.sanitizers else []
    return lines, met


def _needs() -> list[needs.Need]:
    return [need for need in needs.NEEDS if need.helpers]


def _builds(arguments: argparse.Namespace) -> tuple[list[Build], dict[str, str]]:
    """Every server to look at, and why others cannot be."""
    builds: list[Build] = []
    missing: dict[str, str] = {}
    named = [str(parse_name(name)) for name in arguments.server]
    folder = Path(arguments.server_build) if arguments.server_build else None
    in_folder = [kind for kind in KINDS if not named or kind in named] if folder else []
    for wanted in named or map(str, (*KINDS, *fetched(), *made_servers())):
        if named and wanted in in_folder:
            continue
        try:
            builds.append(find_named(wanted))
        except HarnessError as error:
            missing[wanted] = str(error)
    builds += [from_file(Path(path)) for path in arguments.server_path]
    if folder is not None:
        found, absent = [], []
        for kind in in_folder:
            try:
                found.append(from_build_folder(folder, kind))
            except NoServerInBuildFolder as error:
                absent.append(error)
            except (DriverNotMade, KernelNotBuilt, ServerNotInstalled) as error:
                missing[str(folder / kind.info.built_at)] = str(error)
        if absent and not found:
            raise NoServerInBuildFolder.joined(absent)
        builds += found
    return builds, missing


def _described(server: "ProbedServer", made: str = "") -> list[str]:
    able, offered = server.abilities, server.offer
    present, flips = "no Present", False
    if offered.present > (0, 0):
        flips = server.flips
        if server.paced_by_host:
            rate = "the frame rate of its host"
        elif server.offers_rate:
            rate = "1 to 600 frames per second"
        else:
            rate = "a rate of its own"
        flags = server.present_capabilities
        names = [flag.name or "" for flag in type(flags) if flag in flags]
        present = f"Present {'.'.join(map(str, offered.present))}, {rate}, capabilities "
        present += f"{int(flags)} ({', '.join(names) or 'none'})"
    presents = f"flips ({server.family.name})" if flips else "copies"
    crtcs = counted(able.crtcs, "CRTC")
    return [
        f"version {server.server.version}{', ' if made else ''}{made}",
        f"{crtcs}; rotation: {_yes(able.rotation)}; transform: {_yes(able.transform)}; "
        f"screen grows: {_yes(able.grow)}",
        f"{present}; {presents}",
    ]


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"


def _skipped(met: dict[str, set[str]], *, alone: bool) -> list[str]:
    """For each need, which servers meet it, and what would help when none does.

    Who named the servers, and ``alone`` is to be told of them, is told which others meet it.
    """
    lines = []
    for need in _needs():
        what = f"tests that need {need.example_words}"
        able = [name for name, keywords in met.items() if need.keyword in keywords]
        if able:
            others = len(met) - len(able)
            number = f" {others}" if others > 1 else ""
            skipped = f", are skipped on the other{number}" if others else ""
            lines.append(f"{what} run on {', '.join(able)}{skipped}")
        elif alone:
            lines.append(f"{what} are skipped; they run on {', '.join(need.helpers)}")
        else:
            lines.append(f"{what} are skipped; to run them {' or '.join(map(_help, need.helpers))}")
    return lines


def _help(helper: str) -> str:
    if "@" in helper:
        return f"xharness servers fetch {helper}"
    info = ServerKind(helper).info
    packages = [info.packages]
    packages += [part.packages for part in (info.module, info.helper) if part is not None]
    names = " and ".join(names["Debian, Ubuntu"] for names in packages)
    return f"install {helper} (Debian, Ubuntu: {names})"


def _print_below(text: str) -> None:
    for line in text.splitlines():
        print(printable(f"{'':17} {line}"))
