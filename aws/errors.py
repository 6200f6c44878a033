"""AWS's errors, translated into the product's: what happened, what it means, what to do."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from playbook.errors import StepFailed, Unreachable
from playbook.text import plain

_DENIED = frozenset(
    {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthFailure", "NotAuthorized"}
)
THROTTLED = frozenset(
    {"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException", "SlowDown"}
)
"""Too much was asked for: AWS did not carry the call out."""
"""AWS's names for "too often"."""
_UNSUPPORTED = frozenset(
    {"InvalidAction", "UnsupportedOperation", "UnknownOperationException", "NotImplemented"}
)


class AwsRefused(StepFailed):
    """AWS answered with an error; `code` is its own name for it, such as `InvalidGroup.NotFound`."""

    def __init__(self, what: str, *, code: str, operation: str, means: str = "", then: str = "") -> None:
        super().__init__(what, means=means, then=then)
        self.code = code
        self.operation = operation


class Ambiguous(Unreachable):
    """No answer came back: the call may have had its effect, or not. Look before trying again."""


def _refused(error: ClientError) -> AwsRefused:
    answer = error.response.get("Error", {})
    code, said = str(answer.get("Code", "Unknown")), plain(str(answer.get("Message", "")), 300)
    operation = error.operation_name
    if code in _DENIED:
        means = f"ec2ir's role may not call {operation}."
        then = "Run ec2ir iam-policy and attach what it prints, then retry this step."
    elif code in THROTTLED:
        means, then = (
            "AWS limits how often this may be called, and retries did not get through.",
            "Retry this step.",
        )
    elif code in _UNSUPPORTED:
        means, then = f"{operation} is not supported here.", "Do this step by hand and tick it."
    else:
        means, then = (
            "AWS did not make this change.",
            "Read AWS's words, mend the cause, then retry this step.",
        )
    return AwsRefused(
        f"AWS refused {operation}: {code}: {said}", code=code, operation=operation, means=means, then=then
    )


@contextmanager
def translated() -> Generator[None]:
    """Raise the product's errors for botocore's.

    AwsRefused for what AWS answered, Ambiguous where no answer came, Unreachable where nothing was sent.
    """
    try:
        yield
    except ClientError as error:
        raise _refused(error) from error
    except (ReadTimeoutError, ResponseParserError) as error:
        raise Ambiguous(
            "AWS did not answer in time.",
            means="The change may have been made or not.",
            then="Retry this step: it looks before it acts.",
        ) from error
    except (ConnectTimeoutError, EndpointConnectionError, NoCredentialsError) as error:
        raise Unreachable(
            f"AWS can't be reached: {plain(str(error))}",
            means="Nothing was changed.",
            then="Check network and credentials, then retry.",
        ) from error
    except BotoCoreError as error:
        raise Ambiguous(
            f"The call to AWS broke off: {plain(str(error))}",
            means="The change may have been made or not.",
            then="Retry this step: it looks before it acts.",
        ) from error
