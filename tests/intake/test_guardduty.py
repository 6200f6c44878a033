"""Reading GuardDuty: every type that concerns an instance, in both spellings and both forms of time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from intake.guardduty import parse
from intake.indicators import MOST
from playbook.decisions import CONTAIN, recommend
from playbook.environment import Environment
from playbook.errors import BadInput
from playbook.finding import Indicator, Scope, Severity
from tests.intake import types
from tests.intake.builders import (
    ACCOUNT,
    CREATED,
    DATABASE,
    FIRST_SEEN,
    ID,
    LAST_SEEN,
    REGION,
    UPDATED,
    WEB,
    Json,
    camel,
    finding,
    instance_resource,
    profile_resource,
    sequence,
)

MINER = "CryptoCurrency:EC2/BitcoinTool.B"
ON_INSTANCES = (*types.EC2, *types.PLAYBOOK_ONLY, *types.RUNTIME, *types.MALWARE, *types.STOLEN)


@pytest.mark.parametrize("kind", ON_INSTANCES)
def test_every_type_that_names_an_instance_is_about_it_in_every_form(kind: str) -> None:
    in_every_form = {
        parse(finding(kind, pascal=pascal, epoch=epoch))
        for pascal in (False, True)
        for epoch in (False, True)
    }

    (read,) = in_every_form
    assert read.type.full == kind
    assert (read.scope, read.instances) == (Scope.INSTANCE, (WEB,))
    assert (read.key.account, read.key.region, read.key.id) == (ACCOUNT, REGION, ID)
    assert (read.first_seen, read.last_seen, read.updated) == (FIRST_SEEN, LAST_SEEN, UPDATED)
    assert (read.severity, read.count) == (Severity.HIGH, 3)
    assert (read.sample, read.archived, read.actor) == (False, False, True)
    assert read.indicators


@pytest.mark.parametrize(
    ("kind", "role", "row", "steps"),
    [
        pytest.param(MINER, "ACTOR", "D1", CONTAIN, marks=pytest.mark.row("G1")),
        pytest.param("Backdoor:EC2/C&CActivity.B", "ACTOR", "D2", CONTAIN, marks=pytest.mark.row("G2")),
        pytest.param("UnauthorizedAccess:EC2/SSHBruteForce", "TARGET", "D3", (), marks=pytest.mark.row("G3")),
        pytest.param("Recon:EC2/PortProbeUnprotectedPort", "TARGET", "D3", (), marks=pytest.mark.row("G4")),
        pytest.param("Trojan:EC2/BlackholeTraffic", "ACTOR", "D4", (), marks=pytest.mark.row("G5")),
        pytest.param("UnauthorizedAccess:EC2/TorIPCaller", "TARGET", "D4", (), marks=pytest.mark.row("G6")),
    ],
)
def test_the_playbooks_types_are_read_and_lead_to_their_next_step(
    kind: str, role: str, row: str, steps: tuple[str, ...]
) -> None:
    sent = finding(kind)
    sent["service"]["resourceRole"] = role
    read = parse(sent)
    advice = recommend(read, Environment.PRODUCTION)

    assert read.instances == (WEB,)
    assert read.indicators
    assert (advice.row, advice.steps, bool(advice.asks)) == (row, steps, not steps)


@pytest.mark.parametrize("resource_type", ["Instance", "EKSCluster", "ECSCluster", "Container"])
def test_a_runtime_finding_is_about_the_host_whatever_its_resource_is_called(resource_type: str) -> None:
    read = parse(finding("Execution:Runtime/ReverseShell", resource_type=resource_type))

    assert (read.scope, read.instances) == (Scope.INSTANCE, (WEB,))


def test_a_runtime_finding_on_fargate_has_no_host() -> None:
    read = parse(finding("Execution:Runtime/ReverseShell", resource_type="ECSCluster", instance=None))

    assert (read.scope, read.instances) == (Scope.OTHER, ())


@pytest.mark.parametrize("pascal", [False, True], ids=["camelCase", "PascalCase"])
def test_an_attack_sequence_names_every_instance_once(pascal: bool) -> None:
    web, database = instance_resource(WEB), instance_resource(DATABASE)

    read = parse(sequence(web, profile_resource(), database, web, pascal=pascal))

    assert read.scope is Scope.INSTANCE
    assert read.instances == (WEB, DATABASE)
    assert read.severity is Severity.CRITICAL


def test_a_sequence_may_name_its_instances_by_id_alone() -> None:
    by_uid = instance_resource(WEB) | {"Uid": WEB}
    by_name = instance_resource(DATABASE) | {"Uid": "resource-7", "Name": DATABASE}

    assert parse(sequence(by_uid, by_name)).instances == (WEB, DATABASE)


@pytest.mark.parametrize("told", [{}, {"AccountId": None, "Region": None}], ids=["in full", "by ARN alone"])
def test_an_instance_in_another_account_is_said_not_dropped(told: Json) -> None:
    elsewhere = instance_resource(DATABASE, account="222222222222", region="us-east-1") | told

    read = parse(sequence(instance_resource(WEB), elsewhere))

    assert read.instances == (WEB,)
    assert f"{DATABASE} in 222222222222 us-east-1" in read.description


@pytest.mark.parametrize("uid", ["resource-7", "arn:aws:ec2:eu-central-1:111111111111:instance/i-0"])
def test_an_instance_that_can_not_be_told_is_said_and_costs_the_others_nothing(uid: str) -> None:
    read = parse(sequence(instance_resource(WEB), instance_resource(DATABASE) | {"Uid": uid}))

    assert read.instances == (WEB,)
    assert f"It also names {uid}" in read.description


@pytest.mark.parametrize("resource", [profile_resource(), instance_resource(WEB, account="222222222222")])
def test_a_sequence_without_instances_of_its_own_is_refused(resource: Json) -> None:
    with pytest.raises(BadInput, match="names none"):
        parse(sequence(resource))


@pytest.mark.parametrize(("kind", "resource_type"), types.WITHOUT_INSTANCE)
def test_ec2_is_not_always_an_instance(kind: str, resource_type: str) -> None:
    read = parse(finding(kind, resource_type=resource_type, instance=None))

    assert (read.scope, read.instances) == (Scope.OTHER, ())


def test_an_identity_that_merely_was_on_an_instance_is_another_matter() -> None:
    read = parse(finding("CredentialAccess:IAMUser/AnomalousBehavior", resource_type="AccessKey"))

    assert (read.scope, read.instances) == (Scope.OTHER, ())


def test_a_type_nobody_has_heard_of_is_read_and_keeps_its_purpose() -> None:
    read = parse(finding("Sabotage:Quantum/Decoherence.X"))

    assert (read.scope, read.instances, read.type.purpose) == (Scope.INSTANCE, (WEB,), "Sabotage")


@pytest.mark.parametrize("kind", [MINER, "Execution:Runtime/ReverseShell"])
def test_a_finding_about_an_instance_has_to_name_it(kind: str) -> None:
    with pytest.raises(BadInput, match="names none") as refused:
        parse(finding(kind, instance=None))

    assert "No incident was opened" in refused.value.means
    assert refused.value.then


@pytest.mark.parametrize(
    "instance", ["i-", "web-1", "i-0AAAAAAAAAAAAAAA1", f"{WEB}\n", "i-0aaaaaaaaaaaaaaa1; rm -rf /"]
)
def test_an_instance_id_that_is_none_is_refused(instance: str) -> None:
    with pytest.raises(BadInput, match="no instance id"):
        parse(finding(MINER, instance=instance))


@pytest.mark.parametrize(
    "told",
    [
        {"sample": True},
        {"Sample": True},
        {"type": "default", "value": '{"threatListName": "x", "sample": true}'},
        {"Type": "default", "Value": '{"sample": true}'},
    ],
)
def test_a_sample_says_so(told: Json) -> None:
    body = finding(MINER)
    body["service"]["additionalInfo"] = told

    assert parse(body).sample


@pytest.mark.parametrize(
    "told", [None, {}, {"sample": False}, {"value": "no JSON"}, {"value": "[" * 100_000}, {"value": 7}]
)
def test_what_does_not_say_so_is_no_sample(told: Json | None) -> None:
    body = finding(MINER)
    body["service"]["additionalInfo"] = told

    assert not parse(body).sample


def test_an_archived_finding_says_so() -> None:
    body = finding(MINER)
    body["service"]["archived"] = True

    assert parse(body).archived


@pytest.mark.parametrize(("role", "actor"), [("ACTOR", True), ("TARGET", False), ("", False)])
def test_the_role_tells_whether_the_instance_attacks(role: str, actor: bool) -> None:
    body = finding(MINER)
    body["service"]["resourceRole"] = role

    assert parse(body).actor is actor


def test_who_called_the_api_is_told() -> None:
    body = finding("DefenseImpairment:EC2/DisableOrModifyTools", instance=WEB)
    body["resource"]["accessKeyDetails"] = {
        "userName": "ec2ir-responder",
        "principalId": "AROAEXAMPLE:session",
    }

    assert parse(body).caller == "ec2ir-responder"


def test_nobody_called_when_the_finding_is_about_traffic() -> None:
    assert parse(finding(MINER)).caller == ""


def test_who_acted_in_a_sequence_is_told() -> None:
    body = sequence(instance_resource(WEB), pascal=True)
    body["Service"]["Detection"]["Sequence"]["Actors"] = [
        {"Id": "1", "User": {"Name": "chai", "Uid": "AIDAEXAMPLE"}}
    ]

    assert parse(body).caller == "chai"


def test_a_time_in_another_zone_is_the_same_moment_in_utc() -> None:
    read = parse(finding(MINER) | {"updatedAt": "2026-03-01T14:30:00.250+02:00"})

    assert read.updated == UPDATED
    assert read.updated.utcoffset() == timedelta(0)


def test_a_time_without_zone_is_utc() -> None:
    assert parse(finding(MINER) | {"updatedAt": "2026-03-01T12:30:00.250"}).updated == UPDATED


def test_null_is_absent() -> None:
    body = finding("Discovery:RDS/TorIPCaller", resource_type="RDSDBInstance")
    body["title"] = None
    body["resource"]["instanceDetails"] = None
    body["service"] |= {"count": None, "archived": None, "detection": None, "eventLastSeen": None}
    read = parse(body)

    assert (read.title, read.count, read.archived, read.last_seen) == (read.type.full, 1, False, UPDATED)


def test_missing_times_fall_back_on_those_that_are_there() -> None:
    body = finding(MINER)
    del body["service"]["eventFirstSeen"], body["service"]["eventLastSeen"]
    read = parse(body)

    assert (read.first_seen, read.last_seen) == (CREATED, UPDATED)


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("type", None),
        ("type", ""),
        ("type", "Trojan:EC2/Drop Point"),
        ("id", "x" * 301),
        ("accountId", "not-an-account"),
        ("region", "evil.example"),
        ("severity", "high"),
        ("severity", float("nan")),
        ("severity", 11),
        ("severity", True),
        ("updatedAt", None),
        ("updatedAt", "yesterday"),
        ("updatedAt", 1_700_000),
        ("updatedAt", 10**30),
        ("updatedAt", "0001-01-01T00:00:00+14:00"),
        ("updatedAt", "9999-12-31T23:59:59-14:00"),
        ("service", []),
        ("resource", "web"),
    ],
)
def test_a_member_that_counts_and_makes_no_sense_is_refused_by_name(member: str, value: object) -> None:
    with pytest.raises(BadInput, match=member):
        parse(finding(MINER) | {member: value})


@pytest.mark.parametrize(
    "part", ["action", "runtimeDetails", "ebsVolumeScanDetails", "evidence", "additionalInfo"]
)
@pytest.mark.parametrize("odd", [None, [], "text", 7, {"networkConnectionAction": "text"}])
def test_an_odd_detail_costs_the_detail_never_the_alert(part: str, odd: object) -> None:
    body = finding(MINER)
    body["service"][part] = odd

    assert parse(body).instances == (WEB,)


def test_hostile_text_is_one_bounded_line() -> None:
    body = finding(MINER) | {
        "title": "<!channel>\n\u202eevil\ud800\0" + "x" * 10_000,
        "description": "y" * 10_000,
    }
    read = parse(body)

    assert len(read.title) <= 300
    assert len(read.description) <= 2000
    assert not {"\n", "\u202e", "\ud800", "\0"} & set(read.title)


class TestIndicators:
    """What a finding saw, by the kind of action."""

    def test_of_a_connection_it_is_the_far_end(self) -> None:
        connection = {
            "connectionDirection": "OUTBOUND",
            "protocol": "TCP",
            "localPortDetails": {"port": 51_234},
            "remotePortDetails": {"port": 3333},
            "remoteIpDetails": {"ipAddressV4": "198.51.100.7"},
        }
        assert self.seen(networkConnectionAction=connection) == (
            Indicator(kind="ip", value="198.51.100.7", about="outbound tcp"),
            Indicator(kind="port", value="3333", about="outbound tcp"),
        )

    def test_of_an_inbound_connection_the_port_is_ours(self) -> None:
        connection = {
            "connectionDirection": "INBOUND",
            "protocol": "TCP",
            "localPortDetails": {"port": 22},
            "remotePortDetails": {"port": 51_234},
            "remoteIpDetails": {"ipAddressV6": "2001:db8::7"},
        }
        assert self.seen(networkConnectionAction=connection) == (
            Indicator(kind="ip", value="2001:db8::7", about="inbound tcp"),
            Indicator(kind="port", value="22", about="inbound tcp"),
        )

    def test_of_a_dns_request_it_is_the_name(self) -> None:
        assert self.values(dnsRequestAction={"domain": "pool.example"}) == [("domain", "pool.example")]

    def test_of_probes_each_address_and_port_comes_once(self) -> None:
        probe = {"localPortDetails": {"port": 22}, "remoteIpDetails": {"ipAddressV4": "198.51.100.7"}}

        assert self.values(portProbeAction={"portProbeDetails": [probe, probe]}) == [
            ("ip", "198.51.100.7"),
            ("port", "22"),
        ]

    def test_of_a_long_list_so_many_are_kept(self) -> None:
        probes = [{"remoteIpDetails": {"ipAddressV4": f"198.51.100.{n}"}} for n in range(200)]

        assert len(self.seen(portProbeAction={"portProbeDetails": probes})) == MOST

    def test_of_an_api_call_it_is_where_it_came_from(self) -> None:
        call = {
            "api": "RunInstances",
            "serviceName": "ec2.amazonaws.com",
            "remoteIpDetails": {"ipAddressV4": "198.51.100.7"},
            "domainDetails": {"domain": "tor.example"},
        }
        assert self.values(awsApiCallAction=call) == [("ip", "198.51.100.7"), ("domain", "tor.example")]

    def test_of_a_process_it_is_the_hash_of_what_ran(self) -> None:
        body = finding("Execution:Runtime/NewBinaryExecuted")
        body["service"] |= {"action": None, "evidence": None}
        body["service"]["runtimeDetails"] = {
            "process": {"executablePath": "/tmp/xmrig", "executableSha256": "ab" * 32}
        }

        assert parse(body).indicators == (Indicator(kind="hash", value="ab" * 32, about="/tmp/xmrig"),)

    @pytest.mark.parametrize("pascal", [False, True], ids=["camelCase", "PascalCase"])
    def test_of_a_scan_it_is_the_infected_file(self, pascal: bool) -> None:
        body = finding("Execution:EC2/MaliciousFile", pascal=True)
        (threat,) = body["Service"]["EbsVolumeScanDetails"]["ScanDetections"]["ThreatDetectedByName"][
            "ThreatNames"
        ]
        threat |= {"Name": "EICAR", "FilePaths": [{"FilePath": "/tmp/eicar", "Hash": "cd" * 32}]}
        body["Service"]["Evidence"] = None

        read = parse(body if pascal else camel(body))

        assert read.indicators == (Indicator(kind="hash", value="cd" * 32, about="EICAR /tmp/eicar"),)

    def test_of_a_sequence_they_are_its_endpoints(self) -> None:
        body = sequence(instance_resource(WEB), pascal=True)
        body["Service"] |= {"Evidence": None}
        told = {"Endpoints": [{"Ip": "198.51.100.7", "Domain": "pool.example", "Port": 3333}], "Actors": None}
        body["Service"]["Detection"]["Sequence"] |= told

        assert [(one.kind, one.value) for one in parse(body).indicators] == [
            ("ip", "198.51.100.7"),
            ("domain", "pool.example"),
            ("port", "3333"),
        ]

    def seen(self, **action: Any) -> tuple[Indicator, ...]:
        body = finding(MINER)
        body["service"] |= {"action": action, "evidence": None}
        return parse(body).indicators

    def values(self, **action: Any) -> list[tuple[str, str]]:
        return [(one.kind, one.value) for one in self.seen(**action)]
