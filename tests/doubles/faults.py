# SPDX-License-Identifier: MIT
"""The faults of the misbehaving server by name, and the program that has them."""

import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

from harness.faults.fault import Fault
from tests.doubles.faulty_server import Behaviour, run

ROOT = Path(__file__).resolve().parent.parent.parent

MODULES = (
    "server_faults",
    "present_faults",
    "message_faults",
    "composite_faults",
    "damage_faults",
    "region_faults",
    "window_faults",
    "randr_faults",
)


def faults_of(*modules: ModuleType) -> dict[str, Behaviour]:
    """The faults that these modules have, classes and scripts, by name.

    Raises ValueError for a name given twice.
    """
    found: list[tuple[str, Behaviour]] = []
    for module in modules:
        found += module.SCRIPTS.items()
        found += [
            (value.name(), value)
            for name, value in vars(module).items()
            if isinstance(value, type)
            and issubclass(value, Fault)
            and value.__module__ == module.__name__
            and not name.startswith("_")
        ]
    named = dict(found)
    if len(named) != len(found):
        raise ValueError("two faults have the same name")
    return named


def find_fault(name: str) -> Behaviour:
    """The fault with this name.  Raises KeyError."""
    # One module after the other: doubles start often, and half of that is imports.
    for module in MODULES:
        faults = faults_of(import_module(f"tests.doubles.{module}"))
        if name in faults:
            return faults[name]
    raise KeyError(name)


def write_launcher(path: Path, fault: str = "honest") -> Path:
    """Make ``path`` an executable for ``--server-path``: the double with this fault.

    An argument ``-fault NAME`` chooses another one.
    """
    path.write_text(
        f"#!{sys.executable} -IS\n"
        "import os, sys\n"
        "if sys.argv[1:] == ['-help']:\n"
        "    os.execvp('Xvfb', ['Xvfb', '-help'])\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from tests.doubles.faults import main\n"
        f"main({fault!r}, sys.argv[1:])\n"
    )
    path.chmod(0o755)
    return path


def main(fault: str, argv: list[str]) -> None:
    """Be the double with this fault, with the command line of an X server."""
    if "-fault" in argv:
        at = argv.index("-fault")
        fault = argv[at + 1]
        argv = argv[:at] + argv[at + 2 :]
    run(find_fault(fault), argv)
