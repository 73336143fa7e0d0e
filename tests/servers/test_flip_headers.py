# SPDX-License-Identifier: MIT
"""Which headers the driver of xorg-flip is compiled with: the machine's, a build's, a release's."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from harness.clients.present.presenter import Presenter
from harness.servers.builds import find_on_path, from_build_folder, from_file
from harness.servers.errors import DriverNotMade, ServerNotInstalled
from harness.servers.flip.headers import Headers, modules_of_build
from harness.servers.kinds import xorg
from harness.servers.kinds.table import ServerKind
from harness.servers.kinds.xorg_flip import DRIVER
from harness.servers.process.launch import launch
from harness.servers.spec import ServerSpec
from harness.x11.present import CompleteMode

DESCRIPTION = """\
prefix={prefix}
sdkdir=${{prefix}}/include/xorg
moduledir=${{prefix}}/lib/xorg/modules
abi_videodrv={abi}

Name: xorg-server
Description: an Xorg
Version: {version}
Cflags: -I${{sdkdir}}
"""
SDK = Path("/usr/include/xorg")


def described(folder: Path, prefix: Path, abi: str = "24.1", version: str = "1.20.11") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "xorg-server.pc"
    path.write_text(DESCRIPTION.format(prefix=prefix, abi=abi, version=version))
    return path


@pytest.fixture
def build(tmp_path) -> Path:
    """A meson build folder of the machine's Xorg, as it were."""
    folder, prefix = tmp_path / "build", tmp_path / "prefix"
    program = folder / ServerKind.XORG_FLIP.info.built_at
    program.parent.mkdir(parents=True)
    program.symlink_to(find_on_path(ServerKind.XORG).path)
    loaded = [path for place in xorg.MODULES for path in Path(place).glob("*.so")]
    machine = Headers.of_machine()
    described(folder, prefix, machine.abi, machine.version)
    installed = {
        str(folder / "xorg-server.pc"): str(prefix / "lib/pkgconfig/xorg-server.pc"),
        str(program): str(prefix / "bin/Xorg"),
        **{str(path): str(prefix / "include/xorg" / path.name) for path in SDK.glob("*.h")},
        **{str(path): str(prefix / "lib/xorg/modules" / path.name) for path in loaded},
    }
    (folder / "meson-info").mkdir()
    (folder / "meson-info/intro-installed.json").write_text(json.dumps(installed))
    return folder


def test_a_server_in_a_build_folder_runs_with_a_driver_of_its_own_headers(build):
    """And with its own modules, though nothing of it is installed: its windows flip."""
    found = from_build_folder(build, ServerKind.XORG_FLIP)
    own, *others = found.module_folders
    assert (own / DRIVER).exists()
    assert own != find_on_path(ServerKind.XORG_FLIP).module_folders[0]
    assert tuple(others) == modules_of_build(build)
    assert from_file(found.path, ServerKind.XORG_FLIP).module_folders == found.module_folders
    spec = ServerSpec(build=found, width=160, height=120)
    with launch(spec) as server, Presenter(server) as client:
        window = client.screen_window()
        assert window.present(window.pixmap("red")).wait_complete().mode is CompleteMode.FLIP


def test_headers_of_a_build_are_told_by_what_they_contain(build):
    """Wherever they lie, and not the machine's beside them; a change makes another driver."""
    headers = Headers.of_build(build)
    assert f"-I{SDK}" not in headers.flags
    assert dict(headers.files)["xf86.h"] == SDK / "xf86.h"
    changed = build / "xf86.h"
    changed.write_text("/* other */\n")
    files = tuple(sorted({**dict(headers.files), "xf86.h": changed}.items()))
    assert replace(headers, files=files).digest != headers.digest
    shutil.copy(SDK / "xf86.h", changed)
    assert replace(headers, files=files).digest == headers.digest


def test_a_build_that_is_not_whole_is_told(build):
    """What is missing, and what to do."""
    with pytest.raises(DriverNotMade, match=r"cannot read .*intro-installed.json .*: No such"):
        Headers.of_build(build / "meson-info")
    place = build / "meson-info/intro-installed.json"
    installed = json.loads(place.read_text())
    installed[str(build / "libfb.so")] = str(build.parent / "prefix/lib/xorg/modules/libfb.so")
    place.write_text(json.dumps(installed))
    with pytest.raises(DriverNotMade, match=r"libfb.so is missing; build all of .*, by ninja"):
        from_build_folder(build, ServerKind.XORG_FLIP)
    place.write_text("{}")
    with pytest.raises(DriverNotMade, match=r"has no xorg-server.pc: it is no build of Xorg"):
        Headers.of_build(build)
    place.write_text("[]")
    with pytest.raises(DriverNotMade, match=r"cannot read .*intro-installed.json of meson"):
        Headers.of_build(build)


def test_a_header_that_cannot_be_read_is_named(build):
    """As one of sources that are gone."""
    headers = replace(Headers.of_build(build), files=(("xf86.h", build / "gone.h"),))
    with pytest.raises(DriverNotMade, match=r"cannot read .*gone.h: No such file"):
        _ = headers.digest


def test_headers_of_a_release_are_those_below_its_root(tmp_path):
    """Not the machine's; its version and interface are what its description says."""
    root = tmp_path / "root"
    described(root / "usr/lib/any-linux-gnu/pkgconfig", Path("/usr"))
    (root / "usr/include/xorg").mkdir(parents=True)
    (root / "usr/include/xorg/xf86.h").write_text("")
    headers = Headers.of_release(root)
    assert (headers.version, headers.abi) == ("1.20.11", "24.1")
    assert headers.files == (("xf86.h", root / "usr/include/xorg/xf86.h"),)
    assert f"-I{SDK}" not in headers.flags
    shutil.rmtree(root / "usr/include")
    with pytest.raises(DriverNotMade, match=r"fetched without the headers .* fetch it again"):
        Headers.of_release(root)


def test_missing_headers_are_named_with_their_package(monkeypatch, tmp_path):
    """One sentence, as for a server that is not installed."""
    monkeypatch.setenv("PKG_CONFIG_LIBDIR", str(tmp_path))
    monkeypatch.delenv("PKG_CONFIG_PATH", raising=False)
    with pytest.raises(ServerNotInstalled, match=r"^xorg-server.pc not found by pkg-config .*dev"):
        Headers.of_machine()


def test_a_driver_needs_no_newer_c_library_than_that_of_the_oldest_release():
    """One that a machine of today compiles runs in Xorg of bullseye, with glibc 2.31."""
    driver = find_on_path(ServerKind.XORG_FLIP).module_folders[0] / DRIVER
    if shutil.which("nm") is None:
        pytest.skip("needs nm (binutils)")
    symbols = subprocess.run(["nm", "-D", driver], capture_output=True, text=True, check=True)
    versions = re.findall(r"@GLIBC_([\d.]+)", symbols.stdout)
    numbers = [tuple(map(int, one.split("."))) for one in versions]
    assert numbers
    assert max(numbers) <= (2, 31)
