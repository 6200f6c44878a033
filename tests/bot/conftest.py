"""A Slack workspace, a bot in it, and people who talk to it: no socket, no AWS."""

from __future__ import annotations

import asyncio
import copy
import itertools
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.web.async_client import AsyncWebClient
from structlog.testing import capture_logs

from bot.directory import RoleGroups, SlackDirectory
from bot.front import Work
from bot.listeners import build_app
from bot.manifest import manifest
from bot.people import People
from bot.sender import Sender, make_sender
from bot.summon import Ways
from commands.desk import Desk
from commands.receive import receive
from playbook.environment import Environment
from playbook.finding import Finding, FindingKey, FindingType, Scope
from playbook.incident import Incident
from playbook.people import Door, Person, Role
from playbook.policy import Policy
from playbook.proposal import Proposal
from sandbox.slack import Button, Message, Outcome, Workspace, app_of, buttons, texts
from storage.store import SqlStore
from tests.fakes.cloud import WEB, FakeCloud, FakeExecutor
from tests.fixtures.databases import Memory

NOON = datetime(2026, 3, 1, 3, 14, tzinfo=UTC)


@dataclass(slots=True)
class ManualClock:
    now: datetime = NOON

    def __call__(self) -> datetime:
        return self.now

    def passes(self, **parts: float) -> None:
        self.now += timedelta(**parts)

    async def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class NoTerminal:
    """The terminal's directory of a bot that nobody uses from a terminal."""

    async def roles(self, person: Person, door: Door) -> frozenset[Role]:
        return frozenset()

    async def holders(self, role: Role) -> tuple[Person, ...]:
        return ()


@dataclass(slots=True, kw_only=True)
class Room:
    """The whole scene. `channel` is the newest incident's channel."""

    slack: Workspace
    clock: ManualClock
    store: SqlStore
    cloud: FakeCloud
    executor: FakeExecutor
    desk: Desk
    sender: Sender
    people: People
    work: Work
    app: AsyncApp

    async def settle(self) -> None:
        """Let every listener end and everything be sent."""
        await self.work.idle()
        await self.sender.drain()

    async def finding(self, **changes: Any) -> Incident:
        """A finding comes in, and its incident's card and plan appear."""
        await receive(self.desk, finding(**changes), "{}")
        await self.settle()
        return await self.incident()

    async def incident(self) -> Incident:
        async with self.store.begin() as unit:
            return (await unit.incidents.listed(closed=True))[-1]

    async def proposals(self) -> tuple[Proposal, ...]:
        incident = await self.incident()
        async with self.store.begin() as unit:
            return await unit.proposals.of(incident.id)

    @property
    def channel(self) -> str:
        return self.slack.channel_names[-1]

    async def says(self, who: str, words: str, *, channel: str = "") -> Outcome:
        outcome = await self.slack.says(who, channel or self.channel, words)
        await self.settle()
        return outcome

    async def clicks(self, who: str, label: str, *, on: Message | None = None, **more: Any) -> Outcome:
        """Click a button by its label: on the card, unless said otherwise."""
        message = on or self.card()
        outcome = await self.slack.click(who, self.channel, message.ts, label, **more)
        await self.settle()
        return outcome

    async def sends(self, who: str, reason: str) -> Outcome:
        """Send off the dialog that is open."""
        outcome = await self.slack.submit(who, self.slack.modal(who), {"reason": reason})
        await self.settle()
        return outcome

    def card(self) -> Message:
        return next(m for m in self.messages() if key_of(m).endswith(":card"))

    def plan(self) -> Message:
        """The newest plan."""
        return [m for m in self.messages() if ":plan:" in key_of(m) and not m.thread_ts][-1]

    def messages(self) -> list[Message]:
        return self.slack.messages(self.channel)

    def told(self, who: str) -> str:
        """What this person alone was told last, or nothing."""
        shown = self.slack.ephemerals(who)
        return texts(shown[-1]) if shown else ""

    def labels(self, message: Message) -> list[str]:
        return [button.label for button in buttons(message)]

    def button(self, message: Message, label: str) -> Button:
        return next(b for b in buttons(message) if b.label == label)


def key_of(message: Message) -> str:
    return str((message.metadata or {}).get("event_payload", {}).get("key", ""))


