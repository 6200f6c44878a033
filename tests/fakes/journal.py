"""A journal in memory. Intents outlive the process that wrote them: hand the same ones to the next journal."""

from __future__ import annotations

from playbook.errors import Superseded


class MemoryJournal:
    """`intents` are the keys recorded so far, `outcomes` how each ended; `superseded` makes it refuse."""

    def __init__(self, intents: set[str] | None = None, *, superseded: bool = False) -> None:
        self.intents = set[str]() if intents is None else intents
        self.outcomes: dict[str, str] = {}
        self.superseded = superseded

    async def intend(self, key: str) -> bool:
        await self.check_holder()
        repeated = key in self.intents
        self.intents.add(key)
        return repeated

    async def check_holder(self) -> None:
        if self.superseded:
            raise Superseded("Another process carries this run now.")

    async def outcome(self, key: str, words: str) -> None:
        self.outcomes[key] = words
