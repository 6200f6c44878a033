"""A seeded account in the emulator, the product's way into it, and an observer that shares no code with it."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, cast

import boto3

from actions.action import Look
from actions.run import Run
from aws.account import Account
from aws.clients import Clients
from playbook.brief import Brief
from playbook.incident import InstanceFacts
from playbook.policy import Forensics, Policy
from playbook.target import Target
from sandbox.aws.box import AwsBox, emulated
from sandbox.aws.environment import ACCOUNT_ID, REGION
from sandbox.aws.seed import LAB_IMAGE, LAB_PROFILE, Variant, seed, usual_flows
from sandbox.aws.seed import Account as Seeded
from tests.fakes.clock import FakeClock
from tests.fakes.gate import OpenGate
from tests.fakes.journal import MemoryJournal
from tests.fixtures.models import Models
from tests.laws.wire import Wire

BUCKET = f"ec2ir-evidence-{ACCOUNT_ID}-{REGION}"
INCIDENT = "inc-7"
RUN = "run-1"
POLICY = Policy(forensics_cidr="10.99.0.0/24", evidence_bucket=BUCKET)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What worlds share, because it is dear to make: clients, threads, and those that watch every call.

    They are the wire, and botocore's models, which look at each answer.
    """

    clients: Clients
    wire: Wire
    models: Models
    pool: ThreadPoolExecutor


@contextmanager
def tools() -> Generator[Tools]:
    wire, models = Wire(), Models()
    session = boto3.Session(
        region_name=REGION, aws_access_key_id="AKIASANDBOXSANDBOX00", aws_secret_access_key="sandbox"
    )
    wire.attach(session)
    models.attach(cast("Any", session.events))
    with ThreadPoolExecutor(8) as pool:
        yield Tools(clients=Clients(lambda _: session), wire=wire, models=models, pool=pool)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """One account in a box at noon, and the instance that is under attack."""

    box: AwsBox
    seeded: Seeded
    clock: FakeClock
    tools: Tools
    policy: Policy = POLICY
    brief: Brief = field(default_factory=Brief)
    """What the incident knows."""
    first: list[InstanceFacts] = field(default_factory=list[InstanceFacts])
    """The instance as it was when the incident opened, once that is remembered."""

    @property
    def wire(self) -> Wire:
        return self.tools.wire

    @property
    def aws(self) -> Account:
        """The product's way in."""
        return Account(
            id=ACCOUNT_ID,
            region=REGION,
            policy=self.policy,
            clients=self.tools.clients,
            pool=self.tools.pool,
            clock=self.clock,
            brief=replace(self.brief, first=self.first[-1]) if self.first else self.brief,
        )

    def remember(self, first: InstanceFacts) -> None:
        """The incident opens with the instance as it is in `first`."""
        self.first.append(first)

    def client(self, service: str) -> Any:
        """A way in that the wire does not see: for arranging, drifting and observing."""
        return self.box.client(service)

    def target(self, instance: str) -> Target:
        return Target(account=ACCOUNT_ID, region=REGION, instance=instance, incident=INCIDENT)

    def run(self, journal: MemoryJournal, gate: OpenGate | None = None, name: str = RUN) -> Run:
        return Run(
            id=name,
            incident=INCIDENT,
            aws=self.aws,
            clock=self.clock,
            journal=journal,
            gate=gate or OpenGate(),
            pause=self.clock.pause,
        )

    def look(self, *, applied: bool) -> Look:
        return Look(aws=self.aws, now=self.clock(), applied=self.clock() if applied else None)

    def advance(self, seconds: float) -> None:
        self.clock.advance(seconds)


def _placed(policy: Policy, seeded: Seeded) -> Policy:
    """The settings with a place for forensic instances, whose id is dealt out anew in each account."""
    place = Forensics(
        subnet=seeded.network.lab_subnet, image=f"ssm:{LAB_IMAGE}", instance_profile=LAB_PROFILE
    )
    return dataclasses.replace(policy, forensics=place)


@contextmanager
def world(
    shared: Tools, variant: Variant = "asg", policy: Policy = POLICY, brief: Brief | None = None
) -> Generator[World]:
    clock = FakeClock()
    with emulated(clock=clock) as box:
        seeded = seed(box.client, variant=variant)
        box.controls.flows(*usual_flows(seeded))
        box.controls.tick()
        clock.moved = box.controls.tick
        shared.wire.reset()
        yield World(
            box=box,
            seeded=seeded,
            clock=clock,
            tools=shared,
            policy=_placed(policy, seeded),
            brief=brief or Brief(),
        )
    wrong, shared.models.problems = shared.models.problems, []
    assert wrong == []


# ── the account as it is, in a form that can be compared ─────────────────────────────────────────────────

