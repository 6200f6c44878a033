"""A1 to A10 on the seeded account: what each says of the web server, of the dev machine, and when AWS has nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import pytest

from actions.check import Check
from actions.checks.access import access
from actions.checks.attached_role import role
from actions.checks.exposed import exposed
from actions.checks.facing import facing
from actions.checks.facts import age, environment, identity
from actions.checks.origin import origin
from actions.checks.outbound import outbound
from actions.checks.processes import processes
from playbook.answer import Answer, Verdict
from playbook.brief import Brief
from playbook.finding import Indicator
from sandbox.aws.past import ATTACKER, STOLEN_KEY
from sandbox.aws.world import Flow, Process
from tests.laws.looks import Place

pytestmark = pytest.mark.emulator


def whole(answer: Answer) -> str:
    return " ".join((*answer.says, *answer.gaps))


def values(answer: Answer, kind: str) -> set[str]:
    return {i.value for i in answer.indicators if i.kind == kind}


@pytest.mark.row("A1")
async def test_the_instance_is_named_with_its_network_and_owner(place: Place) -> None:
    said = whole((await place.look(identity, place.seeded.web)).answer)
    assert place.seeded.web in said
    assert place.seeded.network.vpc in said
    assert "payments" in said


@pytest.mark.row("A2")
async def test_the_environment_is_what_the_tag_says_and_a_changed_tag_is_notable(place: Place) -> None:
    first = (await place.look(environment, place.seeded.web)).answer
    assert (first.verdict, first.evidence["environment"]) == (Verdict.CLEAR, "production")
    assert "Auto Scaling group web" in whole(first)
    place.client("ec2").create_tags(
        Resources=[place.seeded.web], Tags=[{"Key": "Environment", "Value": "dev"}]
    )
    second = (await place.look(environment, place.seeded.web)).answer
    assert second.verdict is Verdict.NOTABLE
    assert "somebody changed its tags" in whole(second)


@pytest.mark.row("A3")
async def test_a_young_instance_is_notable_and_an_old_one_is_not(place: Place) -> None:
    old, young = [(await place.look(age, i)).answer for i in (place.seeded.web, place.seeded.miner)]
    assert old.verdict is Verdict.CLEAR
    assert "41 days ago" in whole(old)
    assert young.verdict is Verdict.NOTABLE
    assert "19 hours ago" in whole(young)


@pytest.mark.row("A4")
async def test_the_role_is_named_with_its_breadth_and_who_shares_it(place: Place) -> None:
    said = (await place.look(role, place.seeded.web)).answer
    assert said.verdict is Verdict.CLEAR
    assert f"Role {place.seeded.role}, in instance profile {place.seeded.profile}" in whole(said)
    assert place.seeded.bystander in whole(said)


@pytest.mark.row("A5")
async def test_what_the_world_may_reach_is_said_for_each_interface(place: Place) -> None:
    said = (await place.look(exposed, place.seeded.web)).answer
    assert said.verdict is Verdict.NOTABLE
    first = said.says[0]
    assert first.startswith("tcp 22 from 0.0.0.0/0")
    assert place.seeded.web_interfaces[0] in first
    assert "tcp 22 from 10.0.0.0/16" in whole(said)


@pytest.mark.row("A6")
async def test_an_elastic_ip_with_a_route_faces_the_internet(place: Place) -> None:
    web, miner = [(await place.look(facing, i)).answer for i in (place.seeded.web, place.seeded.miner)]
    assert web.verdict is Verdict.NOTABLE
    assert "Elastic IP 203.0.113.20" in whole(web)
    assert "IPv6 address" in whole(web)
    assert miner.verdict is Verdict.CLEAR


@pytest.mark.row("A7")
async def test_outside_peers_are_said_with_their_numbers(place: Place) -> None:
    known = Brief(indicators=(Indicator(kind="ip", value="192.0.2.44"),))
    said = (await place.look(outbound, place.seeded.web, brief=known)).answer
    assert said.verdict is Verdict.NOTABLE
    assert said.says[0].startswith("198.51.100.7 (mining port 3333): 245.8 kB in 720 packets to tcp 3333")
    assert said.says[1].startswith("192.0.2.44 (a known indicator): 22.8 kB in 240 packets to tcp 8443")
    assert "Turned away from outside: 60 packets from 203.0.113.200 to 3389." in said.says
    assert values(said, "ip") == {"198.51.100.7", "192.0.2.44"}
    assert values(said, "port") == {"3333"}


async def test_a_sibling_that_only_updates_itself_is_clear(place: Place) -> None:
    said = (await place.look(outbound, place.seeded.bystander)).answer
    assert said.verdict is Verdict.CLEAR
    assert said.indicators == ()


async def test_a_great_upload_stands_out(place: Place) -> None:
    upload = Flow(
        name="upload", instance=place.seeded.web, direction="out", peer="203.0.113.99", port=443,
        packets=40_000, size=50_000_000,
    )  # fmt: skip
    place.box.controls.flows(upload)
    place.box.controls.tick()
    place.clock.advance(600)
    place.box.controls.tick()
    said = (await place.look(outbound, place.seeded.web)).answer
    assert "203.0.113.99 (500.0 MB is far more than its other peers got)" in whole(said)


async def test_without_flow_logs_one_is_offered(place: Place) -> None:
    ec2 = place.client("ec2")
    ids = [log["FlowLogId"] for log in ec2.describe_flow_logs()["FlowLogs"]]
    ec2.delete_flow_logs(FlowLogIds=ids)
    said = (await place.look(outbound, place.seeded.web)).answer
    assert said.verdict is Verdict.GAP
    assert "CreateFlowLogs" in whole(said)


@pytest.mark.row("A8")
async def test_a_recent_change_by_a_stolen_key_is_notable(place: Place) -> None:
    said = (await place.look(origin, place.seeded.web)).answer
    assert said.verdict is Verdict.NOTABLE
    assert "Launched by arn:aws:iam::111111111111:user/deployer" in said.says[0]
    assert "ModifyInstanceMetadataOptions by" in said.says[1]
    assert values(said, "access_key") == {STOLEN_KEY}
    assert values(said, "source") == {ATTACKER}
    assert values(said, "identity") == {"arn:aws:iam::111111111111:user/ci-builder"}


async def test_who_launched_an_old_quiet_instance_is_no_indicator(place: Place) -> None:
    said = (await place.look(origin, place.seeded.bystander)).answer
    assert (said.verdict, said.indicators) == (Verdict.CLEAR, ())


async def test_a_launch_that_cloudtrail_forgot_is_said(place: Place) -> None:
    place.clock.advance(timedelta(days=60).total_seconds())
    said = (await place.look(origin, place.seeded.bystander)).answer
    assert "older than 90 days" in whole(said)


@pytest.mark.row("A9")
async def test_sessions_are_listed_and_recent_ones_notable(place: Place) -> None:
    web, quiet = [(await place.look(access, i)).answer for i in (place.seeded.web, place.seeded.bystander)]
    assert web.verdict is Verdict.NOTABLE
    assert "user/ci-builder" in whole(web)
    assert quiet.verdict is Verdict.CLEAR
    assert "No Session Manager session" in whole(quiet)


@pytest.mark.row("A10")
async def test_a_miner_and_a_deleted_implant_are_found_on_the_host(place: Place) -> None:
    said = (await place.look(processes, place.seeded.web)).answer
    assert said.verdict is Verdict.NOTABLE
    assert "talks to 198.51.100.7:3333" in whole(said)
    assert "its executable was deleted while it runs" in whole(said)
    assert any(line.startswith("Schedule: /var/spool/cron/nginx") for line in said.says)
    kept = said.evidence["processes"]
    assert isinstance(kept, list)
    listed = cast("list[dict[str, object]]", kept)
    assert [p["pid"] for p in listed if p["suspicious"]] == [4242, 4250]
    assert len(values(said, "hash")) == 2
    assert "192.0.2.44" in values(said, "ip")


async def test_a_sibling_s_processes_are_clear(place: Place) -> None:
    said = (await place.look(processes, place.seeded.bystander)).answer
    assert (said.verdict, said.indicators) == (Verdict.CLEAR, ())


async def test_an_agent_that_is_offline_leaves_a_gap_with_advice(place: Place) -> None:
    place.client("ec2").stop_instances(InstanceIds=[place.seeded.web])
    look = await place.look(processes, place.seeded.web)
    assert look.answer.verdict is Verdict.GAP
    assert "not online" in whole(look.answer)
    assert "snapshots" in whole(look.answer)
    assert "SendCommand" not in {c.operation for c in look.sent}


async def test_a_host_that_answers_megabytes_and_escapes_is_survived(place: Place) -> None:
    noise = "\x1b[2J\x1b]0;owned\x07\u202e"
    loud = tuple(
        Process(pid=n, user="nginx", command=noise + "x" * 5_000, executable=f"/opt/{n}")
        for n in range(2_000, 2_400)
    )
    place.host(place.seeded.web).processes += loud
    said = (await place.look(processes, place.seeded.web)).answer
    assert "24,000 characters" in " ".join(said.gaps)
    assert all(line.isprintable() for line in said.says)
    assert "\x1b" not in str(said.evidence)


@pytest.mark.parametrize(("check", "operation"), [(origin, "LookupEvents"), (outbound, "StartQuery")])
async def test_what_may_not_be_called_is_named(place: Place, check: Check, operation: str) -> None:
    said = (await place.look(check, place.seeded.web, refused=operation)).answer
    assert said.verdict is Verdict.GAP
    assert f"may not call {operation}" in whole(said)
