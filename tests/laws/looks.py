"""One look of one check at an account in the emulator, with its calls recorded and any one of them refused."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import boto3

from actions.check import Check, Of
from actions.looking import look
from actions.scene import Scene
from aws.account import Account
from aws.clients import Clients
from playbook.answer import Answer
from playbook.brief import Brief
from playbook.finding import Indicator
from playbook.incident import InstanceFacts
from playbook.policy import Policy
from playbook.rows import BY_ID
from playbook.target import Target
from sandbox.aws.box import AwsBox, emulated
from sandbox.aws.environment import ACCOUNT_ID, REGION
from sandbox.aws.overlay.base import ec2_of
from sandbox.aws.seed import Account as Seeded
from sandbox.aws.seed import seed, usual_flows
from sandbox.aws.world import Host, world_of
from tests.fakes.clock import FakeClock
from tests.laws.wire import Sent, Wire

HOSTILE = "<!channel> *x* \x1b[2J\u202e`id`\nhttps://evil.example/\r" + "A" * 300
NAME = "<!channel> *x* \u202e`id`\u200b https://evil.example/ " + "A" * 180
"""As much of it as XML can carry, and a tag may hold."""
KNOWN = (
    Indicator(kind="ip", value="192.0.2.44"),
    Indicator(kind="ip", value="198.51.100.7"),
    Indicator(kind="domain", value="pool.miner.example"),
    Indicator(kind="access_key", value="AKIACIBUILDEREXAMPLE"),
)


class Refuser:
    """A hook of a session that answers one operation with a refusal, as AWS does to who may not call it."""

    def __init__(self) -> None:
        self.operation, self.code = "", "AccessDenied"

    def attach(self, session: boto3.Session) -> None:
        cast("Any", session.events).register("before-call", self._before)

    def _before(self, model: Any, **_: object) -> tuple[Any, dict[str, Any]] | None:
        if model.name != self.operation:
            return None
        error = {"Code": self.code, "Message": f"not authorized {HOSTILE}"}
        return SimpleNamespace(status_code=403, headers={}), {
            "Error": error,
            "ResponseMetadata": {"HTTPStatusCode": 403, "RequestId": "r"},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Kit:
    """What looks share, because it is dear to make."""

    clients: Clients
    wire: Wire
    refuser: Refuser
    pool: ThreadPoolExecutor


@contextmanager
def kit() -> Generator[Kit]:
    session = boto3.Session(
        region_name=REGION, aws_access_key_id="AKIASANDBOXSANDBOX00", aws_secret_access_key="sandbox"
    )
    wire, refuser = Wire(), Refuser()
    wire.attach(session)
    refuser.attach(session)
    with ThreadPoolExecutor(8) as pool:
        yield Kit(clients=Clients(lambda _: session), wire=wire, refuser=refuser, pool=pool)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The account at noon, with its past; whoever arranges something uses `client`, which the wire does not see."""

    box: AwsBox
    seeded: Seeded
    clock: FakeClock
    kit: Kit

    def client(self, service: str) -> Any:
        return self.box.client(service)

    def brief(self, instance: str) -> Brief:
        """What an incident knows when every row is settled: the instance as it was, and indicators."""
        seen = self.client("ec2").describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][
            0
        ]
        groups = {
            n["NetworkInterfaceId"]: tuple(g["GroupId"] for g in n["Groups"])
            for n in seen["NetworkInterfaces"]
        }
        first = InstanceFacts(
            account=ACCOUNT_ID, region=REGION, instance=instance, groups=groups, role=self.seeded.role,
            profile=seen["IamInstanceProfile"]["Arn"], vpc=seen["VpcId"],
        )  # fmt: skip
        return Brief(first=first, indicators=KNOWN, settled=frozenset(BY_ID))

    def host(self, instance: str) -> Host:
        """What runs behind the instance's agent."""
        return world_of(ec2_of(ACCOUNT_ID, REGION)).hosts[instance]

    async def look(
        self, check: Check, instance: str, *, refused: str = "", brief: Brief | None = None
    ) -> Look:
        """Make the check once, on the named instance or the account."""
        target = Target(
            account=ACCOUNT_ID,
            region=REGION,
            instance=instance if check.of is Of.INSTANCE else "",
            incident="inc-7",
        )

        def account(region: str) -> Account:
            return Account(
                id=ACCOUNT_ID,
                region=region,
                policy=Policy(),
                clients=self.kit.clients,
                pool=self.kit.pool,
                brief=brief,
            )

        self.kit.wire.reset()
        self.kit.refuser.operation = refused
        try:
            scene = Scene(
                target=target,
                aws=account(REGION),
                brief=brief or self.brief(instance),
                now=self.clock(),
                pause=self.clock.pause,
                elsewhere=account,
            )
            answers: Mapping[str, Answer] = await look(scene, [check])
        finally:
            self.kit.refuser.operation = ""
        return Look(answer=answers[check.name], sent=tuple(self.kit.wire.sent))


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The answer, and the calls that were made for it."""

    answer: Answer
    sent: tuple[Sent, ...] = field(default=())


@contextmanager
def place(tools: Kit, arrange: Callable[[Place], None] = lambda _: None) -> Generator[Place]:
    clock = FakeClock()
    with emulated(clock=clock) as box:
        seeded = seed(box.client)
        box.controls.flows(*usual_flows(seeded))
        box.controls.remember(seeded)
        made = Place(box=box, seeded=seeded, clock=clock, kit=tools)
        arrange(made)
        yield made
