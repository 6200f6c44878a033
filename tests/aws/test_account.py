from __future__ import annotations

import asyncio
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest
from botocore.stub import Stubber

from aws.account import Account
from aws.clients import Clients
from aws.errors import AwsRefused
from aws.record import Call, recorded
from playbook.policy import Policy

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def aws() -> Generator[Account]:
    """One for all tests: making a client of EC2 takes the SDK half a second."""
    session = boto3.Session(aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="example")
    with ThreadPoolExecutor(2) as pool:
        yield Account(
            id="111111111111",
            region="eu-west-1",
            policy=Policy(),
            clients=Clients(lambda _: session),
            pool=pool,
        )


def empty(request: str) -> dict[str, object]:
    return {"Vpcs": [], "ResponseMetadata": {"RequestId": request, "HTTPStatusCode": 200}}


async def test_each_call_is_recorded_for_those_who_asked_for_it(aws: Account) -> None:
    with Stubber(aws.ec2) as stub:
        stub.add_response("describe_vpcs", empty("r-1"))
        stub.add_response("describe_vpcs", empty("r-2"))
        with recorded() as calls:
            await aws.call(aws.ec2.describe_vpcs)
        await aws.call(aws.ec2.describe_vpcs)
    assert calls == [Call(service="ec2", operation="DescribeVpcs", request_id="r-1", status=200)]


async def test_records_of_steps_that_run_at_once_do_not_mix(aws: Account) -> None:
    async def step(request: str) -> list[str]:
        with Stubber(aws.ec2 if request == "r-1" else aws.ec2_once) as stub, recorded() as calls:
            stub.add_response("describe_vpcs", empty(request))
            await aws.call((aws.ec2 if request == "r-1" else aws.ec2_once).describe_vpcs)
        return [call.request_id for call in calls]

    assert await asyncio.gather(step("r-1"), step("r-2")) == [["r-1"], ["r-2"]]


async def test_a_refusal_is_recorded_with_its_code_and_raised_in_words(aws: Account) -> None:
    with Stubber(aws.ec2) as stub, recorded() as calls:
        stub.add_client_error("describe_vpcs", "UnauthorizedOperation", "no", http_status_code=403)
        with pytest.raises(AwsRefused, match="may not call DescribeVpcs"):
            await aws.call(aws.ec2.describe_vpcs)
    assert [(call.error, call.status) for call in calls] == [("UnauthorizedOperation", 403)]
