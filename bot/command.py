"""A verb of `/ec2ir`: what it is called in help, and what it does; and how its words are read."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bot.act import Act
from bot.front import Front
from playbook.errors import BadInput
from playbook.target import instance_id

_INSTANCE = re.compile(r"i-[0-9a-z]*", re.IGNORECASE)

Effect = Callable[[Front, Act, Sequence[str]], Awaitable[None]]


class Topic(StrEnum):
    """Under which heading help names a verb, in the order in which people need them."""

    INCIDENT = "The incident"
    STEPS = "Steps: each is planned first, shown, and approved"
    CHECKS = "Checks: they only read"
    CHECKLIST = "The checklist"
    RECORD = "Indicators, root cause, report"
    LEGAL = "Legal deadlines: they start when awareness is declared, and nothing pauses them"
    PEOPLE = "People and deadlines"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`usage` and `help` are what `/ec2ir help` shows; `changes` says whether its work is done once an act.

    `slow` marks one that waits for hosts and logs.
    """

    usage: str
    help: str
    effect: Effect
    topic: Topic
    changes: bool = True
    slow: bool = False


def instances_in(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The instances among the words, each once, and the other words. Raises BadInput for an id that is none."""
    named = [w for w in words if _INSTANCE.fullmatch(w)]
    return list(dict.fromkeys(map(instance_id, named))), [w for w in words if w not in named]


def instance_in(words: Sequence[str]) -> tuple[str, list[str]]:
    """The instance among the words, or an empty string, and the other words. Raises BadInput for two."""
    named, rest = instances_in(words)
    if len(named) > 1:
        raise BadInput("One instance at a time.", then="Write the verb once for each.")
    return (named[0] if named else "", rest)
