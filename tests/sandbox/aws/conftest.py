"""A fresh box in this process, and the seeded account in it.

Fixtures import the emulator when they are asked for: the fast suite does without it, and it takes a second.
"""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from sandbox.aws.box import AwsBox
    from sandbox.aws.seed import Account

Refusal = Callable[[Callable[[], Any]], str]


SERVICES = (
    "autoscaling", "ce", "cloudtrail", "cloudwatch", "ec2", "elb", "elbv2", "guardduty", "iam", "inspector2", "logs",
    "route53resolver", "s3", "sqs", "ssm", "sts", "events", "network-firewall",
)  # fmt: skip


@pytest.fixture
def box() -> Generator[AwsBox]:
    """A box whose every answer botocore's own models must accept."""
    from sandbox.aws.box import emulated
    from tests.fixtures.models import Models

    models = Models()
    with emulated() as made:
        hooks = [made.client(service).meta.events for service in SERVICES]
        for events in hooks:
            models.attach(events)
        yield made
        for events in hooks:
            models.detach(events)
    assert models.problems == []


@pytest.fixture
def account(box: AwsBox) -> Account:
    from sandbox.aws.seed import seed, usual_flows

    made = seed(box.client)
    box.controls.flows(*usual_flows(made))
    box.controls.tick()
    return made


@pytest.fixture
def ec2(box: AwsBox) -> Any:
    return box.client("ec2")


@pytest.fixture
def refusal() -> Refusal:
    """The error code with which AWS refuses a call that must be refused."""

    def code(call: Callable[[], Any]) -> str:
        with pytest.raises(ClientError) as refused:
            call()
        answer: Any = refused.value.response
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
        return answer["Error"]["Code"]

    return code
