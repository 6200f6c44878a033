"""The demo's world: a Slack workspace and an AWS account in a box, with the product between them."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr

from aws.fenced import fenced
from bot.manifest import manifest
from cli.box import use
from cli.demo_bot import Bot, living
from cli.escalation_settings import EscalationSection, TargetSection
from cli.serve import Running, running
from cli.settings import ForensicsSection, Isolation, PolicyFile, RecoverySection, Roles, Settings
from engine.clock import Rhythm
from sandbox.aws.box import AwsBox, start
from sandbox.aws.fingerprint import Fingerprint, take
from sandbox.aws.golden import PARAMETER as GOLDEN
from sandbox.aws.seed import LAB_IMAGE, LAB_PROFILE, Account, seed, usual_flows
from sandbox.slack import Server, Workspace, app_of, serving

CIDR = "10.99.0.0/24"
PEOPLE = {
    "ana": "responder", "bo": "responder and approver", "chai": "approver", "dee": "no role",
    "ciso": "CISO", "legal": "Legal", "dpo": "DPO", "finance": "Finance",
}  # fmt: skip
TOLD = ("ciso", "legal", "dpo", "finance")
"""Those who are told of an incident rather than handle it; each has a user group of that name."""
CALLED = {
    "soc_lead": "ir-approvers", "cloud_team": "ir-responders", "major_incident": "ir-approvers",
    "iam_team": "ir-approvers", "lateral_movement": "ir-responders", "duty": "ir-approvers",
    **{name: name for name in TOLD},
}  # fmt: skip
"""The user group that stands for each target of the playbook's escalations, and for the fallback."""
ANNOUNCEMENTS = "security"
RHYTHM = Rhythm(reconcile=timedelta(seconds=3))
"""The clock is put forward by people here, so what is due is looked for more often than a machine's clock asks for."""
GAP = timedelta(seconds=0.2)
"""Between two messages in a channel: the box sets no pace, and who tries it need not wait for Slack's."""


@dataclass(slots=True)
class DemoClock:
    """The machine's clock, put forward: watches and timers can be seen without waiting for them."""

    ahead: timedelta = field(default_factory=timedelta)

    def __call__(self) -> datetime:
        """Now, in the demo."""
        return datetime.now(UTC) + self.ahead


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything in the demo. `before` is how the bystander, and the victim, looked at the start."""

    clock: DemoClock
    box: AwsBox
    account: Account
    workspace: Workspace
    server: Server
    bot: Bot
    bystander: Fingerprint
    victim: Fingerprint

    @property
    def product(self) -> Running:
        """The product that runs now. Raises RuntimeError while it is away, which only the demo's page lets it be."""
        return self.bot.product

    async def forward(self, minutes: float) -> None:
        """Put every clock forward."""
        await asyncio.to_thread(self.box.controls.advance, minutes * 60)
        self.clock.ahead += timedelta(minutes=minutes)


@asynccontextmanager
async def world(port: int) -> AsyncGenerator[World]:
    """Start everything, on loopback only, with its state in a folder that goes away with it."""
    clock = DemoClock()
    box = await asyncio.to_thread(start, ticker=1.0)
    try:
        endpoint = box.endpoint_url or ""
        use(endpoint, box.region)
        account = await asyncio.to_thread(furnish, box)
        bystander = await asyncio.to_thread(take, box.client, account, account.bystander)
        victim = await asyncio.to_thread(take, box.client, account, account.web)
        workspace = people(clock)
        async with serving(workspace, port=port) as server:
            workspace.deliver_by(server.socket_mode)
            with tempfile.TemporaryDirectory(prefix="ec2ir-demo-") as folder:
                settings = settings_for(workspace, server, account, endpoint, Path(folder))
                start_bot = partial(
                    running, settings, clock=clock, sessions=fenced(endpoint), rhythm=RHYTHM, gap=GAP
                )
                async with living(start_bot) as bot:
                    yield World(
                        clock=clock, box=box, account=account, workspace=workspace, server=server,
                        bot=bot, bystander=bystander, victim=victim,
                    )  # fmt: skip
    finally:
        await asyncio.to_thread(box.stop)


def people(clock: DemoClock) -> Workspace:
    """A workspace with the demo's people, their groups, and the channel for announcements."""
    workspace = Workspace(clock=clock, app=app_of(manifest(socket_mode=True)))
    for name in PEOPLE:
        workspace.add_user(name, user_id=f"U0{name.upper()}")
    workspace.add_group("ir-responders", ["ana", "bo"])
    workspace.add_group("ir-approvers", ["bo", "chai"])
    for name in TOLD:
        workspace.add_group(name, [name])
    workspace.add_channel(ANNOUNCEMENTS, list(PEOPLE))
    return workspace


def settings_for(workspace: Workspace, server: Server, account: Account, aws: str, folder: Path) -> Settings:
    """What an installation would set, for the box."""
    app = workspace.app
    return Settings(
        database_url=f"sqlite:///{folder / 'ec2ir.db'}",
        queue_url=account.queue_url,
        slack_bot_token=SecretStr(app.bot_token),
        slack_app_token=SecretStr(app.app_token),
        slack_signing_secret=SecretStr(app.signing_secret),
        slack_api_url=server.api_url,
        slack_channel=ANNOUNCEMENTS,
        evidence_bucket=account.bucket,
        signing_key=str(_signing_key(folder)),
        http_host="127.0.0.1",
        http_port=0,
        policy_file=PolicyFile(
            roles=Roles(responders="ir-responders", approvers="ir-approvers"),
            isolation=Isolation(forensics_cidr=CIDR),
            escalation=EscalationSection(
                fallback="duty", targets={name: TargetSection(group=group) for name, group in CALLED.items()}
            ),
            recovery=RecoverySection(
                golden_image=f"ssm:{GOLDEN}", probe_url=f"{aws}/sandbox/front/web?region={account.region}"
            ),
            forensics=ForensicsSection(
                subnet=account.network.lab_subnet, image=f"ssm:{LAB_IMAGE}", instance_profile=LAB_PROFILE
            ),
        ),
    )


def _signing_key(folder: Path) -> Path:
    """A key for this demo alone: reports are signed with it."""
    path = folder / "ec2ir-signing.pem"
    key = Ed25519PrivateKey.generate()
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return path


def furnish(box: AwsBox) -> Account:
    """Seed the account, with its past, its traffic and delays that people can wait for."""
    account = seed(box.client)
    box.controls.flows(*usual_flows(account))
    box.controls.remember(account)
    box.controls.delays(snapshot=3, standby=1)
    return account
