"""The alert doors, wired: rules, topics and secrets from the settings, findings to the desk."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import structlog

from cli.settings import Settings
from commands.desk import Desk
from commands.receive import announce, keep, receive
from intake.alarms import Kind
from intake.fetch import fetch
from intake.http import Door
from intake.matching import Rules
from intake.receive import Outcome, handle
from intake.routes import Read, Reading
from intake.sns import Topics
from playbook.finding import Finding
from playbook.letter import Letter

log: structlog.stdlib.BoundLogger = structlog.get_logger("ec2ir.serve")


@dataclass(frozen=True, slots=True)
class DeskSink:
    """`intake.ports.Sink`: alerts go to the desk."""

    desk: Desk

    async def finding(self, finding: Finding, raw: str) -> None:
        """Take it in."""
        await receive(self.desk, finding, raw)

    async def letter(self, letter: Letter) -> None:
        """Keep it."""
        await keep(self.desk, letter)


def rules_of(settings: Settings) -> Rules:
    """The rules that ship and those of the settings' folder, compiled: a few tenths of a second."""
    # pySigma takes half a second to import: here it does so beside the start, in a thread.
    from intake.sigma import SHIPPED, load  # noqa: PLC0415

    own = settings.policy_file.sigma.rules
    return load(SHIPPED, *([Path(own)] if own else []))


async def say_problems(desk: Desk, rules: Rules) -> None:
    """Name the rules that are not in force, in the log at each start and to people once."""
    for problem in rules.problems:
        log.warning("rule not in force", problem=problem)
        await announce(desk, f"sigma:{hashlib.sha256(problem.encode()).hexdigest()}", problem)


def reading_of(settings: Settings, rules: Rules, *, account: str, region: str) -> Reading:
    """How messages are read here; `account` and `region` are where ec2ir runs."""
    alerts = settings.policy_file.alerts
    alarms: dict[str, Kind] = dict.fromkeys(alerts.traffic_alarms, "flowlogs")
    alarms |= dict.fromkeys(alerts.cpu_alarms, "cpu")
    return Reading(rules=rules.rules, alarms=alarms, account=account, region=region)


def door_of(settings: Settings, desk: Desk, reading: Reading, *, wrote: Callable[[], None]) -> Door:
    """The HTTP door; `wrote` is called when something was stored that Slack is to be told."""
    sink = DeskSink(desk)

    async def take(body: bytes, id: str, read: Read) -> Outcome:  # noqa: A002
        outcome = await handle(body, id, sink, received=desk.clock(), read=read)
        wrote()
        return outcome

    return Door(
        secret=settings.alerts_secret.get_secret_value(),
        topics=Topics(allowed=frozenset(settings.policy_file.alerts.topics), fetch=fetch),
        reading=reading,
        take=take,
        clock=desk.clock,
    )
