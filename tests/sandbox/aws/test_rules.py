"""Security-group rules and connection tracking, as plain values."""

import pytest

from sandbox.aws.rules import Rule, allows, untracked


def rule(
    protocol: str, ports: tuple[int, int] | None, *, cidr: str | None = None, group: str | None = None
) -> Rule:
    first, last = ports or (None, None)
    return Rule(protocol=protocol, first=first, last=last, cidr=cidr, group=group)


HTTPS = rule("tcp", (443, 443), cidr="0.0.0.0/0")
ALL4, ALL6 = rule("-1", None, cidr="0.0.0.0/0"), rule("-1", None, cidr="::/0")


@pytest.mark.parametrize(
    ("rules", "protocol", "port", "peer", "through"),
    [
        ([], "tcp", 443, "198.51.100.1", False),
        ([HTTPS], "tcp", 443, "198.51.100.1", True),
        ([HTTPS], "udp", 443, "198.51.100.1", False),
        ([HTTPS], "tcp", 80, "198.51.100.1", False),
        ([HTTPS], "tcp", 443, "2001:db8::1", False),
        ([ALL4], "udp", 53, "2001:db8::1", False),
        ([ALL6], "udp", 53, "2001:db8::1", True),
        ([rule("tcp", (0, 65_535), cidr="10.0.0.0/8")], "tcp", 22, "10.9.8.7", True),
        ([rule("tcp", (0, 65_535), cidr="10.0.0.0/8")], "tcp", 22, "11.9.8.7", False),
        ([rule("6", (22, 22), cidr="10.0.0.0/8")], "tcp", 22, "10.9.8.7", True),
    ],
)
def test_only_what_a_rule_names_goes_through(
    rules: list[Rule], protocol: str, port: int, peer: str, through: bool
) -> None:
    assert allows(rules, protocol=protocol, port=port, peer=peer) is through


def test_a_rule_may_name_a_group_of_peers() -> None:
    rules = [rule("tcp", (80, 80), group="sg-1")]
    assert allows(rules, protocol="tcp", port=80, peer="10.0.0.1", peer_groups=frozenset({"sg-1"}))
    assert not allows(rules, protocol="tcp", port=80, peer="10.0.0.1", peer_groups=frozenset({"sg-2"}))


@pytest.mark.parametrize(
    ("forward", "back", "expected"),
    [
        ([ALL4], [ALL4], True),
        ([HTTPS], [ALL4], True),
        ([HTTPS], [HTTPS], False),
        ([rule("tcp", (443, 443), cidr="198.51.100.0/24")], [ALL4], False),
        ([ALL4], [], False),
        ([ALL6], [ALL6], False),
    ],
)
def test_a_flow_is_untracked_only_if_open_to_the_world_both_ways(
    forward: list[Rule], back: list[Rule], expected: bool
) -> None:
    assert untracked(forward, back, protocol="tcp", port=443, peer="198.51.100.1") is expected
