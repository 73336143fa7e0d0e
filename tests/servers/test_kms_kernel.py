# SPDX-License-Identifier: MIT
"""The kernel of xorg-kms: fetched as a source package, built once, kept; and what goes wrong."""

import io
import os
import shutil
import signal
import tarfile

import pytest

from harness.cli.main import main
from harness.servers.builds import find_on_path
from harness.servers.errors import FetchFailed, FetchRefused, KernelNotBuilt, ServerNotInstalled
from harness.servers.kinds.table import ServerKind
from harness.servers.kms import kernel_build
from harness.servers.kms.kernel import kernels, kernels_folder, machine_kernel
from harness.servers.kms.kernel_build import KernelNotMade, build

pytestmark = pytest.mark.skipif(
    shutil.which("apt-get") is None, reason="needs apt, which this system does not have"
)

MAKEFILE = """\
allnoconfig:
\tcp $(KCONFIG_ALLCONFIG) $(O)/.config
linux:
\techo '  CC      init/main.o'
\tcp /bin/true $(O)/linux
"""


def sources(makefile: str) -> bytes:
    """An archive as the source package has one, of a kernel that is /bin/true."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:xz") as archive:
        entry = tarfile.TarInfo("linux-source-7.10/Makefile")
        entry.size = len(makefile)
        archive.addfile(entry, io.BytesIO(makefile.encode()))
    return packed.getvalue()


@pytest.fixture
def tools(instead):
    """Every tool is there, whatever this machine has."""
    for tool in kernel_build._TOOLS:
        if shutil.which(tool) is None:
            instead(tool, "exit 1")


@pytest.fixture
def publish(repository, tools):
    """Publish a source package whose sources are this Makefile."""

    def put(makefile: str, version: str = "7.10.1-1~bpo13+1") -> None:
        name = f"linux-source-{version.rpartition('.')[0]}"
        place = f"usr/src/{name}.tar.xz"
        repository.add(name, {place: sources(makefile)}, "missing", version)
        repository.publish("trixie-backports")

    return put


def built():
    return build(lambda _phase, _percent: None)


def left():
    return sorted(path.name for path in kernels_folder().iterdir())


def test_a_kernel_is_built_once_from_the_newest_sources(publish, capsys):
    """7.10 is newer than 7.9; nothing but the kernel is kept; the command says where."""
    publish(MAKEFILE.replace("true", "false"), "7.9.12-1")
    publish(MAKEFILE)
    assert main(["servers", "build", "kms"]) == 0
    [kernel] = kernels()
    said = capsys.readouterr()
    assert said.out.startswith("kms 7.10.1-1~bpo13+1 (")
    assert str(kernel.program) in said.out
    assert "building Linux 7.10.1-1~bpo13+1" in said.err
    assert left() == [kernel.folder.name, "lock"]
    assert [path.name for path in kernel.folder.iterdir()] == ["linux"]
    assert machine_kernel() == kernel.program
    assert main(["servers", "build", "kms"]) == 0
    assert "(was there already)" in capsys.readouterr().out


def test_a_kernel_in_the_cache_is_listed_and_removed(publish, capsys):
    """By its short name, beside servers of releases."""
    publish(MAKEFILE)
    kernel = built()
    assert main(["servers", "list"]) == 0
    assert "kms                  7.10.1-1~bpo13+1" in capsys.readouterr().out
    assert main(["servers", "remove", "kms"]) == 0
    assert not kernel.folder.exists()
    assert main(["servers", "remove", "kms"]) == 1
    assert "no kernel can be removed: none is built" in capsys.readouterr().err
    assert main(["servers", "remove", "--all"]) == 0


def test_without_a_kernel_the_command_is_named(repository):
    """As for a server that was not fetched."""
    with pytest.raises(KernelNotBuilt, match=r"not built .*run: xharness servers build kms$"):
        find_on_path(ServerKind.XORG_KMS)


def test_another_compiler_or_other_options_make_another_kernel(publish, monkeypatch, instead):
    """What was built by an older version of the harness is not taken for the new one."""
    publish(MAKEFILE)
    first = built()
    monkeypatch.setattr(kernel_build, "wanted_options", lambda: "00000000")
    monkeypatch.setattr("harness.servers.kms.kernel.wanted_options", lambda: "00000000")
    with pytest.raises(KernelNotBuilt):
        machine_kernel()
    second = built()
    instead("gcc", 'echo "gcc of tomorrow"')
    third = built()
    assert len({first.folder, second.folder, third.folder}) == 3
    assert machine_kernel() == third.program


@pytest.mark.parametrize("tool", ["flex", "bison", "bc", "gcc", "make"])
def test_a_missing_tool_is_named_with_its_package(repository, monkeypatch, tool):
    """Before anything is fetched."""
    there = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name: None if name == tool else there(name) or name)
    with pytest.raises(ServerNotInstalled, match=rf"^{tool} not found on PATH \(Debian, .*{tool}"):
        built()


def test_a_build_that_fails_says_why_and_leaves_nothing(publish):
    """The last lines of what the compiler said."""
    publish(MAKEFILE.replace("cp /bin/true", "echo no such header; false"))
    with pytest.raises(KernelNotMade, match=r"make .* failed\n(.|\n)*no such header"):
        built()
    assert left() == ["lock"]


def test_options_that_a_version_does_not_take_are_named(publish):
    """Kconfig drops them without a word, and the kernel would lack what servers need."""
    publish(MAKEFILE.replace("cp $(KCONFIG_ALLCONFIG)", "grep -v VKMS $(KCONFIG_ALLCONFIG) >"))
    with pytest.raises(KernelNotMade, match=r"does not take CONFIG_DRM_VKMS=y$"):
        built()


def test_a_release_without_sources_is_told(repository, tools):
    """The name that was looked for."""
    repository.publish("trixie-backports")
    with pytest.raises(FetchFailed, match=r"^trixie-backports has no package .*linux-source"):
        built()


def test_too_little_room_is_told_before_anything_is_fetched(repository, tools, monkeypatch):
    """What is needed, what there is, and what to do."""
    monkeypatch.setattr(kernel_build, "ROOM_BYTES", 10**18)
    with pytest.raises(FetchRefused, match=r"takes .* GB .*make room, or name another folder"):
        built()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_build_leaves_nothing_in_the_way(publish, start, tmp_path, number):
    """By Ctrl-C it cleans up itself; what a killed one left goes with the next one."""
    os.mkfifo(tmp_path / "running")
    # It would be done before the signal comes; nobody is there to end the steps of a killed one.
    waiting = f"cat {tmp_path / 'running'}; " if number == signal.SIGINT else ""
    begun = f"echo > {tmp_path / 'running'}; {waiting}cp /bin/true"
    publish(MAKEFILE.replace("cp /bin/true", begun))
    process = start("servers", "build", "kms")
    with (tmp_path / "running").open():
        process.send_signal(number)
    said = process.communicate(timeout=20)[1]
    assert "Traceback" not in said
    if number == signal.SIGINT:
        assert process.returncode == 130
        assert left() == ["lock"]
    (tmp_path / "running").unlink()
    kernel = built()
    assert left() == [kernel.folder.name, "lock"]


def test_two_that_want_a_kernel_build_it_once(publish, start, tmp_path):
    """The second waits for the first, then finds it there."""
    os.mkfifo(tmp_path / "running")
    calls = tmp_path / "calls"
    waiting = f"cat {tmp_path / 'running'}; echo call >> {calls}; cp /bin/true"
    publish(MAKEFILE.replace("cp /bin/true", waiting))
    first = start("servers", "build", "kms")
    with (tmp_path / "running").open("w"):
        second = start("servers", "build", "kms")
        assert second.stderr.readline() == "waiting for another run that builds a kernel\n"
    for process in (first, second):
        said = process.communicate(timeout=40)
        assert process.returncode == 0, said
        assert said[0].startswith("kms 7.10.1-1~bpo13+1 (")
    assert calls.read_text() == "call\n"
