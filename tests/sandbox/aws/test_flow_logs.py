"""Flow logs as the Amazon VPC user guide describes them, and traffic that obeys the security groups."""

from typing import Any

import pytest

from sandbox.aws.box import AwsBox
from sandbox.aws.seed import Account
from sandbox.aws.world import Flow

pytestmark = pytest.mark.emulator


def lines(box: AwsBox, account: Account, interface: str, since: int = 0) -> list[list[str]]:
    events = box.client("logs").filter_log_events(
        logGroupName=account.log_group, logStreamNames=[f"{interface}-all"], startTime=since
    )["events"]
    return [event["message"].split() for event in events]


def verdicts(box: AwsBox, account: Account, interface: str) -> dict[tuple[str, str], str]:
    """By (source, destination port), what the newest window says."""
    found = lines(box, account, interface)
    newest = max(line[10] for line in found)
    return {(line[3] if line[3] != "-" else "", line[6]): line[12] for line in found if line[10] == newest}


def group(ec2: Any, account: Account, name: str, *, opened: bool) -> str:
    made = ec2.create_security_group(GroupName=name, Description=name, VpcId=account.network.vpc)["GroupId"]
    everything = {
        "IpProtocol": "-1",
        "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
        "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
    }
    if opened:
        ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=[everything])
    else:
        ec2.revoke_security_group_egress(GroupId=made, IpPermissions=[everything])
    return made


def put(ec2: Any, interface: str, held: str) -> None:
    ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=[held])


def test_each_window_has_one_record_per_flow_and_interface(box: AwsBox, account: Account) -> None:
    assert box.controls.advance(60) == 1
    first, second = account.web_interfaces
    found = lines(box, account, first)
    assert len(found) == 5
    assert len(lines(box, account, second)) == 1
    mining = next(line for line in found if line[4] == "198.51.100.7")
    assert mining[:3] == ["2", account.account, first]
    assert mining[6:9] == ["3333", "6", "12"]
    assert int(mining[11]) - int(mining[10]) == 60
    assert mining[12:] == ["ACCEPT", "OK"]
    assert box.controls.advance(180) == 3
    assert len(lines(box, account, first)) == 20


def test_records_start_at_their_windows_start(box: AwsBox, account: Account) -> None:
    box.controls.advance(60)
    stamp = int(lines(box, account, account.web_interfaces[0])[0][10]) * 1_000
    assert len(lines(box, account, account.web_interfaces[0], since=stamp)) == 5
    assert lines(box, account, account.web_interfaces[0], since=stamp + 1) == []


def test_new_connections_are_rejected_once_no_rule_lets_them_through(
    box: AwsBox, ec2: Any, account: Account
) -> None:
    first, second = account.web_interfaces
    closed = group(ec2, account, "closed", opened=False)
    put(ec2, first, closed)
    put(ec2, second, closed)
    box.controls.advance(60)
    seen = verdicts(box, account, first)
    assert seen["203.0.113.50", "443"] == "REJECT"
    assert {v for (_, port), v in seen.items() if port in {"8443", "443"}} == {"REJECT"}
    assert set(verdicts(box, account, second).values()) == {"REJECT"}


def test_a_tracked_connection_outlives_a_plain_swap_and_an_open_group_ends_it(
    box: AwsBox, ec2: Any, account: Account
) -> None:
    """EC2 user guide, "Security group connection tracking"."""
    web, miner = account.web_interfaces[0], account.miner
    mine = [{"Name": "attachment.instance-id", "Values": [miner]}]
    dev = ec2.describe_network_interfaces(Filters=mine)["NetworkInterfaces"][0]["NetworkInterfaceId"]
    opened, closed = group(ec2, account, "opened", opened=True), group(ec2, account, "closed", opened=False)
    put(ec2, dev, closed)
    put(ec2, web, opened)
    put(ec2, web, closed)
    box.controls.advance(60)
    assert next(v for (_, port), v in verdicts(box, account, dev).items() if port == "3333") == "ACCEPT"
    assert next(v for (_, port), v in verdicts(box, account, web).items() if port == "3333") == "REJECT"


def test_a_tracked_connection_outlives_the_removal_of_its_rule_and_a_new_one_does_not(
    box: AwsBox, ec2: Any, account: Account
) -> None:
    mine = [{"Name": "attachment.instance-id", "Values": [account.miner]}]
    dev = ec2.describe_network_interfaces(Filters=mine)["NetworkInterfaces"][0]["NetworkInterfaceId"]
    box.controls.flows(
        Flow(
            name="dev-lookup",
            instance=account.miner,
            direction="out",
            peer="192.0.2.1",
            port=53,
            protocol="udp",
        )
    )
    out = ec2.describe_security_groups(GroupIds=[account.network.dev_group])["SecurityGroups"][0]
    egress = out["IpPermissionsEgress"]
    ec2.revoke_security_group_egress(GroupId=account.network.dev_group, IpPermissions=egress)
    box.controls.advance(60)
    assert sorted(verdicts(box, account, dev).values()) == ["ACCEPT", "REJECT"]
    ec2.authorize_security_group_egress(GroupId=account.network.dev_group, IpPermissions=egress)
    box.controls.advance(60)
    assert sorted(verdicts(box, account, dev).values()) == ["ACCEPT", "ACCEPT"]


