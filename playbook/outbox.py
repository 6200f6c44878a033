"""What is still to be told: rows that are kept until Slack, or the mail server, has them, each with its own key."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum

from playbook.plan import Json


class Post(StrEnum):
    """What the sender does with a row. CARD, PLAN, PING and WATCH carry no text: they show stored state when sent.

    MAIL and PAGER leave by other ways than Slack, and keep no order with an incident's other rows.
    """

    OPEN_CHANNEL = "open_channel"
    CARD = "card"
    TOPIC = "topic"
    PLAN = "plan"
    CHANNEL = "channel"
    THREAD = "thread"
    ANNOUNCE = "announce"
    FILE = "file"
    CLOSE_CHANNEL = "close_channel"
    WATCH = "watch"
    PING = "ping"
    MAIL = "mail"
    PAGER = "pager"

    @property
    def live(self) -> bool:
        """Whether it shows stored state, and so is sent again (as an edit) each time that state moves on."""
        return self in (Post.CARD, Post.PLAN, Post.TOPIC, Post.PING, Post.WATCH)


class Urgency(IntEnum):
    """The order among channels; within a channel rows keep their own order."""

    NOW = 0
    SOON = 1
    WHENEVER = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One row. The same `key` is never stored twice, but a live row that was sent is armed again."""

    key: str
    incident: str
    post: Post
    at: datetime
    body: Json = field(default_factory=dict[str, object])
    urgency: Urgency = Urgency.SOON


class SendState(StrEnum):
    """SENDING means: somebody is at it, or died there; then Slack is asked whether it has the message."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """A row in the sender's hands. `again` is true when an earlier attempt may have reached Slack."""

    seq: int
    message: Message
    again: bool
    attempts: int
    version: int
    """For live rows: how often it was armed; a row armed again while being sent stays to be sent."""
