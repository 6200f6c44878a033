"""Launch a clean replacement from the golden image, hardened, in the place that the instance first had.

In an Auto Scaling group too: what the group launches by itself comes from its template, which may be the way in.
The replacement then serves beside the group until a person has renewed the template.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from actions import balancers
from actions.action import Action, Look
from actions.golden import Image, golden_image, golden_set
from actions.group_image import GroupImage, group_image
from actions.instance import scaled_by, seen, state_of, tags_of
from actions.quarantine import deny_name, open_name
from actions.replacement import REPLACES_TAG, at_first, replacement, replacements
from actions.run import INCIDENT_TAG, RUN_TAG, Run
from aws.account import Account
from playbook.approval import Risk
from playbook.brief import Brief
from playbook.errors import DoesNotApply, Drift
from playbook.gathering import both, gather
from playbook.incident import InstanceFacts
from playbook.plan import PASSING, Change, Shown
from playbook.proof import Proof, Rung
from playbook.rows import Phase
from playbook.target import Target
from playbook.text import plain, words

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef, RunInstancesRequestTypeDef

_QUARANTINE = (open_name(), deny_name("").rpartition("-")[0])
"""How the names of the groups begin in which isolation puts an interface."""
_ADMINISTRATION = frozenset({"22", "3389", "all"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Launching:
    """The plan. `first` is the instance as it was; `groups` are the primary interface's, `profile` is a name.

    `hops` is the hop limit of metadata answers; `scaled` the Auto Scaling group it was in, `members` who serves
    there now; `age` is in days.
    """

    target: Target
    first: InstanceFacts
    image: Image
    groups: tuple[str, ...]
    profile: str
    hops: int
    tags: dict[str, str]
    scaled: GroupImage | None
    limit: int
    age: int = field(metadata=PASSING)
    members: tuple[str, ...] = field(metadata=PASSING)

    def show(self) -> Shown:
        """The plan in words."""
        image = self.image
        about = f"owner {image.owner}, made {image.created:%Y-%m-%d}, {self.age} days old"
        start = f"{self.first.instance_type} in {self.first.subnet}, groups {words(self.groups)}"
        return Shown(
            changes=(
                Change(subject=f"replacement of {self.target.instance}", before="none", after=start),
                Change(
                    subject="its image",
                    before=f"{self.first.image} (the compromised instance's)",
                    after=f"{image.id} {image.name}, {about}",
                ),
                Change(subject="its profile", before=_profile_name(self.first) or "none", after=self.profile or "none"),
            ),
            calls=("1 × RunInstances",),
            notes=(
                f"metadata only with a token, answers travel {self.hops} hop{'s' if self.hops > 1 else ''}"
                + (", as the instance's did: containers may need the second" if self.hops > 1 else ""),
                "no key pair, an encrypted root volume of the image's size, user data is not taken over",
                "data volumes stay with the compromised instance: restore data from backups older than the attack",
            ),
            keeps=("the compromised instance, its volumes and its snapshots",),
            warnings=tuple(self._warnings()),
            undo="yes: the replacement is terminated, as long as nobody registered or changed it",
        )  # fmt: skip

    def _warnings(self) -> list[str]:
        found: list[str] = []
        if self.age > self.limit:
            found.append(
                f"The image is {self.age} days old, more than {self.limit}: patches of that time are missing."
            )
        if self.image.foreign:
            found.append(
                f"The image belongs to account {self.image.owner}, not to this one: make sure that it is yours."
            )
        open_ = [port for port in self.first.exposed if port in _ADMINISTRATION]
        if open_:
            found.append(
                f"These groups let the world in to {words(open_)}: close that first, or it starts all over."
            )
        if len(self.first.groups) > 1:
            found.append(
                "The instance had more than one network interface; the replacement has only the first."
            )
        if self.scaled is not None:
            found += _about(self.scaled, self.members, self.first.image)
        return found  # fmt: skip


def _about(scaled: GroupImage, members: tuple[str, ...], compromised: str) -> list[str]:
    group, there = plain(scaled.group, 100), words(members) or "none yet"
    image = (
        "the compromised instance's image"
        if scaled.image == compromised
        else "an image that is not the golden one"
    )
    source = (
        f"template {plain(scaled.template, 100)}, which names {image}"
        if scaled.image
        else "what can't be told"
    )
    return [
        f"Auto Scaling group {group} replaces instances by itself ({there}) from {source}.",
        "This replacement is no member, so the group neither scales nor heals it.",
        "Renew the template with the golden image, and refresh the group's instances.",
    ]  # fmt: skip


def _profile_name(first: InstanceFacts) -> str:
    return first.profile.rpartition("/")[2]


async def plan(target: Target, aws: Account) -> Launching:
    """Look at the golden image, and at what the instance was."""
    golden_set(aws)
    first = at_first(aws)
    (found, made), image = await both(
        both(seen(aws, target.instance), replacement(aws, target)),
        golden_image(aws, first.image, target.instance),
    )
    if made is not None:
        raise DoesNotApply(f"{made.get('InstanceId', '')} replaces it already.")
    groups, (scaled, members) = await both(
        _groups(aws, _primary(first, found)), group_image(aws, first.autoscaling_group, target.instance)
    )
    if scaled is not None and members and scaled.image == image.id:
        raise DoesNotApply(
            f"{scaled.group} has replaced it from the golden image by itself: {words(members)}."
        )
    environment = aws.policy.environment.tag
    recovery = aws.policy.recovery
    return Launching(
        target=target,
        first=first,
        image=image,
        groups=groups,
        profile=recovery.instance_profile or _profile_name(first),
        hops=2 if _hops(found) > 1 else 1,
        tags={k: v for k, v in first.tags.items() if k in ("Name", environment) or k.casefold() == "owner"},
        scaled=scaled,
        limit=recovery.max_image_age_days,
        age=(aws.clock() - image.created).days,
        members=members,
    )


def _hops(found: InstanceTypeDef | None) -> int:
    return found.get("MetadataOptions", {}).get("HttpPutResponseHopLimit", 1) if found is not None else 1


def _primary(first: InstanceFacts, found: InstanceTypeDef | None) -> tuple[str, ...]:
    """The groups that the primary interface had; of a terminated instance EC2 lists no interfaces any more."""
    cards = found.get("NetworkInterfaces", []) if found is not None else []
    ids = [c.get("NetworkInterfaceId", "") for c in cards if c.get("Attachment", {}).get("DeviceIndex") == 0]
    return first.groups.get(ids[0] if ids else "", next(iter(first.groups.values()), ()))


async def _groups(aws: Account, wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Those groups, without ours. Raises DoesNotApply when one is gone, or none is left."""
    answer = await aws.call(
        aws.ec2.describe_security_groups, Filters=[{"Name": "group-id", "Values": sorted(wanted)}]
    )
    names = {g.get("GroupId", ""): g.get("GroupName", "") for g in answer["SecurityGroups"]}
    kept = tuple(g for g in wanted if not names.get(g, "").startswith(_QUARANTINE))
    gone = [g for g in kept if g not in names]
    if gone or not kept:
        what = f"{words(gone)} is gone" if gone else "it was isolated when the incident opened"
        raise DoesNotApply(
            f"The security groups that the instance first had can't be used: {what}.",
            then="Launch the replacement by hand with groups of its own, and tick this step.",
        )
    return kept


