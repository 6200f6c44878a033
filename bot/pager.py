"""Pings by pager: the shape of PagerDuty's Events API v2, which other pagers take too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

import aiohttp

from bot.summon import NotNow, Summons
from playbook.clock import stamp
from playbook.errors import BadInput
from playbook.escalation import RULES
from playbook.finding import Severity
from playbook.plan import Json
from playbook.text import plain

_PATIENCE = aiohttp.ClientTimeout(total=15)
_LONGEST_WAIT = timedelta(minutes=5)
_SEVERITIES = {
    Severity.CRITICAL: "critical",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "info",
}
"""The four that the API knows (PagerDuty, "Send an Alert Event")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pager:
    """`bot.summon.Courier` over HTTPS. `keys` are routing keys, by the names of the variables that hold them."""

    keys: Mapping[str, str] = field(repr=False)

    async def send(self, summons: Summons) -> None:
        """Trigger the alert, or acknowledge it. Raises NotNow for 429, 5xx and silence, BadInput for other refusals."""
        event = event_of(summons, self.keys.get(summons.contact.pager_key_env, ""))
        try:
            async with (
                aiohttp.ClientSession(timeout=_PATIENCE) as session,
                session.post(summons.contact.pager_url, json=event, allow_redirects=False) as answer,
            ):
                status, after = answer.status, answer.headers.get("Retry-After", "")
                said = plain((await answer.content.read(2_000)).decode(errors="replace"), 150)
        except (aiohttp.ClientError, TimeoutError, OSError) as problem:
            raise NotNow(f"The pager did not answer: {type(problem).__name__}.") from problem
        if status == 429 or status >= 500:
            raise NotNow(f"The pager said {status}.", wait=_wait(after))
        if not 200 <= status < 300:
            raise BadInput(f"The pager refused: {status} {said}")


def event_of(summons: Summons, key: str) -> Json:
    """The event; alerts are told apart by incident, rule and target, so that a repeat rings no second alert."""
    escalation, incident = summons.escalation, summons.incident
    rule = RULES[escalation.rule]
    common: Json = {"routing_key": key, "dedup_key": escalation.id}
    if summons.acknowledged:
        return common | {"event_action": "acknowledge"}
    drill = "DRILL: " if incident.drill else ""
    return common | {
        "event_action": "trigger",
        "client": "ec2ir",
        "payload": {
            "summary": plain(f"{drill}{rule.id} {rule.happened}: {incident.title}", 1_000),
            "source": f"ec2ir incident {incident.id}",
            "severity": _SEVERITIES[incident.severity],
            "timestamp": summons.at.isoformat(),
            "component": "EC2",
            "class": rule.id,
            "custom_details": {
                "incident": incident.id,
                "why": plain(escalation.why, 400),
                "wanted": rule.wants,
                "by": stamp(escalation.opened + rule.by),
                "environment": incident.environment.value,
                "ping": summons.number + 1,
                "acknowledge": f"/ec2ir ack {rule.id} in Slack, or ec2ir ack {incident.id} {rule.id}",
            },
        },
    }


def _wait(header: str) -> timedelta | None:
    return (
        min(timedelta(seconds=int(header)), _LONGEST_WAIT) if header.isdigit() and len(header) < 9 else None
    )
