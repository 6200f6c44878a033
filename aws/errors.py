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
"""AWS's names for "too often": it did not carry the call out."""
_UNSUPPORTED = frozenset(
    {"InvalidAction", "UnsupportedOperation", "UnknownOperationException", "NotImplemented"}
)
_READS = (
    "BatchGet",
    "Describe",
    "Filter",
    "Get",
    "Head",
    "List",
    "Lookup",
    "Search",
    "Simulate",
    "StartQuery",
)
"""How the names of operations begin that change nothing."""


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
    reads = operation.startswith(_READS)
    again = "ask again" if reads else "retry this step"
    if code in _DENIED:
        means = f"ec2ir's role may not call {operation}."
        then = f"Run ec2ir iam-policy and attach what it prints, then {again}."
    elif code in THROTTLED:
        means = "AWS limits how often this may be called, and retries did not get through."
        then = f"{again.capitalize()} in a minute."
    elif code in _UNSUPPORTED:
        means = f"{operation} is not supported here."
        then = "Look by hand, in AWS's console." if reads else "Do this step by hand and tick it."
    else:
        means = "AWS did not answer this question." if reads else "AWS did not make this change."
        then = f"Read AWS's words, mend the cause, then {again}."
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
            means="What was asked for may have been done or not.",
            then="Try again: a step looks before it acts.",
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
            means="What was asked for may have been done or not.",
            then="Try again: a step looks before it acts.",
        ) from error
