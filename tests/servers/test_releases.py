# SPDX-License-Identifier: MIT
"""Servers of other releases: fetched by the machine's apt into a cache, and used from there."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from harness.servers.errors import FetchFailed, FetchRefused, NotFetched, SpecError
from harness.servers.kinds.table import ServerKind
from harness.servers.releases import apt_sources
from harness.servers.releases.cache import ReleasedServer, fetched, find_fetched, unfinished
from harness.servers.releases.fetch import fetch, remove
from tests.servers.repository import LOADER

XVFB = ReleasedServer(ServerKind.XVFB, "trixie")

pytestmark = pytest.mark.skipif(
    shutil.which("apt-get") is None, reason="needs apt, which this system does not have"
)


def test_a_fetched_server_is_found_and_runs_with_its_own_loader(repository):
    """All of the closure is there; arguments pass through; the archives are gone."""
    phases = []
    build = fetch(XVFB, lambda phase, done: phases.append((phase, done)))
    assert (build.kind, build.origin, build.release) == (ServerKind.XVFB, "release", "trixie")
    assert build.name == "xvfb@trixie"
    assert build == find_fetched(XVFB)
    root = XVFB.folder / "root"
    called = [build.path, "-screen", "0", "1x1x8 and more"]
    assert subprocess.run(called, capture_output=True, text=True, check=True).stdout == (
        f"{root}/lib/any-linux-gnu/ld-linux-fake.so.2 --library-path "
        f"{root}/lib/any-linux-gnu:{root}/usr/lib/any-linux-gnu {root}/usr/bin/Xvfb "
        f"-screen 0 1x1x8 and more\n"
    )
    assert XVFB.version == "1:2.3-4"
    assert (fetched(), unfinished()) == ([XVFB], [])
    assert not (XVFB.folder / "archives").exists()
    assert phases[0] == ("package lists of trixie", 0.0)
    assert phases[-1] == ("fetched xvfb@trixie", 100.0)


def test_a_server_draws_with_the_drivers_of_its_own_release(repository):
    """Those of GL, and those that give buffers of a display."""
    loader = LOADER.replace("-fbdir directory", "-parent <XID>")
    loader = loader.replace('echo "$0', 'echo "$LIBGL_DRIVERS_PATH $GBM_BACKENDS_PATH $0')
    repository.add("libdraw", {"lib/any-linux-gnu/ld-linux-draw.so.2": loader})
    drivers = {f"usr/lib/any-linux-gnu/{name}": "" for name in ("dri/a_dri.so", "gbm/dri_gbm.so")}
    repository.add("xserver-xephyr", {"usr/bin/Xephyr": "", **drivers}, depends="libdraw")
    repository.publish("trixie")
    wanted = ReleasedServer(ServerKind.XEPHYR, "trixie")
    build = fetch(wanted)
    said = subprocess.run([build.path, "x"], capture_output=True, text=True, check=True).stdout
    folder = wanted.folder / "root/usr/lib/any-linux-gnu"
    assert said.split()[:2] == [f"{folder}/dri", f"{folder}/gbm"]


def test_a_helper_is_fetched_with_its_server(repository):
    """Sway comes from the same release, runs with its loader, and need not be on PATH."""
    loader = LOADER.replace("-fbdir directory", "-rootless")
    repository.add("libway", {"lib/any-linux-gnu/ld-linux-way.so.2": loader})
    repository.add("xwayland", {"usr/bin/Xwayland": ""}, depends="libway")
    repository.add("sway", {"usr/bin/sway": ""}, depends="libway")
    repository.publish("trixie")
    wanted = ReleasedServer(ServerKind.SWAY, "trixie")
    build = fetch(wanted)
    assert (build.kind, build.name) == (ServerKind.SWAY, "sway@trixie")
    assert build == find_fetched(wanted)
    root = wanted.folder / "root"
    called = [build.helper_program, "--config", "file"]
    assert subprocess.run(called, capture_output=True, text=True, check=True).stdout == (
        f"{root}/lib/any-linux-gnu/ld-linux-way.so.2 --library-path "
        f"{root}/lib/any-linux-gnu {root}/usr/bin/sway --config file\n"
    )


def test_headers_are_fetched_with_a_server_that_a_driver_is_compiled_for(repository):
    """Without what they depend on, which the machine has; the driver is compiled at once."""
    loader = LOADER.replace("-fbdir directory", "-modulepath paths")
    repository.add("libxorg", {"lib/any-linux-gnu/ld-linux-xorg.so.2": loader})
    repository.add("xserver-xorg-core", {"usr/lib/xorg/Xorg": ""}, depends="libxorg")
    headers = {str(path)[1:]: path.read_text() for path in Path("/usr/include/xorg").glob("*.h")}
    description = (
        "abi_videodrv=99.9\n\nName: xorg-server\nDescription: for a test\nVersion: 9.8.7\n"
    )
    files = {"usr/lib/pkgconfig/xorg-server.pc": description, **headers}
    repository.add("xserver-xorg-dev", files, depends="not-there")
    repository.publish("trixie")
    build = fetch(ReleasedServer(ServerKind.XORG_FLIP, "trixie"))
    driver, *modules = build.module_folders
    assert driver.name.startswith("99.9-")
    assert (driver / "flip_drv.so").exists()
    assert modules[0] == build.path.with_name("root") / "usr/lib/xorg/modules"


def test_what_is_there_is_not_fetched_again(repository):
    """Neither network nor sources are needed then."""
    first = fetch(XVFB)
    shutil.rmtree(repository.folder)
    assert fetch(XVFB) == first


def test_a_server_that_was_not_fetched_names_the_command(repository):
    """Whoever asks for it learns what to type."""
    with pytest.raises(NotFetched, match=r"run: xharness servers fetch xvfb@trixie$"):
        find_fetched(XVFB)


@pytest.mark.parametrize("name", ["xvfb", "xvfb@", "xvfb@../etc", "xvfb@Trixie", "xvfb@a b"])
def test_a_name_without_release_is_refused(name):
    """A release is one word of small letters; nothing leaves the cache folder."""
    with pytest.raises(SpecError, match=r"expected KIND@RELEASE such as xvfb@bullseye"):
        ReleasedServer.parse(name)


def test_an_unknown_kind_is_refused():
    """The kinds there are."""
    with pytest.raises(SpecError, match=r"xterm@sid is not known; known kinds: xvfb, xephyr"):
        ReleasedServer.parse("xterm@sid")


def test_an_unknown_release_names_where_it_was_looked_for(repository):
    """The mirror, and the releases that mirrors have."""
    with pytest.raises(FetchRefused, match=r"no release wheezy where .*; known are bullseye") as e:
        fetch(ReleasedServer(ServerKind.XVFB, "wheezy"))
    assert str(repository.folder) in str(e.value)
    assert fetched() == []


def test_a_package_that_the_release_lacks(repository):
    """The package is named, and apt's own words."""
    with pytest.raises(FetchFailed, match=r"this release has no such package") as caught:
        fetch(ReleasedServer(ServerKind.XWAYLAND, "trixie"))
    assert "E: Unable to locate package xwayland" in str(caught.value)


