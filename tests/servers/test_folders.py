# SPDX-License-Identifier: MIT
"""Folders for servers' private files that are long, missing, full, or not ours to write."""

import errno
import os
from dataclasses import replace

import pytest

from harness.servers.errors import FolderUnusable
from harness.servers.kinds.table import KINDS, ServerKind
from harness.servers.process.launch import launch
from harness.servers.process.pool import ServerPool
from harness.servers.spec import ServerSpec
from tests.servers.test_kinds import BEYOND, build_of


@pytest.mark.parametrize("kind", [ServerKind.XVNC, ServerKind.XWAYLAND, *BEYOND])
def test_private_sockets_do_not_depend_on_the_length_of_tmpdir(kind, tmp_path):
    """A socket's path has at most 107 bytes; a folder of 200 more is no hindrance."""
    parent = tmp_path / ("long" * 50)
    parent.mkdir()
    with ServerPool(parent) as pool:
        server = pool.take(ServerSpec(build=build_of(kind), width=320, height=200))
        assert parent in server.folder.parents
        assert pool.retire(server).clean
    assert list(parent.iterdir()) == []


def test_the_folder_of_private_sockets_is_removed(fake, tmp_path, monkeypatch):
    """With the server that listened there."""
    build = fake("serve(lambda stream: stream.sendall(setup()))")
    info = replace(build.kind.info, private_sockets=True)
    monkeypatch.setitem(KINDS, ServerKind.XVFB, info)
    monkeypatch.setattr("harness.servers.process.launch.SOCKET_FOLDERS", tmp_path)
    folder = tmp_path / "folder"
    folder.mkdir()
    with launch(ServerSpec(build=build), folder):
        [sockets] = tmp_path.glob("xharness-*")
        assert sockets.stat().st_mode & 0o777 == 0o700
    assert not sockets.exists()


def test_a_missing_folder_for_temporary_files_is_named(tmp_path):
    """Not a bare OSError: the folder, the reason and the variable."""
    missing = tmp_path / "missing"
    with pytest.raises(FolderUnusable, match=rf"{missing}: No such file .*TMPDIR"):
        ServerPool(missing)


def test_a_full_folder_is_named(fake, tmp_path, monkeypatch):
    """What cannot be written is not blamed on the server."""

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("harness.x11.authority.write", full)
    with pytest.raises(FolderUnusable, match=rf"{tmp_path}: No space left on device.*TMPDIR"):
        launch(ServerSpec(build=fake("")), tmp_path)


def test_a_log_that_cannot_be_written_is_not_the_servers_refusal(fake, tmp_path):
    """The folder is named, not the server."""
    (tmp_path / "server.log").mkdir()
    with pytest.raises(FolderUnusable, match=rf"{tmp_path}: Is a directory"):
        launch(ServerSpec(build=fake("")), tmp_path)
