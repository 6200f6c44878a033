"""V3: whether stolen IAM credentials launched or changed the instance: who, from where, and with which key."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from actions.check import Check
from actions.checks.outside import outside
from actions.checks.reading_trail import EVENTS, TrailEvent, events, history, launcher
from actions.scene import Scene
from aws.errors import AwsRefused
from playbook.answer import Answer, Verdict, answer, gap
from playbook.errors import Ec2irError
from playbook.finding import Indicator
from playbook.gathering import both
from playbook.rows import Phase
from playbook.text import words

OLD_DAYS = 90
"""Days after which a key should have been changed (CIS AWS Foundations Benchmark 3.0, control 1.14)."""
_LONG_LIVED = "AKIA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A user's access key: `user` is empty when IAM names no such key any more."""

    id: str
    user: str = ""
    created: datetime | None = None
    used: datetime | None = None
    region: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the events say: facts, and what of them a person should see."""

    facts: tuple[str, ...]
    doubts: tuple[str, ...]
    indicators: tuple[Indicator, ...] = ()


def unusual(mine: Iterable[str], usual: Iterable[TrailEvent]) -> tuple[str, ...]:
    """Addresses among `mine` from which the identity made no other call than these in the time that was read."""
    known = {e.address for e in usual}
    return tuple(sorted({a for a in mine if outside(a) and a not in known}))


def judge(
    launch: TrailEvent | None,
    changes: Sequence[TrailEvent],
    others: Sequence[TrailEvent],
    key: Key,
    now: datetime,
) -> Judged:
    """`changes` are events about the instance, `others` the launcher's calls that are not about it."""
    facts: list[str] = []
    doubts: list[str] = []
    found: list[Indicator] = []
    if launch is not None:
        when = f"{launch.at:%Y-%m-%d %H:%M} UTC"
        facts.append(
            f"{launch.identity} launched it on {when} from {launch.address}, by {launch.agent or 'an unknown client'}."
        )
        runs = [e for e in others if e.name == "RunInstances"]
        failed = [e for e in runs if e.error]
        if runs:
            addresses = words(sorted({e.address for e in runs}))
            said = (
                f"The same identity called RunInstances {len(runs)} more times in 90 days, from {addresses}"
            )
            facts.append(f"{said}; {len(failed)} failed." if failed else f"{said}.")
        if outside(launch.address) and launch.address in unusual([launch.address], others) and others:
            doubts.append(
                f"The launch came from {launch.address}, where none of its {len(others)} other calls came from."
            )
            found.append(Indicator(kind="source", value=launch.address, about=f"launched {when}"))
    writers = {e.identity for e in changes if not e.reads and e is not launch and e.identity}
    if writers:
        facts.append(f"It was changed by {words(sorted(writers))}.")
    denied = [e for e in others if "Denied" in e.error or "Unauthorized" in e.error]
    if denied:
        names = words(sorted({e.name for e in denied}))
        doubts.append(
            f"{len(denied)} of the launcher's calls were denied: {names}. A thief tries what a key can do."
        )
    if key.id.startswith(_LONG_LIVED):
        facts, doubts = [*facts, _used(key)], [*doubts, *_aged(key, now)]
    if doubts and launch is not None:
        found.append(Indicator(kind="identity", value=launch.identity, about="launched the instance"))
        if launch.access_key:
            found.append(Indicator(kind="access_key", value=launch.access_key, about="launched the instance"))
    return Judged(facts=tuple(facts), doubts=tuple(doubts), indicators=tuple(found))


def _used(key: Key) -> str:
    if not key.user:
        return f"IAM knows the access key {key.id} no more: it was deleted."
    if key.used is None:
        return f"The access key {key.id} of {key.user} was never used, says IAM."
    when = f"{key.used:%Y-%m-%d %H:%M} UTC"
    return f"The access key {key.id} of {key.user} was last used {when} for {key.service} in {key.region}."


def _aged(key: Key, now: datetime) -> list[str]:
    days = (now - key.created).days if key.created else 0
    return [f"That key is {days} days old; change keys within {OLD_DAYS} days."] if days > OLD_DAYS else []


async def _key(scene: Scene, id: str) -> Key:  # noqa: A002
    """The key as IAM knows it. Keys of roles' sessions are in no list, and need not be asked for."""
    aws = scene.aws
    try:
        last = await aws.call(aws.iam.get_access_key_last_used, AccessKeyId=id)
    except AwsRefused as refusal:
        if refusal.code == "NoSuchEntity":
            return Key(id=id)
        raise
    user, used = last.get("UserName", ""), last.get("AccessKeyLastUsed", {})
    keys = (await aws.call(aws.iam.list_access_keys, UserName=user))["AccessKeyMetadata"] if user else []
    return Key(
        id=id,
        user=user,
        created=next((k.get("CreateDate") for k in keys if k.get("AccessKeyId") == id), None),
        used=used.get("LastUsedDate"),
        region=used.get("Region", ""),
        service=used.get("ServiceName", ""),
    )


async def look(scene: Scene) -> Answer:
    """The instance's events, its launcher's others, and the launcher's key."""
    launch, about = await both(launcher(scene), history(scene))
    gaps: list[str] = []
    others: tuple[TrailEvent, ...] = ()
    key = Key(id="")
    if launch is None:
        gaps.append("Who launched it is not in CloudTrail's 90 days of this region.")
        if not about.events:
            return gap(
                "CloudTrail has no event about the instance: nobody can say with whose credentials it was made."
            )
    else:
        mine = {e.id for e in about.events}
        theirs = await events(scene, "Username", launch.user)
        others = tuple(e for e in theirs.events if e.id not in mine and e.identity == launch.identity)
        if theirs.more:
            gaps.append(
                f"{launch.user} made more calls than the newest {len(theirs.events)}, which were read."
            )
        if launch.access_key.startswith(_LONG_LIVED):
            try:
                key = await _key(scene, launch.access_key)
            except Ec2irError as trouble:
                gaps.append(f"The access key's last use could not be had. {trouble}")
    judged = judge(launch, about.events, others, key, scene.now)
    evidence = {
        "launcher": launch.identity if launch else None,
        "address": launch.address if launch else None,
        "access_key": launch.access_key if launch else None,
        "other_calls": len(others),
        "addresses": sorted({e.address for e in others})[:100],
        "events": [
            f"{e.at.isoformat()} {e.name} {e.identity} {e.address} {e.error}" for e in about.events[:100]
        ],
    }
    return answer(
        Verdict.NOTABLE if judged.doubts else Verdict.CLEAR,
        *judged.doubts,
        *judged.facts,
        evidence=evidence,
        indicators=judged.indicators,
        gaps=tuple(gaps),
    )


credentials = Check(
    name="credentials",
    title="Entry: compromised IAM credentials",
    row="V3",
    phase=Phase.INVESTIGATE,
    permissions=EVENTS | {"iam:GetAccessKeyLastUsed", "iam:ListAccessKeys"},
    look=look,
)