async def execute(plan: Launching, run: Run) -> None:
    """Launch once: the token is the run's, and the marks are there from the first moment."""
    aws = run.aws

    async def look() -> str | None:
        found = await replacements(aws, plan.target, **run.tags)
        return found[0].get("InstanceId") if found else None

    async def launch() -> str:
        answer = await aws.call(aws.ec2.run_instances, **_request(plan, run))
        return answer["Instances"][0].get("InstanceId", "")

    await run.write("launch", launch, look=look)


def _request(plan: Launching, run: Run) -> RunInstancesRequestTypeDef:
    marks = {**plan.tags, REPLACES_TAG: plan.target.instance, **run.tags}
    listed = [{"Key": k, "Value": v} for k, v in marks.items()]
    request: RunInstancesRequestTypeDef = {
        "ClientToken": hashlib.sha256(f"replace {plan.target.instance} {run.id}".encode()).hexdigest(),
        "ImageId": plan.image.id,
        "InstanceType": plan.first.instance_type,  # pyright: ignore[reportAssignmentType]
        "MinCount": 1,
        "MaxCount": 1,
        "SubnetId": plan.first.subnet,
        "SecurityGroupIds": list(plan.groups),
        "MetadataOptions": {
            "HttpTokens": "required",
            "HttpPutResponseHopLimit": plan.hops,
            "HttpEndpoint": "enabled",
        },
        "BlockDeviceMappings": [
            {"DeviceName": plan.image.root, "Ebs": {"Encrypted": True, "DeleteOnTermination": True}}
        ],
        "TagSpecifications": [{"ResourceType": kind, "Tags": listed} for kind in ("instance", "volume")],  # pyright: ignore[reportAssignmentType]
    }
    return {**request, "IamInstanceProfile": {"Name": plan.profile}} if plan.profile else request


