# SPDX-License-Identifier: MIT
"""The faults of the misbehaving server by name, and the program that has them."""

import sys
from pathlib import Path
from types import ModuleType

from tests.doubles import present_faults, server_faults
from tests.doubles.faulty_server import Fault, run

ROOT = Path(__file__).resolve().parent.parent.parent


def faults_of(*modules: ModuleType) -> dict[str, type[Fault]]:
    """The faults that these modules define, by name."""
    return {
        fault.name(): fault
        for module in modules
        for name, fault in vars(module).items()
        if isinstance(fault, type)
        and issubclass(fault, Fault)
        and fault.__module__ == module.__name__
        and not name.startswith("_")
    }


FAULTS = faults_of(present_faults, server_faults)


def write_launcher(path: Path, fault: str) -> Path:
    """Make ``path`` an executable for ``--server-path``: the double with this fault."""
    path.write_text(
        f"#!{sys.executable}\n"
        "import sys\n"
        f"sys.path.insert(0, {str(ROOT)!r})\n"
        "from tests.doubles.faults import main\n"
        f"main({fault!r})\n"
    )
    path.chmod(0o755)
    return path


def main(fault: str) -> None:
    """Be the double with this fault, with the command line of an X server."""
    run(FAULTS[fault])
