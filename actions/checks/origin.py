"""A8: who launched the instance, and who changed it since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from actions.check import Check
from actions.checks.facts import ago
from actions.checks.outside import outside
from actions.checks.reading_trail import EVENTS, TrailEvent, history
from actions.scene import Scene
from playbook.answer import Answer, Verdict, answer
from playbook.finding import Indicator
from playbook.rows import Phase

RECENT = timedelta(days=2)
"""Changes this young may be the attacker's; ours: dwell time before an alert."""
OURS = "ec2ir"
"""Part of the user agent of every call that ec2ir makes; see aws.clients. Others can write it too."""


async def look(scene: Scene) -> Answer:
    """The instance's events of 90 days: the launch, then the changes, newest first."""
    about = await history(scene)
    launch = next((e for e in reversed(about.events) if e.name == "RunInstances" and not e.error), None)
    changes = [e for e in about.events if not e.reads and e is not launch]
    ours = [e for e in changes if OURS in e.agent]
    theirs = [e for e in changes if OURS not in e.agent]
    known = frozenset(scene.brief.values("identity", "access_key", "source"))
    suspects = suspicious([*([launch] if launch else []), *theirs], scene.now, known)
    says = [
        f"Launched by {told(launch, scene.now)}"
        if launch
        else "CloudTrail has no record of its launch: it is older than 90 days, or was recorded elsewhere."
    ]
    says += [
        f"{e.name} by {told(e, scene.now)}{' It failed: ' + e.error + '.' if e.error else ''}"
        for e in theirs[:8]
    ]
    if len(theirs) > 8:
        says.append(f"{len(theirs) - 8} more changes are in the evidence.")
    if ours:
        says.append(f"{len(ours)} changes carry ec2ir's own mark.")
    if not changes:
        says.append("Nobody changed it since, as far as CloudTrail kept.")
    return answer(
        Verdict.NOTABLE if suspects else Verdict.CLEAR,
        *says,
        evidence={"events": [_kept(e) for e in about.events[:100]]},
        indicators=tuple(i for e in suspects for i in indicators_of(e)),
        gaps=("CloudTrail has more events about it than were read.",) if about.more else (),
    )  # fmt: skip


def suspicious(events: Sequence[TrailEvent], now: datetime, known: frozenset[str]) -> list[TrailEvent]:
    """The launch or changes that are recent and a caller's own, or by somebody who is a known indicator."""
    return [
        e
        for e in events
        if {e.identity, e.access_key, e.address} & known or (now - e.at < RECENT and not e.by_service)
    ]


def told(event: TrailEvent, now: datetime) -> str:
    """Who, from where, with what, when."""
    who = event.identity or event.user or "somebody unnamed"
    by = f" on whose behalf {event.by_service} called" if event.by_service and event.by_service != who else ""
    key = f", key {event.access_key}" if event.access_key else ""
    return f"{who}{by} from {event.address or 'an unknown address'}{key}, {ago(event.at, now)}."


def indicators_of(event: TrailEvent) -> Iterable[Indicator]:
    """The caller's identity, key and address."""
    about = f"{event.name} at {event.at:%Y-%m-%d %H:%M} UTC"
    if event.identity.startswith("arn:"):
        yield Indicator(kind="identity", value=event.identity, about=about)
    if event.access_key:
        yield Indicator(kind="access_key", value=event.access_key, about=about)
    if outside(event.address):
        yield Indicator(kind="source", value=event.address, about=about)


def _kept(event: TrailEvent) -> dict[str, str]:
    return {
        "id": event.id,
        "name": event.name,
        "at": event.at.isoformat(),
        "identity": event.identity,
        "address": event.address,
        "access_key": event.access_key,
        "agent": event.agent[:200],
        "error": event.error,
    }


origin = Check(
    name="origin",
    title="CloudTrail: who launched or modified it",
    row="A8",
    phase=Phase.INVESTIGATE,
    permissions=EVENTS,
    look=look,
)
