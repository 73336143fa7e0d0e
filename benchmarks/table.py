# SPDX-License-Identifier: MIT
"""Results as a plain table."""

from collections.abc import Sequence

from benchmarks.measure import Result, Section


def table(name: str, section: Section, results: Sequence[Result]) -> str:
    """The section's title, a row per variant, peers that are missing, and notes."""
    rounds = len(results[0].figures)
    lines = [f"{name}: {section.title}", ""]
    names = max(len(result.variant.name) for result in results)
    figures = f"median {section.unit}"
    lines.append(
        f"  {'':{names}}  {figures:>10}  {'min..max':>16}  {'ratio':>6}  {'min..max':>14}  aim"
    )
    lines += [f"  {_row(result, names)}" for result in results]
    if rounds == 1:
        lines += ["", "  one round only: these figures say that it works, not how fast"]
    else:
        lines += ["", f"  {rounds} rounds; a ratio is taken within a round; medians"]
    lines += [f"  not measured: {text}" for text in section.missing]
    lines += [f"  note: {text}" for text in section.notes]
    return "\n".join(lines)


def _row(result: Result, names: int) -> str:
    variant = result.variant
    text = (
        f"{variant.name:{names}}  {result.figure:10.2f}  {_range(result.figures):>16}  "
        f"{result.ratio:6.3f}  {_range(result.ratios):>14}"
    )
    if variant.aim is not None:
        text += f"  <= {variant.aim:g}: {'met' if result.met else 'MISSED'}"
    elif variant.against:
        text += f"  of {variant.against}"
    return text


def _range(values: Sequence[float]) -> str:
    return f"{min(values):.2f}..{max(values):.2f}"


def summary(results: Sequence[Result]) -> str:
    """How many aims were met, and which were not."""
    judged = [result for result in results if result.met is not None]
    missed = [result.variant.name for result in judged if not result.met]
    text = f"{len(judged) - len(missed)} of {len(judged)} aims met"
    return f"{text}; missed: {', '.join(missed)}" if missed else text
