"""What the same identities launched: who launched the instance, and whoever the incident knows, in every region."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from actions.checks.quarry import user_of
from actions.checks.reading_trail import EVENTS, History, TrailEvent, events, launcher
from actions.checks.regions import FLEETS, everywhere, fleets
from actions.scene import Scene
from aws.account import Account
from playbook.errors import DoesNotApply
from playbook.gathering import both, gather

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

MOST = 3
"""Identities that are looked up in every region."""
LAUNCHED = FLEETS | EVENTS
"""The IAM actions of the read."""
UNKNOWN = (
    "CloudTrail does not say who launched the instance: that is older than 90 days, or was not recorded here. "
    "Look for it in a trail's bucket."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Launched:
    """An instance that the identity launched; `state` is EC2's word, or `gone` when EC2 knows it no more."""

    instance: str
    region: str
    kind: str
    state: str
    at: datetime
    address: str
    by: str

    @property
    def lives(self) -> bool:
        """Whether it runs, or could be started again."""
        return self.state not in ("gone", "terminated", "shutting-down")

    @property
    def words(self) -> str:
        """In words."""
        kind = f"{self.kind}, " if self.kind else ""
        when, where = f"{self.at:%Y-%m-%d %H:%M} UTC", self.address or "an unknown address"
        who = f"by {self.by.rpartition('/')[2]} from {where}"
        return f"{self.instance} in {self.region}: {kind}{self.state}, launched {when} {who}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Launches:
    """Whose launches, and everything that they launched, newest first; `gaps` name what could not be asked."""

    by: tuple[str, ...]
    instances: tuple[Launched, ...]
    asked: tuple[str, ...]
    gaps: tuple[str, ...]


def instances_in(event: TrailEvent) -> Mapping[str, str]:
    """The instances that a RunInstances event launched, each with its type where the record says it."""
    answered = cast("dict[str, Any]", event.detail.get("responseElements") or {})
    listed = cast("dict[str, Any]", answered.get("instancesSet") or {})
    items = cast("list[dict[str, Any]]", listed.get("items") or [])
    kinds = {str(i.get("instanceId")): str(i.get("instanceType") or "") for i in items}
    return kinds | {name: kinds.get(name, "") for name in event.resources if name.startswith("i-")}


def judge(
    found: Mapping[str, Iterable[TrailEvent]],
    fleet: Mapping[str, Iterable[InstanceTypeDef]],
    identities: frozenset[str],
) -> tuple[Launched, ...]:
    """Every instance that these events say the identities launched, as EC2 knows it now; newest first."""
    states = {
        i.get("InstanceId", ""): (i.get("InstanceType", ""), i.get("State", {}).get("Name", ""))
        for instances in fleet.values()
        for i in instances
    }
    made = {
        (region, name): Launched(
            instance=name,
            region=region,
            kind=states.get(name, (kind, ""))[0] or kind,
            state=states[name][1] if name in states else "gone" if region in fleet else "of unknown state",
            at=event.at,
            address=event.address,
            by=event.identity,
        )
        for region, events_ in found.items()
        for event in events_
        if event.name == "RunInstances" and not event.error and event.identity in identities
        for name, kind in instances_in(event).items()
    }
    return tuple(sorted(made.values(), key=lambda i: (i.at, i.instance), reverse=True))


async def launches(scene: Scene) -> Launches:
    """What the instance's launcher, and the incident's known identities, launched anywhere.

    Raises DoesNotApply when nobody knows any of them.
    """
    return await scene.once("launches", lambda: _read(scene))


async def _read(scene: Scene) -> Launches:
    by = await launcher(scene)
    known = scene.brief.values("identity")
    identities = tuple(dict.fromkeys((*((by.identity,) if by is not None else ()), *known)))[:MOST]
    users = tuple(dict.fromkeys((*((by.user,) if by is not None else ()), *map(user_of, known))))[:MOST]
    if not users:
        raise DoesNotApply(UNKNOWN)

    async def of(aws: Account) -> list[History]:
        return await gather(*(events(scene, "Username", user, aws.region) for user in users))

    found, fleet = await both(everywhere(scene, of), fleets(scene))
    cut = [
        f"{region} has more events of {user} than were read: the newest 200 only."
        for region, histories in found.answers.items()
        for user, history in zip(users, histories, strict=True)
        if history.more
    ]
    events_of = {
        region: [e for h in histories for e in h.events] for region, histories in found.answers.items()
    }
    return Launches(
        by=identities,
        instances=judge(events_of, fleet.answers, frozenset(identities)),
        asked=tuple(sorted(found.answers)),
        gaps=(*found.gaps, *(g for g in fleet.gaps if g not in found.gaps), *cut),
    )