def finding(**changes: Any) -> Finding:
    made = Finding(
        key=FindingKey(account="111111111111", region="ap-southeast-1", id="f-1"),
        source="guardduty",
        type=FindingType(full="CryptoCurrency:EC2/BitcoinTool.B"),
        scope=Scope.INSTANCE,
        score=8.0,
        title="Bitcoin tool on web-prod-7",
        description="",
        instances=(WEB,),
        count=14,
        first_seen=NOON - timedelta(hours=1),
        last_seen=NOON - timedelta(minutes=2),
        updated=NOON,
    )
    return replace(made, **changes)


def new_workspace(clock: ManualClock) -> Workspace:
    """Ana responds, Bo and Chai respond and approve, Dee has no role."""
    workspace = Workspace(clock=clock, app=app_of(manifest(socket_mode=True)))
    for name in ("ana", "bo", "chai", "dee"):
        workspace.add_user(name)
    workspace.add_group("ir-responders", ["ana", "bo", "chai"], group_id="S0RESPOND")
    workspace.add_group("ir-approvers", ["bo", "chai"], group_id="S0APPROVE")
    workspace.add_channel("incidents", ["ana", "bo", "chai", "dee"])
    return workspace


def new_room(
    workspace: Workspace,
    clock: ManualClock,
    store: SqlStore,
    client: AsyncWebClient,
    *,
    first_id: int = 1,
    ways: Ways | None = None,
) -> Room:
    """A bot in the workspace that reaches Slack through this client."""
    cloud, executor, work = FakeCloud(), FakeExecutor(), Work()
    cloud.has(name="web-prod-7", state="running", environment=Environment.PRODUCTION)
    people = People(client=client, clock=clock)
    groups = RoleGroups(responders="S0RESPOND", approvers="@ir-approvers")
    directory = SlackDirectory(client=client, groups=groups, people=people, terminal=NoTerminal())
    serial = itertools.count(first_id)
    desk = Desk(
        store=store, cloud=cloud, directory=directory, executor=executor, clock=clock,
        new_id=lambda: f"x{next(serial)}", account="111111111111", region="ap-southeast-1",
        policy=Policy(escalation=(ways or Ways()).policy),
    )  # fmt: skip
    sender = make_sender(
        store, client, directory, announce="incidents", holder="test", clock=clock, sleep=clock.sleep,
        ways=ways,
    )  # fmt: skip
    app = build_app(
        desk,
        client,
        signing_secret=workspace.app.signing_secret,
        people=people,
        wrote=sender.written.set,
        work=work,
    )
    workspace.attach(app)
    return Room(
        slack=workspace, clock=clock, store=store, cloud=cloud, executor=executor, desk=desk, sender=sender,
        people=people, work=work, app=app,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Scene:
    """A workspace and a database in which one finding has just come in; to be copied, never played on."""

    workspace: Workspace
    clock: ManualClock
    database: bytes

    def copied(self) -> tuple[Workspace, ManualClock]:
        return copy.deepcopy((self.workspace, self.clock))


@pytest.fixture(scope="session")
def scene(memory: Memory, empty_image: bytes) -> Scene:
    clock = ManualClock()
    workspace = new_workspace(clock)

    async def play() -> bytes:
        async with memory.holding(empty_image) as store:
            await new_room(workspace, clock, store, workspace.client()).finding()
            return await memory.image()

    database = asyncio.run(play())
    workspace.deliver_by(None)
    return Scene(workspace, clock, database)


@pytest.fixture(autouse=True)
def logs() -> Iterator[list[Any]]:
    """What is logged, instead of on the screen."""
    with capture_logs() as lines:
        yield lines


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def workspace(clock: ManualClock) -> Workspace:
    return new_workspace(clock)


@pytest.fixture
def quiet(workspace: Workspace, clock: ManualClock, memory_store: SqlStore) -> Room:
    """The room before anything has happened."""
    return new_room(workspace, clock, memory_store, workspace.client())


@pytest.fixture
async def room(memory: Memory, scene: Scene) -> AsyncIterator[Room]:
    """The room when one finding on a production instance has come in: its card and its plan are there."""
    workspace, clock = scene.copied()
    async with memory.holding(scene.database) as store:
        yield new_room(workspace, clock, store, workspace.client(), first_id=3)
