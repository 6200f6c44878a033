from __future__ import annotations

import pytest

from actions import quarantine
from actions.isolate import GroupSwap, isolate
from actions.run import INCIDENT_TAG, RUN_TAG
from playbook.errors import DoesNotApply, Drift, Refused
from playbook.plan import fingerprint
from playbook.policy import Policy
from playbook.proof import Rung
from sandbox.aws.world import Flow
from tests.actions.scene import Scene, Step, scene

pytestmark = pytest.mark.emulator

OPEN, DENY = quarantine.open_name(), quarantine.deny_name("")


def rules(scene: Scene, name: str) -> quarantine.Rules:
    found = scene.client("ec2").describe_security_groups(Filters=[{"Name": "group-name", "Values": [name]}])
    return quarantine.rules_of(found["SecurityGroups"][0])


def group(scene: Scene, name: str, **tags: str) -> str:
    """A group of that name, as AWS makes it: everything may leave."""
    marks = [{"ResourceType": "security-group", "Tags": [{"Key": k, "Value": v} for k, v in tags.items()]}]
    ec2, vpc = scene.client("ec2"), scene.seeded.network.vpc
    more = {"TagSpecifications": marks} if tags else {}
    return ec2.create_security_group(GroupName=name, Description="-", VpcId=vpc, **more)["GroupId"]


def put(scene: Scene, interface: str, *groups: str) -> None:
    scene.client("ec2").modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=list(groups))


def attach(scene: Scene) -> str:
    """A third interface, as somebody else attaches it."""
    ec2, net = scene.client("ec2"), scene.seeded.network
    made = ec2.create_network_interface(SubnetId=net.subnets[0], Groups=[net.admin_group])
    interface: str = made["NetworkInterface"]["NetworkInterfaceId"]
    ec2.attach_network_interface(NetworkInterfaceId=interface, InstanceId=scene.seeded.web, DeviceIndex=2)
    return interface


async def isolated(scene: Scene) -> Step[GroupSwap]:
    """Traffic is logged, and the instance is isolated at noon."""
    scene.box.controls.tick()
    step = scene.step(isolate)
    await step.execute()
    return step


@pytest.mark.row("C2")
async def test_every_interface_ends_in_the_deny_group_and_comes_back(asg: Scene) -> None:
    before = [asg.groups_of(i) for i in asg.seeded.web_interfaces]
    step = asg.step(isolate)
    plan = await step.execute()
    assert [asg.groups_of(i) for i in asg.seeded.web_interfaces] == [[DENY], [DENY]]

    await step.undo()
    assert [asg.groups_of(i) for i in asg.seeded.web_interfaces] == before
    assert fingerprint(await step.plan()) == fingerprint(plan)


async def test_the_deny_group_keeps_neither_egress_of_a_dual_stack_vpc(asg: Scene) -> None:
    fresh = group(asg, "as-aws-makes-it")
    assert fresh
    assert ("out", "-1", "::/0") in rules(asg, "as-aws-makes-it")

    await asg.step(isolate).execute()
    assert rules(asg, DENY) == frozenset()
    assert rules(asg, OPEN) == quarantine.OPEN_RULES


async def test_the_forensics_range_may_connect_and_has_a_group_of_its_own() -> None:
    with scene(policy=Policy(forensics_cidr="10.99.0.0/24")) as made:
        await made.step(isolate).execute()
        name = quarantine.deny_name("10.99.0.0/24")
        assert name != DENY
        assert rules(made, name) == {("in", "-1", "10.99.0.0/24")}
        assert made.groups_of(made.seeded.web_interfaces[0]) == [name]


@pytest.mark.parametrize("untrack", [True, False])
async def test_established_connections_are_cut_only_on_the_way_through_the_open_group(untrack: bool) -> None:
    with scene(policy=Policy(untrack=untrack)) as made:
        shell = Flow(
            name="shell",
            instance=made.seeded.web,
            direction="out",
            peer="198.51.100.7",
            port=443,
            established=True,
        )
        made.box.controls.flows(shell)
        step = await isolated(made)
        made.box.controls.advance(180)
        made.clock.advance(180)
        proof = await step.verify_since(180)
        assert proof.rung is (Rung.PROVED if untrack else Rung.CONTRADICTED)


