"""Did it really happen? Facts about the account, read with boto3 alone and judged without the product's code."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from sandbox.aws import fingerprint
from sandbox.aws.fingerprint import Clients, Fingerprint
from sandbox.aws.seed import Account

MEMORY_MAGIC = b"EMiL"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One thing that was looked at: whether it is as it should be, and what was seen."""

    ok: bool
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What should be true of the victim. `before` and `undone` are for steps that were taken back."""

    isolated: bool = False
    forensics_cidr: str | None = None
    snapshots: bool = False
    deregistered: bool = False
    revoked: bool = False
    tags: Mapping[str, str] | None = None
    protected: bool = False
    memory: bool = False
    stopped: bool = False
    before: Fingerprint | None = None
    undone: tuple[str, ...] = ()


# --- isolation ----------------------------------------------------------------------------------------------


def _peers(permissions: list[dict[str, Any]]) -> set[str]:
    found = {r["CidrIp"] for p in permissions for r in p.get("IpRanges", [])}
    found |= {r["CidrIpv6"] for p in permissions for r in p.get("Ipv6Ranges", [])}
    found |= {r["GroupId"] for p in permissions for r in p.get("UserIdGroupPairs", [])}
    return found | {r["PrefixListId"] for p in permissions for r in p.get("PrefixListIds", [])}


def isolated(ec2: Any, instance: str, forensics_cidr: str | None) -> Iterator[Fact]:
    """Every interface holds exactly one group, and that group lets nothing through but the forensics CIDR."""
    allowed = {forensics_cidr} if forensics_cidr else set[str]()
    interfaces = fingerprint.interfaces_of(ec2, instance)
    yield Fact(ok=bool(interfaces), words=f"{instance} has {len(interfaces)} interfaces")
    for eni in interfaces:
        ids = [g["GroupId"] for g in eni["Groups"]]
        yield Fact(ok=len(ids) == 1, words=f"{eni['NetworkInterfaceId']} holds {len(ids)} group(s)")
        for group in ec2.describe_security_groups(GroupIds=ids)["SecurityGroups"]:
            into, out = _peers(group["IpPermissions"]), _peers(group["IpPermissionsEgress"])
            closed = into <= allowed and out <= allowed
            words = (
                f"{group['GroupId']} lets in {sorted(into) or 'nothing'} and out {sorted(out) or 'nothing'}"
            )
            yield Fact(ok=closed, words=words)


def no_open_group(ec2: Any, vpc: str) -> Iterator[Fact]:
    """No interface of the VPC stands in a group that is open both ways for all protocols."""
    groups = ec2.describe_security_groups(Filters=[{"Name": "vpc-id", "Values": [vpc]}])["SecurityGroups"]
    wide = {"0.0.0.0/0", "::/0"}
    opened = {
        g["GroupId"]
        for g in groups
        if all(
            any(p["IpProtocol"] == "-1" and _peers([p]) & wide for p in g[side])
            for side in ("IpPermissions", "IpPermissionsEgress")
        )
    }
    everyone = ec2.describe_network_interfaces(Filters=[{"Name": "vpc-id", "Values": [vpc]}])[
        "NetworkInterfaces"
    ]
    left = [e["NetworkInterfaceId"] for e in everyone if opened & {g["GroupId"] for g in e["Groups"]}]
    yield Fact(ok=not left, words=f"interfaces left in an open group: {left or 'none'}")


# --- the other steps ----------------------------------------------------------------------------------------


def snapshots(ec2: Any, account: Account, instance: str) -> Iterator[Fact]:
    """One completed and locked snapshot for each volume, and not two sets."""
    volumes = [v["VolumeId"] for v in fingerprint.volumes_of(ec2, instance)]
    mine = [{"Name": "volume-id", "Values": volumes}]
    taken = ec2.describe_snapshots(OwnerIds=[account.account], Filters=mine)["Snapshots"]
    locked = {s["SnapshotId"]: s["LockState"] for s in ec2.describe_locked_snapshots()["Snapshots"]}
    for volume in volumes:
        own = [s for s in taken if s["VolumeId"] == volume]
        states = [(s["State"], locked.get(s["SnapshotId"], "unlocked")) for s in own]
        held = {"governance", "compliance", "compliance-cooloff"}
        good = len(states) == 1 and states[0][0] == "completed" and states[0][1] in held
        yield Fact(ok=good, words=f"{volume} has snapshots {states or 'none'}")


def deregistered(clients: Clients, account: Account, instance: str) -> Iterator[Fact]:
    """Standby if in an Auto Scaling group; no target group or classic balancer sends to it any more."""
    lifecycle = fingerprint.lifecycle_of(clients, instance)
    if account.asg is not None and instance == account.web:
        yield Fact(ok=lifecycle == "Standby", words=f"{instance} is {lifecycle} in its Auto Scaling group")
    for arn, states in fingerprint.targets_of(clients, account, instance).items():
        gone = all(state in {"draining", "unused"} for state in states)
        yield Fact(ok=gone, words=f"{arn.split('/')[-2]} has it {states or 'not at all'}")
    classic = fingerprint.classic_of(clients, account, instance)
    yield Fact(ok=not classic, words=f"classic balancers that send to it: {classic or 'none'}")


def _listed(one_or_many: Any) -> list[Any]:
    """Policy documents write a list of one as the one."""
    return cast("list[Any]", one_or_many) if isinstance(one_or_many, list) else [one_or_many]


def _denials(iam: Any, role: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for name in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        policy = json.loads(document) if isinstance(document, str) else document
        found += [s for s in _listed(policy["Statement"]) if s["Effect"] == "Deny"]
    return found


def _sessions(statement: dict[str, Any]) -> set[str]:
    named: set[str] = set()
    for operator in statement.get("Condition", {}).values():
        named |= set[str](_listed(operator.get("aws:userid") or operator.get("aws:userId") or []))
    return named


def revoked(clients: Clients, account: Account, instance: str) -> Iterator[Fact]:
    """The role denies this instance's session and no other, and the profile is off the instance."""
    denials = _denials(clients("iam"), account.role)
    mine = f"{account.role_id}:{instance}"
    yield Fact(ok=any(_sessions(s) == {mine} for s in denials), words=f"the role denies the session {mine}")
    others = [_sessions(s) for s in denials if _sessions(s) != {mine}]
    yield Fact(ok=not others, words=f"other denials on the role: {others or 'none'}")
    whole = all(s.get("Action") == "*" or "NotAction" in s for s in denials)
    yield Fact(ok=whole, words="the denial is of everything, but for named exceptions")
    filters = [{"Name": "instance-id", "Values": [instance]}]
    listed = clients("ec2").describe_iam_instance_profile_associations(Filters=filters)
    still = [a["State"] for a in listed["IamInstanceProfileAssociations"] if a["State"] != "disassociated"]
    yield Fact(ok=not still, words=f"profile associations: {still or 'none'}")


