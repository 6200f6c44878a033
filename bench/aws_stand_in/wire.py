"""The three ways in which AWS services speak here: query XML, JSON, and S3's REST."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import quote, unquote
from xml.sax.saxutils import escape

from botocore.model import OperationModel

from bench.aws_stand_in.errors import Refusal
from bench.aws_stand_in.form import reader, tree
from bench.aws_stand_in.messages import Request, Response
from bench.aws_stand_in.world import Answer, Params
from bench.aws_stand_in.xml import content_of

XML = ("Content-Type", "text/xml")


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """How one operation is read and answered; `encode` takes the answer and the request id."""

    decode: Callable[[Any], Params]
    encode: Callable[[Answer, str], Response]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """One protocol.

    `split` gives the API version ("" where the protocol sends none), the operation and its payload.
    """

    split: Callable[[Request], tuple[str, str, Any]]
    bind: Callable[[OperationModel], Codec]
    refuse: Callable[[Refusal, str], Response]


def split_query(request: Request) -> tuple[str, str, Any]:
    """The form as a tree, with what it asks for."""
    form = tree(request.body)
    return str(form.get("Version", "")), str(form.get("Action", "")), form


def bind_query(model: OperationModel) -> Codec:
    """The query protocol, and EC2's dialect of it, which has no result wrapper."""
    ec2 = model.service_model.resolved_protocol == "ec2"
    space = model.metadata.get("xmlNamespace", "")
    shape = model.output_shape
    content = content_of(shape) if shape else nothing
    wrapper = None if ec2 or not shape else shape.serialization.get("resultWrapper")
    decode = reader(model.input_shape, ec2=ec2) if model.input_shape else no_parameters

    def encode(answer: Answer, request_id: str) -> Response:
        inner = content(answer)
        if ec2:
            inner = f"<requestId>{request_id}</requestId>{inner}"
        else:
            result = f"<{wrapper}>{inner}</{wrapper}>" if wrapper else ""
            metadata = f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
            inner = result + metadata
        text = f'<{model.name}Response xmlns="{space}">{inner}</{model.name}Response>'
        return Response(body=text.encode(), headers=(XML, ("x-amzn-RequestId", request_id)))

    return Codec(decode=decode, encode=encode)


def nothing(answer: Answer) -> str:
    """The content of an answer without one."""
    del answer
    return ""


def no_parameters(payload: Any) -> Params:
    """The parameters of an operation without any."""
    del payload
    return {}


def refuse_ec2(refusal: Refusal, request_id: str) -> Response:
    """EC2's form of an error."""
    error = f"<Error><Code>{refusal.code}</Code><Message>{escape(refusal.message)}</Message></Error>"
    text = f"<Response><Errors>{error}</Errors><RequestID>{request_id}</RequestID></Response>"
    return Response(body=text.encode(), status=refusal.status, headers=(XML,))


def refuse_query(refusal: Refusal, request_id: str) -> Response:
    """The query protocol's form of an error."""
    error = f"<Code>{refusal.code}</Code><Message>{escape(refusal.message)}</Message>"
    text = f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error><RequestId>{request_id}</RequestId>"
    return Response(body=f"{text}</ErrorResponse>".encode(), status=refusal.status, headers=(XML,))


def split_json(request: Request) -> tuple[str, str, Any]:
    """The operation from X-Amz-Target."""
    operation = request.headers.get("x-amz-target", "").rpartition(".")[2]
    return "", operation, json.loads(request.body or b"{}")


def bind_json(model: OperationModel) -> Codec:
    """JSON names its members as boto3 does; times are seconds since the epoch."""
    kind = (
        "Content-Type",
        f"application/x-amz-json-{model.service_model.metadata.get('jsonVersion', '1.1')}",
    )

    def encode(answer: Answer, request_id: str) -> Response:
        body = json.dumps(answer, default=datetime.timestamp).encode()
        return Response(body=body, headers=(kind, ("x-amzn-RequestId", request_id)))

    return Codec(decode=lambda payload: payload, encode=encode)


def refuse_json(refusal: Refusal, request_id: str) -> Response:
    """JSON's form of an error."""
    body = json.dumps({"__type": refusal.code, "message": refusal.message}).encode()
    return Response(body=body, status=refusal.status, headers=(("x-amzn-RequestId", request_id),))


def split_s3(request: Request) -> tuple[str, str, Any]:
    """Objects only, in path style, as SDKs address an endpoint that is an IP address."""
    bucket, _, key = unquote(request.path.partition("?")[0]).lstrip("/").partition("/")
    operation = {"HEAD": "HeadObject", "PUT": "PutObject"}.get(request.method, request.method)
    place = {"Bucket": bucket, "Key": key, "Body": request.body, "headers": request.headers}
    return "", operation, place


def bind_s3(model: OperationModel) -> Codec:
    """S3's objects travel in headers: the answer's `headers` are sent as they are."""
    del model

    def encode(answer: Answer, request_id: str) -> Response:
        headers = tuple((name, quote(value, safe=" /;:=+\"',.")) for name, value in answer["headers"].items())
        return Response(headers=(*headers, ("x-amz-request-id", request_id)))

    return Codec(decode=lambda payload: payload, encode=encode)


def refuse_s3(refusal: Refusal, request_id: str) -> Response:
    """S3's form of an error; a HEAD's answer loses the body on the way out."""
    text = f"<Error><Code>{refusal.code}</Code><Message>{escape(refusal.message)}</Message></Error>"
    return Response(body=text.encode(), status=refusal.status, headers=(("x-amz-request-id", request_id),))


QUERY = Wire(split=split_query, bind=bind_query, refuse=refuse_query)
EC2 = Wire(split=split_query, bind=bind_query, refuse=refuse_ec2)
JSON = Wire(split=split_json, bind=bind_json, refuse=refuse_json)
S3 = Wire(split=split_s3, bind=bind_s3, refuse=refuse_s3)
BY_SIGNING_NAME = {
    "ec2": EC2,
    "iam": QUERY,
    "autoscaling": QUERY,
    "elasticloadbalancing": QUERY,
    "sts": QUERY,
    "cloudtrail": JSON,
    "ssm": JSON,
    "logs": JSON,
    "sqs": JSON,
    "s3": S3,
}
