"""A drill: a Slack workspace that is real to it, an AWS account that is not, and no way from one to the other."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from pydantic import SecretStr

from cli.demo_scenarios import Alerts
from cli.demo_world import DemoClock, people
from cli.drill import Drill, drilling, report, settings_for_drill, times
from cli.escalation_settings import EscalationSection, TargetSection
from cli.settings import AccountEntry, BadSetting, PolicyFile, Roles, Settings
from playbook.clock import system_clock
from playbook.timeline import Entry, Event
from sandbox.aws.network import Network
from sandbox.aws.seed import Account
from sandbox.slack import Workspace, serving

T = TypeVar("T")
BOX = "http://127.0.0.1:9"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def installation(workspace: Workspace, api: str) -> Settings:
    """What a team has that guards production, with a second app for drills."""
    return Settings(
        slack_bot_token=SecretStr("xoxb-production"),
        slack_app_token=SecretStr("xapp-production"),
        drill_slack_bot_token=SecretStr(workspace.app.bot_token),
        drill_slack_app_token=SecretStr(workspace.app.app_token),
        slack_api_url=api,
        slack_channel="security",
        queue_url="https://sqs.eu-west-1.amazonaws.com/111111111111/production",
        policy_file=PolicyFile(
            roles=Roles(responders="ir-responders", approvers="ir-approvers"),
            accounts=(
                AccountEntry(id="111111111111", role_arn="arn:aws:iam::111111111111:role/ec2ir-responder"),
            ),
            escalation=EscalationSection(
                fallback="cloud_team",
                targets={
                    "ciso": TargetSection(group="ciso", email="ciso@example.com"),
                    "cloud_team": TargetSection(email="cloud@example.com"),
                },
            ),
        ),
    )


def seeded() -> Account:
    """A seeded account, as far as a drill's settings speak of it."""
    network: Any = dict.fromkeys(field.name for field in fields(Network)) | {
        "lab_subnet": "subnet-0123456789abcdef0"
    }
    known: Any = dict.fromkeys(field.name for field in fields(Account)) | {
        "region": "eu-west-1",
        "network": Network(**network),
        "queue_url": f"{BOX}/queue",
        "bucket": "evidence",
    }
    return Account(**known)


@pytest.fixture
def environment() -> Iterator[None]:
    """A drill takes the process's own way to AWS away; other tests get it back."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.process
@pytest.mark.emulator
@pytest.mark.usefixtures("environment")
async def test_a_drill_is_played_in_slack_and_nothing_leaves_the_box(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = people(DemoClock())
    async with serving(workspace) as server:
        workspace.deliver_by(server.socket_mode)
        async with drilling(installation(workspace, server.api_url)) as drill:
            await _contained(drill, workspace)
            reached = drill.product.base.cloud
            client = reached.queue_client("111111111111", "eu-west-1")
            assert client.meta.endpoint_url == drill.box.endpoint_url
            await report(drill.product, tmp_path)
    (channel,) = [name for name in workspace.channel_names if name.startswith("drill-")]
    assert any("DRILL, this is an exercise" in m.text for m in workspace.messages(channel))
    said = capsys.readouterr().out
    assert all(words in said for words in ("acknowledged after", "approved after", "contained after"))
    assert "not reached" not in said
    assert "DRILL, an exercise in an account in a box" in written(tmp_path)


def written(folder: Path) -> str:
    (made,) = folder.glob("*.md")
    return made.read_text()


async def _contained(drill: Drill, workspace: Workspace) -> None:
    await Alerts(box=drill.box, account=drill.account, clock=system_clock).send("miner-web")
    channel, ts = await _until(lambda: _posted(drill))
    await workspace.click("bo", channel, ts, "approve")
    await _until(lambda: _cut_off(drill))


async def _until(look: Callable[[], Awaitable[T | None]]) -> T:
    """What `look` sees at last; a real process is waited for, a minute at most."""
    for _ in range(600):
        found = await look()
        if found:
            return found
        await asyncio.sleep(0.1)
    raise AssertionError("nothing came of it")


async def _posted(drill: Drill) -> tuple[str, str] | None:
    """The channel and message of the plan, once Slack has it."""
    async with drill.product.base.store.begin() as unit:
        for incident in await unit.incidents.listed():
            assert incident.drill
            for plan in await unit.proposals.of(incident.id, pending=True):
                ts = await unit.outbox.ts_of(f"{incident.id}:plan:{plan.id}")
                if ts:
                    return incident.channel, ts
    return None


async def _cut_off(drill: Drill) -> bool:
    async with drill.product.base.store.begin() as unit:
        return any(i.contained for i in await unit.incidents.listed())


def test_the_drills_settings_keep_from_everything_that_is_real(tmp_path: Path) -> None:
    settings = installation(people(DemoClock()), "https://slack.com/api/")
    own = settings_for_drill(settings, seeded(), BOX, tmp_path)
    assert own.policy_file.accounts == ()
    assert own.queue_url == f"{BOX}/queue"
    assert str(tmp_path) in own.database
    assert own.slack_bot_token == settings.drill_slack_bot_token
    assert set(own.policy_file.escalation.targets) == {"ciso"}
    assert own.policy_file.escalation.targets["ciso"].email == ""
    assert own.policy_file.escalation.fallback == ""


@pytest.mark.parametrize("app", ["", "xapp-production"])
def test_a_drill_needs_an_app_of_its_own(app: str, tmp_path: Path) -> None:
    settings = installation(people(DemoClock()), "https://slack.com/api/")
    shared = settings.model_copy(update={"drill_slack_app_token": SecretStr(app)})
    with pytest.raises(BadSetting, match="EC2IR_DRILL_SLACK_APP_TOKEN"):
        settings_for_drill(shared, seeded(), BOX, tmp_path)


def test_its_times_are_told_from_the_timeline() -> None:
    def entry(event: Event, minutes: float, actor: str = "ec2ir") -> Entry:
        return Entry(incident="I1", at=NOON + timedelta(minutes=minutes), actor=actor, event=event, words="")

    told = times(
        [entry(Event.OPENED, 0), entry(Event.LED, 1, "U0ANA"), entry(Event.APPROVED, 3, "U0BO")], None
    )
    assert told == (
        ("acknowledged after", timedelta(minutes=1)),
        ("approved after", timedelta(minutes=3)),
        ("contained after", None),
    )
