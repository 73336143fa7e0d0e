# SPDX-License-Identifier: MIT
"""Values of options, and the words in which others are refused."""

import argparse

import pytest

from harness.inputs import pattern, setting, whole_number, words


@pytest.mark.parametrize("text", ["3", "1", "1000", "007"])
def test_numbers_within_the_bounds_are_read(text):
    assert whole_number(4, 1, 1000)(text) == int(text)


@pytest.mark.parametrize("text", ["0", "1001", "-1", "+1", "1.0", "x", "²", "1" * 5000])
def test_other_numbers_are_refused_with_the_bounds(text):
    """Also those that Python would read, or would not read for their length."""
    said = r"expected a number such as 4, got '.*' \(from 1 to 1000\)"
    with pytest.raises(argparse.ArgumentTypeError, match=said):
        whole_number(4, 1, 1000)(text)


def test_settings_have_a_key_and_may_have_no_value():
    """What stands behind the first equals sign is the value."""
    assert setting("c_args=-DA=1") == ("c_args", "-DA=1")
    assert setting("log_dir=") == ("log_dir", "")
    for text in ("glamor", "=true", " =true"):
        with pytest.raises(argparse.ArgumentTypeError, match="expected KEY=VALUE such as"):
            setting(text)


def test_words_and_patterns_say_what_is_wrong():
    """In the words of the shell and of regular expressions."""
    assert words("-k 'one two'") == ["-k", "one two"]
    with pytest.raises(argparse.ArgumentTypeError, match=r"as in a shell, got .*No closing"):
        words("'")
    assert pattern("a+").fullmatch("aa")
    with pytest.raises(argparse.ArgumentTypeError, match="is no regular expression"):
        pattern("(")


@pytest.mark.parametrize("read", [whole_number(4), pattern, words, setting])
def test_nothing_is_no_value(read):
    """A variable of a script may be unset."""
    with pytest.raises(argparse.ArgumentTypeError, match="may be unset"):
        read(" ")
