"""A desk with fakes around it, and a hand-driven engine: everything that commands need, nothing that is slow."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select

from commands import progress
from commands.approve import approve
from commands.board import Board, Row, board
from commands.desk import Desk
from commands.progress import Looked
from commands.propose import propose
from commands.receive import receive
from playbook.finding import FindingType
from playbook.incident import Incident
from playbook.ledger import breaks
from playbook.outbox import Message, Post
from playbook.people import Door, Person
from playbook.proof import Proof, Rung
from playbook.proposal import Proposal
from playbook.run import RunRecord, RunState, StepState
from playbook.timeline import Entry
from storage.store import SqlStore
from storage.tables import outbox
from tests.commands.sketch import SketchedCloud
from tests.fakes.clock import FakeClock
from tests.fakes.cloud import FakeExecutor
from tests.fakes.people import ANA, BO, FakeDirectory
from tests.storage.values import ACCOUNT, REGION, WEB, finding

HOLDS = Proof(rung=Rung.CONFIGURED, says=("configured",), waits="flow logs")
PROVED = Proof(rung=Rung.PROVED, says=("nothing passes",))
LEAKS = Proof(rung=Rung.CONTRADICTED, says=("traffic still passes",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """A desk, and what a test does and sees at it."""

    desk: Desk
    store: SqlStore
    cloud: SketchedCloud
    directory: FakeDirectory
    executor: FakeExecutor
    clock: FakeClock
    heard: dict[int, int] = field(default_factory=dict[int, int])

    async def finding(self, id: str = "f1", **fields: Any) -> str:  # noqa: A002
        """A finding comes in (newer than any before); the id of the incident that it belongs to, if any."""
        sent = finding(id, **({"updated": self.clock(), "last_seen": self.clock()} | fields))
        await receive(self.desk, sent, "{}")
        async with self.store.begin() as unit:
            return await unit.findings.incident_of(sent.key)

    async def quiet(self) -> str:
        """An incident for which the playbook recommends to look first, so that no plan waits."""
        return await self.finding(type=FindingType(full="Recon:EC2/PortProbeUnprotectedPort"), score=5.0)

    async def incident(self, id: str) -> Incident:  # noqa: A002
        async with self.store.begin() as unit:
            found = await unit.incidents.get(id)
        assert found is not None
        return found

    async def open(self) -> tuple[Incident, ...]:
        async with self.store.begin() as unit:
            return await unit.incidents.listed()

    async def board(self, incident: str) -> Board:
        async with self.store.begin() as unit:
            return await board(unit, incident, self.clock())

    async def row(self, incident: str, action: str, section: int = 0) -> Row:
        shown = await self.board(incident)
        return next(r for r in shown.sections[section].rows if r.action.name == action)

    async def timeline(self, incident: str) -> tuple[Entry, ...]:
        async with self.store.begin() as unit:
            return await unit.timeline.of(incident)

    async def proposal(self, id: str) -> Proposal:  # noqa: A002
        async with self.store.begin() as unit:
            found = await unit.proposals.get(id)
        assert found is not None
        return found

    async def run(self, id: str) -> RunRecord:  # noqa: A002
        async with self.store.begin() as unit:
            found = await unit.runs.get(id)
        assert found is not None
        return found

    async def states(self, run: str) -> dict[str, StepState]:
        async with self.store.begin() as unit:
            return {s.action: s.state for s in await unit.runs.steps(run)}

    async def told(self) -> list[Message]:
        """What Slack is to be told since the last time, in the order in which it was first put."""
        async with self.store.engine.begin() as connection:
            rows = (await connection.execute(select(outbox).order_by(outbox.c.seq))).mappings().all()
        new = [r for r in rows if self.heard.get(r["seq"]) != r["version"]]
        self.heard.update({r["seq"]: r["version"] for r in new})
        return [
            Message(key=r["key"], incident=r["incident"], post=Post(r["post"]), at=r["at"], body=r["body"])
            for r in new
        ]

    async def news(self) -> list[str]:
        """The lines that the channels get since the last time."""
        return [str(m.body["words"]) for m in await self.told() if m.post is Post.CHANNEL]

    async def propose(self, incident: str, *actions: str, by: Person = ANA) -> Proposal:
        return await propose(self.desk, incident, actions, by=by, door=Door.CHAT)

    async def approve(self, plan: Proposal, by: Person = BO, **more: Any) -> Proposal:
        return await approve(self.desk, plan.id, plan.hash, by=by, door=Door.CHAT, **more)

    async def take(self, run: str, holder: str = "x-1") -> RunRecord:
        """Begin to carry a run, as an executor does."""
        async with self.store.begin() as unit:
            attempt = await unit.runs.take(run, holder, self.clock())
            record = await unit.runs.get(run)
            steps = await unit.runs.steps(run)
        assert record is not None
        mine = replace(record, state=RunState.EXECUTING, holder=holder, attempt=attempt)
        to_do = [s.action for s in steps if s.state in (StepState.WAITING, StepState.RUNNING)]
        await progress.began(self.desk, mine, to_do)
        return mine

    async def carry(self, run: str, ends: Mapping[str, Proof | str] | None = None) -> RunRecord:
        """Carry a run out: each step ends as told, with a proof or a problem; the others are proved."""
        mine = await self.take(run)
        for action, state in (await self.states(run)).items():
            if state is not StepState.RUNNING:
                continue
            end = (ends or {}).get(action, PROVED)
            if isinstance(end, str):
                await progress.failed(self.desk, mine, action, end, {})
            else:
                await progress.proved(self.desk, mine, [Looked(action=action, proof=end, observed={})])
        return mine

    async def contained(self, *actions: str) -> tuple[str, str]:
        """An incident with these steps (isolate, unless named) carried out; its id and the run's."""
        incident = await self.finding()
        plan = await self.propose(incident, *(actions or ("isolate",)))
        await self.approve(plan)
        await self.carry(plan.id)
        return incident, plan.id


def room_on(store: SqlStore) -> Room:
    """A room on that store. Ids are `id001` and so on."""
    numbers, clock, cloud, directory, executor = (
        count(1),
        FakeClock(),
        SketchedCloud(),
        FakeDirectory(),
        FakeExecutor(),
    )
    desk = Desk(
        store=store,
        cloud=cloud,
        directory=directory,
        executor=executor,
        clock=clock,
        new_id=lambda: f"id{next(numbers):03}",
        account=ACCOUNT,
        region=REGION,
        own_roles=frozenset({"ec2ir-responder"}),
    )
    return Room(desk=desk, store=store, cloud=cloud, directory=directory, executor=executor, clock=clock)


async def ledger_is_whole(store: SqlStore) -> None:
    async with store.begin() as unit:
        for incident in await unit.ledger.incidents():
            assert breaks(await unit.ledger.of(incident)) == ()


@pytest.fixture
async def room(memory_store: SqlStore) -> AsyncIterator[Room]:
    """A room on SQLite; whatever happened in it, the evidence is whole afterwards."""
    yield room_on(memory_store)
    await ledger_is_whole(memory_store)


@pytest.fixture
async def busy_room(store: SqlStore) -> AsyncIterator[Room]:
    """A room on each database in turn, for what happens at the same moment."""
    yield room_on(store)
    await ledger_is_whole(store)


__all__ = ["ACCOUNT", "HOLDS", "LEAKS", "PROVED", "REGION", "WEB", "Room"]
