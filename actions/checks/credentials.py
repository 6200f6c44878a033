"""V3: whether stolen IAM credentials launched or changed the instance: who, from where, and with which key."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from actions.check import Check
from actions.checks.facts import ago
from actions.checks.outside import outside
from actions.checks.reading_trail import EVENTS, OURS, TrailEvent, events, history, launcher
from actions.scene import Scene
from aws.errors import AwsRefused
from playbook.answer import Answer, Verdict, answer, gap
from playbook.errors import Ec2irError
from playbook.finding import Indicator
from playbook.gathering import both, gather
from playbook.rows import Phase
from playbook.text import many, words

OLD_DAYS = 90
"""Days after which a key should have been changed (CIS AWS Foundations Benchmark 3.0, control 1.14)."""
MOST = 4
"""Identities that are looked into: each takes look-ups of the two a second that CloudTrail answers."""
RECENT = timedelta(days=14)
"""How long ago a change is taken for part of the attack."""
WEAKENING = frozenset(
    {
        "AssociateIamInstanceProfile",
        "ModifyInstanceAttribute",
        "ModifyInstanceMetadataOptions",
        "ModifyNetworkInterfaceAttribute",
        "ReplaceIamInstanceProfileAssociation",
    }
)
"""Calls on an instance that give it more to reach, or let more reach it (MITRE ATT&CK T1578)."""
_LONG_LIVED = "AKIA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A user's access key: `user` is empty when IAM names no such key any more."""

    id: str = ""
    user: str = ""
    created: datetime | None = None
    used: datetime | None = None
    region: str = ""
    service: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Somebody who launched or changed the instance: `on_it` are those calls, `others` the rest of what they did."""

    identity: str
    on_it: tuple[TrailEvent, ...]
    others: tuple[TrailEvent, ...] = ()
    key: Key = Key()

    @property
    def user(self) -> str:
        """As CloudTrail looks it up."""
        return self.on_it[0].user


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What the events say: facts, and what of them a person should see."""

    facts: tuple[str, ...]
    doubts: tuple[str, ...]
    indicators: tuple[Indicator, ...] = ()


def actors(events: Iterable[TrailEvent], launch: TrailEvent | None) -> tuple[Actor, ...]:
    """Who launched or changed the instance, the launcher first; services that act by themselves are left out."""
    calls: dict[str, list[TrailEvent]] = {}
    for event in ((launch,) if launch else ()) + tuple(events):
        if event.identity and event.user and not event.reads and not event.by_service:
            mine = calls.setdefault(event.identity, [])
            mine += [event] if event.id not in {e.id for e in mine} else []
    return tuple(Actor(identity=who, on_it=tuple(done)) for who, done in calls.items())


def unusual(mine: Iterable[str], usual: Iterable[TrailEvent]) -> tuple[str, ...]:
    """Addresses among `mine` from which the identity made none of its other calls; none when there are no others."""
    known = {e.address for e in usual}
    return tuple(sorted({a for a in mine if known and outside(a) and a not in known}))


