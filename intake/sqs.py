"""The queue port on Amazon SQS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from intake.ports import Call, Received, SqsClient
from intake.queue import HIDDEN

BATCH = 10
"""Messages a receive: the most that SQS hands out."""
WAIT = 20
"""Seconds of long polling: the most that SQS allows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SqsQueue:
    """Amazon SQS; `call` runs the client's blocking calls, and its errors pass through."""

    client: SqsClient
    url: str
    call: Call

    async def receive(self) -> Sequence[Received]:
        """As the port says."""
        answer = await self.call(
            self.client.receive_message,
            QueueUrl=self.url,
            MaxNumberOfMessages=BATCH,
            WaitTimeSeconds=WAIT,
            VisibilityTimeout=HIDDEN,
            MessageSystemAttributeNames=["ApproximateReceiveCount"],
        )
        messages = cast("Sequence[Mapping[str, Any]]", answer.get("Messages", ()))
        return tuple(_received(message) for message in messages)

    async def delete(self, message: Received) -> None:
        """As the port says."""
        await self.call(self.client.delete_message, QueueUrl=self.url, ReceiptHandle=message.receipt)

    async def extend(self, message: Received) -> None:
        """As the port says."""
        await self.call(
            self.client.change_message_visibility,
            QueueUrl=self.url,
            ReceiptHandle=message.receipt,
            VisibilityTimeout=HIDDEN,
        )


def _received(message: Mapping[str, Any]) -> Received:
    return Received(
        id=message["MessageId"],
        body=message["Body"],
        receipt=message["ReceiptHandle"],
        times=int(message.get("Attributes", {}).get("ApproximateReceiveCount", 1)),
    )
