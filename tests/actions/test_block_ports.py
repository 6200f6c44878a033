from __future__ import annotations

from typing import Any

import pytest

from actions.block_ports import PORTS, block_ports
from playbook.errors import DoesNotApply
from playbook.proof import Rung
from tests.actions.knowing import knowing
from tests.actions.scene import Scene

pytestmark = pytest.mark.emulator


def acl_of(scene: Scene) -> Any:
    mine = [{"Name": "association.subnet-id", "Values": [scene.seeded.network.subnets[0]]}]
    return scene.client("ec2").describe_network_acls(Filters=mine)["NetworkAcls"][0]


@pytest.mark.row("M2")
async def test_denials_stand_before_what_allows(asg: Scene) -> None:
    step = knowing(asg, ("ip", "198.51.100.7")).step(block_ports)
    plan = await step.execute()
    assert (await step.verify()).rung is Rung.PROVED
    assert all(e.number < 100 for e in plan.entries)
    four = {(e.denial.protocol, e.denial.port) for e in plan.entries if e.denial.cidr == "0.0.0.0/0"}
    assert four == {(protocol, port) for protocol in ("6", "17") for port in PORTS}
    both = {e.denial.egress for e in plan.entries if e.denial.cidr == "198.51.100.7/32"}
    assert both == {True, False}


async def test_what_finds_no_room_is_said(asg: Scene) -> None:
    plan = await knowing(asg, ("ip", "198.51.100.7"), ("ip", "192.0.2.44")).step(block_ports).plan()
    assert len(acl_of(asg)["Entries"]) // 2 + sum(e.denial.egress for e in plan.entries) == 20
    assert plan.omitted == ("udp 5555 to ::/0", "udp 8333 to ::/0")
    assert any("stays open" in w for w in plan.show().warnings)


async def test_a_full_list_is_left_as_it_is(asg: Scene) -> None:
    addresses = [("ip", f"192.0.2.{number}") for number in range(1, 12)]
    with pytest.raises(DoesNotApply, match="has room for 16 more outbound rules"):
        await knowing(asg, *addresses).step(block_ports).plan()


async def test_the_plan_says_what_it_would_have_hit_and_whom_it_concerns(asg: Scene) -> None:
    asg.box.controls.advance(300)
    asg.clock.advance(300)
    plan = await asg.step(block_ports).plan()
    assert not plan.unknown
    assert {line.partition(":")[0] for line in plan.hit} == {asg.seeded.web, asg.seeded.miner}
    assert set(plan.others) == {asg.seeded.bystander, asg.seeded.miner}
    warnings = " ".join(plan.show().warnings)
    assert "default list and guards 2 subnets" in warnings


async def test_without_flow_logs_the_plan_says_that_nobody_knows(asg: Scene) -> None:
    ec2 = asg.client("ec2")
    ec2.delete_flow_logs(FlowLogIds=[f["FlowLogId"] for f in ec2.describe_flow_logs()["FlowLogs"]])
    plan = await asg.step(block_ports).plan()
    assert any("not known: no flow log" in w for w in plan.show().warnings)
