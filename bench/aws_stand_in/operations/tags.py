"""EC2 tags."""

from bench.aws_stand_in.filters import Facts, select
from bench.aws_stand_in.world import Answer, Params, World

TYPES = {
    "i": "instance",
    "vol": "volume",
    "eni": "network-interface",
    "sg": "security-group",
    "snap": "snapshot",
}


def specified(params: Params) -> dict[str, str]:
    """The tags in a creating call's TagSpecifications."""
    specifications = params.get("TagSpecifications") or ()
    return {tag["Key"]: tag.get("Value", "") for entry in specifications for tag in entry.get("Tags") or ()}


def create(world: World, params: Params) -> Answer:
    """CreateTags."""
    for resource in params["Resources"]:
        tags = world.tags.setdefault(resource, {})
        tags.update({tag["Key"]: tag.get("Value", "") for tag in params["Tags"]})
    return {}


def delete(world: World, params: Params) -> Answer:
    """DeleteTags: all of them, or those named; with a value, only where it is still that one."""
    for resource in params["Resources"]:
        tags = world.tags.get(resource, {})
        unwanted = params.get("Tags") or [{"Key": key} for key in tags]
        for tag in unwanted:
            if tag["Key"] in tags and tag.get("Value", tags[tag["Key"]]) == tags[tag["Key"]]:
                del tags[tag["Key"]]
    return {}


def describe(world: World, params: Params) -> Answer:
    """DescribeTags."""
    rows = [
        {"ResourceId": resource, "ResourceType": TYPES[resource.split("-")[0]], "Key": key, "Value": value}
        for resource, tags in world.tags.items()
        for key, value in tags.items()
    ]

    def facts(row: dict[str, str]) -> Facts:
        return {
            "resource-id": (row["ResourceId"],),
            "resource-type": (row["ResourceType"],),
            "key": (row["Key"],),
            "value": (row["Value"],),
            f"tag:{row['Key']}": (row["Value"],),
        }

    return {"Tags": select(rows, params, facts)}
