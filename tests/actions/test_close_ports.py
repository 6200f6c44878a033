from __future__ import annotations

from typing import Any

import pytest

from actions.close_ports import close_ports
from actions.isolate import isolate
from playbook.errors import DoesNotApply
from playbook.proof import Rung
from tests.actions.knowing import remembering
from tests.actions.scene import Scene

pytestmark = pytest.mark.emulator


def allow(scene: Scene, first: int, last: int, protocol: str = "tcp", **where: Any) -> None:
    ports = {} if protocol == "-1" else {"FromPort": first, "ToPort": last}
    ranges = where or {"IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    scene.client("ec2").authorize_security_group_ingress(
        GroupId=scene.seeded.network.web_group, IpPermissions=[{"IpProtocol": protocol, **ports, **ranges}]
    )


@pytest.mark.row("R4")
async def test_ssh_is_closed_to_the_world_and_the_web_stays_open(asg: Scene) -> None:
    step = asg.step(close_ports)
    plan = await step.execute()
    assert [(r.first, r.cidr) for r in plan.rules] == [(22, "0.0.0.0/0")]
    assert (await step.verify()).rung is Rung.PROVED
    group = asg.client("ec2").describe_security_groups(GroupIds=[asg.seeded.network.web_group])
    ports = {p.get("FromPort") for p in group["SecurityGroups"][0]["IpPermissions"]}
    assert ports == {443, 8080}


@pytest.mark.row("E5")
async def test_every_door_for_administration_is_closed_whichever_was_the_entry(asg: Scene) -> None:
    allow(asg, 3389, 3389, "tcp")
    step = asg.step(close_ports)
    await step.execute()
    group = asg.client("ec2").describe_security_groups(GroupIds=[asg.seeded.network.web_group])
    ports = {p.get("FromPort") for p in group["SecurityGroups"][0]["IpPermissions"]}
    assert not ports & {22, 3389}
    assert (await step.verify()).rung is Rung.PROVED


async def test_who_shares_the_group_is_counted(asg: Scene) -> None:
    warnings = (await asg.step(close_ports).plan()).show().warnings
    assert any("interfaces of others that are closed with it: 1" in w for w in warnings)


@pytest.mark.parametrize(
    ("first", "last", "protocol"), [(0, 65_535, "tcp"), (0, 0, "-1"), (3389, 3389, "udp")]
)
async def test_a_wide_rule_that_lets_ssh_or_rdp_in_goes_too(
    asg: Scene, first: int, last: int, protocol: str
) -> None:
    allow(asg, first, last, protocol)
    plan = await asg.step(close_ports).plan()
    assert protocol in {r.protocol for r in plan.rules}
    assert len(plan.rules) == 2


async def test_after_isolation_the_groups_of_before_are_closed(asg: Scene) -> None:
    await asg.step(isolate).execute()
    with pytest.raises(DoesNotApply):
        await asg.step(close_ports).plan()
    groups = {"eni-1": (asg.seeded.network.web_group,)}
    plan = await remembering(asg, groups=groups).step(close_ports).plan()
    assert [r.group for r in plan.rules] == [asg.seeded.network.web_group]


async def test_a_rule_that_somebody_adds_later_contradicts_the_step(asg: Scene) -> None:
    step = asg.step(close_ports)
    await step.execute()
    allow(asg, 22, 22, Ipv6Ranges=[{"CidrIpv6": "::/0"}])
    proof = await step.verify()
    assert proof.rung is Rung.CONTRADICTED
    assert "open to the world since" in proof.says[1]
