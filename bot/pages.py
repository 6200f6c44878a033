"""Blocks that are more than one message holds, as several messages: nothing is cut, and nothing dropped."""

from __future__ import annotations

from collections.abc import Sequence

from slack_sdk.models.blocks import Block

from bot import blocks
from bot.check import BLOCKS, CHARACTERS, as_json, characters, checked
from playbook.plan import Json

MOST = 4
"""Answers to one act: a response_url serves five times, and one may be spent on “looking…”."""


def pages(shown: Sequence[Block]) -> list[list[Json]]:
    """The blocks in as few messages as hold them, at most four; what is over that is counted. Raises LimitError."""
    filled: list[list[Block]] = [[]]
    size = 0
    for number, block in enumerate(shown):
        length = characters(as_json([block]))
        if filled[-1] and (len(filled[-1]) >= BLOCKS - 1 or size + length > CHARACTERS - 200):
            if len(filled) == MOST:
                filled[-1].append(
                    blocks.section(f"and {len(shown) - number} more parts; ask for less at once")
                )
                break
            filled.append([])
            size = 0
        filled[-1].append(block)
        size += length
    return [checked(page) for page in filled if page]
