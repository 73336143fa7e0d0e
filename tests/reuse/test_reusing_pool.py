# SPDX-License-Identifier: MIT
"""Servers that serve test after test."""

import os
import signal
from dataclasses import replace

import pytest

from harness.clients.raw.raw_client import RawClient
from harness.reuse.reusing_pool import UNNEEDED, ReusingPool
from harness.servers.process.pool import ServerPool
from harness.servers.server import Ending


@pytest.fixture
def pool(tmp_path):
    with ServerPool(tmp_path) as fresh:
        pool = ReusingPool(fresh, most_idle=2)
        yield pool
        pool.close()


def test_a_server_that_is_as_good_as_new_serves_the_next_test(pool, spec):
    """With the same spec; it knows whom it served, in order."""
    first = pool.take(spec)
    assert pool.served(first) == ()
    assert pool.give_back(first, "test 1") == []
    other = pool.take(replace(spec, width=200))
    assert other is not first
    again = pool.take(spec)
    assert again is first
    assert pool.served(again) == ("test 1",)
    assert pool.give_back(again, "test 2") == []
    assert pool.served(pool.take(spec)) == ("test 1", "test 2")


def test_two_tests_at_once_have_two_servers(pool, spec):
    """A server that is taken is nobody else's."""
    assert pool.take(spec) is not pool.take(spec)


def test_a_server_that_is_not_as_good_as_new_retires(pool, spec):
    """With the reason, and how it ended."""
    server = pool.take(spec)
    with RawClient(server) as client:
        client.request(112, 1, b"")
        client.sync()
    (retired,) = pool.give_back(server, "test 1")
    assert retired.reason == "SetCloseDownMode may leave something behind"
    assert retired.served == ("test 1",)
    assert retired.stop.clean
    assert pool.take(spec) is not server


def test_the_server_that_waited_longest_retires(pool, spec):
    """Never more idle ones than the pool keeps."""
    servers = [pool.take(replace(spec, width=160 + 8 * n)) for n in range(3)]
    assert pool.give_back(servers[0], "a") == []
    assert pool.give_back(servers[1], "b") == []
    (retired,) = pool.give_back(servers[2], "c")
    assert (retired.served, retired.reason) == (("a",), UNNEEDED)
    assert not servers[0].alive
    assert {one.served for one in pool.retire_all()} == {("b",), ("c",)}


def test_a_server_that_dies_while_it_waits_is_reported(pool, spec):
    """To the next test that is over, with those that it had served."""
    server = pool.take(spec)
    pool.give_back(server, "guilty")
    os.kill(server.pid, signal.SIGSEGV)
    assert server._process.wait(5)
    other = pool.take(spec)
    assert other is not server
    (retired,) = pool.give_back(other, "innocent")
    assert retired.served == ("guilty",)
    assert retired.stop.ending is Ending.DIED


def test_a_server_without_record_serves_once(pool, spec):
    """It cannot be inspected, which is no error."""
    blind = replace(spec, extra_args=("-extension", "RECORD"))
    server = pool.take(blind)
    (retired,) = pool.give_back(server, "test 1")
    assert retired.reason == "it cannot be inspected"
    assert retired.stop.clean


def test_servers_are_started_ahead_only_if_none_will_be_there(pool, spec, monkeypatch):
    """A test that runs on one with that spec will return it, unless the last one did not."""
    expected = []
    monkeypatch.setattr(pool._fresh, "expect", expected.append)
    pool.expect(spec)
    assert expected == [spec]
    server = pool.take(spec)
    pool.expect(spec)
    assert expected == [spec]
    with RawClient(server) as client:
        client.request(112, 1, b"")
        client.sync()
    pool.give_back(server, "test 1")
    pool.take(spec)
    pool.expect(spec)
    assert expected == [spec, spec]
