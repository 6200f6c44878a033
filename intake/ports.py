"""What the alert door needs from the other rooms, as protocols; wiring hands in what fulfils them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, ParamSpec, Protocol, TypeVar

from playbook.finding import Finding
from playbook.letter import Letter

P = ParamSpec("P")
T = TypeVar("T")


class Sink(Protocol):
    """Where alerts go. Each call has stored what it was given when it returns; storing it again is harmless."""

    async def finding(self, finding: Finding, raw: str) -> None:
        """Take in a finding; `raw` is the message as received."""
        ...

    async def letter(self, letter: Letter) -> None:
        """Keep a message that could not be understood, and show it once."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A message as it came out of the queue; `receipt` names this delivery, `times` counts deliveries."""

    id: str
    body: str
    receipt: str
    times: int = 1


class Queue(Protocol):
    """A queue that hands a message out again unless it is deleted in time."""

    async def receive(self) -> Sequence[Received]:
        """Up to 10 messages, each hidden from others for `queue.HIDDEN`; waits for them up to 20 seconds."""
        ...

    async def delete(self, message: Received) -> None:
        """The message is stored; never hand it out again."""
        ...

    async def extend(self, message: Received) -> None:
        """Hide it for another `queue.HIDDEN` from now."""
        ...


class Call(Protocol):
    """Runs a blocking function where blocking is allowed."""

    async def __call__(self, operation: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """The operation's own result or error."""
        ...


class SqsClient(Protocol):
    """What is used of boto3's SQS client; its read timeout has to exceed 20 seconds (by default it is 60)."""

    def receive_message(  # noqa: D102
        self,
        *,
        QueueUrl: str,  # noqa: N803
        MaxNumberOfMessages: int,  # noqa: N803
        WaitTimeSeconds: int,  # noqa: N803
        VisibilityTimeout: int,  # noqa: N803
        MessageSystemAttributeNames: Sequence[Literal["ApproximateReceiveCount"]],  # noqa: N803
    ) -> Mapping[str, object]: ...

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> object: ...  # noqa: D102, N803

    def change_message_visibility(  # noqa: D102
        self,
        *,
        QueueUrl: str,  # noqa: N803
        ReceiptHandle: str,  # noqa: N803
        VisibilityTimeout: int,  # noqa: N803
    ) -> object: ...
