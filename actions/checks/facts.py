"""A1 to A3: what the instance is, what it is used for, and how old it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from actions.check import Check
from actions.checks import reads
from actions.instance import state_of, tags_of
from actions.scene import Scene
from playbook.answer import Answer, Verdict, answer
from playbook.environment import Environment
from playbook.gathering import both
from playbook.rows import Phase

YOUNG = timedelta(days=2)
"""An instance younger than this may have been launched by the attacker; ours: dwell time before an alert."""


async def look_identity(scene: Scene) -> Answer:
    """Id, region, VPC and owner."""
    found = await reads.instance(scene)
    tags, target = tags_of(found), scene.target
    owner = tag(tags, "owner")
    name = tags.get("Name", "")
    called = f" “{name}”" if name else ""
    kind, state = found.get("InstanceType", "type unknown"), state_of(found) or "in an unknown state"
    says = [
        f"{target.instance}{called}, {kind}, is {state} in {target.region}, account {target.account}.",
        f"VPC {found.get('VpcId', 'none')}, subnet {found.get('SubnetId', 'none')}.",
        f"Owner by its tags: {owner}." if owner else "No tag names its owner: ask who launched it.",
    ]
    evidence = {
        "instance": target.instance,
        "vpc": found.get("VpcId", ""),
        "owner": owner,
        "tags": dict(list(tags.items())[:50]),
    }
    return answer(Verdict.CLEAR, *says, evidence=evidence)


async def look_environment(scene: Scene) -> Answer:
    """Production or not, by its tag and its Auto Scaling group; a tag that changed meanwhile is notable."""
    found, group = await both(reads.instance(scene), reads.scaling(scene))
    tags, rule = tags_of(found), scene.aws.policy.environment
    now, value = rule.classify(tags), tag(tags, rule.tag)
    says = [
        f"Its tag {rule.tag} says “{value}”: it counts as {now.value}."
        if value
        else f"It has no tag {rule.tag}: it counts as {now.value}.",
        f"It is a member of Auto Scaling group {group}, which replaces it when it is unhealthy."
        if group
        else "It is in no Auto Scaling group: nothing replaces it by itself.",
    ]
    before = scene.brief.first.environment if scene.brief.first else now
    changed = before is Environment.PRODUCTION and now is not before
    if changed:
        says.insert(0, "When the incident opened it was production: somebody changed its tags since.")
    evidence = {"environment": now.value, "tag": value, "autoscaling": group}
    return answer(Verdict.NOTABLE if changed else Verdict.CLEAR, *says, evidence=evidence)


async def look_age(scene: Scene) -> Answer:
    """When it was made, and when it last started: a start after a stop gives a new launch time."""
    found, interfaces = await both(reads.instance(scene), reads.interfaces(scene))
    launched = found.get("LaunchTime")
    if launched is None:
        return answer(Verdict.GAP, "EC2 does not say when it was launched.")
    first = (i.get("Attachment", {}) for i in interfaces)
    made = min(
        [a["AttachTime"] for a in first if a.get("DeviceIndex") == 0 and "AttachTime" in a] + [launched]
    )
    age = scene.now - made
    says = [f"It was launched {made:%Y-%m-%d %H:%M} UTC, {long(age)} ago."]
    if launched - made > timedelta(minutes=5):
        says.append(f"It was stopped and started since: last start {launched:%Y-%m-%d %H:%M} UTC.")
    if age < YOUNG:
        says.append("It is so young that the attacker may have launched it: see who did.")
    evidence = {"launched": launched.isoformat(), "made": made.isoformat()}
    return answer(Verdict.NOTABLE if age < YOUNG else Verdict.CLEAR, *says, evidence=evidence)


def tag(tags: Mapping[str, str], name: str) -> str:
    """The value of the tag of that name, whatever its case."""
    return next((v for k, v in tags.items() if k.casefold() == name.casefold()), "")


def long(span: timedelta) -> str:
    """A span as people say it: `41 days`, `19 hours`, `7 minutes`."""
    seconds = max(0, int(span.total_seconds()))
    for size, name in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= 2 * size or (name == "minute" and seconds >= size):
            count = seconds // size
            return f"{count:,} {name}{'' if count == 1 else 's'}"
    return "less than a minute"


def ago(at: datetime, now: datetime) -> str:
    """A moment with its distance: `2026-03-01 17:00 UTC, 19 hours ago`."""
    return f"{at:%Y-%m-%d %H:%M} UTC, {long(now - at)} ago"


identity = Check(
    name="instance",
    title="Instance, region, VPC, owner",
    row="A1",
    phase=Phase.INVESTIGATE,
    permissions=reads.INSTANCE,
    look=look_identity,
)
environment = Check(
    name="environment",
    title="Production, dev or test",
    row="A2",
    phase=Phase.INVESTIGATE,
    permissions=reads.INSTANCE | reads.SCALING,
    look=look_environment,
)
age = Check(
    name="age",
    title="Launch time",
    row="A3",
    phase=Phase.INVESTIGATE,
    permissions=reads.INSTANCE | reads.INTERFACES,
    look=look_age,
)
