"""Who called what, in order: what CloudTrail would have, so that a test can count calls where they arrive."""

import json
import re
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from io import BytesIO
from typing import Any
from urllib.parse import parse_qsl

from werkzeug.wrappers import Request, Response

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]
_KEPT = 20_000
_READS = ("Describe", "Get", "List", "Lookup", "Simulate", "Receive", "StartQuery", "Assume", "GET ", "HEAD ")
_MESSAGES = frozenset({"sqs", "logs", "monitoring", "inspector2", "ce"})
_SHOWN = 14
_SCOPE = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One call that was answered. `parameters` are as they were sent; `status` is the answer's HTTP status."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    status: int


def kept(app: Wsgi) -> Wsgi:
    """The application with a trail of its calls; `POST /sandbox/trail` answers it, oldest first.

    `GET /sandbox/calls?after=N` answers how many there were, and the newest that change something, without the
    first N and without messages. Moto's own reset clears the trail.
    """
    events: deque[Event] = deque(maxlen=_KEPT)

    made = 0

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        nonlocal made
        path = str(environ.get("PATH_INFO", ""))
        if path == "/sandbox/trail":
            body = json.dumps({"events": [asdict(event) for event in events.copy()]})
            return Response(body, mimetype="application/json")(environ, start_response)
        if path == "/sandbox/calls":
            after = int(Request(environ).args.get("after", 0))
            body = json.dumps(_changes(events.copy(), made, after))
            return Response(body, mimetype="application/json")(environ, start_response)
        if path == "/moto-api/reset":
            events.clear()
        if path.startswith(("/sandbox/", "/moto-api/")):
            return app(environ, start_response)
        service, operation, parameters = called(environ)
        answer = Response.from_app(app, environ, buffered=True)
        made += 1
        events.append(
            Event(service=service, operation=operation, parameters=parameters, status=answer.status_code)
        )
        return answer(environ, start_response)

    return serve


def _changes(events: deque[Event], made: int, after: int) -> dict[str, Any]:
    first = made - len(events)
    shown = [
        {"number": number, "service": event.service, "operation": event.operation, "status": event.status}
        for number, event in enumerate(events, first)
        if number >= after and event.service not in _MESSAGES and not reads(event.operation)
    ]
    return {"made": made, "changes": shown[-_SHOWN:]}


def reads(operation: str) -> bool:
    """Whether a call by that name only looks; a method and a path stand for the REST protocols' names."""
    return operation.startswith(_READS)


def called(environ: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """Service, operation and parameters, of the query and the JSON protocols; others show as method and path."""
    request = Request(environ)
    found = _SCOPE.search(request.headers.get("Authorization", ""))
    service = found.group(1) if found else ""
    if not request.content_length:
        return service, f"{request.method} {request.path}", {}
    body = request.get_data()
    environ["wsgi.input"] = BytesIO(body)  # whoever serves the call reads it again
    target = request.headers.get("X-Amz-Target", "").rpartition(".")[2]
    if target:
        return service, target, dict(json.loads(body or b"{}"))
    if request.mimetype == "application/x-www-form-urlencoded":
        given = dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
        return service, given.pop("Action", ""), given
    return service, f"{request.method} {request.path}", {}
