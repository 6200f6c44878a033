from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

import boto3
import pytest

from actions.cloud import AwsCloud
from actions.protect import Protection
from actions.snapshot import SnapshotSet
from aws.clients import SessionFor
from playbook.brief import Brief
from playbook.errors import Unreachable
from playbook.plan import fingerprint
from playbook.policy import Policy
from playbook.ports import Cloud
from playbook.target import Target
from sandbox.aws.box import emulated
from sandbox.aws.seed import Account as Seeded
from sandbox.aws.seed import seed

pytestmark = pytest.mark.emulator


@contextmanager
def cloud(session_for: SessionFor) -> Generator[AwsCloud]:
    made = AwsCloud(session_for=session_for, policy=Policy())
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def seeded() -> Generator[tuple[AwsCloud, Seeded]]:
    with emulated() as box, cloud(lambda _: box.session()) as made:
        yield made, seed(box.client)


def target(seeded: Seeded) -> Target:
    return Target(account=seeded.account, region=seeded.region, instance=seeded.web, incident="inc-7")


async def test_plans_come_in_the_order_in_which_they_may_act(seeded: tuple[AwsCloud, Seeded]) -> None:
    aws, account = seeded
    steps, left_out = await aws.plan(target(account), ("stop", "isolate", "snapshot", "protect"), Brief())
    assert [s.action for s in steps] == ["snapshot", "protect", "stop", "isolate"]
    assert left_out == ()
    plans = [aws.load(s) for s in steps]
    assert isinstance(plans[0], SnapshotSet)
    assert isinstance(plans[1], Protection)
    assert [fingerprint(p) for p in plans] == [s.fingerprint for s in steps]


async def test_a_step_that_does_not_apply_is_left_out_with_its_reason(
    seeded: tuple[AwsCloud, Seeded],
) -> None:
    aws, account = seeded
    place = target(account)
    account_view = aws.account(place)
    await account_view.call(account_view.ec2.stop_instances, InstanceIds=[account.web])
    steps, left_out = await aws.plan(place, ("tag", "stop"), Brief())
    assert [s.action for s in steps] == ["tag"]
    assert [(o.action, o.why) for o in left_out] == [("stop", "The instance is stopped already.")]


async def test_facts_are_those_of_the_instance(seeded: tuple[AwsCloud, Seeded]) -> None:
    aws, account = seeded
    fulfils: Cloud = aws
    known = await fulfils.facts(account.account, account.region, account.web)
    assert (known.seen, known.name) == (True, "web-1")


def unreachable(account: str) -> boto3.Session:
    raise Unreachable(f"Account {account} is not among ec2ir's accounts.")


async def test_an_account_out_of_reach_is_no_facts_and_no_plan() -> None:
    place = Target(
        account="222222222222", region="eu-west-1", instance="i-0123456789abcdef0", incident="inc-7"
    )
    with cloud(unreachable) as aws:
        known = await aws.facts(place.account, place.region, place.instance)
        assert not known.seen
        assert "is not among ec2ir's accounts" in known.problem
        with pytest.raises(Unreachable, match="222222222222"):
            await aws.plan(place, ("tag",), Brief())
