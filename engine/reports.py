"""What the looks at a run's steps found, written together: whatever comes in while one is written shares the next."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from commands.desk import Desk
from commands.progress import Looked, proved
from playbook.run import RunRecord


@dataclass(slots=True, kw_only=True)
class Reports:
    """The reports of one attempt at one run."""

    desk: Desk
    record: RunRecord
    _waiting: list[Looked] = field(default_factory=list[Looked])
    _writing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def add(self, looked: Looked) -> None:
        """Store the report; returns when it is committed. Raises Superseded or StoreDown."""
        self._waiting.append(looked)
        async with self._writing:
            batch, self._waiting = self._waiting, []
            if batch:
                await proved(self.desk, self.record, batch)
