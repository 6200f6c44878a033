"""H2: the instance metadata service answers only those who hold a session token (IMDSv2).

Before tokens are required, CloudWatch's MetadataNoToken tells how often somebody asked without one (EC2 User
Guide, “Transition to using IMDSv2”).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from actions.check import Check, Of, When
from actions.checks import reads
from actions.checks.metrics import METRICS, Asked, of_instances
from actions.checks.regions import NONE_HERE, fleet_here
from actions.scene import Scene
from playbook.answer import Answer, Verdict, answer
from playbook.rows import Phase
from playbook.text import many, words

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

DAYS = 14
"""Days of CloudWatch's metric that are added up."""
_CALLS = Asked(metric="MetadataNoToken", statistic="Sum", period=86_400)


def requires_token(instance: InstanceTypeDef) -> bool:
    """Whether IMDSv1 can't be used: a token is required, or the service is off."""
    options = instance.get("MetadataOptions", {})
    return options.get("HttpTokens") == "required" or options.get("HttpEndpoint") == "disabled"


async def tokenless(scene: Scene, instances: list[str]) -> dict[str, int]:
    """How often each one's metadata was asked for without a token in the last days."""
    found = await of_instances(
        scene.aws, instances, _CALLS, scene.now - timedelta(days=DAYS), scene.now + timedelta(minutes=1)
    )
    return {instance: round(sum(values)) for instance, values in found.items()}


async def look(scene: Scene) -> Answer:
    """The instance's own options, and who would be shut out."""
    instance = await reads.instance(scene)
    name, options = scene.target.instance, instance.get("MetadataOptions", {})
    calls = (await tokenless(scene, [name]))[name]
    evidence = {"options": dict(options), "calls_without_token": calls, "days": DAYS}
    hops = options.get("HttpPutResponseHopLimit", 1)
    far = (f"The hop limit is {hops}: containers on it, and proxies, reach the credentials too.",)
    if requires_token(instance):
        says = "Metadata is given only with a session token, or not at all."
        return answer(Verdict.CLEAR, says, *(far if hops > 1 else ()), evidence=evidence)
    used = (
        f"Metadata was asked for {many(calls, 'time')} without a token in the last {DAYS} days: mend who asks, "
        "or requiring tokens breaks it."
        if calls
        else f"CloudWatch shows no request without a token in the last {DAYS} days: requiring tokens breaks nothing."
    )
    return answer(
        Verdict.NOTABLE,
        "IMDSv1 answers: a forged request from its own application reads the role's credentials.",
        used,
        *(far if hops > 1 else ()),
        "ec2ir's imdsv2 requires tokens.",
        evidence=evidence,
    )


async def look_around(scene: Scene) -> Answer:
    """Every instance of the region."""
    instances = await fleet_here(scene)
    loose = sorted(i.get("InstanceId", "") for i in instances if not requires_token(i))
    calls = await tokenless(scene, loose)
    users = sorted((i for i in loose if calls[i]), key=lambda i: -calls[i])
    evidence = {
        "instances": len(instances),
        "imdsv1": loose[:200],
        "calls": {i: calls[i] for i in users[:200]},
    }
    if not instances:
        return answer(Verdict.NOT_APPLICABLE, NONE_HERE, evidence=evidence)
    if not loose:
        says = f"Every instance gives metadata only with a session token, or not at all; {len(instances)} in all."
        return answer(Verdict.CLEAR, says, evidence=evidence)
    return answer(
        Verdict.NOTABLE,
        f"IMDSv1 is answered by {len(loose)} of {many(len(instances), 'instance')}: {words(loose)}.",
        f"Asked without a token in the last {DAYS} days: {len(users)} of them."
        if users
        else f"None of them was asked without a token in the last {DAYS} days: requiring tokens breaks nothing.",
        *(f"{i}: {many(calls[i], 'time')}" for i in users[:5]),
        "ec2ir's imdsv2 requires tokens, on an instance of an incident.",
        evidence=evidence,
    )


h2 = Check(
    name="h2",
    title="IMDSv2 only",
    row="H2",
    phase=Phase.HARDEN,
    permissions=reads.INSTANCE | METRICS,
    look=look,
    when=When.ASKED,
)
audit_h2 = Check(
    name="audit-h2",
    title="IMDSv2 only, in the whole region",
    row="H2",
    also=("H6",),
    phase=Phase.HARDEN,
    permissions=frozenset({"ec2:DescribeInstances"}) | METRICS,
    look=look_around,
    when=When.ASKED,
    of=Of.ACCOUNT,
)