_ATTRIBUTES = ("disableApiTermination", "disableApiStop", "instanceInitiatedShutdownBehavior")
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[^\"]*")
_DEALT = re.compile(
    r"\b(?:[a-z]+(?:-[a-z]+)*-[0-9a-f]{8,17}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b"  # ids
    r"|\b(?:[0-9a-z]{20}|A[A-Z]{2}A[0-9A-Z]{16,17}|[0-9a-f]{16,64})\b"  # of profiles, roles, balancers, contents
    r"|\b\d+(?:[.-]\d+){3}\b(?!/)|\b[0-9a-f]{2,4}(?::[0-9a-f]{0,4}){3,7}(?:/\d+)?"  # addresses
    r"|X-Amz-[A-Za-z]+=[^&'\" ]+"  # signatures
)
"""What AWS deals out anew each time."""
_BORING = frozenset({"ResponseMetadata", "StateTransitionReason", "StateReason", "Usage", "LastUpdatedTime"})


def _instances(ec2: Any) -> Iterator[Any]:
    for reservation in ec2.describe_instances()["Reservations"]:
        for i in reservation["Instances"]:
            yield i | {
                name: ec2.describe_instance_attribute(InstanceId=i["InstanceId"], Attribute=name)
                for name in _ATTRIBUTES
            }


def _policies(iam: Any) -> Iterator[Any]:
    for role in iam.list_roles()["Roles"]:
        name = role["RoleName"]
        for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
            document = iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            yield [name, policy, document]
        yield [name, iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]]


def _firewall(resolver: Any) -> Iterator[Any]:
    yield from resolver.list_firewall_rule_group_associations()["FirewallRuleGroupAssociations"]
    for listed in resolver.list_firewall_domain_lists()["FirewallDomainLists"]:
        yield [
            listed["Name"],
            resolver.list_firewall_domains(FirewallDomainListId=listed["Id"])["Domains"],
            resolver.list_tags_for_resource(ResourceArn=listed["Arn"])["Tags"],
        ]
    for group in resolver.list_firewall_rule_groups()["FirewallRuleGroups"]:
        rules = resolver.list_firewall_rules(FirewallRuleGroupId=group["Id"])["FirewallRules"]
        yield [group["Name"], rules, resolver.list_tags_for_resource(ResourceArn=group["Arn"])["Tags"]]


def _access_keys(iam: Any) -> Iterator[Any]:
    for user in iam.list_users()["Users"]:
        yield from iam.list_access_keys(UserName=user["UserName"])["AccessKeyMetadata"]


def _detectors(guardduty: Any) -> list[Any]:
    ids = guardduty.list_detectors()["DetectorIds"]
    return [{"id": i, **guardduty.get_detector(DetectorId=i)} for i in ids]


def state(world: World) -> dict[str, Any]:
    """Everything in the account that an action could change, with ids, times and all."""
    ec2, elbv2, ssm = world.client("ec2"), world.client("elbv2"), world.client("ssm")
    arns = [g["TargetGroupArn"] for g in elbv2.describe_target_groups()["TargetGroups"]]
    return {
        "instances": list(_instances(ec2)),
        "interfaces": ec2.describe_network_interfaces()["NetworkInterfaces"],
        "groups": [
            *ec2.describe_security_groups()["SecurityGroups"],
            *ec2.describe_security_group_rules()["SecurityGroupRules"],
        ],
        "acls": ec2.describe_network_acls()["NetworkAcls"],
        "dns firewall": list(_firewall(world.client("route53resolver"))),
        "key pairs": ec2.describe_key_pairs(IncludePublicKey=True)["KeyPairs"],
        "access keys": list(_access_keys(world.client("iam"))),
        "volumes": ec2.describe_volumes()["Volumes"],
        "snapshots": ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"],
        "locks": ec2.describe_locked_snapshots()["Snapshots"],
        "profiles": ec2.describe_iam_instance_profile_associations()["IamInstanceProfileAssociations"],
        "policies": list(_policies(world.client("iam"))),
        "scaling": world.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"],
        "targets": [
            [arn, elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]]
            for arn in arns
        ],
        "classic": world.client("elb").describe_load_balancers()["LoadBalancerDescriptions"],
        "detectors": _detectors(world.client("guardduty")),
        "commands": ssm.list_commands()["Commands"],
        "evidence": world.client("s3").list_objects_v2(Bucket=BUCKET).get("Contents", []),
    }


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        found = cast("dict[str, Any]", value)
        return {k: _sorted(v) for k, v in sorted(found.items()) if k not in _BORING}
    if isinstance(value, list):
        return sorted(
            (_sorted(v) for v in cast("list[Any]", value)), key=lambda v: json.dumps(v, default=str)
        )
    return value


def text_of(seen: dict[str, Any]) -> str:
    """The state as text: equal texts mean that nothing at all differs."""
    return json.dumps(_sorted(seen), default=str, indent=1, sort_keys=True)


def shape_of(seen: dict[str, Any]) -> str:
    """The state without what AWS deals out anew each time, and without times. Equal shapes mean an equal account."""
    return json.dumps(
        _sorted(json.loads(_TIME.sub("time", _DEALT.sub("dealt", text_of(seen))))), indent=1, sort_keys=True
    )
