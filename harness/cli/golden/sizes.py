# SPDX-License-Identifier: MIT
"""``xharness golden stats``: how many goldens there are, and what they take."""

import argparse
from collections import Counter
from typing import TYPE_CHECKING

from harness.cli.golden.folder import UNUSABLE, add_folder, opened
from harness.inputs import printable
from harness.wording import counted

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]

_LARGEST = 5


def add_command(commands: "Commands") -> None:
    """Add ``stats`` to the commands of ``xharness golden``."""
    parser = commands.add_parser("stats", help="count goldens, variants and bytes")
    add_folder(parser)
    parser.add_argument(
        "--check",
        action="store_true",
        help="status 1 when a picture, or all together, are larger than the budget allows",
    )
    parser.set_defaults(run=_run, failed=UNUSABLE)


def _run(arguments: argparse.Namespace) -> int:
    # Pillow and numpy come with these.
    from harness.goldens.lints import BUDGET, WHOLE_BUDGET, sizes
    from harness.goldens.names import variant_of

    store = opened(arguments.folder)
    entries, found = store.entries(), sizes(store)
    whole = sum(found.values())
    suites = Counter(key.partition("/")[0] for key in found)
    variants = sum(bool(variant_of(key)) for key in found)
    loosened = sum(bool(entry.reason) for key, entry in entries.items() if not variant_of(key))
    number = counted(len(found), "golden")
    print(f"{number}, {whole} bytes of {WHOLE_BUDGET} that all may take together")
    for suite, count in sorted(suites.items()):
        size = sum(size for key, size in found.items() if key.startswith(f"{suite}/"))
        print(f"  {suite:20} {count:5}  {size:9} bytes")
    print(f"{variants} for one server or depth alone, {loosened} compared with a tolerance")
    print(f"the largest, of {BUDGET} bytes that one may have:")
    largest = sorted(found.items(), key=lambda item: (-item[1], item[0]))[:_LARGEST]
    for key, size in largest:
        print(printable(f"  {size:9}  {key}"))
    over = [f"{key} has {size} bytes" for key, size in found.items() if size > BUDGET]
    if whole > WHOLE_BUDGET:
        over.append(f"all together have {whole} bytes, {WHOLE_BUDGET} are allowed")
    for line in over:
        print(printable(f"over the budget: {line}"))
    return 1 if arguments.check and over else 0
