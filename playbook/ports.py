"""What commands need from the other rooms, as protocols; wiring hands in what fulfils them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime, timedelta
from typing import Protocol

from playbook.answer import Answer, Answered
from playbook.approval import Approval, Decision
from playbook.brief import Brief
from playbook.checklist import Tick
from playbook.environment import Environment
from playbook.escalation import Escalation, Ping
from playbook.file import File
from playbook.finding import Finding, FindingKey, Indicator, Severity
from playbook.hearing import Ear, Heard
from playbook.incident import Incident, InstanceFacts
from playbook.indicators import Known
from playbook.ledger import Evidence
from playbook.legal import LegalClock
from playbook.letter import Letter
from playbook.outbox import Message, Sending
from playbook.people import Door, Person, Role
from playbook.plan import Json
from playbook.proposal import LeftOut, Proposal, ProposedStep
from playbook.run import Effect, RunRecord, RunState, Step
from playbook.slot import Slot, SlotState
from playbook.target import Target
from playbook.timeline import Entry
from playbook.watch import Watch, Watched, WatchState

# ── storage: one unit of work is one transaction; it commits when its block ends without an error ────────


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


class Executors(Protocol):
    """The replicas: who lives, and what each has heard of Slack, by the database's clock."""

    async def beat(self, executor: str, heard: Heard) -> None:
        """It lives, and so much has it heard."""
        ...

    async def silent(self, silence: timedelta) -> tuple[str, ...]:
        """Those whose last beat is that old."""
        ...

    async def living(self) -> frozenset[str]:
        """Every one that has a row: it beats, or nobody has taken over from it yet."""
        ...

    async def ears(self) -> tuple[Ear, ...]:
        """What each of them has heard."""
        ...

    async def bury(self, executor: str) -> None:
        """Forget it."""
        ...


class Timeline(Protocol):
    """Append-only."""

    async def add(self, entry: Entry) -> None:
        """Append."""
        ...

    async def of(self, incident: str) -> tuple[Entry, ...]:
        """In the order of writing."""
        ...


class Ledger(Protocol):
    """The evidence ledger, append-only, one chain an incident."""

    async def add(self, incident: str, at: datetime, kind: str, subject: str, body: Json) -> Evidence:
        """Seal and append behind the incident's last entry."""
        ...

    async def of(self, incident: str) -> tuple[Evidence, ...]:
        """In order."""
        ...

    async def incidents(self) -> tuple[str, ...]:
        """Every incident with evidence."""
        ...


class Outbox(Protocol):
    """Rows for the sender."""

    async def put(self, message: Message) -> None:
        """Store; a key that is there already is left alone, except live posts, which are armed again."""
        ...

    async def take(self, holder: str, at: datetime, lease: timedelta) -> Sending | None:
        """The next row: by urgency, then age, never one whose incident has an older row unsent or in other hands."""
        ...

    async def sent(self, sending: Sending, ts: str, at: datetime) -> None:
        """Slack has it; `ts` is the message's own, or empty."""
        ...

    async def put_back(self, sending: Sending, due: datetime, problem: str) -> None:
        """Try again at `due`."""
        ...

    async def refuse(self, sending: Sending, problem: str) -> None:
        """Slack will never take it."""
        ...

    async def release(self, holder: str) -> None:
        """That holder is dead: what it was sending waits again, and counts as tried."""
        ...

    async def ts_of(self, key: str) -> str:
        """The ts of what was sent under that key, or an empty string."""
        ...

    async def waiting(self) -> int:
        """How many rows are not sent yet."""
        ...


class Slots(Protocol):
    """Timers."""

    async def add(self, slot: Slot) -> bool:
        """Insert; whether it was new."""
        ...

    async def due(self, now: datetime, most: int = 100) -> tuple[Slot, ...]:
        """Pending ones due by `now`, oldest first; to be looked at."""
        ...

    async def claim(self, now: datetime, most: int) -> tuple[Slot, ...]:
        """Queue pending ones due by `now`, oldest first; each is answered to one caller alone."""
        ...

    async def reclaim(self, before: datetime, now: datetime, most: int) -> tuple[Slot, ...]:
        """Queue again those that were queued before that moment and have not ended; to one caller alone."""
        ...

    async def held(self, keys: Collection[str]) -> tuple[Slot, ...]:
        """Those of the keys that are queued, as far as this version knows their alarms."""
        ...

    async def give_back(self, keys: Collection[str]) -> int:
        """Make those pending again that are queued with an alarm which this version does not know; how many."""
        ...

    async def move(self, key: str, old: SlotState, new: SlotState, at: datetime) -> bool:
        """Compare-and-set; whether it happened."""
        ...

    async def next_due(self) -> datetime | None:
        """The earliest pending one."""
        ...

    async def overdue(self, now: datetime) -> int:
        """How many are due by `now` and not queued yet."""
        ...


class Clicks(Protocol):
    """Single-use ids of consequential clicks."""

    async def claim(self, key: str, person: Person, at: datetime) -> tuple[Person, datetime] | None:
        """None when the claim is now `person`'s; otherwise who had it before, and since when."""
        ...

    async def release(self, key: str) -> None:
        """Give the claim back: what was asked for was refused, and may be asked for again."""
        ...


class Letters(Protocol):
    """Messages that could not be understood."""

    async def keep(self, letter: Letter) -> bool:
        """Store; whether it was new."""
        ...

    async def listed(self) -> tuple[Letter, ...]:
        """Newest first."""
        ...


