"""From a signed request to an operation's answer, rendered by botocore's own service models."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

import botocore.session

from bench.aws_stand_in.errors import Refusal
from bench.aws_stand_in.messages import Request, Response
from bench.aws_stand_in.operations import OPERATIONS, Operation
from bench.aws_stand_in.wire import BY_SIGNING_NAME, Codec
from bench.aws_stand_in.world import Answer, World

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One operation of one service, ready to be called."""

    service: str
    operation: str
    codec: Codec
    run: Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a request comes to; `later` is set instead of `response` by an operation that waits."""

    service: str
    operation: str
    response: Response | None = None
    later: Awaitable[Response] | None = None
    error: str | None = None


def load_routes() -> Mapping[Key, Route]:
    """Every operation by signing name, API version ("" unless the form names one) and name."""
    session = botocore.session.get_session()
    routes: dict[Key, Route] = {}
    for service, operations in OPERATIONS.items():
        model = session.get_service_model(service)
        wire = BY_SIGNING_NAME[model.signing_name]
        version = model.api_version if model.resolved_protocol in {"ec2", "query"} else ""
        for name, run in operations.items():
            codec = wire.bind(model.operation_model(name))
            route = Route(service=service, operation=name, codec=codec, run=run)
            routes[model.signing_name, version, name] = route
    return routes


def answer(routes: Mapping[Key, Route], world: World, request: Request, request_id: str) -> Outcome:
    """Run the operation that the request names; a refusal is an ordinary answer."""
    signing = signing_name(request)
    wire = BY_SIGNING_NAME.get(signing)
    if wire is None:
        return Outcome(service=signing, operation="?", response=Response(status=403), error="Unsigned")
    version, operation, payload = wire.split(request)
    route = routes.get((signing, version, operation))
    try:
        if route is None:
            raise Refusal("InvalidAction", f"The stand-in has no {signing} {operation} ({version})")
        params = route.codec.decode(payload)
        if params.get("DryRun"):
            raise Refusal("DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
        result = route.run(world, params)
    except Refusal as refusal:
        service = route.service if route else signing
        response = wire.refuse(refusal, request_id)
        return Outcome(service=service, operation=operation, response=response, error=refusal.code)
    if isinstance(result, dict):
        response = route.codec.encode(result, request_id)
        return Outcome(service=route.service, operation=operation, response=response)
    encode = route.codec.encode
    return Outcome(
        service=route.service,
        operation=operation,
        later=encoded(result, lambda done: encode(done, request_id)),
    )


async def encoded(result: Awaitable[Answer], encode: Callable[[Answer], Response]) -> Response:
    """The response to an answer that is still awaited."""
    return encode(await result)


def signing_name(request: Request) -> str:
    """The service in the signature's credential scope; any credentials will do."""
    _, found, credential = request.headers.get("authorization", "").partition("Credential=")
    scope = credential.split("/", 4)
    return scope[3] if found and len(scope) > 3 else ""
