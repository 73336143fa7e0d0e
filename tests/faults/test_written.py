# SPDX-License-Identifier: MIT
"""Faults as text on a command line."""

import pytest

from harness.faults.errors import ScriptError
from harness.faults.scripted import Alter, Cut, Delay, Drop, Refuse
from harness.faults.written import fault_written


@pytest.mark.parametrize(
    "fault",
    [
        Drop("PresentIdleNotify", nth=2),
        Delay("PresentCompleteNotify", until="PresentIdleNotify"),
        Refuse("CreatePixmap", "Alloc", nth=3),
        Cut("reply to GetImage", after=100),
        Alter("PresentIdleNotify", serial=7),
    ],
    ids=str,
)
def test_a_fault_is_read_as_it_is_written(fault):
    assert fault_written(f" {fault} ") == fault


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("PresentIdleNotify", "expected a fault such as 'Drop"),
        ("Drop(", "expected a fault such as 'Drop"),
        ("\0", "expected a fault such as 'Drop"),
        ("a.Drop('KeyPress')", "expected a fault such as 'Drop"),
        ("Lose('PresentIdleNotify')", "expected one of Alter, Cut, Delay, Drop, "),
        ("Drop()", "missing 1 required"),
        ("Drop(3)", "expected a fault"),
        ("Drop('KeyPress', often=1)", "unexpected keyword argument 'often'"),
        ("Drop('KeyPress', nth='x')", "expected a fault"),
        ("Drop('KeyPress', **{})", "expected a fault"),
        ("Drop('NoSuchNotify')", "NoSuchNotify"),
        ("Drop('KeyPress', when=__import__('os'))", "expected texts and numbers"),
        ("Drop('KeyPress', when=3)", "that needs no function"),
        ("Alter('PresentIdleNotify', serial=lambda serial: 3)", "expected texts and numbers"),
        ("Alter('PresentIdleNotify', serial='3')", "that needs no function"),
        ("Alter('ConfigureNotify', 3)", "that needs no function"),
    ],
)
def test_what_is_no_fault_is_refused(text, said):
    """Nothing of it is carried out."""
    with pytest.raises(ScriptError) as refused:
        fault_written(text)
    assert said in str(refused.value)