async def verify(plan: Launching, look: Look) -> Proof:
    """Its state, its status checks, and that it is hardened and marked as planned."""
    aws = look.aws
    found = await replacement(aws, plan.target)
    if found is None:
        return Proof(rung=Rung.ABSENT, says=("no replacement is there",))
    id_, state = found.get("InstanceId", ""), state_of(found)
    if found.get("MetadataOptions", {}).get("HttpTokens") != "required":
        return Proof(rung=Rung.CONTRADICTED, says=(f"{id_} answers metadata without a token",))
    if state == "pending":
        return Proof(
            rung=Rung.CONFIGURED, says=(f"{id_} is pending",), waits="it to run", again=timedelta(seconds=15)
        )
    if state != "running":
        return Proof(rung=Rung.CONTRADICTED, says=(f"{id_} is {state}",))
    health = await _health(aws, id_)
    says = (
        f"{id_} is running from {found.get('ImageId', '')}",
        "IMDSv2 required",
        f"status checks: {health}",
    )
    if health == "ok":
        return Proof(rung=Rung.PROVED, says=says, made=(id_,))
    if health == "impaired":
        return Proof(rung=Rung.CONTRADICTED, says=says)
    return Proof(
        rung=Rung.CONFIGURED, says=says, waits="status checks, some minutes", again=timedelta(seconds=30)
    )


async def _health(aws: Account, instance: str) -> str:
    """The worse one of instance and system status, in EC2's words."""
    answer = await aws.call(aws.ec2.describe_instance_status, InstanceIds=[instance])
    found = next(iter(answer["InstanceStatuses"]), None)
    if found is None:
        return "initializing"
    both_ = [found.get(name, {}).get("Status", "initializing") for name in ("InstanceStatus", "SystemStatus")]
    return next((s for s in ("impaired", "insufficient-data", "initializing") if s in both_), both_[0])


async def undo(plan: Launching, run: Run) -> None:
    """Terminate the replacement, and only it."""
    aws = run.aws
    made = await replacements(aws, plan.target)
    await gather(*(_still_ours(plan, run, found) for found in made))
    if not made:
        return

    async def terminate() -> None:
        await aws.call(aws.ec2.terminate_instances, InstanceIds=[i.get("InstanceId", "") for i in made])

    await run.write("terminate the replacement", terminate)


async def _still_ours(plan: Launching, run: Run, found: InstanceTypeDef) -> None:
    """Raise Drift when anybody marked it otherwise, or put it into service."""
    id_, tags = found.get("InstanceId", ""), tags_of(found)
    wanted = {**plan.tags, INCIDENT_TAG: run.incident}
    if RUN_TAG not in tags or any(tags.get(k) != v for k, v in wanted.items()) or scaled_by(found):
        raise _drift(f"The tags of {id_} were changed since, or it joined an Auto Scaling group.")
    groups, names = await both(balancers.target_groups(run.aws), balancers.classics(run.aws, id_))
    mine = frozenset({id_, found.get("PrivateIpAddress", "")}) - {""}
    registered = await balancers.registrations(run.aws, groups, mine, frozenset())
    serves = [*(r.name for r, _ in registered), *names]
    if serves:
        raise _drift(f"{id_} serves {words(serves)} by now.")


def _drift(what: str) -> Drift:
    return Drift(
        what,
        means="Somebody relies on the replacement, so it was not terminated.",
        then="Undo its registration first, or terminate it by hand.",
    )


replace = Action(
    name="replace",
    title="Launch a clean replacement",
    row="R1",
    also=("E2",),
    phase=Phase.RECOVER,
    risk=Risk.REVERSIBLE,
    permissions=frozenset(
        {
            "autoscaling:DescribeAutoScalingGroups",
            "ec2:CreateTags",
            "ec2:DescribeImages",
            "ec2:DescribeInstanceStatus",
            "ec2:DescribeInstances",
            "ec2:DescribeLaunchTemplateVersions",
            "ec2:DescribeSecurityGroups",
            "ec2:RunInstances",
            "ec2:TerminateInstances",
            "elasticloadbalancing:DescribeLoadBalancers",
            "elasticloadbalancing:DescribeTargetGroups",
            "elasticloadbalancing:DescribeTargetHealth",
            "iam:PassRole",
            "ssm:GetParameter",
        }
    ),
    plan=plan,
    execute=execute,
    verify=verify,
    undo=undo,
    knew=lambda plan: Brief(first=plan.first),
)
