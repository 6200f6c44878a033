"""SQS: one queue, whatever its address, with long polling and visibility timeouts."""

import asyncio
import hashlib
from collections.abc import Awaitable

from bench.aws_stand_in.errors import Refusal
from bench.aws_stand_in.world import Answer, Message, Params, World

VISIBILITY_SECONDS = 30


def digest(body: str) -> str:
    """The MD5 that SDKs check a body by."""
    return hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()


def send(world: World, params: Params) -> Answer:
    """SendMessage: wakes whoever polls."""
    message = Message(id=world.new_uuid(), body=params["MessageBody"])
    world.messages[message.id] = message
    world.arrivals.set()
    return {"MessageId": message.id, "MD5OfMessageBody": digest(message.body)}


def receive(world: World, params: Params) -> Answer | Awaitable[Answer]:
    """ReceiveMessage: at once if a message is visible, else when one comes or the wait is over."""
    found = take(world, params)
    if found or not params.get("WaitTimeSeconds"):
        return {"Messages": found} if found else {}
    return poll(world, params)


async def poll(world: World, params: Params) -> Answer:
    """Wait for a message that is sent; one that only becomes visible again is left to the next poll."""
    world.arrivals.clear()
    try:
        await asyncio.wait_for(world.arrivals.wait(), params["WaitTimeSeconds"])
    except TimeoutError:
        return {}
    found = take(world, params)
    return {"Messages": found} if found else {}


def take(world: World, params: Params) -> list[Answer]:
    """Hide and hand out the visible messages, oldest first."""
    now = world.monotonic()
    visible = [message for message in world.messages.values() if message.visible_at <= now]
    taken = visible[: params.get("MaxNumberOfMessages", 1)]
    for message in taken:
        message.visible_at = now + params.get("VisibilityTimeout", VISIBILITY_SECONDS)
        message.receives += 1
        message.receipt = f"{message.id}#{message.receives}"
    return [shown(message) for message in taken]


def shown(message: Message) -> Answer:
    """A message as ReceiveMessage shows it."""
    return {
        "MessageId": message.id,
        "ReceiptHandle": message.receipt,
        "Body": message.body,
        "MD5OfBody": digest(message.body),
        "Attributes": {"ApproximateReceiveCount": str(message.receives)},
    }


def delete(world: World, params: Params) -> Answer:
    """DeleteMessage: deleting it again changes nothing."""
    world.messages.pop(params["ReceiptHandle"].partition("#")[0], None)
    return {}


def change_visibility(world: World, params: Params) -> Answer:
    """ChangeMessageVisibility."""
    message = world.messages.get(params["ReceiptHandle"].partition("#")[0])
    if message is None:
        raise Refusal("ReceiptHandleIsInvalid", "The input receipt handle is invalid.")
    message.visible_at = world.monotonic() + params["VisibilityTimeout"]
    return {}
