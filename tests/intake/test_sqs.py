"""The queue port over boto3's SQS client: against the emulator, so that names and shapes are the service's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, cast

import boto3
import pytest
from moto.server import ThreadedMotoServer

from intake.sqs import SqsQueue
from tests.intake.builders import REGION, event, finding

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

pytestmark = [pytest.mark.emulator, pytest.mark.process]


@pytest.fixture
def client() -> Generator[SQSClient]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    # The stubs of boto3 know hundreds of services, most of which are not installed.
    make = cast("Callable[..., SQSClient]", boto3.client)  # pyright: ignore[reportUnknownMemberType]
    client = make(
        "sqs",
        region_name=REGION,
        endpoint_url=f"http://{host}:{port}",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    try:
        yield client
    finally:
        client.close()
        server.stop()


async def test_messages_come_out_of_sqs_and_come_again_unless_they_are_deleted(client: SQSClient) -> None:
    url = client.create_queue(QueueName="findings")["QueueUrl"]
    queue = SqsQueue(client=client, url=url, call=asyncio.to_thread)
    bodies = {event(finding("Trojan:EC2/DropPoint")), "not JSON"}
    for body in bodies:
        client.send_message(QueueUrl=url, MessageBody=body)

    first, second = await queue.receive()
    await queue.extend(first)
    await queue.delete(first)
    client.change_message_visibility(QueueUrl=url, ReceiptHandle=second.receipt, VisibilityTimeout=0)
    (again,) = await queue.receive()

    assert {first.body, second.body} == bodies
    assert (first.times, second.times) == (1, 1)
    assert (again.id, again.body, again.times) == (second.id, second.body, 2)
