"""Retire the SSH key pair: nobody launches with it any more; hosts that trust it are named, for they go on to."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from actions.action import Action, Look
from actions.instance import seen
from actions.run import Run
from aws.account import Account
from aws.errors import AwsRefused
from playbook.approval import Risk
from playbook.brief import Brief
from playbook.errors import DoesNotApply, Drift, Refused
from playbook.gathering import both
from playbook.incident import InstanceFacts
from playbook.plan import PASSING, Change, Shown
from playbook.proof import Proof, Rung
from playbook.rows import Phase
from playbook.target import Target
from playbook.text import plain, words

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import KeyPairInfoTypeDef


@dataclass(frozen=True, slots=True, kw_only=True)
class Retirement:
    """The plan. `public` is the OpenSSH public key, without which undo could not be.

    `id` and `fingerprint` are issued anew when a key is imported; `trusting` are instances launched with the key.
    """

    target: Target
    name: str
    kind: str
    public: str
    tags: dict[str, str]
    id: str = field(metadata=PASSING)
    fingerprint: str = field(metadata=PASSING)
    trusting: tuple[str, ...] = field(metadata=PASSING)

    def show(self) -> Shown:
        """The plan in words."""
        name = plain(self.name, 100)
        still = (
            f"{words(self.trusting)} still let this key in: it stays in their authorized-keys files."
            " Remove it there, or rebuild them."
        )
        return Shown(
            changes=(
                Change(
                    subject=f"key pair {name} ({self.id}, {self.kind})",
                    before=f"{plain(self.fingerprint, 100)}",
                    after="deleted from EC2",
                ),
            ),
            calls=("1 × DeleteKeyPair",),
            notes=("EC2 holds the public half only; whoever has the private half keeps it",),
            breaks=(f"launches that name {name}, also by launch templates and Auto Scaling groups",),
            keeps=("access to hosts whose authorized-keys file holds the key",),
            warnings=(still,) if self.trusting else (),
            undo="yes: the public key is imported again under its name, with its tags; EC2 gives it another id",
        )


def _material(public: str) -> tuple[str, ...]:
    """Kind and key of an OpenSSH line; the comment behind them identifies nothing."""
    return tuple(public.split()[:2])


async def _pair(aws: Account, name: str) -> KeyPairInfoTypeDef | None:
    try:
        answer = await aws.call(aws.ec2.describe_key_pairs, KeyNames=[name], IncludePublicKey=True)
    except AwsRefused as refusal:
        if refusal.code == "InvalidKeyPair.NotFound":
            return None
        raise
    return next(iter(answer["KeyPairs"]), None)


async def _name(target: Target, aws: Account) -> str:
    if aws.brief.first is not None and aws.brief.first.key_pair:
        return aws.brief.first.key_pair
    found = await seen(aws, target.instance)
    name = found.get("KeyName", "") if found is not None else ""
    if not name:
        raise DoesNotApply(
            f"{target.instance} was launched without a key pair, or is gone and was not seen before.",
            then="Who may log in otherwise is in its authorized-keys files and in Session Manager's history.",
        )
    return name


async def _trusting(aws: Account, name: str, instance: str) -> tuple[str, ...]:
    """Other instances of this region that were launched with the key and are not terminated."""

    def read() -> list[str]:
        pages = aws.ec2.get_paginator("describe_instances").paginate(
            Filters=[
                {"Name": "key-name", "Values": [name]},
                {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]},
            ]
        )
        every = (i for page in pages for r in page["Reservations"] for i in r.get("Instances", []))
        return [i.get("InstanceId", "") for i in every]

    return tuple(sorted(i for i in await aws.call(read) if i != instance))


async def plan(target: Target, aws: Account) -> Retirement:
    """Record the key pair whole, and find who else trusts it."""
    name = await _name(target, aws)
    pair, trusting = await both(_pair(aws, name), _trusting(aws, name, target.instance))
    if pair is None:
        trust = f" {words(trusting)} may still trust it." if trusting else ""
        raise DoesNotApply(f"Key pair {plain(name, 100)} is not in EC2 any more.{trust}")
    public = pair.get("PublicKey", "").strip()
    if len(_material(public)) < 2:
        raise Refused(
            f"AWS does not tell the public key of {plain(name, 100)}.",
            means="Deleting it could not be undone.",
            then="Delete it by hand if that is wanted, and tick this row.",
        )
    return Retirement(
        target=target,
        name=name,
        kind=pair.get("KeyType", ""),
        public=" ".join(_material(public)),
        tags={t.get("Key", ""): t.get("Value", "") for t in pair.get("Tags", [])},
        id=pair.get("KeyPairId", ""),
        fingerprint=pair.get("KeyFingerprint", ""),
        trusting=trusting,
    )


async def _now(plan: Retirement, aws: Account) -> KeyPairInfoTypeDef | None:
    """The key pair of that name, if it is still the planned one. Raises Drift when it is another."""
    pair = await _pair(aws, plan.name)
    if pair is not None and _material(pair.get("PublicKey", "")) != _material(plan.public):
        raise Drift(
            f"The key pair {plain(plan.name, 100)} is another key now.",
            means="Somebody made a new one under the same name, and it was left as it is.",
            then="Make a new plan if that one is to go as well.",
        )
    return pair


async def execute(plan: Retirement, run: Run) -> None:
    """Delete it by the id that it has now: by name, another key could be hit."""
    pair = await _now(plan, run.aws)
    if pair is None:
        return
    key = pair.get("KeyPairId", "")

    async def delete() -> None:
        await run.aws.call(run.aws.ec2.delete_key_pair, KeyPairId=key)

    await run.write(f"delete {key}", delete)


async def verify(plan: Retirement, look: Look) -> Proof:
    """Whether EC2 knows the name, and who still trusts the key."""
    pair, trusting = await both(
        _pair(look.aws, plan.name), _trusting(look.aws, plan.name, plan.target.instance)
    )
    still = (f"{len(trusting)} instances were launched with it and may trust it",) if trusting else ()
    if pair is None:
        return Proof(rung=Rung.PROVED, says=("the key pair is deleted", *still))
    if _material(pair.get("PublicKey", "")) != _material(plan.public):
        return Proof(rung=Rung.PROVED, says=("the key pair is deleted; another has its name now", *still))
    return Proof(rung=Rung.ABSENT, says=("the key pair is there", *still))


async def undo(plan: Retirement, run: Run) -> None:
    """Import the recorded public key under its name."""
    aws = run.aws
    if await _now(plan, aws) is not None:
        return

    async def look() -> bool | None:
        return await _now(plan, aws) is not None or None

    async def put() -> bool:
        tags = [{"Key": key, "Value": value} for key, value in plan.tags.items()]
        await aws.call(
            aws.ec2_once.import_key_pair,
            KeyName=plan.name,
            PublicKeyMaterial=plan.public.encode(),
            TagSpecifications=[{"ResourceType": "key-pair", "Tags": tags}] if tags else [],  # pyright: ignore[reportArgumentType]
        )
        return True

    await run.write(f"import {plan.name}", put, look=look)


def _knew(plan: Retirement) -> Brief:
    where = plan.target
    return Brief(
        first=InstanceFacts(
            account=where.account, region=where.region, instance=where.instance, key_pair=plan.name
        )
    )


retire_key = Action(
    name="retire-key",
    title="Retire the SSH key pair",
    row="E4",
    phase=Phase.ERADICATE,
    risk=Risk.REVERSIBLE,
    permissions=frozenset(
        {
            "ec2:CreateTags",
            "ec2:DeleteKeyPair",
            "ec2:DescribeInstances",
            "ec2:DescribeKeyPairs",
            "ec2:ImportKeyPair",
        }
    ),
    plan=plan,
    execute=execute,
    verify=verify,
    undo=undo,
    knew=_knew,
)
