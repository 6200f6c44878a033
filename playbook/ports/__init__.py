"""What commands need from the other rooms, as protocols; wiring hands in what fulfils them.

A unit of work is one transaction: it commits when its block ends without an error.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from playbook.answer import Answer
from playbook.brief import Brief
from playbook.incident import InstanceFacts
from playbook.people import Door, Person, Role
from playbook.ports.called import Escalations, LegalClocks, Watches
from playbook.ports.decided import Findings, Incidents, Proposals, Runs
from playbook.ports.queued import Clicks, Executors, Letters, Outbox, Slots
from playbook.ports.recorded import Answers, Files, Indicators, Ledger, RootCauses, Ticks, Timeline
from playbook.proposal import LeftOut, ProposedStep
from playbook.target import Target


class Unit(Protocol):
    """Everything that is remembered, within one transaction."""

    @property
    def findings(self) -> Findings: ...  # noqa: D102
    @property
    def incidents(self) -> Incidents: ...  # noqa: D102
    @property
    def proposals(self) -> Proposals: ...  # noqa: D102
    @property
    def runs(self) -> Runs: ...  # noqa: D102
    @property
    def executors(self) -> Executors: ...  # noqa: D102
    @property
    def timeline(self) -> Timeline: ...  # noqa: D102
    @property
    def ledger(self) -> Ledger: ...  # noqa: D102
    @property
    def outbox(self) -> Outbox: ...  # noqa: D102
    @property
    def slots(self) -> Slots: ...  # noqa: D102
    @property
    def clicks(self) -> Clicks: ...  # noqa: D102
    @property
    def letters(self) -> Letters: ...  # noqa: D102
    @property
    def answers(self) -> Answers: ...  # noqa: D102
    @property
    def ticks(self) -> Ticks: ...  # noqa: D102
    @property
    def indicators(self) -> Indicators: ...  # noqa: D102
    @property
    def files(self) -> Files: ...  # noqa: D102
    @property
    def root_causes(self) -> RootCauses: ...  # noqa: D102
    @property
    def escalations(self) -> Escalations: ...  # noqa: D102
    @property
    def legal_clocks(self) -> LegalClocks: ...  # noqa: D102
    @property
    def watches(self) -> Watches: ...  # noqa: D102


class Store(Protocol):
    """Hands out units of work."""

    def begin(self) -> AbstractAsyncContextManager[Unit]:
        """A transaction for reading and writing; never held across a call to AWS or Slack."""
        ...


class Cloud(Protocol):
    """AWS, as far as commands see it."""

    async def facts(self, account: str, region: str, instance: str) -> InstanceFacts:
        """What AWS says of the instance; with `seen=False` and the problem in words when it can't be asked."""
        ...

    async def plan(
        self, target: Target, actions: Sequence[str], brief: Brief
    ) -> tuple[tuple[ProposedStep, ...], tuple[LeftOut, ...]]:
        """Plan the actions at once. Raises Unreachable when the account can't be reached at all."""
        ...

    async def look(self, target: Target, checks: Sequence[str], brief: Brief) -> Mapping[str, Answer]:
        """Make the checks at once; what can't be had is a gap. An account's checks need no instance."""
        ...


class Directory(Protocol):
    """Who holds which role, read fresh at every call."""

    async def roles(self, person: Person, door: Door) -> frozenset[Role]:
        """The person's roles as that door knows them. Raises Unreachable when nobody can say."""
        ...

    async def holders(self, role: Role) -> tuple[Person, ...]:
        """Everybody with the role. Raises Unreachable when nobody can say."""
        ...


class Executor(Protocol):
    """What carries out approved runs."""

    async def carry(self, run: str) -> None:
        """Begin (or go on with) a run; returns as soon as that is certain to happen."""
        ...

    async def nudge(self) -> None:
        """A slot is due already: hand it out now rather than at the next beat. Losing a nudge loses nothing."""
        ...
