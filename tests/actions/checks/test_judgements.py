"""What checks make of what they read, as pure judgements."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from actions.checks.facts import long
from actions.checks.outbound import MUCH, amount, peers
from actions.checks.outside import MINING_PORTS, outside
from actions.checks.policies import breadth
from actions.checks.process_list import SCRIPT, judged, read, suspicious_cron
from actions.checks.reading_flows import Flow, Question, chosen, query, read_row
from actions.checks.reading_trail import event_of

if TYPE_CHECKING:
    from datetime import timedelta

    from mypy_boto3_ec2.type_defs import FlowLogTypeDef

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FLOW = Flow(
    peer="203.0.113.9", own="10.0.1.5", port=443, protocol=6, verdict="ACCEPT", bytes=1_000, packets=10,
    first=NOON, last=NOON,
)  # fmt: skip
SHA = "ab" * 32
LISTING = f"""#sockets
tcp ESTAB 0 0 10.0.1.5:50000 198.51.100.7:3333 users:(("x",pid=7,fd=3))
tcp ESTAB 0 0 [2001:db8::1]:50001 [2001:db8::66]:443 users:(("y",pid=8,fd=3))
tcp LISTEN 0 128 0.0.0.0:22 0.0.0.0:* users:(("sshd",pid=9,fd=3))
#cron
/etc/cron.d/a:* * * * * root /tmp/.x
/etc/cron.d/b:17 3 * * * root /usr/bin/certbot
#processes
7\troot\t{SHA}\t/usr/bin/x\t/usr/bin/x --quiet
8\troot\t\t/opt/y (deleted)\t/opt/y
9\troot\tnot a hash\t/usr/sbin/sshd\tsshd
nonsense
#end
"""


@pytest.mark.parametrize(
    ("address", "is_outside"),
    [
        ("203.0.113.9", True), ("10.0.0.1", False), ("172.31.0.1", False), ("100.64.0.1", False),
        ("169.254.169.254", False), ("2001:db8::1", True), ("fd00::1", False), ("ec2.amazonaws.com", False),
    ],
)  # fmt: skip
def test_what_is_outside(address: str, is_outside: bool) -> None:
    assert outside(address) is is_outside


def test_a_mining_port_and_a_known_address_come_first() -> None:
    mining = replace(FLOW, peer="198.51.100.7", port=3333, bytes=5)
    known = replace(FLOW, peer="192.0.2.44", bytes=6)
    inner = replace(FLOW, peer="10.0.1.9", bytes=MUCH)
    found = peers([FLOW, mining, known, inner], ["192.0.2.44"])
    assert [(p.address, bool(p.why)) for p in found] == [
        ("192.0.2.44", True), ("198.51.100.7", True), ("203.0.113.9", False),
    ]  # fmt: skip


def test_much_is_notable_only_against_what_others_got() -> None:
    big = replace(FLOW, peer="203.0.113.1", bytes=MUCH)
    same = replace(big, peer="203.0.113.2")
    assert peers([big], [])[0].why
    assert not any(p.why for p in peers([big, same], []))
    assert peers([big, FLOW], [])[0].address == "203.0.113.1"


def test_rejected_bytes_never_left() -> None:
    rejected = replace(FLOW, verdict="REJECT", bytes=MUCH)
    (peer,) = peers([rejected], [])
    assert (peer.bytes, peer.why) == (0, ())
    assert "all rejected" in peer.words


def test_amounts_and_spans_are_said_as_people_do() -> None:
    assert [amount(n) for n in (999, 245_760, 50_000_000, 7_000_000_000)] == [
        "999 bytes", "245.8 kB", "50.0 MB", "7.0 GB",
    ]  # fmt: skip
    spans: list[timedelta] = [
        NOON - datetime(2026, 3, 2, h, m, tzinfo=UTC) for h, m in ((11, 59), (9, 0), (12, 0))
    ]
    assert [long(s) for s in spans] == ["1 minute", "3 hours", "less than a minute"]


def log(**more: str) -> FlowLogTypeDef:
    made = {"LogGroupName": "g", "LogDestinationType": "cloud-watch-logs", "TrafficType": "ALL"}
    return made | more  # pyright: ignore[reportReturnType]


def test_logs_that_can_not_be_asked_are_said_with_what_to_do() -> None:
    assert "CreateFlowLogs" in chosen([], "")[1][0]
    to_s3 = log(LogDestinationType="s3", LogDestination="arn:aws:s3:::b", LogGroupName="")
    asked, gaps = chosen([to_s3], "")
    assert asked == ()
    assert "arn:aws:s3:::b only" in gaps[0]
    assert "lacks bytes" in chosen([log(LogFormat="${srcaddr} ${dstaddr} ${srcport} ${dstport} ${protocol} "
        "${packets} ${start} ${end} ${action}")], "")[1][0]  # fmt: skip
    assert "accepted traffic was not recorded" in chosen([log(TrafficType="REJECT")], "ACCEPT")[1][0]
    assert chosen([log()], "") == ((log(),), ())


def test_the_query_follows_the_log_s_own_format_and_quotes_what_is_put_into_it() -> None:
    text = query("${dstaddr} ${srcaddr} ${pkt-srcaddr}", ["eni-1"], ['10.0.1.5"'], Question(ports=(22,)))
    assert text.startswith('parse @message "* * *" as f_dstaddr, f_srcaddr, f_pkt_srcaddr')
    assert "f_interface_id" not in text
    assert r'filter f_srcaddr in ["10.0.1.5\""]' in text
    assert "filter f_dstport in [22]" in text


def test_a_row_without_numbers_is_no_flow() -> None:
    assert read_row({"f_srcaddr": "-", "f_dstaddr": "-", "f_dstport": "-"}, "out") is None


def test_a_listing_is_read_and_judged() -> None:
    found = read(LISTING)
    assert found.whole
    by_pid = {p.pid: p for p in judged(found, ["2001:db8::66"], MINING_PORTS, [])}
    assert by_pid[7].why == ("talks to 198.51.100.7:3333, a mining port",)
    assert by_pid[8].why == (
        "its executable was deleted while it runs",
        "talks to 2001:db8::66:443, a known indicator",
    )
    assert (by_pid[9].why, by_pid[9].sha256) == ((), "")
    assert suspicious_cron(found, by_pid.values()) == ("/etc/cron.d/a:* * * * * root /tmp/.x",)


def test_a_known_hash_is_recognised() -> None:
    (first, *_) = judged(read(LISTING), [], (), [SHA])
    assert (first.pid, first.why) == (7, ("the hash of a known indicator",))


def test_output_that_was_cut_is_known_to_be() -> None:
    assert not read(LISTING[:200]).whole


def test_the_script_is_fixed_and_ends_with_its_mark() -> None:
    assert "{" not in SCRIPT.replace("${d#/proc/}", "")
    assert SCRIPT.rstrip().endswith("echo '#end'")


@pytest.mark.parametrize(
    ("statement", "everything", "services", "escalates"),
    [
        ({"Effect": "Allow", "Action": "*", "Resource": "*"}, True, (), True),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}, True, (), True),
        ({"Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"]}, False, ("s3",), False),
        ({"Effect": "Allow", "Action": "iam:Pass*", "Resource": "*"}, False, (), True),
        ({"Effect": "Allow", "Action": "iam:*", "Resource": "arn:aws:iam::1:role/x"}, False, (), False),
        ({"Effect": "Deny", "Action": "*", "Resource": "*"}, False, (), False),
    ],
)
def test_how_much_a_policy_allows(
    statement: dict[str, object],
    everything: bool,
    services: tuple[str, ...],
    escalates: bool,
) -> None:
    found = breadth([{"Statement": statement}])
    assert (found.everything, found.services, bool(found.escalates)) == (everything, services, escalates)


def test_an_event_whose_record_can_not_be_read_keeps_what_is_known() -> None:
    found = event_of({"EventId": "1", "EventName": "RunInstances", "Username": "ana", "CloudTrailEvent": "{"})
    assert (found.name, found.user, found.identity, found.detail) == ("RunInstances", "ana", "", {})
