"""`ec2ir drill`: an exercise in a real Slack workspace, while the AWS account is one in a box on this machine."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from aws.fenced import fenced
from cli.box import use
from cli.demo_scenarios import SCENARIOS, Alerts
from cli.demo_world import CIDR, furnish
from cli.doors import out
from cli.escalation_settings import EscalationSection
from cli.recording import write
from cli.serve import Running, running
from cli.settings import BadSetting, ForensicsSection, Isolation, RecoverySection, Settings
from commands.report.gather import gather
from commands.reports import drawn
from engine.clock import Rhythm
from playbook.clock import Clock, elapsed, system_clock
from playbook.errors import BadInput
from playbook.people import BOT
from playbook.text import plain
from playbook.timeline import Entry, Event
from sandbox.aws.box import AwsBox, start
from sandbox.aws.golden import PARAMETER as GOLDEN
from sandbox.aws.seed import LAB_IMAGE, LAB_PROFILE, Account


def settings_for_drill(settings: Settings, account: Account, endpoint: str, folder: Path) -> Settings:
    """The installation's Slack groups with the drill's own app, over the box's account. Raises BadSetting.

    The app is another than the bot's: Slack hands each click to any connection of an app, and a drill's clicks must
    not end up at the bot that guards production. Nobody is mailed or paged: a drill stays in its workspace.
    """
    bot, app = settings.drill_slack_bot_token, settings.drill_slack_app_token
    for name, token in (("EC2IR_DRILL_SLACK_BOT_TOKEN", bot), ("EC2IR_DRILL_SLACK_APP_TOKEN", app)):
        if not token.get_secret_value():
            raise BadSetting(
                f"{name} is not set.", then="Make a second Slack app from ec2ir manifest, for drills alone."
            )
    if app.get_secret_value() == settings.slack_app_token.get_secret_value():
        raise BadSetting(
            "EC2IR_DRILL_SLACK_APP_TOKEN is the bot's own.",
            then="Make a second Slack app from ec2ir manifest: the two would take each other's clicks.",
        )
    policy = settings.policy_file.model_copy(
        update={
            "isolation": Isolation(forensics_cidr=CIDR),
            "recovery": RecoverySection(
                golden_image=f"ssm:{GOLDEN}",
                probe_url=f"{endpoint}/sandbox/front/web?region={account.region}",
            ),
            "forensics": ForensicsSection(
                subnet=account.network.lab_subnet, image=f"ssm:{LAB_IMAGE}", instance_profile=LAB_PROFILE
            ),
            "escalation": _in_chat(settings.policy_file.escalation),
            "accounts": (),
            "operators": (),
        }
    )
    return settings.model_copy(
        update={
            "database_url": f"sqlite:///{folder / 'drill.db'}",
            "queue_url": account.queue_url,
            "slack_bot_token": bot,
            "slack_app_token": app,
            "evidence_bucket": account.bucket,
            "http_host": "127.0.0.1",
            "http_port": 0,
            "policy_file": policy,
        }
    )


def _in_chat(section: EscalationSection) -> EscalationSection:
    """The same without mail and pagers; whoever can be reached by nothing else is left out."""
    kept = {
        name: target.model_copy(update={"email": "", "pager_url": "", "pager_key_env": ""})
        for name, target in section.targets.items()
        if target.group or target.person or target.channel
    }
    fallback = section.fallback if section.fallback in kept else ""
    return section.model_copy(update={"targets": kept, "fallback": fallback})


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """A drill under way. `folder` holds its database, and goes away with it."""

    box: AwsBox
    account: Account
    product: Running


@asynccontextmanager
async def drilling(settings: Settings, clock: Clock = system_clock) -> AsyncGenerator[Drill]:
    """The product with a real Slack and the box's AWS, every incident marked as a drill. Raises BadSetting."""
    box = await asyncio.to_thread(start, ticker=1.0)
    try:
        endpoint = box.endpoint_url or ""
        use(endpoint, box.region)
        account = await asyncio.to_thread(furnish, box)
        with tempfile.TemporaryDirectory(prefix="ec2ir-drill-") as folder:
            own = settings_for_drill(settings, account, endpoint, Path(folder))
            quick = Rhythm(reconcile=timedelta(seconds=5))
            async with running(
                own, clock=clock, sessions=fenced(endpoint), rhythm=quick, drill=True
            ) as product:
                yield Drill(box=box, account=account, product=product)
    finally:
        await asyncio.to_thread(box.stop)


async def run(settings: Settings, scenario: str, to: Path) -> None:
    """Post the scenario's alert, and wait until somebody closes the incident, or a signal; then say how long what took.

    Raises BadInput for an unknown scenario, BadSetting for what is missing.
    """
    if scenario not in SCENARIOS:
        raise BadInput(
            f"There is no scenario “{plain(scenario, 40)}”.", then=f"There are: {', '.join(SCENARIOS)}."
        )
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    async with drilling(settings) as drill:
        title = await Alerts(box=drill.box, account=drill.account, clock=system_clock).send(scenario)
        out.print(
            f"Drill: {title}. Its channel is in Slack; close the incident there, or press Ctrl-C, to end it."
        )
        closed = asyncio.create_task(_closed(drill.product))
        stopped = asyncio.create_task(over.wait())
        await asyncio.wait({closed, stopped}, return_when=asyncio.FIRST_COMPLETED)
        closed.cancel()
        stopped.cancel()
        await asyncio.gather(closed, stopped, return_exceptions=True)
        await report(drill.product, to)


async def _closed(product: Running) -> None:
    while True:
        await asyncio.sleep(1)
        async with product.base.store.begin() as unit:
            every, waiting = await unit.incidents.listed(closed=True), await unit.incidents.listed()
        if every and not waiting:
            return


async def report(product: Running, to: Path) -> None:
    """Say how long what took, and write each incident's report into the folder."""
    async with product.base.store.begin() as unit:
        incidents = await unit.incidents.listed(closed=True)
        gathered = [await gather(unit, i.id, system_clock()) for i in incidents]
        timelines = [await unit.timeline.of(i.id) for i in incidents]
    for found, entries in zip(gathered, timelines, strict=True):
        out.print(f"\n{plain(found.incident.title)}", markup=False)
        for words, took in times(entries, found.incident.contained):
            out.print(f"  {words:<20} {elapsed(took) if took is not None else 'not reached'}", markup=False)
        for file in write(await asyncio.to_thread(drawn, product.desk, found), to):
            out.print(f"  {file['path']}", markup=False)


def times(
    entries: list[Entry] | tuple[Entry, ...], contained: datetime | None
) -> tuple[tuple[str, timedelta | None], ...]:
    """From the incident's opening to the first thing that a person did, to the first approval, and to containment."""
    opened = next((e.at for e in entries if e.event is Event.OPENED), None)
    human = next((e.at for e in entries if e.actor != BOT.id), None)
    approved = next((e.at for e in entries if e.event is Event.APPROVED), None)
    return tuple(
        (words, at - opened if at is not None and opened is not None else None)
        for words, at in (
            ("acknowledged after", human),
            ("approved after", approved),
            ("contained after", contained),
        )
    )
