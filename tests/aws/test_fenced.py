"""What is fenced in reaches one address, whatever else the process is told."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError

from aws.fenced import fenced
from cli.box import use
from playbook.errors import Unreachable

pytestmark = pytest.mark.slow

BOX = "http://127.0.0.1:9"
"""Nobody listens there: a request that is let through fails otherwise than one that is held back."""


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An environment that points at real accounts in every way that the SDK knows."""
    for name, value in {
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "real",
        "AWS_ENDPOINT_URL_EC2": "https://ec2.eu-west-1.amazonaws.com",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "AWS_ROLE_ARN": "arn:aws:iam::111111111111:role/real",
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.2/real",
    }.items():
        monkeypatch.setenv(name, value)
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.mark.usefixtures("elsewhere")
@pytest.mark.parametrize("service", ["ec2", "iam", "sts", "s3", "ssm", "logs", "ce", "guardduty"])
def test_every_client_of_the_process_is_the_boxs(service: str) -> None:
    use(BOX, "eu-west-1")
    made: Any = boto3.Session()
    client = made.client(service)
    assert client.meta.endpoint_url == BOX
    credentials = boto3.Session().get_credentials()
    assert credentials is not None
    assert credentials.access_key == "AKIASANDBOXSANDBOX00"
    assert credentials.token is None


@pytest.mark.usefixtures("elsewhere")
def test_a_request_to_somewhere_else_is_held_back() -> None:
    use(BOX, "eu-west-1")
    session: Any = fenced(BOX)("111111111111")
    real = session.client(
        "ec2",
        endpoint_url="https://ec2.eu-west-1.amazonaws.com",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with pytest.raises(Unreachable, match="was held back"):
        real.describe_instances()


@pytest.mark.usefixtures("elsewhere")
def test_a_request_to_the_box_is_let_through() -> None:
    use(BOX, "eu-west-1")
    session: Any = fenced(BOX)("111111111111")
    inside = session.client("ec2", config=Config(retries={"total_max_attempts": 1}, connect_timeout=1))
    with pytest.raises(EndpointConnectionError):
        inside.describe_instances()
