"""The hand-over of lateral movement (X6): what this incident knows, for whoever starts playbook PB-09."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from commands.publish import publish
from commands.report.markdown import escaped
from playbook.answer import Verdict
from playbook.attack import TLP
from playbook.clock import stamp
from playbook.file import made
from playbook.incident import InstanceFacts
from playbook.people import Person
from playbook.ports import Unit
from playbook.situation import Situation
from playbook.text import defang, plain
from playbook.timeline import Event

PLAYBOOK = "PB-09"
_MOST = 200
"""Lines of one section; what is over that is counted."""


async def hand_over_lateral(
    unit: Unit, incident: str, seen: Situation, why: str, *, by: Person, now: datetime
) -> None:
    """Keep the file, sealed as evidence, and post it in the channel; once, within the transaction that escalates."""
    file = made(
        id=f"{incident}-pb09", incident=incident, name=f"ec2ir-{incident}-PB-09-hand-over.md",
        media="text/markdown; charset=utf-8", content=await _written(unit, incident, seen, why, now), at=now,
    )  # fmt: skip
    if await unit.files.get(file.id) is None:
        await publish(
            unit, file, kind="hand-over", event=Event.ESCALATED, by=by,
            words=f"X6: playbook {PLAYBOOK} (lateral movement) can start from {file.name}",
        )  # fmt: skip


async def _written(unit: Unit, incident: str, seen: Situation, why: str, now: datetime) -> bytes:
    instances = await unit.incidents.instances(incident)
    findings = await unit.findings.of(incident)
    answers = [a for a in await unit.answers.of(incident) if a.answer.verdict is Verdict.NOTABLE]
    known = await unit.indicators.of(incident)
    sections: tuple[tuple[str, Sequence[str], str], ...] = (
        (
            "Hosts that the attacker turned to",
            seen.hosts,
            "None is named yet: look where the instances can reach.",
        ),
        ("Compromised instances", [_instance(i) for i in instances], "None."),
        (
            "Findings",
            [
                f"{f.type.full}, seen {f.count} times, {stamp(f.first_seen)} to {stamp(f.last_seen)}"
                for f in findings
            ],
            "None: it was declared by hand.",
        ),
        (
            "What the checks saw",
            [
                f"{a.check} on {a.target.instance or 'the account'}: {line}"
                for a in answers
                for line in a.answer.says
            ],
            "Nothing notable so far.",
        ),
        (
            "Indicators",
            [
                f"{k.indicator.kind} {defang(k.indicator.value)} ({plain('; '.join(k.sources), 200)})"
                for k in known
            ],
            "None.",
        ),
    )
    lines = [
        f"**{TLP}**",
        "",
        f"# {PLAYBOOK} lateral movement: hand-over from incident {escaped(incident)}",
        "",
        f"As of {stamp(now)}. Why: {escaped(why or 'escalated by hand')}.",
        "",
        "Wanted: isolate the hosts below or rule them out, and look for the indicators on everything they reach.",
    ]
    for title, told, empty in sections:
        lines += ["", f"## {title}", "", *(_listed(told) if told else (empty,))]
    return ("\n".join([*lines, "", f"**{TLP}**"]) + "\n").encode()


def _listed(told: Sequence[str]) -> Iterator[str]:
    yield from (f"- {escaped(plain(line, 500))}" for line in told[:_MOST])
    if len(told) > _MOST:
        yield f"- and {len(told) - _MOST} more"


def _instance(facts: InstanceFacts) -> str:
    inside = ", ".join(facts.private_ips) or "no private address known"
    where = (
        f"{facts.account} {facts.region}, VPC {facts.vpc or 'unknown'}, subnet {facts.subnet or 'unknown'}"
    )
    role = f"role {facts.role}" if facts.role else "no role"
    return f"{facts.instance} {facts.name} ({inside}): {where}, {role}"
