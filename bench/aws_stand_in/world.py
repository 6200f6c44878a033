"""The account's state: plain mutable records that the operations read and change."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from bench.aws_stand_in.config import StandInConfig

Params = dict[str, Any]
Answer = dict[str, Any]


class Rule(NamedTuple):
    """One source or destination of a security group; ports are None for protocol -1."""

    protocol: str
    from_port: int | None
    to_port: int | None
    kind: str
    peer: str


@dataclass(slots=True, kw_only=True)
class Instance:
    """An EC2 instance; its groups are those of its interfaces."""

    id: str
    state: str = "running"
    disable_api_termination: bool = False
    disable_api_stop: bool = False
    shutdown_behavior: str = "stop"


@dataclass(slots=True, kw_only=True)
class Volume:
    """An EBS volume attached to `instance_id` as `device`."""

    id: str
    instance_id: str
    device: str
    delete_on_termination: bool = True


@dataclass(slots=True, kw_only=True)
class Interface:
    """A network interface; `index` is its device index, `groups` are security group ids."""

    id: str
    instance_id: str
    index: int
    ipv4: str
    ipv6: str | None
    groups: list[str]


@dataclass(slots=True, kw_only=True)
class SecurityGroup:
    """A security group; each rule maps to its id."""

    id: str
    name: str
    description: str
    ingress: dict[Rule, str] = field(default_factory=dict[Rule, str])
    egress: dict[Rule, str] = field(default_factory=dict[Rule, str])


@dataclass(slots=True, kw_only=True)
class Snapshot:
    """An EBS snapshot; `describes` counts how often it was shown, `lock` is what LockSnapshot answered."""

    id: str
    volume_id: str
    description: str
    started: datetime
    completed: bool = False
    describes: int = 0
    lock: Answer | None = None


@dataclass(slots=True, kw_only=True)
class Association:
    """An instance profile on an instance."""

    id: str
    instance_id: str
    profile_arn: str
    since: datetime


@dataclass(slots=True, kw_only=True)
class Registration:
    """An instance in a target group; `drained_at` is the monotonic second at which it is gone."""

    arn: str
    instance_id: str
    port: int = 80
    drained_at: float | None = None


@dataclass(slots=True, kw_only=True)
class Member:
    """An instance of the Auto Scaling group; it is `Standby` from monotonic second `standby_at` on."""

    instance_id: str
    standby_at: float | None = None


@dataclass(slots=True, kw_only=True)
class Capacity:
    """The Auto Scaling group's sizes."""

    minimum: int = 1
    maximum: int = 4
    desired: int = 1


@dataclass(slots=True, kw_only=True)
class Command:
    """An SSM command."""

    id: str
    document: str
    comment: str
    instance_ids: list[str]
    requested: datetime
    status: str = "Success"


@dataclass(slots=True, kw_only=True)
class Message:
    """A queue message; hidden until monotonic second `visible_at`."""

    id: str
    body: str
    receipt: str = ""
    receives: int = 0
    visible_at: float = 0


@dataclass(slots=True, kw_only=True)
class StoredObject:
    """An S3 object: its size in bytes and the headers that a HEAD gives back."""

    size: int
    headers: dict[str, str]


@dataclass(slots=True, kw_only=True)
class World:
    """Everything the account holds; `ids` numbers what AWS would name."""

    config: StandInConfig
    ids: Iterator[int]
    instances: dict[str, Instance] = field(default_factory=dict[str, Instance])
    volumes: dict[str, Volume] = field(default_factory=dict[str, Volume])
    interfaces: dict[str, Interface] = field(default_factory=dict[str, Interface])
    groups: dict[str, SecurityGroup] = field(default_factory=dict[str, SecurityGroup])
    snapshots: dict[str, Snapshot] = field(default_factory=dict[str, Snapshot])
    tags: dict[str, dict[str, str]] = field(default_factory=dict[str, dict[str, str]])
    associations: dict[str, Association] = field(default_factory=dict[str, Association])
    role_policies: dict[str, str] = field(default_factory=dict[str, str])
    registrations: list[Registration] = field(default_factory=list[Registration])
    classic: list[str] = field(default_factory=list[str])
    members: dict[str, Member] = field(default_factory=dict[str, Member])
    capacity: Capacity = field(default_factory=Capacity)
    commands: dict[str, Command] = field(default_factory=dict[str, Command])
    messages: dict[str, Message] = field(default_factory=dict[str, Message])
    arrivals: asyncio.Event = field(default_factory=asyncio.Event)
    objects: dict[str, StoredObject] = field(default_factory=dict[str, StoredObject])

    def new_id(self, prefix: str) -> str:
        """A fresh id in EC2's form."""
        return f"{prefix}-{next(self.ids):017x}"

    def new_uuid(self) -> str:
        """A fresh id in UUID form."""
        return f"00000000-0000-4000-8000-{next(self.ids):012x}"

    def monotonic(self) -> float:
        """Seconds of the machine's monotonic clock."""
        return time.monotonic()

    def now(self) -> datetime:
        """The present moment, aware UTC."""
        return datetime.now(UTC)
