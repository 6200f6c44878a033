"""A run as an action sees it: the account, the marks to leave, and the only way to write.

An effect is: intent recorded → look (when an earlier attempt may have acted) → still the holder? → call → outcome.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol, TypeVar

from aws.account import Account
from playbook.clock import Clock

T = TypeVar("T")

INCIDENT_TAG = "ec2ir:incident"
RUN_TAG = "ec2ir:run"
STATUS_TAG, COMPROMISED = "Status", "Compromised"
"""The playbook's own mark (C5), on whatever belongs to a compromised instance."""


class Journal(Protocol):
    """Where intents are kept; intents that go out together are committed together."""

    async def intend(self, key: str) -> bool:
        """Record the intent; whether an earlier attempt had recorded it. Raises Superseded."""
        ...

    async def check_holder(self) -> None:
        """Raise Superseded when another process carries the run now."""
        ...

    async def outcome(self, key: str, words: str) -> None:
        """Record how it ended."""
        ...


class Gate(Protocol):
    """What other steps of the run wait for."""

    async def passed(self) -> None:
        """Wait until every step that this one comes after has opened, or is known to have failed."""
        ...

    def open(self) -> None:
        """This step has made its change: those that come after it may make theirs."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One step of one run, in progress."""

    id: str
    incident: str
    aws: Account
    clock: Clock
    journal: Journal
    gate: Gate
    pause: Callable[[float], Awaitable[None]]
    """Waits for some seconds: for bounded polls of what AWS does asynchronously."""
    awaited: bool = False
    """Whether another step of this run comes after this one."""

    async def write(
        self,
        key: str,
        call: Callable[[], Awaitable[T]],
        *,
        look: Callable[[], Awaitable[T | None]] | None = None,
        preparation: bool = False,
    ) -> T:
        """Make one change in AWS and answer what the call, or the look, answered.

        `key` is unique within the step and the same at every attempt. Without `look` the call must be harmless
        to repeat. `preparation` is for what does not touch the instance yet and need not wait for the gate.
        """
        if not preparation:
            await self.gate.passed()
        repeated = await self.journal.intend(key)
        if repeated:
            found = await look() if look is not None else None
            if found is not None:
                await self.journal.outcome(key, "found done")
                return found
            await self.journal.check_holder()
        answer = await call()
        await self.journal.outcome(key, "done")
        return answer

    @property
    def tags(self) -> dict[str, str]:
        """The marks that everything made by this run carries."""
        return {INCIDENT_TAG: self.incident, RUN_TAG: self.id}

    def opens(self) -> None:
        """Let the steps after this one proceed: the change, not its completion, is what they wait for."""
        self.gate.open()
