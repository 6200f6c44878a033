"""V1 to V6, M3, M4 and E6 on the seeded account, and when AWS has nothing to say."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from actions.checks.containers import containers
from actions.checks.credentials import credentials
from actions.checks.image import image
from actions.checks.others import others
from actions.checks.review import review
from actions.checks.sessions import sessions
from actions.checks.spend import spend
from actions.checks.ssh_rdp import ssh_rdp
from actions.checks.web import web
from playbook.answer import Answer, Verdict
from playbook.brief import Brief
from playbook.finding import Indicator
from sandbox.aws.environment import ACCOUNT_ID, LINUX_IMAGE, REGION
from sandbox.aws.overlay.base import ec2_of
from sandbox.aws.past import ATTACKER, STOLEN_KEY
from sandbox.aws.world import Process, Vulnerability, world_of
from tests.laws.looks import Place

pytestmark = pytest.mark.emulator


def whole(answer: Answer) -> str:
    return " ".join((*answer.says, *answer.gaps))


@pytest.mark.row("V1")
async def test_ssh_is_exposed_until_one_of_group_acl_and_route_stops_it(place: Place) -> None:
    exposed = (await place.look(ssh_rdp, place.seeded.web)).answer
    assert exposed.verdict is Verdict.NOTABLE
    assert "SSH (22) is open to the whole internet (0.0.0.0/0) at 203.0.113.20" in whole(exposed)

    ec2 = place.client("ec2")
    mine = [{"Name": "vpc-id", "Values": [place.seeded.network.vpc]}]
    (acl,) = ec2.describe_network_acls(Filters=mine)["NetworkAcls"]
    ec2.create_network_acl_entry(
        NetworkAclId=acl["NetworkAclId"], RuleNumber=1, Protocol="6", RuleAction="deny", Egress=False,
        CidrBlock="0.0.0.0/0", PortRange={"From": 22, "To": 22},
    )  # fmt: skip
    closed = (await place.look(ssh_rdp, place.seeded.web)).answer
    assert closed.verdict is Verdict.CLEAR
    assert "no path to it from the internet" in whole(closed)


async def test_the_dev_machine_without_a_public_address_is_not_exposed(place: Place) -> None:
    assert (await place.look(ssh_rdp, place.seeded.miner)).answer.verdict is Verdict.CLEAR


@pytest.mark.row("V2")
async def test_without_logs_and_inspector_the_web_is_a_gap_and_with_them_it_is_not(place: Place) -> None:
    blind = (await place.look(web, place.seeded.web)).answer
    assert blind.verdict is Verdict.GAP
    assert len(blind.gaps) == 2

    balancers = place.client("elbv2")
    arn = balancers.describe_load_balancers()["LoadBalancers"][0]["LoadBalancerArn"]
    balancers.modify_load_balancer_attributes(
        LoadBalancerArn=arn,
        Attributes=[
            {"Key": "access_logs.s3.enabled", "Value": "true"},
            {"Key": "access_logs.s3.bucket", "Value": "logs-of-web"},
        ],
    )
    place.client("inspector2").enable(accountIds=[ACCOUNT_ID], resourceTypes=["EC2"])
    world_of(ec2_of(ACCOUNT_ID, REGION)).vulnerabilities[:] = [
        Vulnerability(instance=place.seeded.web, id="CVE-2021-44228", package="log4j-core", severity="CRITICAL",
                      seen=place.clock(), exploit=True),
        Vulnerability(instance=place.seeded.miner, id="CVE-2024-3094", package="xz", severity="CRITICAL",
                      seen=place.clock()),
    ]  # fmt: skip
    seen = (await place.look(web, place.seeded.web, brief=place.brief(place.seeded.web))).answer
    assert seen.verdict is Verdict.NOTABLE
    assert "CVE-2021-44228 - log4j-core, an exploit is known" in seen.says
    assert "CVE-2024-3094" not in whole(seen)
    assert f"s3://logs-of-web/AWSLogs/{ACCOUNT_ID}/elasticloadbalancing/{REGION}/" in whole(seen)
    assert seen.gaps == ()


@pytest.mark.row("V3")
async def test_the_taken_key_stands_out(place: Place) -> None:
    said = (await place.look(credentials, place.seeded.web, brief=Brief())).answer
    assert said.verdict is Verdict.NOTABLE
    assert "ci-builder did not launch it, and changed what it may do" in whole(said)
    assert "400 days old" in whole(said)
    assert Indicator(
        kind="access_key", value=STOLEN_KEY, about="ModifyInstanceMetadataOptions as ci-builder"
    ) in (said.indicators)


@pytest.mark.row("V3")
async def test_without_a_trail_nobody_is_cleared(place: Place) -> None:
    world_of(ec2_of(ACCOUNT_ID, REGION)).history.clear()
    for check in (credentials, others, review):
        said = (await place.look(check, place.seeded.web, brief=Brief())).answer
        assert said.verdict is Verdict.GAP
        assert "CloudTrail does not say who launched" in whole(said)


@pytest.mark.row("V4")
async def test_sessions_are_told_with_their_owner_and_their_absence_is_clear(place: Place) -> None:
    said = (await place.look(sessions, place.seeded.web)).answer
    assert said.verdict is Verdict.NOTABLE
    assert "user/ci-builder, 2026-03-01 16:45 UTC until 16:59" in whole(said)
    assert (await place.look(sessions, place.seeded.bystander)).answer.verdict is Verdict.CLEAR


@pytest.mark.row("V5")
async def test_containers_are_told_by_the_host_s_processes(place: Place) -> None:
    assert (await place.look(containers, place.seeded.web)).answer.verdict is Verdict.CLEAR
    place.host(place.seeded.web).processes += (
        Process(pid=77, user="root", command="dockerd -H fd://", executable="/usr/bin/dockerd"),
        Process(pid=78, user="root", command="nsenter -t 1 -m sh", executable="/usr/bin/nsenter"),
    )
    said = (await place.look(containers, place.seeded.web)).answer
    assert said.verdict is Verdict.NOTABLE
    assert "Containers run on it: dockerd." in said.says
    assert "Process 78 of root looks like a way out" in whole(said)


@pytest.mark.row("V5")
async def test_a_host_that_does_not_answer_is_not_taken_for_one_without_containers(place: Place) -> None:
    refused = (await place.look(containers, place.seeded.web, refused="SendCommand")).answer
    assert refused.verdict is Verdict.GAP
    assert "is not known" in whole(refused)


@pytest.mark.row("V6")
async def test_an_image_that_was_deregistered_since_is_a_flag(place: Place) -> None:
    ec2, golden = place.client("ec2"), place.seeded.golden
    subnet = place.seeded.network.subnets[0]
    launched = ec2.run_instances(
        ImageId=golden, InstanceType="t3.micro", MinCount=1, MaxCount=1, SubnetId=subnet
    )["Instances"][0]["InstanceId"]
    assert (await place.look(image, launched, brief=Brief())).answer.verdict is Verdict.CLEAR
    ec2.deregister_image(ImageId=golden)
    said = (await place.look(image, launched, brief=Brief())).answer
    assert said.verdict is Verdict.NOTABLE
    assert f"{golden} is gone" in whole(said)


@pytest.mark.row("M3")
async def test_what_a_known_identity_launched_becomes_an_indicator(place: Place) -> None:
    known = Brief(
        indicators=(Indicator(kind="identity", value=f"arn:aws:iam::{ACCOUNT_ID}:user/ci-builder"),)
    )
    said = (await place.look(others, place.seeded.web, brief=known)).answer
    assert said.verdict is Verdict.NOTABLE
    assert [i.value for i in said.indicators] == [place.seeded.miner]
    assert {place.seeded.miner, place.seeded.bystander} <= set(whole(said).replace(" in ", " ").split())


@pytest.mark.row("M3")
async def test_regions_that_refuse_are_named_and_never_clean(place: Place) -> None:
    said = (await place.look(others, place.seeded.web, refused="DescribeInstances")).answer
    assert said.verdict is not Verdict.CLEAR
    assert {"eu-west-1", "us-east-1", "ap-southeast-1"} <= set(" ".join(said.gaps).replace(",", "").split())
    money = (await place.look(spend, place.seeded.web, refused="DescribeInstances")).answer
    assert money.verdict is not Verdict.CLEAR


@pytest.mark.row("M4")
async def test_a_gpu_instance_in_another_region_is_found(place: Place) -> None:
    assert (await place.look(spend, place.seeded.web)).answer.verdict is Verdict.CLEAR
    abroad = _client(place, "us-east-1")
    subnet = abroad.describe_subnets()["Subnets"][0]["SubnetId"]
    made = abroad.run_instances(
        ImageId=LINUX_IMAGE, InstanceType="p3.2xlarge", MinCount=1, MaxCount=1, SubnetId=subnet
    )["Instances"][0]["InstanceId"]
    said = (await place.look(spend, place.seeded.web)).answer
    assert said.verdict is Verdict.NOTABLE
    assert f"Accelerated instances run in us-east-1: {made} (p3.2xlarge)." in said.says


@pytest.mark.row("M4")
async def test_a_spike_over_the_limit_is_said_with_its_number(place: Place) -> None:
    backend = ec2_of(ACCOUNT_ID, REGION)
    miner = backend.get_instance(place.seeded.miner)
    miner.instance_type = "p4d.24xlarge"
    miner.launch_time = place.clock() - timedelta(days=4)
    said = (await place.look(spend, place.seeded.web)).answer
    spike = said.evidence["spike_usd"]
    assert isinstance(spike, float)
    assert spike > 1_000
    assert "over the 1,000 USD at which Finance is told" in whole(said)


@pytest.mark.row("M4")
async def test_without_cost_explorer_the_families_are_told_all_the_same(place: Place) -> None:
    said = (await place.look(spend, place.seeded.web, refused="GetCostAndUsage")).answer
    assert "No accelerated instance runs" in whole(said)
    assert "Cost Explorer could not be asked" in whole(said)
    assert said.evidence["spike_usd"] is None


@pytest.mark.row("E6")
async def test_the_review_lists_what_is_gone_too(place: Place) -> None:
    place.client("ec2").terminate_instances(InstanceIds=[place.seeded.bystander])
    said = (await place.look(review, place.seeded.web, brief=Brief())).answer
    assert "2 instances in 90 days: 1 still there, 1 gone" in said.says[0]
    assert any(place.seeded.bystander in line and "gone" in line for line in said.says)


@pytest.mark.row("V3")
async def test_the_attacker_s_address_is_recognised_once_it_is_known(place: Place) -> None:
    known = Brief(indicators=(Indicator(kind="source", value=ATTACKER),))
    said = (await place.look(credentials, place.seeded.web, brief=known)).answer
    assert f"came from {ATTACKER}, a known indicator" in whole(said)


def _client(place: Place, region: str) -> Any:
    session: Any = place.box.session()
    return session.client("ec2", region_name=region)
