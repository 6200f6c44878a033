"""The scene of a crash: an account and a workspace that outlive the product, and what they have seen of it."""

from __future__ import annotations

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection as Pipe
from multiprocessing.context import ForkServerContext, ForkServerProcess
from pathlib import Path
from typing import TypeVar, cast
from urllib.request import Request, urlopen

import psutil
import pytest
from pydantic import SecretStr

from bot.manifest import manifest
from cli.settings import InvestigationSection, Isolation, Operator, PolicyFile, Roles, Settings
from commands.board import Board, board
from playbook.outbox import Post
from playbook.people import Role
from playbook.timeline import Entry, Event
from sandbox.aws import findings
from sandbox.aws.box import AwsBox
from sandbox.aws.fingerprint import Fingerprint, take
from sandbox.aws.seed import Account, seed, usual_flows
from sandbox.aws.trail import Event as Call
from sandbox.slack import Message, Server, Workspace, app_of, serving
from storage.store import SqlStore, open_store
from tests.crash.slack import Spring, Trap
from tests.crash.worker import Death, Life, changes, live

T = TypeVar("T")

CIDR = "10.99.0.0/24"
PATIENCE = 30.0
"""Seconds that any one thing may take."""
_LOOK = 0.05


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class Worker:
    """One life. `alive` is its lifeline: the process ends when this end is closed."""

    process: ForkServerProcess
    alive: Pipe

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid or 0

    async def ready(self) -> None:
        """Wait until it serves."""
        assert await asyncio.to_thread(self.alive.poll, PATIENCE), "it was not ready in time"
        self.alive.recv()

    @property
    def dead(self) -> bool:
        """Whether it has ended."""
        return not self.process.is_alive()

    async def stands_still(self) -> None:
        """Wait until it was stopped by SIGSTOP."""

        async def stopped() -> bool:
            return psutil.Process(self.pid).status() == psutil.STATUS_STOPPED

        await until(stopped, "it was not stopped")

    def wake(self) -> None:
        """Let it go on."""
        os.kill(self.pid, signal.SIGCONT)

    async def killed(self) -> None:
        """Wait until it has died by SIGKILL."""
        await asyncio.to_thread(self.process.join, PATIENCE)
        assert self.process.exitcode == -signal.SIGKILL, f"it was not killed, but: {self.process.exitcode}"

    async def stop(self) -> None:
        """Tell it to end, and wait until it has."""
        os.kill(self.pid, signal.SIGTERM)
        await asyncio.to_thread(self.process.join, PATIENCE)
        assert self.process.exitcode == 0, f"it did not end well: {self.process.exitcode}"

    async def kill(self) -> None:
        """Kill it now."""
        os.kill(self.pid, signal.SIGKILL)
        await self.killed()

    def end(self) -> None:
        """Make sure that it is gone."""
        self.alive.close()
        if self.process.is_alive():
            self.process.kill()
        self.process.join(10)
        self.process.close()


