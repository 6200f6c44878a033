"""The order of steps: which must have made their change before another touches the instance."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import TopologicalSorter


def levels(after: Mapping[str, Iterable[str]], chosen: Iterable[str]) -> tuple[tuple[str, ...], ...]:
    """The chosen steps in levels; what a level's steps wait for, among the chosen, stands in earlier ones.

    Raises graphlib.CycleError when steps wait for each other.
    """
    names = tuple(chosen)
    sorter = TopologicalSorter({n: [a for a in after[n] if a in names] for n in names})
    sorter.prepare()
    found: list[tuple[str, ...]] = []
    while sorter.is_active():
        ready = sorter.get_ready()
        found.append(tuple(sorted(ready, key=names.index)))
        sorter.done(*ready)
    return tuple(found)
