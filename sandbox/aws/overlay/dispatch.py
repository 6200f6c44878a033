"""Every request passes here: one at a time, and an operation that is not emulated is refused at once."""

import json
import re
import uuid
import warnings
from contextlib import nullcontext
from threading import RLock
from typing import Any, Final

from moto.core.botocore_stubber import BotocoreStubber
from moto.core.responses import ActionResult, BaseResponse

from sandbox.aws.history import Recorded, resources_in, user_identity
from sandbox.aws.overlay.base import Override, Refusal, ec2_of
from sandbox.aws.world import world_of

# Moto's state is plain dicts, and clients come from a pool of threads.
ONE_AT_A_TIME: Final = RLock()

_call_action = BaseResponse.call_action
_process_request = BotocoreStubber.process_request


def _with_request_id(body: Any) -> Any:
    """Every answer has a request id of its own; moto writes the same words into all of EC2's."""
    if not isinstance(body, str):
        return body
    return body.replace("<requestId>request-id<", f"<requestId>{uuid.uuid4()}<", 1)


def call_action(self: Any) -> Any:
    """An action that the service does not offer gets InvalidAction, HTTP 400, which no SDK retries.

    Source: EC2 API reference, "Error codes for the EC2 API", common client errors.
    """
    # A long poll waits for messages that only another request can bring.
    with nullcontext() if self.service_name == "sqs" else ONE_AT_A_TIME:
        try:
            status, headers, body = _call_action(self)
            remember(self, int(status), body)
            return status, headers, _with_request_id(body)
        except NotImplementedError as missing:
            words = f"The AWS sandbox does not emulate this: {self.service_name or 'aws'}: {missing}"
            with warnings.catch_warnings():
                # Moto warns of a code that the service's model does not list; common errors are not listed.
                warnings.simplefilter("ignore")
                return self.serialized(ActionResult(Refusal("InvalidAction", words)))


def remember(self: Any, status: int, body: Any) -> None:
    """Let CloudTrail know. Messages, objects, log events and metrics are data events, which it does not keep.

    Source: CloudTrail user guide, "Logging management events". Its parameters are as they were sent.
    """
    source = self.service_name or ""
    if source in {"sqs", "s3", "logs", "cloudwatch", "cloudtrail"} or not self.access_key:
        return
    sent: dict[str, Any] = {}
    if self.headers.get("X-Amz-Target"):
        sent = json.loads(self.body or "{}")
    else:
        sent = {k: v[0] for k, v in dict(self.querystring).items() if k not in {"Action", "Version"}}
    answer = body if isinstance(body, str) else ""
    name = self._get_action()
    # IAM is global, and its events are kept in one region only.
    region = "us-east-1" if source == "iam" else self.region
    world = world_of(ec2_of(self.current_account, region))
    world.history.append(
        Recorded(
            at=world.now(),
            name=name,
            source=f"{source}.amazonaws.com",
            identity=user_identity(self.current_account, "moto", self.access_key),
            address=str(self.headers.get("X-Forwarded-For", "127.0.0.1")),
            agent=str(self.headers.get("User-Agent", "")),
            region=region,
            resources=resources_in(sent, answer if name == "RunInstances" else ""),
            parameters=sent,
            error="" if status < 300 else _code(answer),
        )
    )


def _code(answer: str) -> str:
    found = re.search(r"<Code>([\w.]+)</Code>|\"__type\":\s*\"(?:[^\"#]*#)?([\w.]+)\"", answer)
    return next((g for g in found.groups() if g), "") if found else "Unknown"


def unsupported(what: object) -> tuple[int, dict[str, str], str]:
    """The same refusal for what never reaches a service of moto: status, headers, JSON body."""
    words = f"The AWS sandbox does not emulate this: {what}"
    headers = {"Content-Type": "application/json", "X-Amzn-ErrorType": "InvalidAction"}
    return 400, headers, json.dumps({"__type": "InvalidAction", "message": words})


def process_request(self: Any, request: Any) -> Any:
    """A service that moto lacks altogether, in process: refused as an action that is not offered."""
    answer: Any = _process_request(self, request)
    return unsupported(request.url) if answer == (404, {}, "Not yet implemented") else answer


OVERRIDES = (
    Override(owner=BaseResponse, name="call_action", value=call_action),
    Override(owner=BotocoreStubber, name="process_request", value=process_request),
)