def test_a_dependency_that_cannot_be_met(repository):
    """A release that is being changed."""
    repository.add("xwayland", {"usr/bin/Xwayland": ""}, depends="nothing-of-this-name")
    repository.publish("sid")
    with pytest.raises(FetchFailed, match="this release is being changed"):
        fetch(ReleasedServer(ServerKind.XWAYLAND, "sid"))


def test_a_machine_without_apt_is_refused(repository, monkeypatch, tmp_path):
    """What is missing, and what works elsewhere."""
    monkeypatch.setenv("PATH", str(tmp_path / "none"))
    with pytest.raises(FetchRefused, match=r"apt-get not found on PATH.*--server-path"):
        fetch(XVFB)


def test_a_cache_that_cannot_be_written_is_refused(repository, monkeypatch):
    """The folder, and the variable that names another."""
    monkeypatch.setenv("XHARNESS_CACHE", "/proc/cache")
    with pytest.raises(FetchRefused, match=r"/proc/cache/servers/trixie cannot be written"):
        fetch(XVFB)


def test_a_damaged_package_is_found_out(repository):
    """Apt compares checksums; nothing of it becomes a server."""
    data = repository.packages["libfake"].read_bytes()
    repository.packages["libfake"].write_bytes(bytes(len(data)))
    with pytest.raises(FetchFailed, match="what came is damaged") as caught:
        fetch(XVFB)
    assert "Hash Sum mismatch" in caught.value.output
    assert fetched() == []
    repository.packages["libfake"].write_bytes(data)
    assert fetch(XVFB).name == "xvfb@trixie"


