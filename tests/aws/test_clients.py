from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import boto3
import pytest

from aws.clients import POOL, Clients

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


def test_what_must_not_be_sent_twice_is_never_retried_by_the_sdk() -> None:
    clients = Clients(session)
    usual = clients.get("111111111111", "eu-west-1", "sts").meta.config
    once = clients.get("111111111111", "eu-west-1", "sts", once=True).meta.config
    assert usual.retries["total_max_attempts"] == 4
    assert once.retries["total_max_attempts"] == 1
    assert usual.max_pool_connections == POOL
    assert "ec2ir" in usual.user_agent