@dataclass(slots=True, kw_only=True)
class Scene:
    """What outlives the product, and its lives so far."""

    box: AwsBox
    account: Account
    workspace: Workspace
    server: Server
    spring: Spring
    store: SqlStore
    settings: Settings
    folder: Path
    processes: ForkServerContext
    bystander: Fingerprint
    victim: Fingerprint
    seeded: int
    sent: dict[str, object] = field(default_factory=dict[str, object])
    workers: list[Worker] = field(default_factory=list[Worker])

    # ── lives ───────────────────────────────────────────────────────────────────────────────────────────────

    async def start(self, death: Death | None = None, *, ahead: timedelta = timedelta()) -> Worker:
        """Begin a life; it may die before it is ready."""
        mine, theirs = cast("tuple[Pipe, Pipe]", self.processes.Pipe())
        life = Life(settings=self.settings, environment=reaching(self.box), death=death, ahead=ahead)
        log = str(self.folder / f"life-{len(self.workers) + 1}.log")
        process = self.processes.Process(target=live, args=(life, theirs, log), daemon=True)
        await asyncio.to_thread(process.start)
        theirs.close()
        worker = Worker(process=process, alive=mine)
        self.workers.append(worker)
        self.spring.victim = worker.pid
        return worker

    async def run(self, *, ahead: timedelta = timedelta()) -> Worker:
        """Begin a life, and wait until it serves."""
        worker = await self.start(ahead=ahead)
        await worker.ready()
        return worker

    # ── what people and GuardDuty do ────────────────────────────────────────────────────────────────────────

    async def finding(self) -> None:
        """A finding reaches the queue."""
        self.sent = await asyncio.to_thread(
            findings.mining, self.box.client("ec2"), self.account.web, at=self.workspace.state.clock()
        )
        await self.deliver()

    async def deliver(self) -> None:
        """The queue delivers it."""
        await asyncio.to_thread(self.box.controls.put_finding, self.account.queue, self.sent)

    async def deliver_again(self) -> None:
        """What a dead process had in hand comes back, until a living one has dealt with it.

        More than once, because the box gives the first copy to the dead one's long poll, as SQS may.
        """
        for _ in range(5):
            await self.deliver()
            with suppress(TimeoutError):
                async with asyncio.timeout(3):
                    await self.until(lambda b: bool(b.pending))
                    return
        pytest.fail("the finding was delivered again, and nothing came of it")

    async def approve(self) -> str:
        """Bo approves the plan that waits, once Slack shows it; answers its id."""
        ts = await self.plan_posted()
        shown = await self.board()
        await self.workspace.click("bo", shown.incident.channel, ts, "approve")
        return shown.pending[0].id

    async def plan_posted(self) -> str:
        """Wait until Slack shows the plan that waits; its message's ts."""
        shown = await self.until(lambda b: bool(b.pending))
        key = f"{shown.incident.id}:{Post.PLAN.value}:{shown.pending[0].id}"

        async def sent() -> str:
            async with self.store.begin() as unit:
                return await unit.outbox.ts_of(key)

        return await until(sent, "the plan was not shown in Slack")

    # ── what came of it ─────────────────────────────────────────────────────────────────────────────────────

    async def board(self) -> Board:
        """The only incident, as stored."""
        async with self.store.begin() as unit:
            (found,) = await unit.incidents.listed(closed=True)
            return await board(unit, found.id, _now())

    async def until(self, good: Callable[[Board], bool]) -> Board:
        """The board, once it is so."""

        async def look() -> Board | None:
            with suppress(ValueError):  # no incident yet
                shown = await self.board()
                return shown if good(shown) else None
            return None

        found = await until(look, "nothing came of it")
        assert found is not None
        return found

    async def ended(self) -> Board:
        """The board when the run is over and Slack has everything."""
        await until(self.is_over, "the run did not end")
        await self.quiet()
        return await self.board()

    async def is_over(self) -> bool:
        """Whether the run has begun and ended."""
        with suppress(ValueError):  # no incident yet
            marks = [r.mark.value for s in (await self.board()).sections for r in s.rows if r.run]
            return bool(marks) and "running" not in marks
        return False

    async def quiet(self) -> None:
        """Wait until Slack has everything."""

        async def nothing_waits() -> bool:
            async with self.store.begin() as unit:
                return not await unit.outbox.waiting()

        await until(nothing_waits, "Slack was not told everything")

    async def has_happened(self, event: Event) -> None:
        """Wait until the timeline says so."""

        async def recorded() -> bool:
            with suppress(ValueError):  # no incident yet
                return any(entry.event is event for entry in await self.timeline())
            return False

        await until(recorded, f"{event} did not happen")

    async def timeline(self) -> tuple[Entry, ...]:
        """The incident's timeline."""
        incident = (await self.board()).incident.id
        async with self.store.begin() as unit:
            return await unit.timeline.of(incident)

    async def calls(self) -> list[Call]:
        """Every AWS call of the product, in order."""
        trail = await asyncio.to_thread(self.box.controls.trail)
        return list(trail[self.seeded :])

    async def writes(self) -> list[Call]:
        """Those that changed something in the account."""
        return [e for e in await self.calls() if changes(e.service, e.operation)]

    async def open_interfaces(self) -> set[str]:
        """The victim's interfaces that stand open to the world at this moment."""
        return {eni for eni, group in (await self._groups()).items() if group.startswith("ec2ir-open")}

    async def group_of(self, interface: str) -> str:
        """The id of the only group of an interface."""
        seen = await asyncio.to_thread(
            self.box.client("ec2").describe_network_interfaces, NetworkInterfaceIds=[interface]
        )
        (group,) = seen["NetworkInterfaces"][0]["Groups"]
        return str(group["GroupId"])

    async def _groups(self) -> dict[str, str]:
        seen = await asyncio.to_thread(
            self.box.client("ec2").describe_network_interfaces,
            NetworkInterfaceIds=list(self.account.web_interfaces),
        )
        return {n["NetworkInterfaceId"]: n["Groups"][0]["GroupName"] for n in seen["NetworkInterfaces"]}

    def posted(self) -> list[Message]:
        """Every message of the product that is in Slack, in any channel."""
        bot = self.workspace.app.bot_id
        return [m for c in self.workspace.state.channels.values() for m in c.messages if m.bot_id == bot]

    def logs(self) -> str:
        """What the lives had to say."""
        return "\n".join(p.read_text() for p in sorted(self.folder.glob("life-*.log")))


