"""V6: where the image came from: its owner, age and publicity; an image that is gone is a flag of its own."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from actions.check import Check
from actions.checks import reads
from actions.scene import Scene
from playbook.answer import Answer, Verdict, answer
from playbook.gathering import both
from playbook.rows import Phase
from playbook.text import plain

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import ImageTypeDef

AMAZON = frozenset({"amazon", "aws-backup-vault"})
MARKETPLACE = "aws-marketplace"
"""Owner aliases that only AWS can set (EC2 API reference, Image, ImageOwnerAlias)."""
OLD_DAYS = 180
"""Days after which an image is said to be old: its packages miss half a year of patches. Our own figure."""


def judge(image: ImageTypeDef | None, name: str, account: str, now: datetime) -> tuple[list[str], list[str]]:
    """What is known of the image, and what of that a person should see."""
    if image is None:
        gone = f"The image {name} is gone, or no longer shared with this account: "
        return [], [gone + "nobody can check any more what the instance started from."]
    owner, alias = image.get("OwnerId", ""), image.get("ImageOwnerAlias", "")
    facts = [f"{name} “{plain(image.get('Name', ''), 80)}” belongs to {_owner(owner, alias, account)}."]
    doubts: list[str] = []
    if owner != account and alias not in (*AMAZON, MARKETPLACE):
        doubts.append(
            f"Its owner {owner or 'is unknown and'} is neither this account nor AWS: ask who chose it."
        )
    if owner == account and image.get("Public"):
        doubts.append("It is this account's own image, and public: anybody can launch and read it.")
    made = _time(image.get("CreationDate", ""))
    if made is not None:
        days = (now - made).days
        facts.append(
            f"It was made on {made:%Y-%m-%d}, {days} days ago{', which is old' * (days > OLD_DAYS)}."
        )
    deprecated = _time(image.get("DeprecationTime", ""))
    if deprecated is not None and deprecated <= now:
        doubts.append(f"It is deprecated since {deprecated:%Y-%m-%d}.")
    if image.get("State", "available") != "available":
        doubts.append(f"Its state is {image.get('State')}, not available.")
    if any(p.get("ProductCodeType") == "marketplace" for p in image.get("ProductCodes", [])):
        facts.append("It carries a product code of AWS Marketplace.")
    return facts, doubts


def _owner(owner: str, alias: str, account: str) -> str:
    if owner == account:
        return "this account"
    if alias in AMAZON:
        return "Amazon"
    return "a seller on AWS Marketplace" if alias == MARKETPLACE else f"account {owner or 'unknown'}"


def _time(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


async def look(scene: Scene) -> Answer:
    """The image as EC2 describes it now."""
    image, instance = await both(reads.image(scene), reads.instance(scene))
    name = instance.get("ImageId", "")
    facts, doubts = judge(image, name, scene.target.account, scene.now)
    evidence: dict[str, object] = {"image": name, "there": image is not None}
    if image is not None:
        for field in ("OwnerId", "ImageOwnerAlias", "CreationDate", "Public", "DeprecationTime", "State"):
            evidence[field] = image.get(field)
    return answer(Verdict.NOTABLE if doubts else Verdict.CLEAR, *doubts, *facts, evidence=evidence)


image = Check(
    name="image",
    title="Entry: supply chain, backdoored AMI",
    row="V6",
    phase=Phase.INVESTIGATE,
    permissions=reads.IMAGE,
    look=look,
)
