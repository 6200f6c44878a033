"""R3, R7, F6 and H1 to H5 on the seeded account: what is well, what is not, and what can't be told."""

from __future__ import annotations

import json
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from moto.logs.models import logs_backends

from actions.check import Check
from actions.checks.harden_agent import audit_h4, h4
from actions.checks.harden_imds import audit_h2, h2
from actions.checks.harden_ports import audit_h1, h1
from actions.checks.harden_ssm import audit_h3, h3
from actions.checks.harden_volumes import audit_h5, h5
from actions.checks.health import get, health
from actions.checks.hunt import hunt
from actions.checks.watch_credentials import watch_credentials
from actions.checks.watch_drift import watch_drift
from actions.checks.watch_host import watch_cpu, watch_health
from actions.checks.watch_traffic import watch_traffic
from playbook.answer import Answer, Verdict
from playbook.brief import Brief
from sandbox.aws.environment import ACCOUNT_ID, REGION
from sandbox.aws.overlay.base import ec2_of
from sandbox.aws.world import world_of
from tests.laws.looks import Place

pytestmark = pytest.mark.emulator


def whole(answer: Answer) -> str:
    return " ".join((*answer.says, *answer.gaps))


def terminate(place: Place, *instances: str) -> None:
    ec2 = place.client("ec2")
    for instance in instances:
        ec2.modify_instance_attribute(InstanceId=instance, DisableApiTermination={"Value": False})
    ec2.terminate_instances(InstanceIds=list(instances))


@contextmanager
def site(status: int, **headers: str) -> Generator[tuple[str, list[str]]]:
    """A page on this machine, and the paths that it was asked for."""
    asked: list[str] = []

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Page)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()


class TestHealth:
    """R3."""

    @pytest.mark.row("R3")
    async def test_targets_are_counted_and_a_missing_page_is_a_gap(self, place: Place) -> None:
        said = (await place.look(health, place.seeded.web)).answer
        assert "web: 2 of 2 targets healthy" in said.says
        assert said.gaps == ("No page is asked for: set probe_url under [recovery] in ec2ir.toml.",)

    def test_a_page_is_asked_once_and_its_status_is_told(self) -> None:
        with site(200) as (address, asked):
            page = get(f"{address}/ready?deep=1")
        assert page.good
        assert asked == ["/ready?deep=1"]

    def test_a_redirect_is_not_followed_and_is_no_health(self) -> None:
        with site(200) as (elsewhere, reached), site(302, Location=elsewhere) as (address, _):
            page = get(address)
        assert (page.status, page.good, reached) == (302, False, [])

    def test_a_page_that_is_not_there_is_told_in_words(self) -> None:
        with site(200) as (address, _):
            pass
        page = get(address)
        assert (page.status, page.good) == (0, False)
        assert page.problem
        assert get("file:///etc/passwd").problem == "the setting recovery.probe_url is no address of a page"


