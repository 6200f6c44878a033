from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Barrier, Thread

import boto3
import pytest

from aws.clients import POOL, Clients, patience

pytestmark = pytest.mark.slow


def session(_: str) -> boto3.Session:
    return boto3.Session(aws_access_key_id="AKIAEXAMPLE", aws_secret_access_key="example")


def test_a_client_is_made_once_for_each_account_region_service_and_way_of_retrying() -> None:
    clients = Clients(session)
    first = clients.get("111111111111", "eu-west-1", "sts")
    assert clients.get("111111111111", "eu-west-1", "sts") is first
    others = (
        clients.get("222222222222", "eu-west-1", "sts"),
        clients.get("111111111111", "us-east-1", "sts"),
        clients.get("111111111111", "eu-west-1", "sqs"),
        clients.get("111111111111", "eu-west-1", "sts", once=True),
    )
    assert len({id(client) for client in (first, *others)}) == 5


def test_a_session_is_made_once_for_each_account() -> None:
    asked: list[str] = []

    def counted(account: str) -> boto3.Session:
        asked.append(account)
        return session(account)

    clients = Clients(counted)
    for region in ("eu-west-1", "us-east-1"):
        clients.get("111111111111", region, "sqs")
    clients.get("222222222222", "eu-west-1", "sqs")
    assert asked == ["111111111111", "222222222222"]


def test_threads_that_ask_at_once_get_the_same_client() -> None:
    clients, together = Clients(session), Barrier(8)

    def ask(_: int) -> int:
        together.wait()
        return id(clients.get("111111111111", "eu-west-1", "sqs"))

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(ask, range(8)))) == 1


def refusal(code: str) -> tuple[object, dict[str, object]]:
    return (object(), {"Error": {"Code": code}})


def test_what_was_refused_for_its_rate_was_not_carried_out_and_is_sent_again() -> None:
    waits = [patience(refusal("RequestLimitExceeded"), attempt) for attempt in range(1, 7)]
    assert waits[-1] is None
    for attempt, wait in enumerate(waits[:-1]):
        assert wait is not None
        assert 0.25 * 2**attempt <= wait <= 0.5 * 2**attempt


@pytest.mark.parametrize("code", ["InternalError", "InvalidGroup.NotFound", "ServiceUnavailable"])
def test_what_may_have_been_carried_out_is_not_sent_again(code: str) -> None:
    assert patience(refusal(code), 1) is None
    assert patience(None, 1) is None


class Answers(BaseHTTPRequestHandler):
    """EC2 as a server: the first call is throttled, every further one carried out."""

    asked = 0

    def do_POST(self) -> None:
        type(self).asked += 1
        throttled = type(self).asked == 1
        error = b"<Errors><Error><Code>RequestLimitExceeded</Code><Message>no</Message></Error></Errors>"
        body = b"<Response>" + error + b"</Response>" if throttled else b"<R><return>true</return></R>"
        self.send_response(503 if throttled else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        return


@pytest.mark.parametrize("once", [True, False])
def test_a_throttled_call_gets_through(monkeypatch: pytest.MonkeyPatch, *, once: bool) -> None:
    class Server(Answers):
        asked = 0

    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        ec2 = Clients(session).get("111111111111", "eu-west-1", "ec2", once=once)
        ec2.delete_security_group(GroupId="sg-1")
        server.shutdown()
    assert Server.asked == 2


def test_what_must_not_be_sent_twice_is_never_retried_by_the_sdk() -> None:
    clients = Clients(session)
    usual = clients.get("111111111111", "eu-west-1", "sts").meta.config
    once = clients.get("111111111111", "eu-west-1", "sts", once=True).meta.config
    assert usual.retries["total_max_attempts"] == 4
    assert once.retries["total_max_attempts"] == 1
    assert usual.max_pool_connections == POOL
    assert "ec2ir" in usual.user_agent
