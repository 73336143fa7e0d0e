# SPDX-License-Identifier: MIT
"""Xauthority files, read and written."""

import os

from hypothesis import given
from hypothesis import strategies as st

from harness.x11.authority import (
    FAMILY_LOCAL,
    FAMILY_WILD,
    PROTOCOL,
    AuthorityEntry,
    decode,
    find_cookie,
    new_cookie,
    write,
)

TEXTS = st.binary(max_size=300)


@given(
    st.lists(
        st.builds(AuthorityEntry, st.integers(0, 0xFFFF), TEXTS, TEXTS, TEXTS, TEXTS), max_size=4
    )
)
def test_records_survive_the_file(records):
    """Encoding and decoding are each other's inverse, in order."""
    assert list(decode(b"".join(record.encode() for record in records))) == records


@given(st.binary(max_size=200))
def test_any_bytes_are_read_without_an_error(data):
    """A file that is cut or damaged yields the records before the damage."""
    list(decode(data))


def test_a_record_has_the_bytes_of_libxau():
    """Family and lengths are big-endian."""
    assert AuthorityEntry(256, b"h", b"7", b"N", b"\1\2").encode() == (
        b"\1\0\0\1h\0\0017\0\1N\0\2\1\2"
    )


def test_a_cookie_is_found_for_its_display_only(tmp_path):
    """By host name and number, or by wildcards; other protocols and hosts are passed over."""
    here = os.uname().nodename.encode()
    path = tmp_path / "authority"
    path.write_bytes(
        AuthorityEntry(FAMILY_LOCAL, b"elsewhere", b"7", PROTOCOL, b"foreign").encode()
        + AuthorityEntry(FAMILY_LOCAL, here, b"7", b"XDM-AUTHORIZATION-1", b"other").encode()
        + AuthorityEntry(FAMILY_LOCAL, here, b"7", PROTOCOL, b"seven").encode()
        + AuthorityEntry(FAMILY_WILD, b"", b"8", PROTOCOL, b"eight").encode()
    )
    assert find_cookie(path, 7) == b"seven"
    assert find_cookie(path, 8) == b"eight"
    assert find_cookie(path, 9) is None
    assert find_cookie(tmp_path / "absent", 7) is None


def test_our_own_file_serves_every_display(tmp_path):
    """Two cookies are never the same."""
    cookie = new_cookie()
    write(tmp_path / "authority", cookie)
    assert find_cookie(tmp_path / "authority", 12) == cookie
    assert new_cookie() != cookie