class Answers(Protocol):
    """Answers of checks: the latest of each check on each instance."""

    async def save(self, answered: Answered) -> None:
        """Store it in place of the check's answer before."""
        ...

    async def of(self, incident: str) -> tuple[Answered, ...]:
        """All of an incident, by instance and check."""
        ...

    async def gaps(self, incidents: Collection[str]) -> Mapping[str, int]:
        """How many answers of each of these incidents could not be had; without those that have none."""
        ...


class Ticks(Protocol):
    """What people said about the checklist's rows."""

    async def save(self, tick: Tick) -> None:
        """Store it in place of what was said before."""
        ...

    async def of(self, incident: str) -> tuple[Tick, ...]:
        """All of an incident, by row."""
        ...

    async def assigned(self, person: Person) -> tuple[Tick, ...]:
        """The rows of every incident that are with that person and of which nobody said how they stand."""
        ...


class Indicators(Protocol):
    """Indicators of incidents: each value once."""

    async def add(self, incident: str, indicator: Indicator, source: str, at: datetime) -> bool:
        """Store a normalised indicator, or the further source of a known one; whether the value was new."""
        ...

    async def forget(self, incident: str, indicator: Indicator) -> bool:
        """Take it off the list; whether it was there."""
        ...

    async def of(self, incident: str) -> tuple[Known, ...]:
        """All of an incident, in the order in which they came."""
        ...


class Files(Protocol):
    """Files that incidents yielded."""

    async def put(self, file: File) -> None:
        """Store it."""
        ...

    async def get(self, file: str) -> File | None:
        """The file of that id."""
        ...

    async def of(self, incident: str) -> tuple[File, ...]:
        """All of an incident, oldest first."""
        ...


class RootCauses(Protocol):
    """Root causes, one an incident."""

    async def save(self, incident: str, body: Json, by: Person, at: datetime) -> None:
        """Store it in place of what was stated before."""
        ...

    async def get(self, incident: str) -> Json | None:
        """What was stated, or None."""
        ...


class Escalations(Protocol):
    """Escalations and their pings."""

    async def add(self, escalation: Escalation) -> bool:
        """Store; whether it was new."""
        ...

    async def get(self, escalation: str) -> Escalation | None:
        """The escalation of that id."""
        ...

    async def of(self, incident: str) -> tuple[Escalation, ...]:
        """All of an incident, oldest first."""
        ...

    async def waiting(self) -> tuple[Escalation, ...]:
        """All that nobody acknowledged and whose ladder has not ended, oldest first."""
        ...

    async def climb(self, escalation: str, rung: int) -> bool:
        """Compare-and-set from that rung to the next while it waits; whether it happened."""
        ...

    async def hand_over(self, escalation: str, person: Person) -> bool:
        """Ping that person from now on, while it waits; whether that happened."""
        ...

    async def exhaust(self, escalation: str) -> bool:
        """Its ladder has ended, while it waits; whether that happened."""
        ...

    async def acknowledge(self, escalation: str, by: Person, at: datetime) -> bool:
        """Somebody has it, also after the ladder's end; whether nobody had before."""
        ...

    async def pinged(self, ping: Ping) -> None:
        """Record an attempt; the same one again changes nothing, but that it left after all."""
        ...

    async def pings(self, incident: str) -> tuple[Ping, ...]:
        """All attempts of an incident's escalations, oldest first."""
        ...


class LegalClocks(Protocol):
    """Legal clocks: one a jurisdiction, started once and ended once."""

    async def start(self, clock: LegalClock) -> bool:
        """Store; whether it was not running already."""
        ...

    async def of(self, incident: str) -> tuple[LegalClock, ...]:
        """All of an incident, the earliest due first."""
        ...

    async def running(self) -> tuple[LegalClock, ...]:
        """Those of every incident that nothing ended yet, the earliest due first."""
        ...

    async def notified(self, incident: str, jurisdiction: str, sent: str, by: Person, at: datetime) -> bool:
        """The authority was notified; whether that ended the clock."""
        ...


class Watches(Protocol):
    """Watches and what they saw."""

    async def add(self, watch: Watch) -> bool:
        """Store; whether it was new."""
        ...

    async def get(self, watch: str) -> Watch | None:
        """The watch of that id."""
        ...

    async def of(self, incident: str) -> tuple[Watch, ...]:
        """All of an incident, oldest first."""
        ...

    async def in_state(self, states: Collection[WatchState]) -> tuple[Watch, ...]:
        """Those of every incident in these states, oldest first."""
        ...

    async def unsigned(self) -> tuple[Watch, ...]:
        """Those of every incident that go on, or have ended and wait for a verdict, oldest first."""
        ...

    async def seen_unsigned(self) -> tuple[Watched, ...]:
        """Every slot that ended of those, one watch after the other."""
        ...

    async def save(self, watch: Watch, was: WatchState) -> bool:
        """Compare-and-set from that state; whether it happened."""
        ...

    async def note(self, seen: Watched) -> bool:
        """How a slot ended; a gap may still be filled, any other mark stands. Whether it was written."""
        ...

    async def seen(self, watch: str) -> tuple[Watched, ...]:
        """Every slot that ended, in the order in which they were due."""
        ...

    async def seen_in(self, incident: str) -> tuple[Watched, ...]:
        """The same of every watch of an incident, one watch after the other."""
        ...


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


# ── the world ───────────────────────────────────────────────────────────────────────────────────────────


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
