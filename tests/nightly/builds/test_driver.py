# SPDX-License-Identifier: MIT
"""The driver of an Xorg that was built: the machine's where it fits, else one built for it."""

import shutil
import struct
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from harness.nightly.builds.recipe import Recipe
from harness.nightly.builds.revision import SourceRevision
from harness.nightly.builds.toolchain import driver
from harness.nightly.builds.toolchain.driver import abi_of_driver, abi_of_server, fits
from harness.servers.kinds import xorg
from harness.servers.kinds.info import Module
from harness.servers.kinds.table import KINDS, ServerKind
from harness.servers.made_builds import NotMade
from harness.servers.releases.apt_sources import own_release
from harness.servers.releases.named import find_named
from tests.nightly.builds.project import commit, write_project
from tests.nightly.builds.source_repository import SourceRepository

XORG_ONLY = Recipe(kinds=(ServerKind.XORG,))
MARK = struct.pack("=II", 0xEF23FDC5, 0x10DC023A)

CONFIGURE = """\
#!/bin/sh
echo "$PKG_CONFIG_PATH" > seen
cat > Makefile <<END
all: a.m4
\tmkdir -p src/.libs
\tcat seen > src/.libs/dummy_drv.so
a.m4: z.ac
\techo this needs autotools; exit 1
END
"""


def module_of(abi: tuple[int, int], bits: int = 64) -> bytes:
    """A file that describes itself as modules do."""
    version = struct.pack("=I", abi[0] << 16 | abi[1])
    head = b"\x7fELF" + bytes([2 if bits == 64 else 1])
    return head + b"any" + MARK + bytes(16 if bits == 64 else 12) + version + b"rest"


@pytest.fixture
def machine(tmp_path, monkeypatch) -> Path:
    """The folder of a machine's modules; it has no driver."""
    folder = tmp_path / "modules"
    (folder / "drivers").mkdir(parents=True)
    assert isinstance(xorg.INFO.module, Module)
    module = replace(xorg.INFO.module, folders=(str(folder),))
    monkeypatch.setitem(KINDS, ServerKind.XORG, replace(xorg.INFO, module=module))
    return folder


@pytest.fixture
def server(tmp_path) -> SourceRevision:
    """A project with an Xorg for drivers of ABI 25.2."""
    folder = write_project(tmp_path / "server", ServerKind.XORG)
    return SourceRevision(str(folder), "main", commit(folder, "first"))


@pytest.fixture
def repository(tmp_path, monkeypatch) -> SourceRepository:
    """A machine that gets the driver's sources from a folder."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-source") is None or not own_release():
        pytest.skip("needs apt, dpkg-dev and a Debian release")
    folder = tmp_path / "repository"
    folder.mkdir()
    (tmp_path / "sources.list").write_text(f"deb [trusted=yes] file:{folder} stable main\n")
    config = tmp_path / "apt.conf"
    config.write_text(
        f'Dir::Etc::sourcelist "{tmp_path}/sources.list";\nDir::Etc::sourceparts "/none";\n'
    )
    monkeypatch.setenv("APT_CONFIG", str(config))
    return SourceRepository(folder, own_release())


@pytest.mark.parametrize("bits", [32, 64])
def test_a_driver_states_its_abi(tmp_path, bits):
    """In the description that every module has."""
    file = tmp_path / "dummy_drv.so"
    file.write_bytes(module_of((25, 2), bits))
    assert abi_of_driver(file) == (25, 2)


@pytest.mark.parametrize(
    "content", [b"", b"\x7fELF\x02", MARK * 9, module_of((25, 2))[:34]], ids=range(4)
)
def test_other_files_state_none(tmp_path, content):
    """Neither do those that are cut off, or are not there."""
    file = tmp_path / "dummy_drv.so"
    file.write_bytes(content)
    assert abi_of_driver(file) is None
    assert abi_of_driver(tmp_path / "none") is None


def test_the_machines_driver_fits_the_server_that_it_was_made_for():
    """Where Xorg and its driver are installed."""
    module = xorg.INFO.module
    assert module is not None
    places = [Path(folder) / module.file for folder in module.folders]
    found = [path for path in places if path.exists()]
    if not found:
        pytest.skip("needs the dummy driver of Xorg")
    abi = abi_of_driver(found[0])
    assert abi is not None
    assert 20 <= abi[0] < 100


@pytest.mark.parametrize(
    ("driver_abi", "server_abi", "loads"),
    [
        pytest.param((25, 2), (25, 2), True, id="same"),
        pytest.param((25, 1), (25, 2), True, id="older-minor"),
        pytest.param((25, 3), (25, 2), False, id="newer-minor"),
        pytest.param((24, 0), (25, 2), False, id="older"),
        pytest.param((26, 0), (25, 2), False, id="newer"),
    ],
)
def test_a_driver_fits_as_the_loader_decides(driver_abi, server_abi, loads):
    """No other major number, no later minor one."""
    assert fits(driver_abi, server_abi) is loads


def test_the_abi_of_a_server_is_in_what_it_installs(tmp_path):
    """Beside others; the machine's own Xorg does not count."""
    folder = tmp_path / "lib/pkgconfig"
    folder.mkdir(parents=True)
    rest = "Name: xorg-server\nDescription: X\nVersion: 1\n"
    (folder / "xorg-server.pc").write_text(
        f"abi_ansic=0.4\nabi_videodrv=25.2\nabi_xinput=24.4\n{rest}"
    )
    assert abi_of_server(tmp_path) == (25, 2)
    # As XLibre 25.2 puts two numbers one behind the other.
    (folder / "xorg-server.pc").write_text(f"abi_videodrv=28.128.0\n{rest}")
    assert abi_of_server(tmp_path) == (28, 128)
    (folder / "xorg-server.pc").write_text(rest)
    assert abi_of_server(tmp_path) is None