class TestWatch:
    """R7."""

    @pytest.mark.row("R7")
    async def test_traffic_to_an_indicator_is_told_and_silence_is_clear(self, place: Place) -> None:
        brief = place.brief(place.seeded.web)
        said = (await place.look(watch_traffic, place.seeded.web, brief=brief)).answer
        assert said.verdict is Verdict.NOTABLE
        assert "198[.]51[.]100[.]7, port 3333" in whole(said)
        after = replace(brief, contained=place.clock())
        assert (
            await place.look(watch_traffic, place.seeded.web, brief=after)
        ).answer.verdict is Verdict.CLEAR

    @pytest.mark.row("R7")
    async def test_without_flow_logs_the_traffic_is_a_gap(self, place: Place) -> None:
        ec2 = place.client("ec2")
        ec2.delete_flow_logs(FlowLogIds=[f["FlowLogId"] for f in ec2.describe_flow_logs()["FlowLogs"]])
        said = (await place.look(watch_traffic, place.seeded.web)).answer
        assert said.verdict is Verdict.GAP
        assert "No flow log covers" in whole(said)

    @pytest.mark.row("R7")
    async def test_a_taken_key_that_is_used_again_is_told(self, place: Place) -> None:
        said = (await place.look(watch_credentials, place.seeded.web)).answer
        assert said.verdict is Verdict.NOTABLE
        assert "198.51.100.23, which is not the instance" in whole(said)

    @pytest.mark.row("R7")
    async def test_throttled_look_ups_are_a_gap(self, place: Place) -> None:
        place.kit.refuser.code = "ThrottlingException"
        try:
            said = (await place.look(watch_credentials, place.seeded.web, refused="LookupEvents")).answer
        finally:
            place.kit.refuser.code = "AccessDenied"
        assert said.verdict is Verdict.GAP

    @pytest.mark.row("R7")
    async def test_an_instance_as_it_was_at_first_has_drifted_from_what_was_settled(
        self, place: Place
    ) -> None:
        said = (await place.look(watch_drift, place.seeded.web)).answer
        assert said.verdict is Verdict.NOTABLE
        assert "Isolation does not hold" in whole(said)
        assert f"The role {place.seeded.role} has no deny of ec2ir any more" in whole(said)
        nothing = replace(place.brief(place.seeded.web), settled=frozenset[str]())
        untouched = (await place.look(watch_drift, place.seeded.web, brief=nothing)).answer
        assert untouched.verdict is Verdict.NOT_APPLICABLE

    @pytest.mark.row("R7")
    async def test_the_miner_s_cpu_is_flat_and_an_idle_host_s_is_not(self, place: Place) -> None:
        busy = (await place.look(watch_cpu, place.seeded.web)).answer
        idle = (await place.look(watch_cpu, place.seeded.bystander)).answer
        assert (busy.verdict, idle.verdict) == (Verdict.NOTABLE, Verdict.CLEAR)
        place.client("ec2").stop_instances(InstanceIds=[place.seeded.web])
        assert (await place.look(watch_cpu, place.seeded.web)).answer.verdict is Verdict.NOT_APPLICABLE

    @pytest.mark.row("R7")
    async def test_a_machine_behind_no_balancer_has_no_targets_to_watch(self, place: Place) -> None:
        assert (await place.look(watch_health, place.seeded.web)).answer.verdict is Verdict.CLEAR
        assert (await place.look(watch_health, place.seeded.miner)).answer.verdict is Verdict.NOT_APPLICABLE


class TestHunt:
    """F6."""

    @pytest.mark.row("F6")
    async def test_the_dev_machine_is_found_by_its_traffic(self, place: Place) -> None:
        said = (await place.look(hunt, place.seeded.web)).answer
        assert said.verdict is Verdict.NOTABLE
        assert place.seeded.miner in {i.value for i in said.indicators}
        assert f"flow logs: {place.seeded.miner}" in whole(said)
        assert "DNS logs: there are none here" in whole(said)

    @pytest.mark.row("F6")
    async def test_names_are_looked_for_where_there_are_dns_logs(self, place: Place) -> None:
        logs, now = place.client("logs"), int(place.clock().timestamp() * 1_000)
        logs.create_log_group(logGroupName="/dns")
        logs.create_log_stream(logGroupName="/dns", logStreamName="a")
        asked = {"query_name": "eu.pool.miner.example.", "srcids": {"instance": place.seeded.bystander}}
        event = {"timestamp": now - 60_000, "message": json.dumps(asked)}
        # Moto refuses what is old by the machine's clock; the box has a clock of its own.
        logs_backends[ACCOUNT_ID][REGION].groups["/dns"].put_log_events("a", [event])
        place.client("route53resolver").create_resolver_query_log_config(
            Name="dns", CreatorRequestId="1",
            DestinationArn=f"arn:aws:logs:{REGION}:{ACCOUNT_ID}:log-group:/dns:*",
        )  # fmt: skip
        said = (await place.look(hunt, place.seeded.web)).answer
        assert f"{place.seeded.bystander} asked 1 times for pool[.]miner[.]example" in whole(said)

    @pytest.mark.row("F6")
    @pytest.mark.parametrize("refused", ["DescribeFlowLogs", "LookupEvents", "ListResolverQueryLogConfigs"])
    async def test_a_source_that_refuses_is_a_gap_and_the_others_answer(
        self, place: Place, refused: str
    ) -> None:
        said = (await place.look(hunt, place.seeded.web, refused=refused)).answer
        assert any(refused in gap for gap in said.gaps)
        assert place.seeded.bystander in whole(said)


