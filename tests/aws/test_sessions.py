from __future__ import annotations

from collections.abc import Generator
from typing import Any, cast

import boto3
import pytest

from aws.sessions import AssumedRole, caller, session_for
from playbook.errors import Unreachable
from sandbox.aws.box import AwsBox, emulated

from moto.sts.models import sts_backends  # isort: skip - after the sandbox, which sets moto up

pytestmark = pytest.mark.emulator

# The box plays one account; for ec2ir it is another one than that of its own credentials.
OWN, OTHER = "999999999999", "111111111111"
ROLE = AssumedRole(
    account=OTHER, role_arn=f"arn:aws:iam::{OTHER}:role/ec2ir-responder", external_id="secret-7"
)


@pytest.fixture
def box(monkeypatch: pytest.MonkeyPatch) -> Generator[AwsBox]:
    """Ambient credentials as the SDK's ordinary chain finds them."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIASANDBOXSANDBOX00")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "sandbox")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-southeast-1")
    with emulated() as made:
        trust = '{"Version": "2012-10-17", "Statement": []}'
        made.client("iam").create_role(RoleName="ec2ir-responder", AssumeRolePolicyDocument=trust)
        yield made


def asked(session: boto3.Session) -> tuple[str, str]:
    identity = caller(session)
    return identity.account, identity.arn


def assumptions() -> list[Any]:
    """What the box knows of calls to AssumeRole."""
    return cast("Any", sts_backends)[OTHER]["aws"].assumed_roles


def test_the_ambient_account_is_reached_with_the_ambient_credentials(box: AwsBox) -> None:
    asked(session_for((), ambient=OTHER)(OTHER))
    assert assumptions() == []


def test_another_account_is_reached_through_its_role(box: AwsBox) -> None:
    session = session_for((ROLE,), ambient=OWN)(OTHER)
    assert assumptions() == [], "assumed before anybody needed it"
    account, arn = asked(session)
    assert account == OTHER
    assert arn == f"arn:aws:sts::{OTHER}:assumed-role/ec2ir-responder/ec2ir"


def test_the_role_is_assumed_once_and_with_its_external_id(box: AwsBox) -> None:
    session = session_for((ROLE,), ambient=OWN)(OTHER)
    asked(session)
    asked(session)
    assert [(a.session_name, a.external_id) for a in assumptions()] == [("ec2ir", "secret-7")]


def test_an_account_that_nobody_configured_is_out_of_reach() -> None:
    with pytest.raises(Unreachable, match="333333333333 is not among ec2ir's accounts") as caught:
        session_for((ROLE,), ambient=OWN)("333333333333")
    assert "[[accounts]]" in caught.value.then


def test_where_nothing_is_configured_every_account_is_asked_with_what_there_is(box: AwsBox) -> None:
    account, _ = asked(session_for(())("333333333333"))
    assert account == OTHER
