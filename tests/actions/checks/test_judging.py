"""What checks make of what AWS says: pure judgements, on small values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from actions.checks import credentials, image, launched, quarry, seeking, sessions, spend, watch_drift, web
from actions.checks.containers import escaping, managed_by, runtimes
from actions.checks.credentials import Actor, Key
from actions.checks.openings import Opening, careless, openings
from actions.checks.process_list import Process
from actions.checks.quarry import Quarry
from actions.checks.reading_flows import Flow
from actions.checks.reading_trail import TrailEvent
from actions.checks.regions import told
from actions.checks.ssh_rdp import acl_admits, has_gateway, reachable
from actions.checks.target_health import Health
from actions.checks.watch_credentials import strangers
from actions.checks.watch_host import flat
from actions.checks.watch_traffic import lately
from playbook.incident import InstanceFacts

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
EVERYBODY: dict[str, Any] = {"IpRanges": [{"CidrIp": "0.0.0.0/0"}], "IpProtocol": "tcp"}


def group(*permissions: dict[str, Any], name: str = "sg-1") -> Any:
    return {"GroupId": name, "IpPermissions": list(permissions)}


def call(name: str, *, who: str = "arn:aws:iam::111111111111:user/ana", **fields: Any) -> TrailEvent:
    given: dict[str, Any] = {
        "id": f"{name}-{fields.get('address', '')}-{fields.get('at', NOW)}",
        "name": name,
        "service": "ec2.amazonaws.com",
        "at": NOW,
        "identity": who,
        "user": who.rpartition("/")[2],
        "access_key": "AKIAEXAMPLEEXAMPLE00",
        "address": "203.0.113.9",
        "agent": "aws-cli/2",
        **fields,
    }
    return TrailEvent(**given)


class TestOpenings:
    def test_a_rule_for_all_protocols_lets_every_port_in(self) -> None:
        (rule,) = openings([group({"IpProtocol": "-1", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]})])
        assert rule.lets_in(22)
        assert rule.lets_in(65_535)
        assert not rule.world

    @pytest.mark.parametrize(
        "cidr", ["0.0.0.0/0", "::/0", "128.0.0.0/1", "0.0.0.0/1", "203.0.0.0/8", "2000::/3"]
    )
    def test_the_world_is_the_world_also_in_halves(self, cidr: str) -> None:
        assert Opening(group="sg-1", protocol="tcp", first=22, last=22, peer=cidr).world

    @pytest.mark.parametrize(
        "peer", ["10.0.0.0/8", "203.0.113.0/24", "sg-2", "pl-1", "fc00::/7", "2001:db8::/32"]
    )
    def test_a_network_a_group_or_a_list_is_not_the_world(self, peer: str) -> None:
        assert not Opening(group="sg-1", protocol="tcp", first=22, last=22, peer=peer).world

    def test_only_the_web_s_two_ports_may_be_shown_to_everybody(self) -> None:
        web_ports = group(
            {**EVERYBODY, "FromPort": 443, "ToPort": 443}, {**EVERYBODY, "FromPort": 80, "ToPort": 80}
        )
        assert careless(openings([web_ports])) == ()
        wide = group({**EVERYBODY, "FromPort": 80, "ToPort": 443})
        assert [o.ports for o in careless(openings([wide]))] == ["tcp 80-443"]

    def test_udp_on_443_is_not_the_web(self) -> None:
        quic = group({**EVERYBODY, "IpProtocol": "udp", "FromPort": 443, "ToPort": 443})
        assert careless(openings([quic]))


def entry(number: int, action: str, block: str = "0.0.0.0/0", **more: Any) -> Any:
    return {"RuleNumber": number, "RuleAction": action, "CidrBlock": block, "Protocol": "-1", **more}


class TestSshAndRdp:
    """V1."""

    def test_the_lowest_numbered_rule_decides(self) -> None:
        allow = [entry(100, "allow"), entry(200, "deny")]
        assert acl_admits(allow, 22, "0.0.0.0/0")
        assert not acl_admits([entry(100, "deny"), entry(200, "allow")], 22, "0.0.0.0/0")
        assert not acl_admits([], 22, "0.0.0.0/0")

    def test_a_deny_of_a_part_leaves_the_rest_let_in(self) -> None:
        assert acl_admits([entry(1, "deny", "198.51.100.0/24"), entry(2, "allow")], 22, "0.0.0.0/0")
        assert not acl_admits([entry(1, "deny", "198.51.100.0/24"), entry(2, "allow")], 22, "198.51.100.7/32")

    def test_a_rule_for_another_port_or_direction_says_nothing(self) -> None:
        other = entry(1, "allow", Protocol="6", PortRange={"From": 80, "To": 443})
        assert not acl_admits([other, entry(2, "allow", Egress=True)], 22, "0.0.0.0/0")

    def test_the_subnet_s_own_table_stands_above_the_main_one(self) -> None:
        route = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"}
        main: Any = {"Associations": [{"Main": True}], "Routes": [route]}
        private: Any = {"Associations": [{"SubnetId": "subnet-1"}], "Routes": []}
        assert has_gateway([main], "subnet-1", v6=False)
        assert not has_gateway([main, private], "subnet-1", v6=False)
        assert not has_gateway([main], "subnet-1", v6=True)

    def test_a_route_to_nat_or_into_a_black_hole_is_no_way_in(self) -> None:
        nat: Any = {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "State": "active"}
        gone: Any = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "blackhole"}
        table: Any = {"Associations": [{"Main": True}], "Routes": [nat, gone]}
        assert not has_gateway([table], "subnet-1", v6=False)

    @pytest.mark.parametrize("missing", ["nothing", "address", "group", "acl", "route"])
    def test_only_group_acl_and_path_together_expose(self, missing: str) -> None:
        interface: Any = {
            "Groups": [{"GroupId": "sg-1"}],
            "SubnetId": "subnet-1",
            "Association": {} if missing == "address" else {"PublicIp": "203.0.113.20"},
        }
        ssh = group(
            {**EVERYBODY, "FromPort": 22, "ToPort": 22}, name="sg-2" if missing == "group" else "sg-1"
        )
        acl: Any = {
            "Associations": [{"SubnetId": "subnet-1"}],
            "Entries": [entry(1, "deny" if missing == "acl" else "allow")],
        }
        route = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"}
        table: Any = {"Associations": [{"Main": True}], "Routes": [] if missing == "route" else [route]}
        found = reachable(interface, [ssh], [acl], [table])
        assert [port for port, *_ in found] == ([22] if missing == "nothing" else [])


class TestImage:
    """V6."""

    def facts(self, **fields: Any) -> list[str]:
        given: Any = {"Name": "base", "OwnerId": "137112412989", "ImageOwnerAlias": "amazon", **fields}
        return image.judge(given, "ami-1", "111111111111", NOW)[1]

    def test_amazon_s_image_raises_no_doubt(self) -> None:
        assert self.facts() == []

    def test_an_image_that_is_gone_is_a_flag(self) -> None:
        _, doubts = image.judge(None, "ami-1", "111111111111", NOW)
        assert "is gone" in doubts[0]

    def test_a_stranger_s_image_is_a_flag_also_when_it_calls_itself_amazon_s(self) -> None:
        assert (
            "999999999999" in self.facts(OwnerId="999999999999", ImageOwnerAlias="", Name="amazon/linux")[0]
        )

    def test_an_own_image_that_everybody_may_use_is_a_flag(self) -> None:
        assert "public" in self.facts(OwnerId="111111111111", ImageOwnerAlias="self", Public=True)[0]

    def test_deprecation_counts_from_its_day_on(self) -> None:
        assert self.facts(DeprecationTime="2026-04-01T00:00:00.000Z") == []
        assert "deprecated since 2026-02-01" in self.facts(DeprecationTime="2026-02-01T00:00:00.000Z")[0]

    def test_a_date_that_is_none_is_left_out(self) -> None:
        assert self.facts(CreationDate="yesterday", DeprecationTime="soon") == []


class TestSpend:
    """M4."""

    def test_a_spike_is_what_the_last_days_cost_above_as_many_usual_ones(self) -> None:
        assert spend.spike([10.0] * 14 + [500.0] * 3) == (1500.0, 30.0, 1470.0)
        assert spend.spike([10.0] * 17) == (30.0, 30.0, 0.0)
        assert spend.spike([10.0] * 14 + [0.0] * 3)[2] == 0.0

    def test_an_account_without_a_past_has_no_usual_cost(self) -> None:
        assert spend.spike([400.0, 400.0]) == (800.0, 0.0, 800.0)

    def test_families_are_told_by_the_type_and_only_while_they_run(self) -> None:
        def one(kind: str, state: str = "running") -> Any:
            return {"InstanceId": f"i-{kind}", "InstanceType": kind, "State": {"Name": state}}

        kinds = (
            "p4d.24xlarge",
            "g5.xlarge",
            "trn1.2xlarge",
            "inf2.xlarge",
            "c7g.large",
            "m5.large",
            "t3.micro",
        )
        fleet = {"eu-west-1": [*map(one, kinds), one("p3.2xlarge", "stopped")]}
        accelerated, compute = spend.families(fleet)
        assert [a.split(" ")[0] for a in accelerated["eu-west-1"]] == [
            "i-p4d.24xlarge",
            "i-g5.xlarge",
            "i-trn1.2xlarge",
            "i-inf2.xlarge",
        ]
        assert compute == {"eu-west-1": ["i-c7g.large (c7g.large)"]}


class TestCredentials:
    """V3."""

    def actor(self, *on_it: TrailEvent, others: tuple[TrailEvent, ...] = (), key: Key | None = None) -> Actor:
        return Actor(identity=on_it[0].identity, on_it=on_it, others=others, key=key or Key())

    def test_a_launch_from_where_nothing_else_came_from_is_strange(self) -> None:
        launch = call("RunInstances", address="198.51.100.23")
        usual = (call("DescribeInstances", address="203.0.113.9"),)
        judged = credentials.judge(self.actor(launch, others=usual), NOW)
        assert "198.51.100.23" in judged.doubts[0]
        assert {i.kind for i in judged.indicators} == {"source", "identity", "access_key"}

    def test_a_launch_from_the_usual_place_is_not(self) -> None:
        judged = credentials.judge(self.actor(call("RunInstances"), others=(call("DescribeVpcs"),)), NOW)
        assert judged.doubts == ()
        assert judged.indicators == ()

    def test_nobody_is_strange_who_is_seen_once(self) -> None:
        assert credentials.judge(self.actor(call("RunInstances")), NOW).doubts == ()

    def test_a_service_s_name_is_no_address(self) -> None:
        launch = call("RunInstances", address="autoscaling.amazonaws.com")
        assert credentials.judge(self.actor(launch, others=(call("DescribeVpcs"),)), NOW).doubts == ()

    def test_denied_calls_are_a_thief_s_trials(self) -> None:
        tried = (
            call("CreateUser", error="AccessDenied"),
            call("RunInstances", error="Client.UnauthorizedOperation"),
        )
        judged = credentials.judge(self.actor(call("RunInstances"), others=tried), NOW)
        assert "2 calls" in judged.doubts[0]

    def test_an_old_key_is_said_to_be_old(self) -> None:
        key = Key(id="AKIAEXAMPLEEXAMPLE00", user="ana", created=NOW - timedelta(days=400))
        assert "400 days old" in credentials.judge(self.actor(call("RunInstances"), key=key), NOW).doubts[0]

    def test_somebody_else_s_weakening_change_counts_for_a_fortnight(self) -> None:
        change = call("ModifyInstanceMetadataOptions", at=NOW - timedelta(days=3))
        assert "did not launch it" in credentials.judge(self.actor(change), NOW).doubts[0]
        assert credentials.judge(self.actor(change), NOW + timedelta(days=20)).doubts == ()

    def test_an_address_that_the_incident_knows_is_named(self) -> None:
        judged = credentials.judge(self.actor(call("RunInstances")), NOW, frozenset({"203.0.113.9"}))
        assert "a known indicator" in judged.doubts[0]

    def test_readers_and_services_are_no_actors(self) -> None:
        found = credentials.actors(
            [
                call("DescribeInstances", reads=True),
                call("TerminateInstances", by_service="autoscaling.amazonaws.com"),
            ],
            None,
        )
        assert found == ()


class TestRegions:
    """What could not be asked is named."""

    def test_every_region_is_named_and_each_trouble_said_once_a_line(self) -> None:
        names = [f"eu-west-{n}" for n in range(12)]
        lines = told(dict.fromkeys(names, "Denied.") | {"us-east-1": "No answer."})
        assert len(lines) == 3
        assert all(any(name in line for line in lines) for name in names)
        assert lines[-1] == "us-east-1 could not be asked. No answer."


class TestLaunched:
    """M3 and E6."""

    def test_only_the_identity_s_own_launches_that_worked_count(self) -> None:
        mine = call("RunInstances", resources=("i-0123456789abcdef0", "sg-1"))
        failed = call(
            "RunInstances", resources=("i-0123456789abcdef1",), error="Client.InstanceLimitExceeded"
        )
        theirs = call(
            "RunInstances", who="arn:aws:iam::111111111111:user/bo", resources=("i-0123456789abcdef2",)
        )
        fleet: Any = {"eu-west-1": [{"InstanceId": "i-0123456789abcdef0", "State": {"Name": "running"}}]}
        found = launched.judge({"eu-west-1": [mine, failed, theirs]}, fleet, frozenset({mine.identity}))
        assert [(i.instance, i.state, i.lives) for i in found] == [("i-0123456789abcdef0", "running", True)]

    def test_what_ec2_knows_no_more_is_gone_and_what_was_not_asked_is_unknown(self) -> None:
        event = call("RunInstances", resources=("i-0123456789abcdef0",))
        by = frozenset({event.identity})
        (gone,) = launched.judge({"eu-west-1": [event]}, {"eu-west-1": []}, by)
        (unknown,) = launched.judge({"eu-west-1": [event]}, {}, by)
        assert (gone.state, gone.lives) == ("gone", False)
        assert (unknown.state, unknown.lives) == ("of unknown state", True)

    def test_types_are_read_from_the_record(self) -> None:
        items = [{"instanceId": "i-0123456789abcdef0", "instanceType": "p3.2xlarge"}]
        event = call("RunInstances", detail={"responseElements": {"instancesSet": {"items": items}}})
        assert launched.instances_in(event) == {"i-0123456789abcdef0": "p3.2xlarge"}


class TestSessions:
    """V4."""

    def test_what_says_it_is_ec2ir_s_is_kept_apart_and_never_dropped(self) -> None:
        theirs, ours = call("SendCommand"), call("SendCommand", agent="Boto3/1 ec2ir")
        assert sessions.calls_on([theirs, ours, call("DescribeInstances")]) == ([theirs], [ours])


class TestContainers:
    """V5."""

    def test_services_are_told_by_the_tags_that_only_they_set(self) -> None:
        assert managed_by({"aws:ecs:clusterName": "web", "Name": "kubernetes"}) == ("ECS",)
        assert managed_by({"kubernetes.io/cluster/prod": "owned", "eks:nodegroup-name": "a"}) == (
            "EKS",
            "Kubernetes",
        )

    def test_runtimes_are_told_by_the_file_that_runs(self) -> None:
        def one(executable: str, command: str = "") -> Process:
            return Process(pid=1, user="root", sha256="", executable=executable, command=command)

        assert runtimes([one("/usr/bin/dockerd"), one("/usr/sbin/nginx", "dockerd")]) == ("dockerd",)
        way = one("/usr/bin/nsenter", "nsenter -t 1 -m sh")
        assert escaping([way, one("/usr/sbin/nginx", "nginx")]) == (way,)


class TestWeb:
    """V2."""

    def test_the_gravest_with_a_known_exploit_come_first(self) -> None:
        found: Any = [
            {"severity": "LOW", "title": "CVE-1"},
            {"severity": "CRITICAL", "title": "CVE-2", "exploitAvailable": "NO"},
            {"severity": "HIGH", "title": "CVE-3", "exploitAvailable": "YES"},
        ]
        says = web.in_words(found)
        assert says[0].endswith("3 vulnerabilities of the instance: 1 critical, 1 high, 1 low.")
        assert says[1:] == ("CVE-3, an exploit is known", "CVE-2")


class TestHealth:
    """R3 and R7."""

    @pytest.mark.parametrize(
        ("states", "good"),
        [
            (("healthy", "healthy"), True),
            (("healthy", "draining"), True),
            (("healthy", "unhealthy"), False),
            (("initial",), False),
            ((), False),
        ],
    )
    def test_somebody_answers_and_nobody_is_ill(self, states: tuple[str, ...], good: bool) -> None:
        assert Health(group="web", balancers=(), states=states, reasons=()).good is good


class TestWatch:
    """R7."""

    def test_half_an_hour_at_the_top_is_flat(self) -> None:
        assert flat([3.0, 99.0, 98.0, 97.0, 96.0, 99.0, 100.0])
        assert not flat([99.0] * 5)
        assert not flat([99.0] * 5 + [80.0])

    def test_traffic_that_ended_before_containment_does_not_count(self) -> None:
        def flow(last: datetime) -> Flow:
            return Flow(
                peer="198.51.100.7", own="10.0.1.5", port=3333, protocol=6, verdict="ACCEPT",
                bytes=1, packets=1, first=NOW - timedelta(hours=9), last=last,
            )  # fmt: skip

        assert lately([flow(NOW - timedelta(hours=2)), flow(NOW)], NOW - timedelta(hours=1)) == [flow(NOW)]

    def test_credentials_that_are_used_elsewhere_were_taken_away(self) -> None:
        used = [call("GetObject", address="203.0.113.20"), call("GetObject", address="198.51.100.23")]
        assert strangers(used, frozenset({"203.0.113.20"})) == ("198.51.100.23",)

    def drifted(
        self, settled: str, *, denies: frozenset[str] | None = None, **instance: Any
    ) -> tuple[str, ...]:
        first = InstanceFacts(
            account="111111111111", region="eu-west-1", instance="i-0123456789abcdef0",
            role="web", profile="arn:profile", groups={"eni-1": ("sg-web",)},
        )  # fmt: skip
        now: Any = {
            "NetworkInterfaces": [{"NetworkInterfaceId": "eni-1", "Groups": [{"GroupId": "sg-deny"}]}],
            "MetadataOptions": {"HttpTokens": "required"},
            **instance,
        }
        return watch_drift.drifted(first, now, [], denies, frozenset(settled.split()))

    def test_what_is_as_the_steps_left_it_is_no_drift(self) -> None:
        assert self.drifted("C2 C4 R6", denies=frozenset({"ec2ir-revoke-i"})) == ()

    def test_an_interface_back_in_its_first_group_or_a_new_one_breaks_isolation(self) -> None:
        back: Any = {"NetworkInterfaceId": "eni-1", "Groups": [{"GroupId": "sg-web"}]}
        new: Any = {"NetworkInterfaceId": "eni-9", "Groups": []}
        (says,) = self.drifted("C2", NetworkInterfaces=[back, new])
        assert "eni-1 stands in sg-web" in says
        assert "eni-9 is a new interface" in says
        assert self.drifted("", NetworkInterfaces=[back, new]) == ()

    def test_each_settled_row_has_its_own_drift(self) -> None:
        assert "IMDSv1" in self.drifted("R6", MetadataOptions={"HttpTokens": "optional"})[0]
        assert "no deny" in self.drifted("C4", denies=frozenset())[0]
        assert self.drifted("C4", denies=None) == ()
        held = frozenset({"ec2ir-revoke-i"})
        assert "profile" in self.drifted("C4", denies=held, IamInstanceProfile={"Arn": "arn:profile"})[0]


class TestHunt:
    """F6."""

    sought = Quarry(
        addresses=("198.51.100.7",),
        domains=("pool.example",),
        image="ami-1",
        key_pair="ops",
        known=frozenset({"i-victim"}),
    )

    def test_kin_are_told_by_what_they_share_and_the_victim_is_not_its_own_kin(self) -> None:
        fleet: Any = [
            {"InstanceId": "i-victim", "ImageId": "ami-1", "KeyName": "ops", "State": {"Name": "running"}},
            {"InstanceId": "i-cousin", "ImageId": "ami-1", "State": {"Name": "running"}},
            {"InstanceId": "i-twin", "ImageId": "ami-1", "KeyName": "ops", "State": {"Name": "stopped"}},
            {"InstanceId": "i-stranger", "ImageId": "ami-2", "State": {"Name": "running"}},
        ]
        found = quarry.alike(self.sought, fleet, ["i-twin"])
        assert found.instances == ("i-twin", "i-cousin")
        assert found.sightings[0] == "i-twin (stopped) has the same image, key pair, launcher"

    def test_what_is_not_known_of_the_victim_is_shared_with_nobody(self) -> None:
        fleet: Any = [{"InstanceId": "i-1", "ImageId": "", "State": {"Name": "running"}}]
        assert quarry.alike(Quarry(), fleet, []).instances == ()
        assert Quarry(known=frozenset({"i-1"})).empty

    def test_an_accepted_flow_is_told_before_a_rejected_one_of_the_same_pair(self) -> None:
        def row(action: str, eni: str = "eni-1") -> dict[str, str]:
            return {
                "f_srcaddr": "10.0.0.4", "f_dstaddr": "198.51.100.7", "f_action": action,
                "f_interface_id": eni, "last_seen": "1772452800",
            }  # fmt: skip

        found = seeking.sighted_flows(
            [row("REJECT"), row("ACCEPT"), row("REJECT", "eni-9")], {"eni-1": "i-1"}, self.sought, ()
        )
        assert found.instances == ("i-1",)
        assert found.sightings[0].startswith(
            "i-1 (eni-1) exchanged traffic with 198[.]51[.]100[.]7, last 2026-03-02"
        )
        assert "without a running instance (eni-9) was kept from" in found.sightings[1]

    def test_names_below_an_indicator_count_and_names_that_end_alike_do_not(self) -> None:
        def message(name: str) -> str:
            return f'{{"query_name": "{name}", "srcaddr": "10.0.0.4", "srcids": {{"instance": "i-1"}}}}'

        messages = [
            message("eu.POOL.example."),
            message("pool.example."),
            message("whirlpool.example."),
            "not JSON",
        ]
        found = seeking.sighted_names(messages, self.sought, ())
        assert found.sightings == ("i-1 asked 2 times for pool[.]example",)

    def test_a_domain_can_not_break_out_of_its_query(self) -> None:
        assert r"evil\.example\|\)" in seeking.name_query(["evil.example|)"])

    def test_calls_are_counted_by_name(self) -> None:
        says = seeking.called(
            "ana", [call("RunInstances"), call("RunInstances"), call("GetObject")], more=True
        )
        assert says == "ana made 3 or more calls, last 2026-03-02 12:00 UTC: 2 RunInstances, 1 GetObject"

    def test_an_identity_is_looked_up_by_the_last_part_of_its_name(self) -> None:
        assert quarry.user_of("arn:aws:sts::111111111111:assumed-role/ops/ana") == "ana"
        assert quarry.user_of("ana") == "ana"
