"""The replacement of a compromised instance: found by the marks that its launch gave it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actions.instance import tags_of
from actions.run import INCIDENT_TAG
from aws.account import Account
from playbook.errors import DoesNotApply
from playbook.incident import InstanceFacts
from playbook.target import Target

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import FilterTypeDef, InstanceTypeDef

REPLACES_TAG = "ec2ir:replaces"
"""On a replacement: the id of the instance whose place it takes."""
_ALIVE = ["pending", "running", "stopping", "stopped"]


async def replacements(aws: Account, target: Target, **marks: str) -> list[InstanceTypeDef]:
    """Every living instance that says it replaces the target, and has these tags as well; oldest first."""
    wanted = {REPLACES_TAG: target.instance, **marks}
    filters: list[FilterTypeDef] = [{"Name": f"tag:{k}", "Values": [v]} for k, v in wanted.items()]
    answer = await aws.call(
        aws.ec2.describe_instances,
        Filters=[*filters, {"Name": "instance-state-name", "Values": _ALIVE}],
    )
    found = [i for r in answer["Reservations"] for i in r.get("Instances", [])]
    return sorted(found, key=lambda i: (str(i.get("LaunchTime", "")), i.get("InstanceId", "")))


async def replacement(aws: Account, target: Target) -> InstanceTypeDef | None:
    """The living replacement that this incident made, or None. Whoever can tag can pretend to be one, so the
    incident's mark must be there too.
    """
    found = await replacements(aws, target)
    return next((i for i in found if tags_of(i).get(INCIDENT_TAG) == target.incident), None)


def at_first(aws: Account) -> InstanceFacts:
    """The instance as it was when the incident opened. Raises DoesNotApply when that is not known."""
    first = aws.brief.first
    if first is None or not first.seen:
        raise DoesNotApply(
            "What the instance was when the incident opened is not known, so nothing like it can be made.",
            then="Do this step by hand, and tick it.",
        )
    return first