def test_a_package_that_cannot_be_unpacked_is_fetched_anew(repository):
    """A file that was damaged on this disk does not stay in the way."""
    sound = repository.packages["libfake"].read_bytes()
    repository.packages["libfake"].write_bytes(b"\0" * len(sound))
    repository.publish("trixie")
    with pytest.raises(FetchFailed, match=r"libfake_.*deb cannot be unpacked.*make room"):
        fetch(XVFB)
    repository.packages["libfake"].write_bytes(sound)
    repository.publish("trixie")
    assert fetch(XVFB).name == "xvfb@trixie"


def test_a_failed_fetch_keeps_what_came(repository):
    """The next one asks only for what is missing."""
    libfake, xvfb = repository.packages["libfake"], repository.packages["xvfb"]
    libfake.rename(libfake.with_suffix(".away"))
    with pytest.raises(FetchFailed, match="what came is kept"):
        fetch(XVFB)
    assert unfinished() == [XVFB]
    libfake.with_suffix(".away").rename(libfake)
    xvfb.unlink()
    assert fetch(XVFB).name == "xvfb@trixie"


def test_packages_without_a_server_that_runs(repository):
    """A server that answers nothing here is never taken for fetched."""
    tree = repository.folder / "trees" / "libfake"
    shutil.rmtree(tree)
    repository.add("libfake", {"lib/any-linux-gnu/ld-linux-fake.so.2": "#!/bin/sh\nexit 1\n"})
    repository.publish("trixie")
    with pytest.raises(FetchFailed, match="was fetched but does not run on this machine"):
        fetch(XVFB)
    assert fetched() == []


def test_a_killed_fetch_leaves_nothing_in_the_way(repository, instead, start, tmp_path):
    """Killed while it unpacks: half a server is not found, and the next run completes it."""
    os.mkfifo(tmp_path / "unpacking")
    instead("dpkg-deb", f'echo > {tmp_path / "unpacking"}\nexec $real "$@"')
    process = start("servers", "fetch", "xvfb@trixie")
    with (tmp_path / "unpacking").open():
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(20)
    with pytest.raises(NotFetched):
        find_fetched(XVFB)
    assert unfinished() == [XVFB]
    instead("dpkg-deb", 'exec "$real" "$@"')
    (tmp_path / "bin" / "dpkg-deb").unlink()
    assert fetch(XVFB).name == "xvfb@trixie"
    assert unfinished() == []


def test_an_interrupted_fetch_ends_in_words(repository, instead, start, tmp_path):
    """As by Ctrl-C: no traceback, apt ended too, and the next run completes it."""
    os.mkfifo(tmp_path / "running")
    instead("apt-get", f"echo > {tmp_path / 'running'}\nexec sleep 60")
    process = start("servers", "fetch", "xvfb@trixie")
    with (tmp_path / "running").open():
        process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=20)[1]
    assert process.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    (tmp_path / "bin" / "apt-get").unlink()
    assert fetch(XVFB).name == "xvfb@trixie"