async def test_a_deny_group_that_somebody_opened_is_drift_and_no_interface_is_put_into_it(asg: Scene) -> None:
    before = [asg.groups_of(i) for i in asg.seeded.web_interfaces]
    group(asg, DENY)
    with pytest.raises(Drift, match="does not have the rules that ec2ir gave it"):
        await asg.step(isolate).execute()
    assert [asg.groups_of(i) for i in asg.seeded.web_interfaces] == before


async def test_a_rule_added_to_a_group_of_the_same_run_is_drift_too(asg: Scene) -> None:
    made = group(asg, DENY, **{INCIDENT_TAG: "inc-7", RUN_TAG: "run-1"})
    asg.client("ec2").authorize_security_group_ingress(
        GroupId=made, IpPermissions=[quarantine.permission(("in", "-1", "198.51.100.0/24"))]
    )
    with pytest.raises(Drift, match="does not have the rules"):
        await asg.step(isolate).execute()
    assert DENY not in asg.groups_of(asg.seeded.web_interfaces[0])


async def test_a_group_that_this_run_left_half_made_is_finished(asg: Scene) -> None:
    group(asg, DENY, **{INCIDENT_TAG: "inc-7", RUN_TAG: "run-1"})
    await asg.step(isolate).execute()
    assert rules(asg, DENY) == frozenset()
    assert asg.groups_of(asg.seeded.web_interfaces[0]) == [DENY]


async def test_rules_opened_after_isolation_contradict_it(asg: Scene) -> None:
    step = await isolated(asg)
    found = asg.client("ec2").describe_security_groups(Filters=[{"Name": "group-name", "Values": [DENY]}])
    asg.client("ec2").authorize_security_group_ingress(
        GroupId=found["SecurityGroups"][0]["GroupId"],
        IpPermissions=[quarantine.permission(("in", "-1", "198.51.100.0/24"))],
    )
    proof = await step.verify()
    assert proof.rung is Rung.CONTRADICTED
    assert f"{DENY} lets traffic through" in proof.says[-1]


async def test_an_interface_attached_since_the_plan_is_drift_and_nothing_moves(asg: Scene) -> None:
    step = asg.step(isolate)
    await step.plan()
    third = attach(asg)
    with pytest.raises(Drift, match=f"{third} was attached"):
        await step.execute()
    assert DENY not in asg.groups_of(asg.seeded.web_interfaces[0])


async def test_an_interface_attached_after_isolation_leaves_it_incomplete(asg: Scene) -> None:
    step = await isolated(asg)
    attach(asg)
    proof = await step.verify()
    assert proof.rung is Rung.APPLIED
    assert proof.says[0] == "configuration verified on 2 of 3 interfaces"


async def test_groups_that_somebody_changed_are_not_overwritten_by_undo(asg: Scene) -> None:
    step = await isolated(asg)
    first, second = asg.seeded.web_interfaces
    put(asg, first, asg.seeded.network.admin_group)
    with pytest.raises(Drift, match=f"the groups of {first}"):
        await step.undo()
    assert asg.groups_of(second) == [DENY]


async def test_rescue_closes_open_interfaces_and_touches_no_others(asg: Scene) -> None:
    step = asg.step(isolate)
    plan = await step.plan()
    first, second = asg.seeded.web_interfaces
    before = asg.groups_of(second)
    await isolate_once_and_open(asg, first, second, before)

    assert isolate.rescue is not None
    await isolate.rescue(plan, asg.run())
    assert asg.groups_of(first) == [DENY]
    assert asg.groups_of(second) == before


