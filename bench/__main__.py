"""`make bench`: every bench in turn; exit 1 when a limit is missed."""

from __future__ import annotations

import asyncio
import sys

from bench import click, contain, gather, start, timers


def main() -> int:
    """Run them one after the other, so that none disturbs another."""
    kept = [asyncio.run(bench.main()) for bench in (start, contain, gather, click, timers)]
    return 0 if all(kept) else 1


if __name__ == "__main__":
    sys.exit(main())