def test_a_connection_through_a_balancer_of_connections_stays_tracked(
    box: AwsBox, ec2: Any, account: Account
) -> None:
    box.controls.flows(
        Flow(
            name="through-nlb",
            instance=account.web,
            direction="in",
            peer="203.0.113.60",
            port=443,
            established=True,
            always_tracked=True,
        )
    )
    web = account.web_interfaces[0]
    put(ec2, web, group(ec2, account, "opened", opened=True))
    put(ec2, web, group(ec2, account, "closed", opened=False))
    box.controls.advance(60)
    assert verdicts(box, account, web)["203.0.113.60", "443"] == "ACCEPT"


def test_a_leaking_flow_goes_on_until_the_leak_is_closed(box: AwsBox, ec2: Any, account: Account) -> None:
    web = account.web_interfaces[0]
    put(ec2, web, group(ec2, account, "closed", opened=False))
    box.controls.leak("web-visitors")
    box.controls.advance(60)
    assert verdicts(box, account, web)["203.0.113.50", "443"] == "ACCEPT"
    box.controls.leak("web-visitors", on=False)
    box.controls.advance(60)
    assert verdicts(box, account, web)["203.0.113.50", "443"] == "REJECT"


def test_ipv6_is_judged_by_ipv6_rules(box: AwsBox, ec2: Any, account: Account) -> None:
    web = account.web_interfaces[0]
    only_v4 = group(ec2, account, "only-v4", opened=False)
    rule = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    ec2.authorize_security_group_egress(GroupId=only_v4, IpPermissions=[rule])
    put(ec2, web, only_v4)
    box.controls.advance(60)
    found = {line[4]: line[12] for line in lines(box, account, web)}
    assert found["2001:db8::66"] == "REJECT"
    assert found["192.0.2.44"] == "ACCEPT"


def test_silence_is_nodata_and_a_gap_is_skipdata(box: AwsBox, ec2: Any, account: Account) -> None:
    first, second = account.web_interfaces
    ec2.stop_instances(InstanceIds=[account.web])
    box.controls.skip_data(second)
    box.controls.advance(60)
    (quiet,) = lines(box, account, first)
    (gap,) = lines(box, account, second)
    assert quiet[3:10] == ["-"] * 7
    assert (quiet[12:], gap[12:]) == (["-", "NODATA"], ["-", "SKIPDATA"])


def test_delivery_is_late_by_its_delay(box: AwsBox, account: Account) -> None:
    box.controls.delays(delivery=300)
    logs = box.client("logs")
    box.controls.advance(60)
    assert logs.describe_log_streams(logGroupName=account.log_group)["logStreams"] == []
    box.controls.advance(240)
    assert logs.describe_log_streams(logGroupName=account.log_group)["logStreams"] == []
    box.controls.advance(60)
    assert len(lines(box, account, account.web_interfaces[1])) == 1


@pytest.mark.parametrize("level", ["NetworkInterface", "Subnet"])
def test_flow_logs_may_be_of_an_interface_or_a_subnet(
    box: AwsBox, ec2: Any, account: Account, level: str
) -> None:
    second = account.web_interfaces[1]
    resource = second if level == "NetworkInterface" else account.network.subnets[0]
    ec2.create_flow_logs(
        ResourceIds=[resource],
        ResourceType=level,
        TrafficType="ACCEPT",
        LogGroupName="narrow",
        MaxAggregationInterval=60,
        DeliverLogsPermissionArn="arn:aws:iam::111111111111:role/flow-logs",
    )
    mine = [{"Name": "resource-id", "Values": [resource]}]
    (log,) = ec2.describe_flow_logs(Filter=mine)["FlowLogs"]
    assert (log["FlowLogStatus"], log["DeliverLogsStatus"]) == ("ACTIVE", "SUCCESS")
    put(ec2, second, group(ec2, account, "closed", opened=False))
    box.controls.advance(60)
    streams = {
        s["logStreamName"]
        for s in box.client("logs").describe_log_streams(logGroupName="narrow")["logStreams"]
    }
    assert f"{second}-all" in streams
    assert (len(streams) == 1) == (level == "NetworkInterface")
    events = box.client("logs").filter_log_events(logGroupName="narrow", logStreamNames=[f"{second}-all"])[
        "events"
    ]
    assert [e["message"].split()[13] for e in events] == ["NODATA"]