class TestHardening:
    """H1 to H5."""

    @pytest.mark.row("H1")
    async def test_ports_of_the_instance_and_of_the_account(self, place: Place) -> None:
        assert "tcp 22 to 0.0.0.0/0" in whole((await place.look(h1, place.seeded.web)).answer)
        assert (await place.look(h1, place.seeded.miner)).answer.verdict is Verdict.CLEAR
        said = (await place.look(audit_h1, place.seeded.web)).answer
        assert "Open to the world beyond ports 80 and 443: 2 of 3 instances" in whole(said)

    @pytest.mark.row("H2")
    async def test_metadata_and_who_would_be_shut_out(self, place: Place) -> None:
        world_of(ec2_of(ACCOUNT_ID, REGION)).tokenless[place.seeded.web] = 1.0
        said = (await place.look(h2, place.seeded.web)).answer
        calls = said.evidence["calls_without_token"]
        assert isinstance(calls, int)
        assert calls > 0
        assert f"asked for {calls:,} times without a token" in whole(said)
        place.client("ec2").modify_instance_metadata_options(
            InstanceId=place.seeded.web, HttpTokens="required"
        )
        assert (await place.look(h2, place.seeded.web)).answer.verdict is Verdict.CLEAR
        assert "IMDSv1 is answered by 2 of 3 instances" in whole(
            (await place.look(audit_h2, place.seeded.web)).answer
        )

    @pytest.mark.row("H3")
    async def test_a_managed_instance_with_ssh_open_is_not_well(self, place: Place) -> None:
        said = (await place.look(h3, place.seeded.web)).answer
        assert said.verdict is Verdict.NOTABLE
        assert "its agent is Online" in whole(said)
        assert "close-ports" in whole(said)

    @pytest.mark.row("H4")
    async def test_an_agent_in_the_inventory_counts(self, place: Place) -> None:
        assert (await place.look(h4, place.seeded.web)).answer.verdict is Verdict.NOTABLE
        world_of(ec2_of(ACCOUNT_ID, REGION)).applications[place.seeded.web] = ("amazon-cloudwatch-agent",)
        assert (await place.look(h4, place.seeded.web)).answer.verdict is Verdict.CLEAR
        assert "2 of 3 running instances" in whole((await place.look(audit_h4, place.seeded.web)).answer)

    @pytest.mark.row("H5")
    async def test_volumes_and_the_default(self, place: Place) -> None:
        assert "Not encrypted: 3 of 3 volumes" in whole((await place.look(h5, place.seeded.web)).answer)
        place.client("ec2").enable_ebs_encryption_by_default()
        said = (await place.look(audit_h5, place.seeded.web)).answer
        assert "Not encrypted: 5 of 5 volumes, 220 GiB" in whole(said)
        assert "New volumes of this region are encrypted by default." in said.says

    @pytest.mark.parametrize("check", [h1, h2, h3, h4, h5], ids=lambda c: c.name)
    async def test_of_a_terminated_instance_nothing_is_left_to_harden(
        self, place: Place, check: Check
    ) -> None:
        terminate(place, place.seeded.miner)
        said = (await place.look(check, place.seeded.miner, brief=Brief())).answer
        assert said.verdict is Verdict.NOT_APPLICABLE
        assert "is terminated" in whole(said)

    @pytest.mark.parametrize("audit", [audit_h1, audit_h2, audit_h3, audit_h4], ids=lambda c: c.name)
    async def test_a_region_without_instances_has_nothing_to_harden(self, place: Place, audit: Check) -> None:
        web = place.seeded.web
        place.client("autoscaling").update_auto_scaling_group(
            AutoScalingGroupName="web", MinSize=0, MaxSize=0, DesiredCapacity=0
        )
        listed = place.client("ec2").describe_instances()["Reservations"]
        terminate(place, *(i["InstanceId"] for r in listed for i in r["Instances"]))
        said = (await place.look(audit, web, brief=Brief())).answer
        assert said.verdict in (Verdict.NOT_APPLICABLE, Verdict.CLEAR)
        assert said.says[0].startswith(("No instance is in the region", "No instance is running"))

    async def test_an_audit_says_who_is_reached_apart_from_what_is_open(self, place: Place) -> None:
        said = (await place.look(audit_h3, place.seeded.web)).answer
        assert said.verdict is Verdict.NOTABLE
        assert said.says[0].startswith("SSH or RDP is open on 3 of 3 instances")
        assert said.says[-1].startswith("ec2ir's close-ports")
        assert "Systems Manager reaches every running instance, 3 in all." in said.says