def judge(actor: Actor, now: datetime, known: frozenset[str] = frozenset()) -> Judged:
    """What one actor's calls say of whether somebody else used the credentials; `known` are addresses of indicators."""
    first = min(actor.on_it, key=lambda e: e.at)
    names = words(sorted({e.name for e in actor.on_it}))
    places = words(sorted({e.address for e in actor.on_it}))
    who, doubts = actor.identity, list[str]()
    facts = [
        f"{who} called {names} on it from {places}, first {first.at:%Y-%m-%d %H:%M} UTC, by {first.agent}."
    ]
    runs = [e for e in actor.others if e.name == "RunInstances"]
    if runs:
        origins = words(sorted({e.address for e in runs}))
        facts.append(
            f"{actor.user} called RunInstances {many(len(runs), 'more time')} in 90 days, from {origins}."
        )
    launched = any(e.name == "RunInstances" for e in actor.on_it)
    changes = [e for e in actor.on_it if e.name in WEAKENING and OURS not in e.agent]
    recent = [e for e in changes if not launched and now - e.at < RECENT]
    if recent:
        done = words(sorted({e.name for e in recent}))
        when = ago(max(e.at for e in recent), now)
        doubts.append(f"{who} did not launch it, and changed what it may do: {done}, last {when}.")
    met = sorted({e.address for e in (*actor.on_it, *actor.others)} & known)
    if met:
        doubts.append(f"{who} came from {words(met)}, a known indicator.")
    strange = unusual((e.address for e in actor.on_it), actor.others)
    if strange:
        usual = words(sorted({e.address for e in actor.others}))
        doubts.append(
            f"{who} came from {words(strange)}; its {many(len(actor.others), 'other call')} came from {usual}."
        )
    denied = [e for e in actor.others if "Denied" in e.error or "Unauthorized" in e.error]
    if denied:
        tried = words(sorted({e.name for e in denied}))
        doubts.append(
            f"Denied of what {who} called: {many(len(denied), 'call')}, {tried}. A thief tries what a key can do."
        )
    if actor.key.id:
        facts, doubts = [*facts, _used(actor.key)], [*doubts, *_aged(actor.key, now)]
    found = [Indicator(kind="source", value=a, about=f"{names} as {actor.user}") for a in strange]
    if strange or denied or recent or met:
        found.append(Indicator(kind="identity", value=who, about=f"{names} on the instance"))
        keys = sorted({e.access_key for e in actor.on_it if e.access_key})
        found += [Indicator(kind="access_key", value=key, about=f"{names} as {actor.user}") for key in keys]
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
    return (
        [f"The access key {key.id} is {days} days old; change keys within {OLD_DAYS} days."]
        if days > OLD_DAYS
        else []
    )


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


async def _known(scene: Scene, actor: Actor, about: frozenset[str]) -> tuple[Actor, tuple[str, ...]]:
    """The actor with their other calls and their key, and what of these could not be had."""
    gaps: list[str] = []
    others: tuple[TrailEvent, ...] = ()
    key = Key()
    try:
        theirs = await events(scene, "Username", actor.user)
        others = tuple(e for e in theirs.events if e.id not in about and e.identity == actor.identity)
        if theirs.more:
            gaps.append(
                f"{actor.user} made more calls than the newest {len(theirs.events)}, which were read."
            )
    except Ec2irError as trouble:
        gaps.append(f"What else {actor.user} called is not known. {trouble}")
    named = next((e.access_key for e in actor.on_it if e.access_key.startswith(_LONG_LIVED)), "")
    if named:
        try:
            key = await _key(scene, named)
        except Ec2irError as trouble:
            gaps.append(f"The last use of {named} could not be had. {trouble}")
    return Actor(identity=actor.identity, on_it=actor.on_it, others=others, key=key), tuple(gaps)


async def look(scene: Scene) -> Answer:
    """Everybody who launched or changed the instance, against what they do otherwise."""
    launch, about = await both(launcher(scene), history(scene))
    every = actors(about.events, launch)
    if not every:
        return gap(
            "CloudTrail does not say who launched or changed the instance: with whose credentials is not known."
        )
    ids = frozenset(e.id for e in about.events)
    read = await gather(*(_known(scene, actor, ids) for actor in every[:MOST]))
    known = frozenset(scene.brief.values("ip", "source"))
    judged = [judge(actor, scene.now, known) for actor, _ in read]
    gaps = [g for _, found in read for g in found]
    if launch is None:
        gaps.append("Who launched it is not in CloudTrail's 90 days of this region.")
    if len(every) > MOST:
        gaps.append(f"{len(every) - MOST} more identities changed it and were not looked into.")
    evidence = {
        "actors": [
            {"identity": a.identity, "key": a.key.id, "others": len(a.others),
             "addresses": sorted({e.address for e in (*a.on_it, *a.others)})[:50]}
            for a, _ in read
        ],
        "events": [f"{e.at.isoformat()} {e.name} {e.identity} {e.address} {e.error}" for e in about.events[:100]],
    }  # fmt: skip
    return answer(
        Verdict.NOTABLE if any(j.doubts for j in judged) else Verdict.CLEAR,
        *(d for j in judged for d in j.doubts),
        *(f for j in judged for f in j.facts),
        evidence=evidence,
        indicators=tuple(i for j in judged for i in j.indicators),
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
