"""V4: who came in through Session Manager, or ran commands on the instance by Systems Manager."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from actions.check import Check
from actions.checks.outside import outside
from actions.checks.reading_trail import EVENTS, OURS, TrailEvent, history
from actions.scene import Scene
from playbook.answer import Answer, Verdict, answer
from playbook.errors import Ec2irError
from playbook.finding import Indicator
from playbook.gathering import both
from playbook.rows import Phase
from playbook.text import many, plain, words

if TYPE_CHECKING:
    from mypy_boto3_ssm.literals import SessionStateType
    from mypy_boto3_ssm.type_defs import SessionTypeDef

_CALLS = frozenset({"StartSession", "ResumeSession", "SendCommand", "StartAutomationExecution"})
KEPT_DAYS = 30
"""Days for which ended sessions are kept (Systems Manager API reference, DescribeSessions)."""


def in_words(session: SessionTypeDef) -> str:
    """A session in words."""
    started, ended = session.get("StartDate"), session.get("EndDate")
    when = f"{started:%Y-%m-%d %H:%M} UTC" if started else "at an unknown time"
    until = f" until {ended:%H:%M}" if ended else ""
    reason = f", “{plain(session.get('Reason', ''), 60)}”" if session.get("Reason") else ""
    return f"Session of {session.get('Owner', 'nobody known')}, {when}{until}, {session.get('Status', '')}{reason}."


def calls_on(events: Sequence[TrailEvent]) -> tuple[list[TrailEvent], list[TrailEvent]]:
    """The calls of Systems Manager among these, and those of them that say they are ec2ir's.

    Anybody can write that user agent: the second kind is shown with its identity, never dropped.
    """
    calls = [e for e in events if e.name in _CALLS]
    return [e for e in calls if OURS not in e.agent], [e for e in calls if OURS in e.agent]


async def look(scene: Scene) -> Answer:
    """Sessions as Systems Manager keeps them, and calls as CloudTrail does."""
    active, ended = await both(kept_sessions(scene, "Active"), kept_sessions(scene, "History"))
    sessions = [*active, *ended]
    gaps: list[str] = []
    calls: list[TrailEvent] = []
    ours: list[TrailEvent] = []
    try:
        about = await history(scene)
        calls, ours = calls_on(about.events)
        if about.more:
            gaps.append("CloudTrail has more events about the instance than were read.")
    except Ec2irError as trouble:
        gaps.append(f"CloudTrail could not be asked for commands. {trouble}")
    evidence = {
        "ours": [f"{e.at.isoformat()} {e.name} {e.identity} {e.address}" for e in ours[:100]],
        "sessions": [in_words(s) for s in sessions][:100],
        "calls": [f"{e.at.isoformat()} {e.name} {e.identity} {e.address} {e.error}" for e in calls[:100]],
    }
    callers = words(sorted({e.identity for e in ours}))
    own = f"Made as ec2ir: {many(len(ours), 'call')}, by {callers}: make sure that is its role."
    if not sessions and not calls:
        says = f"No session in {KEPT_DAYS} days, and nobody else's command by Systems Manager."
        return answer(Verdict.CLEAR, says, own if ours else "", evidence=evidence, gaps=tuple(gaps))
    live = f"{many(len(active), 'session')} open" if active else "No session is open"
    counted = f"{live}, {len(ended) or 'none'} ended in {KEPT_DAYS} days"
    return answer(
        Verdict.NOTABLE,
        f"{counted}; {many(len(calls), 'call')} of Systems Manager on it by others."
        if calls
        else f"{counted}.",
        *(in_words(s) for s in sessions[:5]),
        *(
            f"{e.name} by {e.identity} from {e.address}, {e.at:%Y-%m-%d %H:%M} UTC{f': {e.error}' if e.error else ''}."
            for e in calls[:4]
        ),
        own if ours else "",
        evidence=evidence,
        indicators=tuple(
            Indicator(kind="source", value=address, about="used Systems Manager on the instance")
            for address in sorted({e.address for e in calls if outside(e.address)})[:20]
        ),
        gaps=tuple(gaps),
    )


async def kept_sessions(scene: Scene, state: SessionStateType) -> list[SessionTypeDef]:
    """Sessions to the instance that are `Active`, or the `History` of those that ended in 30 days; read once."""

    def listed() -> list[SessionTypeDef]:
        pages = scene.aws.ssm.get_paginator("describe_sessions").paginate(
            State=state, Filters=[{"key": "Target", "value": scene.target.instance}]
        )
        return [s for page in pages for s in page["Sessions"]]

    return await scene.once(f"sessions {state}", lambda: scene.aws.call(listed))


sessions = Check(
    name="sessions",
    title="Entry: compromised Session Manager",
    row="V4",
    phase=Phase.INVESTIGATE,
    permissions=EVENTS | {"ssm:DescribeSessions"},
    look=look,
)
