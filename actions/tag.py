"""Tag the instance as compromised, and everything that belongs to it with the incident."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from actions.action import Action, Look
from actions.instance import alive, seen, volumes_of
from actions.run import COMPROMISED, INCIDENT_TAG, STATUS_TAG, Run
from aws.account import Account
from playbook.approval import Risk
from playbook.errors import DoesNotApply, Drift
from playbook.gathering import both, gather
from playbook.plan import Change, Shown
from playbook.proof import Proof, Rung
from playbook.rows import Phase
from playbook.target import Target
from playbook.text import plain, words

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import NetworkInterfaceTypeDef, TagTypeDef

Tags = dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagged:
    """A resource, and the values that our two tags have on it before; None where the tag is not there."""

    id: str
    status: str | None
    incident: str | None

    @property
    def before(self) -> dict[str, str | None]:
        """The old values by tag."""
        return {STATUS_TAG: self.status, INCIDENT_TAG: self.incident}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagging:
    """The plan: which resources get the tags, and what stood there before."""

    target: Target
    resources: tuple[Tagged, ...]

    @property
    def ours(self) -> Tags:
        """The tags that every resource gets."""
        return {STATUS_TAG: COMPROMISED, INCIDENT_TAG: self.target.incident}

    @property
    def ids(self) -> list[str]:
        """The resources' ids."""
        return [r.id for r in self.resources]

    def show(self) -> Shown:
        """The plan in words."""
        after = ", ".join(f"{key}={value}" for key, value in self.ours.items())
        return Shown(
            changes=tuple(
                Change(subject=r.id, before=_listed(r.before), after=after) for r in self.resources
            ),
            calls=("1 × CreateTags",),
            notes=("anybody who may change tags can take them off again: they inform, they do not protect",),
            breaks=("automation that reads the tag Status may react",),
            undo="yes, exactly, while nobody changes these tags",
        )


def _listed(tags: Mapping[str, str | None]) -> str:
    there = [f"{key}={plain(value, 60)}" for key, value in tags.items() if value is not None]
    return ", ".join(there) or "neither tag"


def _tagged(resource: str, tags: Iterable[TagTypeDef]) -> Tagged:
    by_key = {t.get("Key"): t.get("Value", "") for t in tags}
    return Tagged(id=resource, status=by_key.get(STATUS_TAG), incident=by_key.get(INCIDENT_TAG))


async def _interfaces(aws: Account, instance: str) -> list[NetworkInterfaceTypeDef]:
    answer = await aws.call(
        aws.ec2.describe_network_interfaces,
        Filters=[{"Name": "attachment.instance-id", "Values": [instance]}],
    )
    return answer["NetworkInterfaces"]


async def plan(target: Target, aws: Account) -> Tagging:
    """Record the old values on the instance, its volumes and its interfaces.

    Snapshots are not among them: they carry the same tags from their creation, and keep them as evidence.
    """
    (described, volumes), interfaces = await both(
        both(seen(aws, target.instance), volumes_of(aws, target.instance)),
        _interfaces(aws, target.instance),
    )
    found = alive(described, target)
    made = Tagging(
        target=target,
        resources=(
            _tagged(target.instance, found.get("Tags", [])),
            *sorted((_tagged(v.get("VolumeId", ""), v.get("Tags", [])) for v in volumes), key=_id),
            *sorted(
                (_tagged(n.get("NetworkInterfaceId", ""), n.get("TagSet", [])) for n in interfaces), key=_id
            ),
        ),
    )
    if all(r.before == made.ours for r in made.resources):
        raise DoesNotApply("Everything carries these tags already.")
    return made


def _id(resource: Tagged) -> str:
    return resource.id


async def execute(plan: Tagging, run: Run) -> None:
    """Put the tags on everything in one call.

    Nothing is read first: a value that somebody wrote between plan and run is replaced, as it would be had it
    been written a moment before the plan; so the write does not wait for a round trip. It is undo that compares.
    """

    async def put() -> None:
        await run.aws.call(
            run.aws.ec2.create_tags,
            Resources=plan.ids,
            Tags=[{"Key": key, "Value": value} for key, value in plan.ours.items()],
        )

    await run.write("tags", put)


async def _now(plan: Tagging, aws: Account) -> dict[str, Tags]:
    """The tags of each resource, also of those detached since the plan."""

    def read() -> list[tuple[str, str, str]]:
        pages = aws.ec2.get_paginator("describe_tags").paginate(
            Filters=[
                {"Name": "resource-id", "Values": plan.ids},
                {"Name": "key", "Values": list(plan.ours)},
            ]
        )
        return [
            (t.get("ResourceId", ""), t.get("Key", ""), t.get("Value", "")) for p in pages for t in p["Tags"]
        ]

    found: dict[str, Tags] = {i: {} for i in plan.ids}
    for resource, key, value in await aws.call(read):
        found[resource][key] = value
    return found


async def verify(plan: Tagging, look: Look) -> Proof:
    """The tags as they are now."""
    now = await _now(plan, look.aws)
    missing = [i for i in plan.ids if now[i] != plan.ours]
    says = (f"tags are on {len(plan.ids) - len(missing)} of {len(plan.ids)} resources",)
    if not missing:
        return Proof(rung=Rung.PROVED, says=says)
    rung = Rung.ABSENT if len(missing) == len(plan.ids) else Rung.APPLIED
    return Proof(rung=rung, says=(*says, f"missing on {words(missing)}"))


async def undo(plan: Tagging, run: Run) -> None:
    """Restore the old values; take away, only while the value is still ours, what was not there before."""
    now = await _now(plan, run.aws)
    changed = [
        f"{r.id} has {_listed({key: now[r.id].get(key)})}"
        for r in plan.resources
        for key, old in r.before.items()
        if now[r.id].get(key) not in (plan.ours[key], old)
    ]
    if changed:
        raise Drift(
            f"Since the step was done, tags were changed: {words(changed)}.",
            means="Nothing was restored: somebody's newer value would be lost.",
            then="Set these tags by hand.",
        )
    back: dict[tuple[str, str | None], list[str]] = {}
    for r in plan.resources:
        for key, old in r.before.items():
            if now[r.id].get(key) != old:
                back.setdefault((key, old), []).append(r.id)
    await gather(*(_restore(run, plan, key, old, ids) for (key, old), ids in back.items()))


async def _restore(run: Run, plan: Tagging, key: str, old: str | None, ids: list[str]) -> None:
    async def restore() -> None:
        ec2 = run.aws.ec2
        if old is None:
            await run.aws.call(ec2.delete_tags, Resources=ids, Tags=[{"Key": key, "Value": plan.ours[key]}])
        else:
            await run.aws.call(ec2.create_tags, Resources=ids, Tags=[{"Key": key, "Value": old}])

    await run.write(f"restore {key} on {', '.join(ids)}", restore)


tag = Action(
    name="tag",
    title="Tag as compromised",
    row="C5",
    phase=Phase.CONTAIN,
    risk=Risk.HARMLESS,
    permissions=frozenset(
        {
            "ec2:CreateTags",
            "ec2:DeleteTags",
            "ec2:DescribeInstances",
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeTags",
            "ec2:DescribeVolumes",
        }
    ),
    plan=plan,
    execute=execute,
    verify=verify,
    undo=undo,
)
