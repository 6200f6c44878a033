"""The box as a server: `python -m sandbox.aws.server --port 0` prints its address and serves until stopped."""

import argparse
import json
import logging
import signal
import sys
from collections.abc import Callable, Iterable
from threading import Event, Thread
from typing import Any, TextIO

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from sandbox.aws.controls import here, run
from sandbox.aws.environment import REGION
from sandbox.aws.faults import Ordered, losing, throttling
from sandbox.aws.front import visit
from sandbox.aws.overlay.dispatch import unsupported
from sandbox.aws.overlay.install import install
from sandbox.aws.trail import kept
from sandbox.aws.truth import truth

Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


class QuietHandler(MotoRequestHandler):
    """Serves without a line per request."""

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def _answer(status: int, body: dict[str, Any]) -> Response:
    return Response(json.dumps(body), status=status, mimetype="application/json")


def control(request: Request) -> Response:
    """`POST /sandbox/NAME?region=R` pulls a lever with the JSON body's parameters; `GET /sandbox/health` says that the
    box is there, `GET /sandbox/truth` how the account is, `GET /sandbox/front/GROUP` visits what a balancer serves
    from that target group.
    """
    name, region = request.path.removeprefix("/sandbox/"), request.args.get("region", REGION)
    if name == "health":
        return _answer(200, {"ready": True})
    if name == "truth":
        return _answer(200, truth(region))
    try:
        if name.startswith("front/"):
            status, words = visit(region, name.removeprefix("front/"))
            return Response(words, status=status, mimetype="text/plain")
        return _answer(200, run(region, name, request.get_json(silent=True) or {}))
    except KeyError as missing:
        return _answer(404, {"error": f"no such lever or parameter: {missing}"})
    except ValueError as wrong:
        return _answer(400, {"error": str(wrong)})


def _unsupported(what: object) -> Response:
    status, headers, body = unsupported(what)
    return Response(body, status=status, headers=headers)


def application(moto: Wsgi) -> Wsgi:
    """The levers in front of moto; what moto lacks is a client error, never its HTML page."""

    def serve(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith("/sandbox/"):
            return control(Request(environ))(environ, start_response)
        try:
            answer = Response.from_app(moto, environ, buffered=True)
        except (AttributeError, KeyError, NotImplementedError, ImportError):
            # Moto looks up a backend that it does not have.
            answer = _unsupported(environ.get("HTTP_AUTHORIZATION", "").partition("/aws4_request")[0][-40:])
        if answer.status_code in {404, 500} and answer.mimetype == "text/html":
            answer = _unsupported(f"{environ.get('REQUEST_METHOD')} {environ.get('PATH_INFO')}")
        return answer(environ, start_response)

    return serve


def _tick(region: str, seconds: float, over: Event) -> None:
    while not over.wait(seconds):
        here(region).tick()


def _until_closed(stream: TextIO, over: Callable[[], None]) -> None:
    """Whoever started the server holds the other end of the stream, and lets go of it in dying too."""
    stream.read()
    over()


def _end(_number: int, _frame: object) -> None:
    sys.exit(0)


def main(argv: list[str] | None = None) -> None:
    """Serve on 127.0.0.1 until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(description="An AWS account in a box.")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--region", default=REGION)
    parser.add_argument("--ticker", type=float, default=0, help="seconds between flow-log ticks; 0: none")
    parser.add_argument("--until-eof", action="store_true", help="end when the standard input is closed")
    options = parser.parse_args(argv)
    install()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    ordered = Ordered()
    moto = application(DomainDispatcherApplication(create_backend_app))
    app = losing(kept(throttling(moto, ordered)), ordered)
    server = make_server("127.0.0.1", options.port, app, threaded=True, request_handler=QuietHandler)
    over = Event()
    if options.ticker > 0:
        Thread(target=_tick, args=(options.region, options.ticker, over), daemon=True).start()
    if options.until_eof:
        Thread(target=_until_closed, args=(sys.stdin, server.shutdown), daemon=True).start()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    try:
        server.serve_forever()
    finally:
        over.set()
        server.server_close()


if __name__ == "__main__":
    main()