def times(events: Iterable[Call]) -> Counter[str]:
    """How often each operation succeeded."""
    return Counter(e.operation for e in events if e.status == 200)


async def until(look: Callable[[], Awaitable[T]], words: str) -> T:
    """What `look` answers once it is true. Bounded; the only way to wait for another process's rows."""
    try:
        async with asyncio.timeout(PATIENCE):
            while not (found := await look()):  # noqa: ASYNC110 - another process changes it
                await asyncio.sleep(_LOOK)
    except TimeoutError:
        pytest.fail(f"{words} within {PATIENCE:.0f} s")
    return found


def reaching(box: AwsBox) -> dict[str, str]:
    """What the AWS SDK must find in the environment, so that it reaches the box and nothing else."""
    return {
        "AWS_ENDPOINT_URL": box.endpoint_url or "",
        "AWS_REGION": box.region,
        "AWS_DEFAULT_REGION": box.region,
        "AWS_ACCESS_KEY_ID": "AKIASANDBOXSANDBOX00",
        "AWS_SECRET_ACCESS_KEY": "sandbox",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def _furnish(box: AwsBox) -> Account:
    with urlopen(Request(f"{box.endpoint_url}/moto-api/reset", method="POST"), timeout=30):
        account = seed(box.client)
    box.controls.flows(*usual_flows(account))
    return account


def _people() -> Workspace:
    workspace = Workspace(clock=_now, app=app_of(manifest(socket_mode=True)))
    for name in ("ana", "bo", "chai"):
        workspace.add_user(name, user_id=f"U0{name.upper()}")
    workspace.add_group("ir-responders", ["ana", "bo"])
    workspace.add_group("ir-approvers", ["bo", "chai"])
    workspace.add_channel("security", ["ana", "bo", "chai"])
    return workspace


def _settings(
    workspace: Workspace, server: Server, account: Account, caller: str, database_url: str
) -> Settings:
    app = workspace.app
    return Settings(
        database_url=database_url,
        queue_url=account.queue_url,
        slack_bot_token=SecretStr(app.bot_token),
        slack_app_token=SecretStr(app.app_token),
        slack_signing_secret=SecretStr(app.signing_secret),
        slack_api_url=server.api_url,
        slack_channel="security",
        http_host="127.0.0.1",
        http_port=0,
        policy_file=PolicyFile(
            investigation=InvestigationSection(
                automatic=False
            ),  # each death is about steps; checks only read
            roles=Roles(responders="ir-responders", approvers="ir-approvers"),
            isolation=Isolation(forensics_cidr=CIDR),
            operators=(Operator(arn=caller, person="U0CHAI", name="chai", roles=tuple(Role)),),
        ),
    )


@asynccontextmanager
async def opened(
    box: AwsBox, processes: ForkServerContext, database_url: str, folder: Path
) -> AsyncGenerator[Scene]:
    """Set the scene; whatever lives at its end is ended."""
    account = await asyncio.to_thread(_furnish, box)
    caller = str((await asyncio.to_thread(box.client("sts").get_caller_identity))["Arn"])
    workspace = _people()
    trap = Trap(workspace.api)
    workspace.endpoint = trap
    store = open_store(database_url)
    async with serving(workspace) as server:
        workspace.deliver_by(server.socket_mode)
        scene = Scene(
            box=box,
            account=account,
            workspace=workspace,
            server=server,
            spring=trap.spring,
            store=store,
            settings=_settings(workspace, server, account, caller, database_url),
            folder=folder,
            processes=processes,
            bystander=await asyncio.to_thread(take, box.client, account, account.bystander),
            victim=await asyncio.to_thread(take, box.client, account, account.web),
            seeded=0,
        )
        scene.seeded = len(await scene.calls())
        try:
            yield scene
        finally:
            for worker in scene.workers:
                await asyncio.to_thread(worker.end)
            await store.aclose()
