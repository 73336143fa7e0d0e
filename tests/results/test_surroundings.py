# SPDX-License-Identifier: MIT
"""The packages of a machine, by doubles of package managers."""

import pytest

from harness.results import surroundings
from harness.servers.builds import Build
from harness.servers.kinds.table import ServerKind
from harness.servers.releases.provenance import origin_of

STATUS = """\
Package: xvfb
Status: install ok installed
Version: 2:21.1.7-3

Package: gone
Status: deinstall ok config-files
Version: 1.0
"""

RPM = """\
case "$*" in
    *--all*) printf 'kernel 6.1-1\\nxorg-x11-server-Xvfb 21.1.14-2.fc41\\nkernel 6.2-1\\n' ;;
    *"--file "*/Xvfb) printf 'xorg-x11-server-Xvfb 21.1.14-2.fc41' ;;
    *) exit 1 ;;
esac
"""

PACMAN = """\
case "$*" in
    --query) printf 'bash 5.2-1\\nxorg-server-xvfb 21.1.15-1\\n' ;;
    "--query --quiet --owns "*/Xvfb) echo xorg-server-xvfb ;;
    "--query xorg-server-xvfb") echo xorg-server-xvfb 21.1.15-1 ;;
    *) exit 1 ;;
esac
"""


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with the status file of dpkg, or with a program that is a shell script."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(surroundings, "_DPKG_STATUS", tmp_path / "status")

    def has(manager, text):
        if manager == "dpkg":
            (tmp_path / "status").write_text(text)
        else:
            (tmp_path / manager).write_text(f"#!/bin/sh\n{text}")
            (tmp_path / manager).chmod(0o755)
        surroundings.packages.cache_clear()

    yield has
    surroundings.packages.cache_clear()


@pytest.mark.parametrize(
    ("manager", "text", "found"),
    [
        ("dpkg", STATUS, {"xvfb": "2:21.1.7-3"}),
        ("rpm", RPM, {"kernel": "6.1-1, 6.2-1", "xorg-x11-server-Xvfb": "21.1.14-2.fc41"}),
        ("pacman", PACMAN, {"bash": "5.2-1", "xorg-server-xvfb": "21.1.15-1"}),
    ],
)
def test_installed_packages_are_those_of_the_machines_manager(machine, manager, text, found):
    """Beside those of Python."""
    machine(manager, text)
    packages = surroundings.packages()
    assert packages.keys() == {"python", manager}
    assert packages[manager] == found


def test_a_manager_without_packages_is_not_the_machines(machine):
    """As dpkg on Fedora, or rpm on Debian."""
    machine("dpkg", "")
    machine("rpm", "exit 0")
    machine("pacman", PACMAN)
    assert surroundings.packages().keys() == {"python", "pacman"}
    machine("pacman", "exit 1")
    assert surroundings.packages().keys() == {"python"}


@pytest.mark.parametrize(
    ("manager", "text", "package"),
    [
        ("rpm", RPM, "xorg-x11-server-Xvfb 21.1.14-2.fc41"),
        ("pacman", PACMAN, "xorg-server-xvfb 21.1.15-1"),
    ],
)
def test_a_server_is_of_the_package_that_owns_its_program(
    machine, tmp_path, manager, text, package
):
    """A program that no package owns is of none."""
    machine(manager, text)
    for name, found in (("Xvfb", package), ("other", "")):
        build = Build(ServerKind.XVFB, tmp_path / name, "", "", "")
        assert origin_of(build).package == found