def test_two_that_want_the_same_fetch_it_once(repository, instead, start, tmp_path):
    """The second waits for the first, then finds the server there."""
    os.mkfifo(tmp_path / "running")
    calls = tmp_path / "calls"
    instead(
        "apt-get",
        f'[ -e {calls} ] || cat {tmp_path / "running"}\necho "$*" >> {calls}\nexec "$real" "$@"',
    )
    first = start("servers", "fetch", "xvfb@trixie")
    with (tmp_path / "running").open("w"):
        second = start("servers", "fetch", "xvfb@trixie")
        assert second.stderr.readline() == "waiting for another run that fetches from trixie\n"
    for process in (first, second):
        said = process.communicate(timeout=40)
        assert process.returncode == 0, said
        assert said[0].startswith("xvfb@trixie 1:2.3-4 (")
    assert calls.read_text().count(" install ") == 1


def test_a_removed_server_is_gone(repository):
    """Lists and lock of a release go with its last server; others stay."""
    sid = ReleasedServer(ServerKind.XVFB, "sid")
    for server in (XVFB, sid):
        fetch(server)
    remove(XVFB)
    assert fetched() == [sid]
    assert [path.name for path in XVFB.folder.parent.iterdir()] == ["lock"]
    with pytest.raises(NotFetched):
        remove(XVFB)


def test_half_a_server_can_be_removed(repository):
    """What a failed fetch left behind."""
    repository.packages["libfake"].unlink()
    with pytest.raises(FetchFailed):
        fetch(XVFB)
    remove(XVFB)
    assert unfinished() == []


@pytest.fixture
def derived(tmp_path, monkeypatch):
    """The sources of a release from the text of a ``.list`` or ``.sources`` file."""
    monkeypatch.setattr(apt_sources, "own_release", lambda: "bookworm")

    def derive(release: str, text: str, name: str = "debian.sources") -> str:
        (tmp_path / "parts").mkdir(exist_ok=True)
        (tmp_path / "parts" / name).write_text(text)
        found = apt_sources.derive(release, tmp_path / "sources.list", tmp_path / "parts")
        return "\n".join(map(str, found))

    return derive


PARAGRAPH = """\
Types: deb deb-src
URIs: http://one.example/debian http://two.example/debian
# a remark
Suites: bookworm bookworm-updates bookworm-backports
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF

Types: deb
Enabled: no
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: http://foreign.example
Suites: nodistro
Components: main
"""


def test_sources_of_a_release_come_from_those_of_the_machine(derived):
    """Every address and key as it is, the suite replaced; no backports, nothing foreign."""
    key = "signed-by: \n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINBF\n"
    assert derived("trixie", PARAGRAPH) == "\n".join(
        f"Types: deb\nURIs: http://{host}.example/debian\nSuites: {suite}\n"
        f"Components: main contrib\n{key}"
        for host in ("one", "two")
        for suite in ("trixie", "trixie-updates")
    )


def test_a_rolling_release_has_no_updates_beside_it(derived):
    """sid is one suite."""
    assert "-updates" not in derived("sid", PARAGRAPH)
    assert "Suites: sid\n" in derived("sid", PARAGRAPH)


def test_lines_of_the_old_format_are_understood(derived):
    """Options in brackets become fields."""
    line = "deb [ arch=amd64,arm64 signed-by=/k.gpg ] http://a.example/ stable-security main # x\n"
    text = f"# deb http://no.example bookworm main\ndeb-src http://no.example bookworm main\n{line}"
    assert derived("bullseye", text, "debian.list") == (
        "Types: deb\nURIs: http://a.example/\nSuites: bullseye-security\nComponents: main\n"
        "Architectures: amd64 arm64\nsigned-by: /k.gpg\n"
    )


def test_a_machine_without_sources_of_itsown_release_is_refused(derived):
    """What was looked for, and where."""
    with pytest.raises(FetchRefused, match=r"no package source of this machine's own release \("):
        derived("trixie", "deb http://a.example nodistro main\n", "other.list")
