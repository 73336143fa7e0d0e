# SPDX-License-Identifier: MIT
"""``xharness doctor``: which servers are here, what they can show, what would be skipped."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import HarnessError
from harness.servers.builds import Build, find_on_path, from_build_folder, from_file
from harness.servers.errors import NoServerInBuildFolder
from harness.servers.kinds.table import ServerKind
from harness.servers.releases.cache import ReleasedServer, fetched, find_fetched
from harness.servers.releases.provenance import provenance

if TYPE_CHECKING:
    from harness.cli.server_report import ServerReport

    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

KINDS = tuple(ServerKind)
"""What is looked for."""

ROOTFUL = "xwayland@trixie"
"""A server of a release that shows what no older one does."""


@dataclass(frozen=True, slots=True)
class Need:
    """What some tests need, whether a server has it, and the server that would help."""

    what: str
    met: Callable[["ServerReport"], bool]
    helper: str


NEEDS = (
    Need("two CRTCs", lambda showing: showing.abilities.crtcs >= 2, "xorg"),
    Need("a CRTC that rotates", lambda showing: showing.abilities.rotation, "xephyr"),
    Need("a CRTC that takes a transform", lambda showing: showing.abilities.transform, ROOTFUL),
    Need("a screen that can grow", lambda showing: showing.abilities.grow, "xvnc"),
    Need("presentations that flip", lambda showing: showing.flips, ROOTFUL),
    Need("Present 1.4", lambda showing: showing.offer.present >= (1, 4), ROOTFUL),
)


def add_command(commands: "Commands") -> None:
    parser = commands.add_parser(
        "doctor", help="start each server there is, and say what it can show"
    )
    parser.add_argument(
        "--server-path", action="append", default=[], metavar="FILE", help="also this server"
    )
    parser.add_argument(
        "--server-build", metavar="DIR", help="also the servers in this meson build folder"
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> int:
    """0 when every server found starts."""
    builds, missing = _builds(arguments)
    showings: dict[str, ServerReport] = {}
    broken = 0
    for build in builds:
        name = build.name if build.stock else str(build.path)
        print(f"{build.name:17} {build.path}", flush=True)
        try:
            from harness.cli.server_report import show

            showings[name] = showing = show(build)
        except HarnessError as error:
            broken += 1
            _print_below(f"does not work: {error}")
            continue
        for line in _described(build, showing):
            _print_below(line)
    for name, reason in missing.items():
        print(f"{name:17} missing")
        _print_below(reason)
    print()
    for line in _skipped(showings):
        print(line)
    return 1 if broken else 0


def _builds(arguments: argparse.Namespace) -> tuple[list[Build], dict[str, str]]:
    """Every server to look at, and why others cannot be."""
    builds: list[Build] = []
    missing: dict[str, str] = {}
    every: list[ServerKind | ReleasedServer] = [*KINDS, *fetched()]
    for wanted in every:
        try:
            if isinstance(wanted, ReleasedServer):
                builds.append(find_fetched(wanted))
            else:
                builds.append(find_on_path(wanted))
        except HarnessError as error:
            missing[str(wanted)] = str(error)
    builds += [from_file(Path(path).expanduser()) for path in arguments.server_path]
    if arguments.server_build:
        folder, found = Path(arguments.server_build).expanduser(), []
        for kind in KINDS:
            try:
                found.append(from_build_folder(folder, kind))
            except NoServerInBuildFolder as error:
                nothing = error
        if not found:
            raise nothing
        builds += found
    return builds, missing


def _described(build: Build, showing: "ServerReport") -> list[str]:
    able, offered = showing.abilities, showing.offer
    made = provenance(build)
    if showing.paced_by_host:
        rate = "the frame rate of its host"
    elif build.offers("-fakescreenfps"):
        rate = "1 to 600 frames per second"
    else:
        rate = "a rate of its own"
    present = "no Present"
    if offered.present > (0, 0):
        flags = [
            flag.name or "" for flag in type(showing.capabilities) if flag in showing.capabilities
        ]
        present = f"Present {'.'.join(map(str, offered.present))}, {rate}, capabilities "
        present += f"{int(showing.capabilities)} ({', '.join(flags) or 'none'})"
    presents = {False: "copies", True: f"flips ({showing.family.name})"}[showing.flips]
    crtcs = f"{able.crtcs} CRTC{'s' * (able.crtcs != 1)}"
    return [
        f"version {showing.version}{', ' if made else ''}{made}",
        f"{crtcs}; rotation: {_yes(able.rotation)}; transform: {_yes(able.transform)}; "
        f"screen grows: {_yes(able.grow)}",
        f"{present}; {presents}",
    ]


def _yes(fact: bool) -> str:
    return "yes" if fact else "no"


def _skipped(showings: dict[str, "ServerReport"]) -> list[str]:
    """For each need, which servers meet it, and what would help when none does."""
    lines = []
    for need in NEEDS:
        able = [name for name, showing in showings.items() if need.met(showing)]
        if able:
            others = len(showings) - len(able)
            skipped = f", are skipped on the other {others}" if others else ""
            lines.append(f"tests that need {need.what} run on {', '.join(able)}{skipped}")
        else:
            lines.append(f"tests that need {need.what} are skipped; {_help(need)}")
    return lines


def _help(need: Need) -> str:
    if "@" in need.helper:
        return f"to run them: xharness servers fetch {need.helper}"
    info = ServerKind(need.helper).info
    packages = [info.packages]
    packages += [part.packages for part in (info.module, info.helper) if part is not None]
    names = " and ".join(names["Debian, Ubuntu"] for names in packages)
    return f"to run them install {need.helper} (Debian, Ubuntu: {names})"


def _print_below(text: str) -> None:
    for line in text.splitlines():
        print(f"{'':17} {line}")
