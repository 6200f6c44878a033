"""A fresh box in this process, and the seeded account in it."""

from collections.abc import Callable, Generator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.aws.box import AwsBox, emulated
from sandbox.aws.seed import Account, seed, usual_flows

Refusal = Callable[[Callable[[], Any]], str]


@pytest.fixture
def box() -> Generator[AwsBox]:
    with emulated() as made:
        yield made


@pytest.fixture
def account(box: AwsBox) -> Account:
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
