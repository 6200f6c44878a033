"""What is decided about an incident: findings, the incident itself, proposals, runs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from playbook.approval import Approval, Decision
from playbook.environment import Environment
from playbook.finding import Finding, FindingKey, Severity
from playbook.incident import Incident, InstanceFacts
from playbook.people import Person
from playbook.proposal import Proposal
from playbook.run import Effect, RunRecord, RunState, Step


class Findings(Protocol):
    """Findings by key, each with the incident it belongs to."""

    async def lock(self, key: FindingKey) -> None:
        """Keep the finding, stored or not, from every other `lock` until the transaction ends.

        To be taken before any incident is locked: a finding on an account has no instance that one incident holds.
        """
        ...

    async def get(self, key: FindingKey) -> Finding | None:
        """The finding as last stored."""
        ...

    async def save(self, finding: Finding, raw: str, incident: str) -> None:
        """Store or replace; `raw` is the message as received."""
        ...

    async def incident_of(self, key: FindingKey) -> str:
        """The incident's id, or an empty string."""
        ...

    async def of(self, incident: str) -> tuple[Finding, ...]:
        """An incident's findings: most severe first, then newest."""
        ...

    async def since(self, account: str, moment: datetime, most: int = 200) -> tuple[Finding, ...]:
        """Those of an account, of whichever incident, that their source updated after that moment; newest first."""
        ...


class Incidents(Protocol):
    """Incidents and their instances. At most one open incident holds an instance."""

    async def add(self, incident: Incident, instances: Sequence[InstanceFacts]) -> None:
        """Open it. Raises TooLate when an open incident holds one of the instances already."""
        ...

    async def get(self, incident: str) -> Incident | None:
        """The incident of that id."""
        ...

    async def lock(self, incident: str) -> Incident | None:
        """The incident of that id, kept from every other `lock` until the transaction ends.

        Before anything is written about an incident it is locked; several are locked in the order of their ids.
        So no two transactions ever wait for each other, and each sees what the one before it wrote.
        """
        ...

    async def open_on(self, account: str, region: str, instance: str) -> Incident | None:
        """The open incident that holds the instance."""
        ...

    async def in_channel(self, channel: str) -> Incident | None:
        """The incident that is talked about in that Slack channel."""
        ...

    async def listed(self, *, closed: bool = False, most: int = 100) -> tuple[Incident, ...]:
        """Open ones (also closed ones if asked), most severe and oldest first."""
        ...

    async def instances(self, incident: str) -> tuple[InstanceFacts, ...]:
        """Its instances with what is known of them, in the order in which they came."""
        ...

    async def at_first(self, incident: str) -> tuple[InstanceFacts, ...]:
        """Its instances as they were when they joined it, in that order."""
        ...

    async def learn(self, incident: str, facts: InstanceFacts) -> None:
        """Add an instance or replace what is known of it. Raises TooLate as `add` does."""
        ...

    async def tighten(self, incident: str, environment: Environment, severity: Severity) -> None:
        """Raise environment and severity; neither is ever lowered."""
        ...

    async def set_channel(self, incident: str, channel: str) -> None:
        """Remember the Slack channel."""
        ...

    async def set_card(self, incident: str, ts: str) -> None:
        """Remember the card's message."""
        ...

    async def take_lead(self, incident: str, person: Person) -> bool:
        """Make `person` the lead if there is none; whether that happened."""
        ...

    async def mark_contained(self, incident: str, at: datetime) -> bool:
        """Set the moment of containment if it is not set; whether that happened."""
        ...

    async def unmark_contained(self, incident: str) -> None:
        """An undo made the instance reachable again."""
        ...

    async def close(self, incident: str, at: datetime, why: str) -> bool:
        """Close it if it is open; whether that happened."""
        ...

    async def reopen(self, incident: str) -> bool:
        """Open it again if it is closed, with its instances; whether that happened. Raises TooLate as `add` does."""
        ...


class Proposals(Protocol):
    """Proposals and the approvals given to them."""

    async def add(self, proposal: Proposal) -> tuple[str, ...]:
        """Store it, supersede older pending ones with the same actions and kind on the instance; their ids."""
        ...

    async def get(self, proposal: str) -> Proposal | None:
        """With its approvals, in order."""
        ...

    async def of(self, incident: str, *, pending: bool = False) -> tuple[Proposal, ...]:
        """Oldest first."""
        ...

    async def waiting(self, now: datetime, most: int) -> tuple[Proposal, ...]:
        """Those of every incident that wait for approval and have not expired by `now`, oldest first."""
        ...

    async def approve(self, proposal: str, approval: Approval) -> bool:
        """Add one person's approval while it is pending and unexpired at `approval.at`; whether that happened."""
        ...

    async def decide(self, proposal: str, decision: Decision, by: str, at: datetime) -> bool:
        """Compare-and-set from pending; APPROVED only before expiry, EXPIRED only after. Whether it happened."""
        ...


class Runs(Protocol):
    """Runs, their steps, and the intents of their effects."""

    async def start(self, run: RunRecord, actions: Sequence[str]) -> None:
        """Insert run and steps. Raises TooLate when a run is active on the instance, or of this id exists."""
        ...

    async def get(self, run: str) -> RunRecord | None:
        """The run of that id."""
        ...

    async def of(self, incident: str) -> tuple[RunRecord, ...]:
        """Oldest first."""
        ...

    async def in_state(self, states: Collection[RunState]) -> tuple[RunRecord, ...]:
        """Oldest first."""
        ...

    async def take(self, run: str, holder: str, at: datetime) -> int:
        """Make `holder` the one who carries it, state EXECUTING; answers the new attempt's number."""
        ...

    async def holds(self, run: str, holder: str, attempt: int) -> bool:
        """Whether that holder and attempt still carry the run."""
        ...

    async def reopen(self, run: str, action: str, at: datetime) -> bool:
        """Put a FAILED step back to WAITING and its run to APPROVED, to be carried again; whether it was failed."""
        ...

    async def set_state(self, run: str, state: RunState, at: datetime) -> None:
        """Change the run's state; ends are stamped."""
        ...

    async def steps(self, run: str) -> tuple[Step, ...]:
        """In the order in which they were proposed."""
        ...

    async def steps_of(self, incident: str) -> tuple[Step, ...]:
        """The steps of all runs of an incident, by run (oldest first) and order."""
        ...

    async def set_step(self, step: Step) -> None:
        """Replace a step's row."""
        ...

    async def begin_steps(self, run: str, actions: Collection[str], attempt: int, at: datetime) -> None:
        """Mark these steps as running in that attempt; their first beginning is kept."""
        ...

    async def intend(
        self, run: str, effects: Collection[Effect], attempt: int, at: datetime
    ) -> frozenset[Effect]:
        """Record intents, each by its action and key; answers those that had been recorded before."""
        ...

    async def outcomes(self, run: str, ended: Sequence[tuple[Effect, str]], at: datetime) -> None:
        """Record how effects ended."""
        ...
