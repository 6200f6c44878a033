"""What the engine works with, handed in by the wiring."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from actions.action import AnyAction
from actions.catalogue import BY_NAME
from aws.account import Account
from commands.desk import Desk
from playbook.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """`executor` is this process's own name, fresh at every start: a name used twice is two zombies.

    `pause` waits for some seconds; tests hand in one that moves their clock instead.
    """

    desk: Desk
    account: Callable[[Target], Account]
    executor: str
    pause: Callable[[float], Awaitable[None]]
    actions: Mapping[str, AnyAction] = field(default_factory=lambda: BY_NAME)
