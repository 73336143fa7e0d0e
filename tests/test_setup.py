# SPDX-License-Identifier: MIT
"""tools/setup asks for the right packages where it cannot install them itself."""

import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from harness.nightly.builds.toolchain.debian import package_of
from harness.servers.kinds import xorg_flip
from harness.servers.kinds.table import DEFAULT_KINDS

ROOT = Path(__file__).resolve().parent.parent
NEEDED = ("sh", "dirname", "paste")


def parts() -> Iterator[tuple[str, Mapping[str, str]]]:
    """What the servers consist of, as tools/setup calls it, and the packages that bring it."""
    for info in (kind.info for kind in DEFAULT_KINDS):
        yield info.program, info.packages
        if info.module is not None:
            yield "dummy", info.module.packages
        if info.helper is not None:
            yield info.helper.program, info.helper.packages


def run_setup(folder: Path, *managers: str, wanted: str = "") -> subprocess.CompletedProcess[str]:
    """tools/setup on a system that has Python, these package managers and no X server."""
    for name in NEEDED:
        found = shutil.which(name)
        assert found, name
        (folder / name).symlink_to(found)
    (folder / "python3").symlink_to(sys.executable)
    for name in managers:
        (folder / name).write_text("#!/bin/sh\necho must not be called\nexit 3\n")
        (folder / name).chmod(0o755)
    return subprocess.run(
        [ROOT / "tools" / "setup", wanted],
        env={"PATH": str(folder)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@pytest.mark.parametrize(
    ("manager", "command", "distribution"),
    [
        pytest.param("dnf", "sudo dnf install", "Fedora", id="fedora"),
        pytest.param("zypper", "sudo zypper install", "openSUSE", id="opensuse"),
        pytest.param("pacman", "sudo pacman -S", "Arch", id="arch"),
    ],
)
def test_other_distributions_are_told_their_packages(
    tmp_path: Path, manager: str, command: str, distribution: str
) -> None:
    """The command to run is printed with the package of each missing server, and setup stops."""
    done = run_setup(tmp_path, manager)
    packages = [needed[distribution] for _, needed in parts()]
    assert done.returncode == 1
    assert done.stderr.startswith(f"setup: install first: {command} {' '.join(packages)}")
    assert done.stdout == ""


def test_unknown_systems_are_told_the_programs(tmp_path: Path) -> None:
    """Without a package manager that it knows, setup names what is missing."""
    done = run_setup(tmp_path)
    assert done.returncode == 1
    assert "package manager: Xvfb Xephyr Xorg dummy Xvnc Xwayland weston\n" in done.stderr


def test_ci_gets_valgrind_builders_and_a_browser_too(tmp_path: Path) -> None:
    """Where few tests need them, and must not be skipped."""
    done = run_setup(tmp_path, "dnf", wanted="ci")
    assert done.stderr.rstrip().endswith(
        " valgrind ninja-build gcc pkgconf-pkg-config git chromium"
    )


def test_debian_package_names_are_those_of_the_servers() -> None:
    """What apt-get is asked for is what the harness names when a server is missing."""
    script = (ROOT / "tools" / "setup").read_text(encoding="utf-8")
    for part, packages in (*parts(), ("xorg-headers", xorg_flip.INFO.headers)):
        package = packages["Debian, Ubuntu"]
        assert part == package or f'"apt-get {part}") echo {package} ;;' in script


@pytest.mark.parametrize(
    "dependency",
    [
        *("xfont2", "pixman-1", "xcb-image", "pciaccess", "libxcvt"),
        *("wayland-client", "wayland-protocols", "xshmfence"),
    ],
)
def test_what_servers_are_built_from_is_what_a_failed_build_names(
    tmp_path: Path, dependency: str
) -> None:
    """`make mutants` finds all that Xvfb, Xephyr, Xorg and Xwayland need, by the same packages."""
    done = run_setup(tmp_path, "apt-get", wanted="reach")
    assert done.returncode == 1
    assert package_of(dependency) in done.stderr.split()


def test_missing_python_is_one_sentence(tmp_path: Path) -> None:
    """Without Python 3.11 setup says so, before it looks at anything else."""
    (tmp_path / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "python3").chmod(0o755)
    for name in ("sh", "dirname"):
        (tmp_path / name).symlink_to(shutil.which(name) or name)
    done = subprocess.run(
        [ROOT / "tools" / "setup"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "setup: found no Python 3.11 or later; install one (Debian 12: apt-get install python3)"
    ]
