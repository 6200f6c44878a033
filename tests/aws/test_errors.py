from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from aws.errors import Ambiguous, AwsRefused, translated
from playbook.errors import StepFailed, Unreachable


def refusal(code: str, message: str = "no", operation: str = "LockSnapshot") -> AwsRefused:
    with pytest.raises(AwsRefused) as caught, translated():
        raise ClientError({"Error": {"Code": code, "Message": message}}, operation)
    return caught.value


@pytest.mark.parametrize(
    ("code", "means", "then"),
    [
        ("UnauthorizedOperation", "ec2ir's role may not call LockSnapshot.", "iam-policy"),
        ("AccessDeniedException", "ec2ir's role may not call LockSnapshot.", "iam-policy"),
        ("RequestLimitExceeded", "AWS limits how often", "Retry this step in a minute."),
        ("InvalidAction", "LockSnapshot is not supported here.", "by hand"),
        ("InvalidParameterValue", "AWS did not make this change.", "mend the cause"),
    ],
)
def test_what_aws_refuses_is_said_with_what_to_do(code: str, means: str, then: str) -> None:
    said = refusal(code)
    assert isinstance(said, StepFailed)
    assert (said.code, said.operation) == (code, "LockSnapshot")
    assert said.what == f"AWS refused LockSnapshot: {code}: no"
    assert means in said.means
    assert then in said.then


@pytest.mark.parametrize(
    "operation", ["DescribeInstances", "GetRole", "ListRoles", "LookupEvents", "StartQuery"]
)
@pytest.mark.parametrize(
    ("code", "means", "then"),
    [
        ("UnauthorizedOperation", "may not call", "then ask again."),
        ("ThrottlingException", "AWS limits how often", "Ask again in a minute."),
        ("InvalidAction", "is not supported here.", "Look by hand"),
        ("InvalidParameterValue", "AWS did not answer this question.", "then ask again."),
    ],
)
def test_a_question_that_was_refused_is_called_no_change(
    operation: str, code: str, means: str, then: str
) -> None:
    said = refusal(code, operation=operation)
    assert means in said.means
    assert then in said.then
    assert "this step" not in f"{said.means} {said.then}"


def test_the_words_of_aws_are_bounded_and_on_one_line() -> None:
    said = refusal("InvalidParameterValue", "first\nsecond \u202e" + "x" * 5_000)
    assert "\n" not in said.what
    assert "\u202e" not in said.what
    assert len(said.what) < 400


@pytest.mark.parametrize(
    "error",
    [
        ReadTimeoutError(endpoint_url="https://ec2"),
        ConnectionClosedError(endpoint_url="https://ec2"),
        ResponseParserError("an HTML page"),
    ],
)
def test_a_lost_answer_leaves_open_whether_it_was_done(error: Exception) -> None:
    with pytest.raises(Ambiguous) as caught, translated():
        raise error
    assert "may have been done or not" in caught.value.means


@pytest.mark.parametrize(
    "error",
    [
        ConnectTimeoutError(endpoint_url="https://ec2"),
        EndpointConnectionError(endpoint_url="https://ec2"),
        NoCredentialsError(),
    ],
)
def test_what_never_left_changed_nothing(error: Exception) -> None:
    with pytest.raises(Unreachable) as caught, translated():
        raise error
    assert not isinstance(caught.value, Ambiguous)
    assert caught.value.means == "Nothing was changed."


def test_our_own_mistakes_are_not_dressed_up_as_errors_of_aws() -> None:
    with pytest.raises(KeyError), translated():
        raise KeyError("Reservations")
