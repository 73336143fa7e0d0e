# SPDX-License-Identifier: MIT
"""Find unused, unmatched, damaged, redundant and oversized goldens."""

from collections.abc import Iterable

from harness.goldens.errors import GoldenDamagedError
from harness.goldens.names import variant_of, variants_for
from harness.goldens.store import GoldenStore

BUDGET = 64 * 1024


def orphans(store: GoldenStore, used: Iterable[str]) -> list[str]:
    """The keys of pictures and index lines that no test used; meaningful after a whole run."""
    return sorted((_pictures(store) | set(store.entries())) - set(used))


def unmatched(store: GoldenStore) -> tuple[list[str], list[str]]:
    """The keys of pictures without an index line, and of index lines without a picture."""
    pictures, lines = _pictures(store), set(store.entries())
    return sorted(pictures - lines), sorted(lines - pictures)


def _pictures(store: GoldenStore) -> set[str]:
    return {path.relative_to(store.folder).as_posix() for path in store.folder.rglob("*.png")}


def damaged(store: GoldenStore) -> list[str]:
    """What is wrong with pictures that are not as the index describes them, one line each."""
    found = []
    for key in sorted(_pictures(store) & set(store.entries())):
        try:
            store.load(key)
        except GoldenDamagedError as error:
            found.append(str(error))
    return found


def redundant_variants(store: GoldenStore) -> list[str]:
    """The keys of variants with the same pixels as the golden used without them."""
    entries = store.entries()
    found = []
    for key, entry in sorted(entries.items()):
        variant = variant_of(key)
        if not variant:
            continue
        stem = key.partition(".")[0]
        depth = f"d{entry.depth}"
        server = "" if variant == depth else variant.removesuffix(f"-{depth}")
        less_specific = variants_for(server, entry.depth)
        for other in less_specific[less_specific.index(variant) + 1 :]:
            fallback = entries.get(f"{stem}.{other}.png" if other else f"{stem}.png")
            if fallback:
                if fallback.digest == entry.digest:
                    found.append(key)
                break
    return found


def oversized(store: GoldenStore, budget: int = BUDGET) -> list[tuple[str, int]]:
    """The keys and sizes (bytes) of pictures larger than ``budget`` bytes."""
    sizes = {key: store.path(key) for key in sorted(store.entries())}
    return [
        (key, size)
        for key, path in sizes.items()
        if path.is_file() and (size := path.stat().st_size) > budget
    ]
