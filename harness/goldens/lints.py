# SPDX-License-Identifier: MIT
"""Find unused, unmatched, damaged, redundant and oversized goldens."""

from collections.abc import Iterable

from harness.goldens.errors import GoldenDamagedError
from harness.goldens.names import variant_of, variants_for
from harness.goldens.store import GoldenStore

BUDGET = 64 * 1024
"""How large (bytes) one picture may be."""

WHOLE_BUDGET = 10 * 1024 * 1024
"""How large (bytes) all pictures together may be."""


def orphans(store: GoldenStore, used: Iterable[str]) -> list[str]:
    """The keys of pictures and descriptions that no test used; meaningful after a whole run."""
    return sorted((store.pictures() | set(store.entries())) - set(used))


def unmatched(store: GoldenStore) -> tuple[list[str], list[str]]:
    """The keys of pictures that nothing describes, and of descriptions without a picture."""
    pictures, lines = store.pictures(), set(store.entries())
    return sorted(pictures - lines), sorted(lines - pictures)


def damaged(store: GoldenStore) -> list[str]:
    """What is wrong with pictures that are not as they are described, one line each."""
    found = []
    for key in sorted(store.pictures() & set(store.entries())):
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
    return [(key, size) for key, size in sizes(store).items() if size > budget]


def sizes(store: GoldenStore) -> dict[str, int]:
    """The sizes (bytes) of the pictures that are described, by key."""
    paths = {key: store.path(key) for key in store.entries()}
    return {key: path.stat().st_size for key, path in paths.items() if path.is_file()}
