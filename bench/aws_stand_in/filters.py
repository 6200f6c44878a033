"""EC2's filters: every filter must match, by any of its values."""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, TypeVar

from bench.aws_stand_in.errors import Refusal
from bench.aws_stand_in.world import Params

Facts = Mapping[str, Collection[str]]
Item = TypeVar("Item")


def select(items: Iterable[Item], params: Params, facts: Callable[[Item], Facts]) -> list[Item]:
    """The items that match `params["Filters"]`; `facts` gives an item's values by filter name."""
    filters = params.get("Filters") or ()
    return [item for item in items if all(matches(wanted, facts(item)) for wanted in filters)]


def matches(wanted: Mapping[str, Any], facts: Facts) -> bool:
    """Whether one filter matches.

    Raises:
        Refusal: the stand-in does not know the filter; answering "nothing found" would hide that.

    """
    name = wanted["Name"]
    if name not in facts:
        if name.startswith("tag:"):
            return False
        raise Refusal("InvalidParameterValue", f"The filter '{name}' is invalid")
    return any(value in facts[name] for value in wanted.get("Values") or ())


def tag_facts(tags: Mapping[str, str]) -> Facts:
    """What `tag:…` and `tag-key` filters see."""
    return {f"tag:{key}": (value,) for key, value in tags.items()} | {"tag-key": tuple(tags)}


def chosen(known: Mapping[str, Item], wanted: Iterable[str] | None, missing: str) -> list[Item]:
    """The items with the wanted ids, or all of them.

    Raises:
        Refusal: with code `missing`, if a wanted id does not exist.

    """
    if not wanted:
        return list(known.values())
    for name in wanted:
        if name not in known:
            raise Refusal(missing, f"The ID '{name}' does not exist")
    return [known[name] for name in wanted]


def tag_list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    """Tags as boto3 lists them."""
    return [{"Key": key, "Value": value} for key, value in tags.items()]