def tagged(ec2: Any, instance: str, wanted: Mapping[str, str]) -> Iterator[Fact]:
    """The tags are on the instance, its volumes and its interfaces."""
    seen = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    things = {instance: fingerprint.tags_of(seen)}
    things |= {v["VolumeId"]: fingerprint.tags_of(v) for v in fingerprint.volumes_of(ec2, instance)}
    for eni in fingerprint.interfaces_of(ec2, instance):
        things[eni["NetworkInterfaceId"]] = {t["Key"]: t["Value"] for t in eni["TagSet"]}
    for thing, tags in things.items():
        yield Fact(ok=wanted.items() <= tags.items(), words=f"{thing} is tagged {tags}")


def protected(ec2: Any, instance: str) -> Iterator[Fact]:
    """Termination protection (Spot can't have it), shutdown means stop, volumes outlive the instance."""
    seen = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]
    attributes = fingerprint.attributes_of(ec2, instance)
    spot = seen.get("InstanceLifecycle") == "spot"
    guarded = attributes["disableApiTermination"] == "True" or spot
    yield Fact(
        ok=guarded, words=f"termination protection: {attributes['disableApiTermination']}, Spot: {spot}"
    )
    behaviour = attributes["instanceInitiatedShutdownBehavior"]
    yield Fact(ok=behaviour == "stop", words=f"shutdown from inside means {behaviour}")
    for volume in fingerprint.volumes_of(ec2, instance):
        deleted = volume["Attachments"][0]["DeleteOnTermination"]
        yield Fact(ok=not deleted, words=f"{volume['VolumeId']} is deleted on termination: {deleted}")


