from __future__ import annotations

from typing import Any

import pytest

from actions.block_domains import block_domains
from playbook.errors import DoesNotApply, StepFailed
from playbook.proof import Rung
from tests.actions.knowing import knowing
from tests.actions.scene import Scene

pytestmark = pytest.mark.emulator

POOL = ("domain", "pool.example")


def theirs(scene: Scene, priority: int) -> None:
    """A rule group that the account has already."""
    resolver: Any = scene.client("route53resolver")
    name = f"theirs-{priority}"
    group = resolver.create_firewall_rule_group(CreatorRequestId=name, Name=name)["FirewallRuleGroup"]["Id"]
    resolver.associate_firewall_rule_group(
        CreatorRequestId=name,
        FirewallRuleGroupId=group,
        VpcId=scene.seeded.network.vpc,
        Priority=priority,
        Name=name,
    )


@pytest.mark.row("M1")
async def test_a_domain_and_all_under_it_are_blocked(asg: Scene) -> None:
    asg.box.controls.delays(firewall=60)
    step = knowing(asg, POOL).step(block_domains)
    await step.execute()
    proof = await step.verify()
    assert proof.rung is Rung.CONFIGURED
    assert proof.again is not None
    asg.clock.advance(61)
    assert (await step.verify()).rung is Rung.PROVED
    resolver = asg.client("route53resolver")
    listed = resolver.list_firewall_domain_lists()["FirewallDomainLists"][0]["Id"]
    domains = resolver.list_firewall_domains(FirewallDomainListId=listed)["Domains"]
    assert set(domains) == {"pool.example.", "*.pool.example."}


async def test_without_domains_there_is_nothing_to_block(asg: Scene) -> None:
    with pytest.raises(DoesNotApply, match="block-ports"):
        await knowing(asg, ("ip", "198.51.100.7")).step(block_domains).plan()


async def test_what_is_known_later_is_blocked_by_a_list_of_its_own(asg: Scene) -> None:
    await knowing(asg, POOL).step(block_domains).execute()
    plan = await knowing(asg, POOL, ("domain", "evil.example")).step(block_domains).plan()
    assert plan.domains == ("evil.example",)
    assert plan.priority == 102
    with pytest.raises(DoesNotApply, match="blocked in"):
        await knowing(asg, POOL).step(block_domains).plan()


async def test_groups_that_are_asked_first_are_named(asg: Scene) -> None:
    theirs(asg, 100)
    theirs(asg, 101)
    plan = await knowing(asg, POOL).step(block_domains).plan()
    assert (plan.priority, plan.earlier) == (102, ("theirs-100", "theirs-101"))


async def test_a_vpc_with_five_groups_has_no_room(asg: Scene) -> None:
    for priority in range(201, 206):
        theirs(asg, priority)
    with pytest.raises(DoesNotApply, match="as many as AWS allows"):
        await knowing(asg, POOL).step(block_domains).plan()


async def test_undo_waits_until_the_vpc_is_left_and_removes_what_was_made(asg: Scene) -> None:
    theirs(asg, 300)
    step = knowing(asg, POOL).step(block_domains)
    await step.execute()
    asg.box.controls.delays(firewall=20)
    await step.undo()
    resolver = asg.client("route53resolver")
    assert [a["Name"] for a in resolver.list_firewall_rule_groups()["FirewallRuleGroups"]] == ["theirs-300"]
    assert resolver.list_firewall_domain_lists()["FirewallDomainLists"] == []


async def test_a_vpc_that_is_left_too_slowly_is_for_another_try(asg: Scene) -> None:
    step = knowing(asg, POOL).step(block_domains)
    await step.execute()
    asg.box.controls.delays(firewall=600)
    with pytest.raises(StepFailed, match="still leaving"):
        await step.undo()
