"""H5: EBS volumes are encrypted, and so is every new one by the account's default."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from actions.check import Check, Of, When
from actions.checks import reads
from actions.scene import Scene
from playbook.answer import Answer, Verdict, answer
from playbook.gathering import both
from playbook.rows import Phase
from playbook.text import many, words

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import VolumeTypeDef

_DEFAULT = frozenset({"ec2:GetEbsEncryptionByDefault"})
_COPY = (
    "A volume can't be encrypted in place: snapshot it, copy the snapshot encrypted, and swap the volumes."
)


async def by_default(scene: Scene) -> bool:
    """Whether new volumes of the account in this region are encrypted unasked."""

    async def read() -> bool:
        return (await scene.aws.call(scene.aws.ec2.get_ebs_encryption_by_default)).get(
            "EbsEncryptionByDefault", False
        )

    return await scene.once("encryption-by-default", read)


def _bare(volumes: Iterable[VolumeTypeDef]) -> list[VolumeTypeDef]:
    return [v for v in volumes if not v.get("Encrypted", False)]


def _of_default(on: bool) -> str:
    return (
        "New volumes of this region are encrypted by default."
        if on
        else "New volumes of this region are not encrypted by default: turn it on in EC2's settings."
    )


async def look(scene: Scene) -> Answer:
    """The instance's own volumes."""
    _, (volumes, default) = await both(reads.instance(scene), both(reads.volumes(scene), by_default(scene)))
    bare = sorted(v.get("VolumeId", "") for v in _bare(volumes))
    evidence = {"volumes": len(volumes), "unencrypted": bare, "by_default": default}
    if not bare:
        says = (
            f"Every volume of the instance is encrypted, {len(volumes)} in all."
            if volumes
            else "No EBS volume is attached to it."
        )
        return answer(
            Verdict.CLEAR if default else Verdict.NOTABLE, says, _of_default(default), evidence=evidence
        )
    says = f"Not encrypted: {len(bare)} of {many(len(volumes), 'volume')}: {words(bare)}."
    return answer(Verdict.NOTABLE, says, _COPY, _of_default(default), evidence=evidence)


async def look_around(scene: Scene) -> Answer:
    """Every volume of the region."""

    def listed() -> list[VolumeTypeDef]:
        pages = scene.aws.ec2.get_paginator("describe_volumes").paginate()
        return [v for page in pages for v in page["Volumes"]]

    volumes, default = await both(scene.aws.call(listed), by_default(scene))
    bare = sorted(_bare(volumes), key=lambda v: -v.get("Size", 0))
    largest = [f"{v.get('VolumeId', '')} ({v.get('Size', 0)} GiB)" for v in bare]
    evidence = {
        "volumes": len(volumes),
        "unencrypted": [v.get("VolumeId", "") for v in bare][:200],
        "by_default": default,
    }
    if not bare:
        says = (
            f"Every volume of the region is encrypted, {len(volumes)} in all."
            if volumes
            else "There is no volume in the region."
        )
        return answer(
            Verdict.CLEAR if default else Verdict.NOTABLE, says, _of_default(default), evidence=evidence
        )
    return answer(
        Verdict.NOTABLE,
        f"Not encrypted: {len(bare)} of {many(len(volumes), 'volume')}, {sum(v.get('Size', 0) for v in bare)} GiB.",
        f"The largest: {words(largest)}.",
        _of_default(default),
        evidence=evidence,
    )


h5 = Check(
    name="h5",
    title="EBS encryption",
    row="H5",
    phase=Phase.HARDEN,
    permissions=reads.INSTANCE | reads.VOLUMES | _DEFAULT,
    look=look,
    when=When.ASKED,
)
audit_h5 = Check(
    name="audit-h5",
    title="EBS encryption, in the whole region",
    row="H5",
    phase=Phase.HARDEN,
    permissions=reads.VOLUMES | _DEFAULT,
    look=look_around,
    when=When.ASKED,
    of=Of.ACCOUNT,
)