def test_the_machines_driver_is_taken_where_it_fits(cache, machine, server):
    """It is where the server looks for it, and stays when the machine's changes."""
    (machine / "drivers/dummy_drv.so").write_bytes(module_of((25, 1)))
    built = cache.build(server, XORG_ONLY)
    place = built.folder.parent / "install/lib/xorg/modules/drivers/dummy_drv.so"
    assert abi_of_driver(place) == (25, 1)
    assert built.record.lacks == {}
    cache.name("main", built)
    assert find_named("xorg@main").path == built.folder / "hw/xfree86/Xorg"


@pytest.mark.parametrize("there", [None, (24, 0)], ids=["none", "other-abi"])
def test_else_one_is_built_against_the_new_headers(cache, machine, server, repository, there):
    """From the distribution's sources, with what the build installed before everything else."""
    if there:
        (machine / "drivers/dummy_drv.so").write_bytes(module_of(there))
    tree = cache.folder.parent / "tree"
    tree.mkdir(parents=True)
    (tree / "configure").write_text(CONFIGURE)
    # Git writes them in the order of their names.
    (tree / "a.m4").write_text("")
    (tree / "z.ac").write_text("")
    repository.add("xserver-xorg-video-dummy", "1.0-1", tree)
    repository.publish()
    built = cache.build(server, XORG_ONLY)
    installed = built.folder.parent / "install/lib"
    text = (installed / "xorg/modules/drivers/dummy_drv.so").read_text()
    assert text.split(":")[0].strip() == str(installed / "pkgconfig")
    assert built.record.lacks == {}


def test_a_build_without_driver_says_why_and_gets_one_later(cache, machine, server, repository):
    """Its other servers are judged; it is not built again when the driver can be had."""
    tree = cache.folder.parent / "tree"
    tree.mkdir(parents=True)
    (tree / "configure").write_text("#!/bin/sh\necho 'x.h:1: error: no such type'\nexit 1\n")
    repository.add("xserver-xorg-video-dummy", "1.0-1", tree)
    repository.publish()
    built = cache.build(server, XORG_ONLY)
    assert "no dummy_drv.so for the ABI 25.2" in built.record.lacks["xorg"]
    assert "x.h:1: error: no such type" in built.record.lacks["xorg"]
    cache.name("main", built)
    with pytest.raises(NotMade, match="no such type"):
        find_named("xorg@main")
    (machine / "drivers/dummy_drv.so").write_bytes(module_of((25, 2)))
    again = cache.build(server, XORG_ONLY)
    assert (again.folder, again.new, again.record.lacks) == (built.folder, False, {})
    assert find_named("xorg@main").path == built.folder / "hw/xfree86/Xorg"


def test_autotools_that_are_missing_are_named(cache, machine, server, repository, monkeypatch):
    """With their packages: nothing is installed here."""
    tree = cache.folder.parent / "tree"
    tree.mkdir(parents=True)
    (tree / "configure.ac").write_text("")
    repository.add("xserver-xorg-video-dummy", "1.0-1", tree)
    repository.publish()
    monkeypatch.setattr(driver.shutil, "which", _without_autotools)
    built = cache.build(server, XORG_ONLY)
    reason = built.record.lacks["xorg"]
    assert "built by autotools, and some are missing: install autoconf automake libtool" in reason


_which = shutil.which


def _without_autotools(name: str, **keywords: str) -> str | None:
    absent = ("autoreconf", "aclocal", "libtoolize")
    return None if name in absent else _which(name, **keywords)


def test_a_server_that_installs_no_interface_is_said(cache, machine, tmp_path):
    """Its tree is no Xorg's."""
    folder = write_project(tmp_path / "other", ServerKind.XORG)
    (folder / "hw/xfree86/meson.build").write_text("executable('Xorg', 'main.c')\n")
    revision = SourceRevision(str(folder), "main", commit(folder, "first"))
    built = cache.build(revision, XORG_ONLY)
    assert "the sources install no xorg-server.pc" in built.record.lacks["xorg"]
    help_text = subprocess.run(
        [built.folder / "hw/xfree86/Xorg"], capture_output=True, text=True, check=True
    )
    assert "-modulepath paths" in help_text.stdout


def test_a_build_for_a_driver_that_does_not_fit_says_why(cache, tmp_path):
    """The sources are not at fault: what they lack, or what the compiler says, is kept."""
    folder = write_project(tmp_path / "server", ServerKind.XORG)
    (folder / "hw/xfree86/meson.build").write_text("executable('Xorg', 'main.c')\n")
    revision = SourceRevision(str(folder), "main", commit(folder, "first"))
    built = cache.build(revision, Recipe(kinds=(ServerKind.XORG_FLIP,)))
    assert built.record.kinds == ("xorg-flip",)
    assert "has no xorg-server.pc" in built.record.lacks["xorg-flip"]