async def isolate_once_and_open(asg: Scene, first: str, second: str, back: list[str]) -> None:
    """As a process leaves it that died between open and deny: one interface open, the other as it was."""
    ec2 = asg.client("ec2")
    await asg.step(isolate).execute()
    found = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": [OPEN, *back]}])
    ids = {g["GroupName"]: g["GroupId"] for g in found["SecurityGroups"]}
    put(asg, first, ids[OPEN])
    put(asg, second, *(ids[name] for name in back))


async def test_rescue_makes_the_deny_group_where_it_is_gone(asg: Scene) -> None:
    step = asg.step(isolate)
    plan = await step.plan()
    put(asg, asg.seeded.web_interfaces[0], group(asg, OPEN))
    assert isolate.rescue is not None
    await isolate.rescue(plan, asg.run())
    assert asg.groups_of(asg.seeded.web_interfaces[0]) == [DENY]
    assert rules(asg, DENY) == frozenset()


async def test_a_plan_is_not_made_from_an_open_interface(asg: Scene) -> None:
    put(asg, asg.seeded.web_interfaces[0], group(asg, OPEN))
    with pytest.raises(Refused, match="was interrupted"):
        await asg.step(isolate).plan()


async def test_what_is_isolated_already_needs_no_plan(asg: Scene) -> None:
    await isolated(asg)
    with pytest.raises(DoesNotApply, match="already"):
        await asg.step(isolate).plan()


async def test_windows_after_the_deny_without_accepted_traffic_are_proof(asg: Scene) -> None:
    step = await isolated(asg)
    waiting = await step.verify()
    assert waiting.rung is Rung.CONFIGURED
    assert waiting.waits == "traffic check when flow logs arrive, about 2026-03-02 12:12:00 UTC"
    assert waiting.again is not None

    asg.clock.advance(180)
    asg.box.controls.tick()
    proof = await step.verify_since(180)
    assert proof.rung is Rung.PROVED
    assert proof.says[-1] == "flow logs show no accepted traffic on 2 of 2 interfaces"


async def test_a_connection_that_lives_on_contradicts_isolation(asg: Scene) -> None:
    tunnel = Flow(
        name="tunnel",
        instance=asg.seeded.web,
        direction="out",
        peer="198.51.100.7",
        port=3333,
        established=True,
        always_tracked=True,
    )
    asg.box.controls.flows(tunnel)
    step = await isolated(asg)
    asg.clock.advance(180)
    asg.box.controls.tick()
    proof = await step.verify_since(180)
    assert proof.rung is Rung.CONTRADICTED
    assert "198.51.100.7:3333" in proof.says[-1]


async def test_skipped_records_prove_nothing_and_patience_ends(asg: Scene) -> None:
    first = asg.seeded.web_interfaces[0]
    asg.box.controls.skip_data(first)
    step = await isolated(asg)
    asg.clock.advance(180)
    asg.box.controls.tick()
    waiting = await step.verify_since(180)
    assert (waiting.rung, waiting.waits) == (Rung.CONFIGURED, f"flow logs are still to come for {first}")

    asg.clock.advance(3_600)
    given_up = await step.verify_since(3_780)
    assert given_up.rung is Rung.CONFIGURED
    assert given_up.again is None
    assert given_up.waits == f"no flow-log records came for {first} within an hour"


async def test_records_that_have_not_come_yet_prove_nothing(asg: Scene) -> None:
    asg.box.controls.delays(delivery=600)
    step = await isolated(asg)
    asg.clock.advance(180)
    asg.box.controls.tick()
    assert (await step.verify_since(180)).rung is Rung.CONFIGURED


async def test_without_flow_logs_the_plan_says_that_traffic_cannot_be_shown(asg: Scene) -> None:
    ec2 = asg.client("ec2")
    ec2.delete_flow_logs(FlowLogIds=[f["FlowLogId"] for f in ec2.describe_flow_logs()["FlowLogs"]])
    step = asg.step(isolate)
    plan = await step.execute()
    assert any("No readable flow logs" in warning for warning in plan.show().warnings)
    proof = await step.verify()
    assert (proof.rung, proof.again) == (Rung.CONFIGURED, None)
