"""What the engine works with, handed in by the wiring."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from actions.action import AnyAction
from actions.catalogue import BY_NAME
from aws.account import Account
from commands.desk import Desk
from playbook.target import Target

RUNS_AT_ONCE = 8
"""Containments that one process carries out side by side; further ones wait for their turn, approved.

EC2 lets an account and region make 50 calls at once of each mutating action, and five a second after that
("Request throttling for the Amazon EC2 API"). Isolating an instance takes two ModifyNetworkInterfaceAttribute
for each of its interfaces: eight instances with three interfaces make 48.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plant:
    """`executor` is this process's own name, fresh at every start: a name used twice is two zombies.

    `pause` waits for some seconds; tests hand in one that moves their clock instead. `turns` are those of containments.
    """

    desk: Desk
    account: Callable[[Target], Account]
    executor: str
    pause: Callable[[float], Awaitable[None]]
    actions: Mapping[str, AnyAction] = field(default_factory=lambda: BY_NAME)
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(RUNS_AT_ONCE))
