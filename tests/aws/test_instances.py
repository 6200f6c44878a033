from __future__ import annotations

from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from aws.account import Account
from aws.clients import Clients
from aws.instances import PERMISSIONS, facts
from aws.record import recorded
from playbook.environment import Environment
from playbook.policy import Policy
from sandbox.aws.box import AwsBox, emulated
from sandbox.aws.fleet import HOSTILE
from sandbox.aws.seed import Account as Seeded
from sandbox.aws.seed import Variant, seed
from tests.laws.permissions import permissions_for
from tests.laws.wire import Sent

pytestmark = pytest.mark.emulator


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    box: AwsBox
    seeded: Seeded
    aws: Account

    def fails(self, service: str, error: Exception, operation: str = "*") -> None:
        """From now on, calls to that service end with that error."""

        def fail(**_: object) -> None:
            raise error

        name = "before-send" if operation == "*" else f"before-send.{service}.{operation}"
        getattr(self.aws, service).meta.events.register_first(name, fail)


@contextmanager
def place(variant: Variant = "asg") -> Generator[Place]:
    with emulated() as box, ThreadPoolExecutor(8) as pool:
        seeded = seed(box.client, variant=variant)
        clients = Clients(lambda _: box.session())
        aws = Account(id=seeded.account, region=seeded.region, policy=Policy(), clients=clients, pool=pool)
        yield Place(box=box, seeded=seeded, aws=aws)


@pytest.fixture
def scaled() -> Generator[Place]:
    with place() as made:
        yield made


def denied(operation: str) -> ClientError:
    return ClientError({"Error": {"Code": "UnauthorizedOperation", "Message": "no"}}, operation)


async def test_what_the_card_says_of_a_production_web_server(scaled: Place) -> None:
    known = await facts(scaled.aws, scaled.seeded.web)
    assert known.seen
    assert (known.name, known.owner, known.environment) == ("web-1", "payments", Environment.PRODUCTION)
    assert (known.state, known.instance_type, known.vpc) == ("running", "c5.large", scaled.seeded.network.vpc)
    assert known.exposed == ("22", "443")
    assert (known.role, known.role_shared_by) == ("web-service", 1)
    assert known.autoscaling_group == "web"
    assert known.target_groups == ("api", "web")
    assert "203.0.113.20" in known.public_ips
    assert any(":" in ip for ip in known.public_ips)
    assert "10.0.1.21" in known.private_ips
    assert known.launched is not None
    assert known.launched.tzinfo is not None
    assert known.tags["note"] == HOSTILE


async def test_a_dev_machine_that_stands_alone(scaled: Place) -> None:
    known = await facts(scaled.aws, scaled.seeded.miner)
    assert (known.environment, known.name) == (Environment.NONPRODUCTION, "build-7")
    assert (known.exposed, known.autoscaling_group, known.target_groups) == ((), "", ())
    assert (known.role, known.role_shared_by) == ("dev-box", 0)


async def test_an_address_of_its_second_interface_counts_as_a_target() -> None:
    with place("targets") as alone:
        assert (await facts(alone.aws, alone.seeded.web)).target_groups == ("api", "web")


async def test_an_instance_that_is_not_there_is_said_to_be_elsewhere_or_gone(scaled: Place) -> None:
    known = await facts(scaled.aws, "i-0123456789abcdef0")
    assert not known.seen
    assert "it is gone, or lives in another account or region" in known.problem
    assert known.tags == {}


async def test_a_refusal_is_said_with_what_to_do(scaled: Place) -> None:
    scaled.fails("ec2", denied("DescribeInstances"))
    known = await facts(scaled.aws, scaled.seeded.web)
    assert not known.seen
    assert "may not call DescribeInstances" in known.problem
    assert "iam-policy" in known.problem


async def test_an_account_that_does_not_answer_is_a_problem_in_words(scaled: Place) -> None:
    scaled.fails("ec2", EndpointConnectionError(endpoint_url="https://ec2"))
    known = await facts(scaled.aws, scaled.seeded.web)
    assert not known.seen
    assert "AWS can't be reached" in known.problem


@pytest.mark.parametrize("service", ["iam", "elbv2", "autoscaling"])
async def test_what_can_not_be_read_is_left_empty_and_the_rest_is_there(scaled: Place, service: str) -> None:
    scaled.fails(service, denied("Something"))
    known = await facts(scaled.aws, scaled.seeded.web)
    assert known.seen
    assert known.exposed == ("22", "443")
    left_empty: dict[str, Any] = {
        "iam": known.role,
        "elbv2": known.target_groups,
        "autoscaling": known.autoscaling_group,
    }
    assert not left_empty[service]


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        ({"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}, "all"),
        ({"IpProtocol": "udp", "FromPort": 53, "ToPort": 53, "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}, "53/udp"),
        (
            {"IpProtocol": "tcp", "FromPort": 8000, "ToPort": 8080, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]},
            "8000-8080",
        ),
        ({"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}, "icmp"),
    ],
)
async def test_what_is_open_to_the_world_is_written_as_people_do(
    scaled: Place, rule: dict[str, Any], shown: str
) -> None:
    group = scaled.seeded.network.dev_group
    scaled.box.client("ec2").authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    assert (await facts(scaled.aws, scaled.seeded.miner)).exposed == (shown,)


async def test_permissions_are_those_of_the_calls_made(scaled: Place) -> None:
    with recorded() as calls:
        await facts(scaled.aws, scaled.seeded.web)
    sent = [Sent(service=c.service, operation=c.operation) for c in calls]
    assert {p for call in sent for p in permissions_for(call)} == PERMISSIONS
