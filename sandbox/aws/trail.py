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

    Moto's own reset clears it.
    """
    events: deque[Event] = deque(maxlen=_KEPT)

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        path = str(environ.get("PATH_INFO", ""))
        if path == "/sandbox/trail":
            body = json.dumps({"events": [asdict(event) for event in events.copy()]})
            return Response(body, mimetype="application/json")(environ, start_response)
        if path == "/moto-api/reset":
            events.clear()
        if path.startswith(("/sandbox/", "/moto-api/")):
            return app(environ, start_response)
        service, operation, parameters = _called(environ)
        answer = Response.from_app(app, environ, buffered=True)
        events.append(
            Event(service=service, operation=operation, parameters=parameters, status=answer.status_code)
        )
        return answer(environ, start_response)

    return serve


def _called(environ: dict[str, Any]) -> tuple[str, str, dict[str, Any]]:
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