def memory(s3: Any, bucket: str) -> Iterator[Fact]:
    """Exactly one object in the bucket is a memory image."""
    listed = s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    heads = {o["Key"]: s3.get_object(Bucket=bucket, Key=o["Key"])["Body"].read(4) for o in listed}
    images = [key for key, head in heads.items() if head == MEMORY_MAGIC]
    yield Fact(ok=len(images) == 1, words=f"memory images in {bucket}: {images or 'none'}")


# --- what was taken back, and what was never to be touched ---------------------------------------------------

PARTS: Mapping[str, tuple[str, ...]] = {
    "isolate": ("groups",),
    "deregister": ("targets", "classic", "lifecycle"),
    "revoke": ("profile",),
    "tag": ("tags", "volume_tags"),
    "protect": ("attributes", "volumes"),
    "stop": ("state",),
}


def restored(
    clients: Clients, account: Account, before: Fingerprint, undone: tuple[str, ...]
) -> Iterator[Fact]:
    """Each step that was undone left the victim as it was before. Raises KeyError for an unknown step."""
    now = fingerprint.take(clients, account, before.instance)
    for step in undone:
        for part in PARTS[step]:
            was, is_ = getattr(before, part), getattr(now, part)
            yield Fact(ok=was == is_, words=f"{step} undone: {part} was {was}, is {is_}")
        if step == "revoke":
            left = _denials(clients("iam"), account.role)
            yield Fact(ok=not left, words=f"denials left on the role: {left or 'none'}")


def untouched(clients: Clients, account: Account, before: Fingerprint) -> Iterator[Fact]:
    """A bystander is as it was."""
    changed = before.differences(fingerprint.take(clients, account, before.instance))
    yield Fact(ok=not changed, words=f"{before.instance} changed: {'; '.join(changed) or 'nothing'}")


def check(
    clients: Clients,
    account: Account,
    instance: str,
    expected: Expectation,
    *,
    bystanders: tuple[Fingerprint, ...] = (),
) -> tuple[Fact, ...]:
    """Every fact about the victim that the expectation asks for, and about each bystander."""
    ec2 = clients("ec2")
    steps: list[tuple[bool, Callable[[], Iterator[Fact]]]] = [
        (expected.isolated, lambda: isolated(ec2, instance, expected.forensics_cidr)),
        (expected.isolated, lambda: no_open_group(ec2, account.network.vpc)),
        (expected.snapshots, lambda: snapshots(ec2, account, instance)),
        (expected.deregistered, lambda: deregistered(clients, account, instance)),
        (expected.revoked, lambda: revoked(clients, account, instance)),
        (expected.tags is not None, lambda: tagged(ec2, instance, expected.tags or {})),
        (expected.protected, lambda: protected(ec2, instance)),
        (expected.memory, lambda: memory(clients("s3"), account.bucket)),
        (expected.stopped, lambda: _state(ec2, instance, "stopped")),
    ]
    facts = [fact for wanted, look in steps if wanted for fact in look()]
    if expected.before is not None:
        facts += restored(clients, account, expected.before, expected.undone)
    for before in bystanders:
        facts += untouched(clients, account, before)
    return tuple(facts)


def _state(ec2: Any, instance: str, wanted: str) -> Iterator[Fact]:
    state = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]["State"]["Name"]
    yield Fact(ok=state == wanted, words=f"{instance} is {state}")
