"""The golden image: found by the settings, and looked at before anything is started from it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from aws.account import Account
from aws.errors import AwsRefused
from playbook.errors import DoesNotApply
from playbook.text import plain

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import ImageTypeDef

_PARAMETER = "ssm:"
_ID = re.compile(r"ami-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_TRUSTED = frozenset({"amazon", "aws-marketplace"})
"""Aliases that AWS itself gives to owners it has verified (EC2 User Guide, “Find an AMI”)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """An image as EC2 describes it. `foreign` means that neither this account nor Amazon owns it."""

    id: str
    name: str
    owner: str
    created: datetime
    root: str
    foreign: bool


def golden_set(aws: Account) -> str:
    """What the settings name. Raises DoesNotApply when they name nothing."""
    if not aws.policy.recovery.golden_image:
        raise DoesNotApply(
            "No golden image is set, so nothing clean is known to start from.",
            then="Name one under [recovery] in ec2ir.toml: golden_image.",
        )
    return aws.policy.recovery.golden_image


async def golden_id(aws: Account) -> str:
    """The id of the golden image. Raises DoesNotApply when there is none."""
    named = golden_set(aws)
    if not named.startswith(_PARAMETER):
        return named
    parameter = named.removeprefix(_PARAMETER)
    try:
        answer = await aws.call(aws.ssm.get_parameter, Name=parameter)
    except AwsRefused as refusal:
        if refusal.code not in ("ParameterNotFound", "ParameterVersionNotFound"):
            raise
        raise DoesNotApply(
            f"The parameter {parameter}, which should name the golden image, is not in this account and region.",
            then="Make it, or mend golden_image in ec2ir.toml.",
        ) from refusal
    value = answer["Parameter"].get("Value", "")
    if not _ID.fullmatch(value):
        raise DoesNotApply(
            f"The parameter {parameter} holds “{plain(value, 40)}”, which is no image id.",
            then="Look at who changed it, and put the golden image's id there.",
        )
    return value


async def golden_image(aws: Account, compromised: str, instance: str) -> Image:
    """The golden image, fit to start from. `compromised` is the image from which the instance was started.

    Raises DoesNotApply when it is gone, not ready, of a stranger, or not clean.
    """
    id_ = await golden_id(aws)
    found = await _described(aws, id_)
    mend = "Name another image under [recovery] in ec2ir.toml."
    if found is None or found.get("State") != "available":
        raise DoesNotApply(f"The golden image {id_} is gone, or can't be used from this account.", then=mend)
    if id_ == compromised:
        raise DoesNotApply(
            f"The golden image {id_} is the one that the compromised instance was started from.",
            then="If the image itself is sound and patched, launch from it by hand; otherwise name a newer one.",
        )
    if found.get("SourceInstanceId") == instance:
        raise DoesNotApply(f"The golden image {id_} was made of the compromised instance itself.", then=mend)
    owner, alias = found.get("OwnerId", ""), found.get("ImageOwnerAlias", "")
    foreign = owner != aws.id and alias not in _TRUSTED
    if not owner or (foreign and aws.policy.recovery.golden_image != id_):
        raise DoesNotApply(
            f"The golden image {id_} belongs to {owner or 'nobody who is named'}: neither this account nor Amazon.",
            then="A parameter is not enough to trust it: copy it into this account, or set its id itself.",
        )
    return Image(
        id=id_,
        name=plain(found.get("Name", ""), 100),
        owner=alias if alias in _TRUSTED else owner,
        created=_moment(found.get("CreationDate", "")),
        root=found.get("RootDeviceName", "/dev/sda1"),
        foreign=foreign,
    )


async def _described(aws: Account, image: str) -> ImageTypeDef | None:
    try:
        answer = await aws.call(aws.ec2.describe_images, ImageIds=[image])
    except AwsRefused as refusal:
        if not refusal.code.startswith("InvalidAMIID"):
            raise
        return None
    return next(iter(answer["Images"]), None)


def _moment(text: str) -> datetime:
    """AWS writes `2026-03-02T12:05:00.000Z`; without a date an image counts as old as can be."""
    return datetime.fromisoformat(text) if text else datetime.fromtimestamp(0, UTC)
