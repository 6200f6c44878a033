"""A plan's hash covers what it changes, not what may change by itself; and an equal plan comes back from JSON."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import pytest

from playbook.plan import PASSING, Shown, digest, dump, fingerprint, load
from playbook.target import Target

TARGET = Target(account="111111111111", region="eu-west-1", instance="i-1", incident="I1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Swap:
    target: Target
    interfaces: dict[str, tuple[str, ...]]
    health: str = field(default="", metadata=PASSING)
    looked: datetime | None = field(default=None, metadata=PASSING)

    def show(self) -> Shown:
        return Shown(changes=(), calls=(), undo="swap back")


@dataclass(frozen=True, slots=True, kw_only=True)
class Other:
    target: Target
    interfaces: dict[str, tuple[str, ...]]

    def show(self) -> Shown:
        return Shown(changes=(), calls=(), undo="")


class Loose:
    target = TARGET

    def show(self) -> Shown:
        return Shown(changes=(), calls=(), undo="")


SWAP = Swap(target=TARGET, interfaces={"eni-1": ("sg-1", "sg-2"), "eni-2": ()})


def test_passing_things_do_not_make_another_plan() -> None:
    later = replace(SWAP, health="unhealthy", looked=datetime(2026, 3, 1, tzinfo=UTC))
    assert fingerprint(later) == fingerprint(SWAP)


@pytest.mark.parametrize(
    "other",
    [
        replace(SWAP, target=replace(TARGET, instance="i-2")),
        replace(SWAP, interfaces={"eni-1": ("sg-1",), "eni-2": ()}),
        replace(SWAP, interfaces={"eni-1": ("sg-2", "sg-1"), "eni-2": ()}),
        replace(SWAP, interfaces={"eni-1": ("sg-1", "sg-2")}),
        Other(target=TARGET, interfaces=SWAP.interfaces),
    ],
)
def test_everything_else_does(other: Swap | Other) -> None:
    assert fingerprint(other) != fingerprint(SWAP)


def test_the_order_in_which_aws_listed_things_by_name_does_not_matter() -> None:
    assert fingerprint(replace(SWAP, interfaces=dict(reversed(SWAP.interfaces.items())))) == fingerprint(SWAP)


def test_an_equal_plan_comes_back_from_json() -> None:
    plan = replace(SWAP, looked=datetime(2026, 3, 1, tzinfo=UTC))
    assert load(Swap, dump(plan)) == plan
    assert fingerprint(load(Swap, dump(plan))) == fingerprint(plan)


def test_only_dataclasses_are_plans() -> None:
    with pytest.raises(TypeError, match="Loose is no dataclass"):
        fingerprint(Loose())


def test_a_digest_is_the_same_everywhere() -> None:
    assert digest({"b": 1, "a": "é"}) == digest({"a": "é", "b": 1})
    assert digest(["\ud800"]) != digest(["\ud801"])
    assert digest([]) == "4f53cda18c2baa0c0354bb5f9a3ecbe5ed12ab4d8e11ba873c2f11161202b945"
