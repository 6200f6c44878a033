"""Who acts, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a person may do in an incident; each is a user group in the settings."""

    RESPONDER = "responders"
    APPROVER = "approvers"


class Door(StrEnum):
    """Where a person came in; roles are read from Slack's groups in chat, from the settings at the terminal."""

    CHAT = "chat"
    TERMINAL = "terminal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A person by Slack user id: the same person at the terminal carries the same id."""

    id: str
    name: str = ""

    def __str__(self) -> str:
        return self.name or self.id


BOT = Person(id="ec2ir", name="ec2ir")
