"""What the box knows beyond moto's own state: the clock, the delays, the traffic, the managed hosts."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sandbox.aws.history import KEPT, Recorded

Direction = Literal["in", "out"]


def system_clock() -> datetime:
    """The machine's time, aware UTC."""
    return datetime.now(UTC)


@dataclass(slots=True, kw_only=True)
class Delays:
    """How long AWS takes, in seconds. With 0 the first look after the call sees the final state."""

    snapshot: float = 0
    standby: float = 0
    instance: float = 0
    command: float = 0
    firewall: float = 0
    delivery: float = 0
    metadata: float = 0
    status: float = 0
    health: float = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """A conversation that an instance has in every window until its security groups stop it.

    `port` is the destination's; `established` means one long-lived connection, which a group swap alone does
    not break while it is tracked; `always_tracked` marks one through an NLB, NAT gateway or the like.
    """

    name: str
    instance: str
    direction: Direction
    peer: str
    port: int
    protocol: Literal["tcp", "udp"] = "tcp"
    device: int = 0
    established: bool = False
    always_tracked: bool = False
    packets: int = 12
    size: int = 4_096


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One flow-log line on its way to CloudWatch Logs."""

    due: datetime
    group: str
    stream: str
    timestamp: int
    message: str


@dataclass(slots=True, kw_only=True)
class Agent:
    """An SSM agent that has registered itself, with the role (moto's) whose credentials it holds."""

    instance: str
    platform: Literal["Linux", "Windows"]
    registered: datetime
    last_ping: datetime
    role: Any


@dataclass(slots=True, kw_only=True)
class Invocation:
    """A command on one host."""

    instance: str
    status: str = "Pending"
    code: int = -1
    stdout: str = ""
    stderr: str = ""
    started: datetime | None = None
    ended: datetime | None = None


@dataclass(slots=True, kw_only=True)
class Command:
    """A command as SSM keeps it."""

    id: str
    document: str
    comment: str
    parameters: dict[str, list[str]]
    requested: datetime
    timeout: int
    invocations: dict[str, Invocation]
    bucket: str = ""
    prefix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A Session Manager session."""

    id: str
    target: str
    owner: str
    started: datetime
    ended: datetime | None = None
    status: str = "Terminated"
    document: str = "SSM-SessionManagerRunShell"
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process of a host; `connections` are the names of the flows that it holds.

    `content` is what its executable holds: its hash follows from it. `deleted` means the file is gone from the
    disk while it runs.
    """

    pid: int
    user: str
    command: str
    executable: str
    content: bytes = b""
    cpu: float = 0.0
    deleted: bool = False
    connections: tuple[str, ...] = ()
    listens: tuple[int, ...] = ()


@dataclass(slots=True, kw_only=True)
class Host:
    """What runs behind an instance's SSM agent, and what its schedule says; `cron` are whole lines by file."""

    processes: tuple[Process, ...] = ()
    cron: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A Logs Insights query that has run: its rows as names and values."""

    id: str
    rows: list[list[dict[str, str]]]
    scanned: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Vulnerability:
    """What a scan of Inspector found on a host; `severity` as Inspector names it, such as CRITICAL."""

    instance: str
    id: str
    package: str
    severity: str
    seen: datetime
    exploit: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What a client token launched: the digest of the request's other parameters, and moto's reservation."""

    digest: str
    reservation: Any


@dataclass(slots=True, kw_only=True)
class World:
    """The state of one account and region. It lives in moto's EC2 backend, so moto's reset clears it."""

    clock: Callable[[], datetime] = system_clock
    ahead: timedelta = timedelta()
    delays: Delays = field(default_factory=Delays)
    flows: dict[str, Flow] = field(default_factory=dict[str, Flow])
    leaking: set[str] = field(default_factory=set[str])
    skipping: set[str] = field(default_factory=set[str])
    held: set[tuple[str, str]] = field(default_factory=set[tuple[str, str]])
    windows_until: datetime | None = None
    undelivered: list[Record] = field(default_factory=list[Record])
    agents: dict[str, Agent] = field(default_factory=dict[str, Agent])
    commands: dict[str, Command] = field(default_factory=dict[str, Command])
    history: deque[Recorded] = field(default_factory=lambda: deque[Recorded](maxlen=KEPT))
    lookups: list[float] = field(default_factory=list[float])
    sessions: list[Session] = field(default_factory=list[Session])
    hosts: dict[str, Host] = field(default_factory=dict[str, Host])
    queries: dict[str, Query] = field(default_factory=dict[str, Query])
    health_checks: bool = False
    failing_volumes: set[str] = field(default_factory=set[str])
    launches: dict[str, Launch] = field(default_factory=dict[str, Launch])
    tokenless: dict[str, float] = field(default_factory=dict[str, float])
    """Calls a minute that programs on an instance make to its metadata service without a token (IMDSv1)."""

    applications: dict[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    """Packages by instance, where Systems Manager collected an inventory."""
    vulnerabilities: list[Vulnerability] = field(default_factory=list[Vulnerability])
    findings: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    """What GuardDuty reported, by id: the `detail` of each finding's latest event."""
    arrivals: dict[str, tuple[datetime, str]] = field(default_factory=dict[str, tuple[datetime, str]])
    """When an instance's transition is over, and the state that EventBridge is told of then."""

    def now(self) -> datetime:
        """The box's time: its clock and what it was advanced by."""
        return self.clock() + self.ahead

    def after(self, seconds: float) -> datetime:
        """The box's time that many seconds from now."""
        return self.now() + timedelta(seconds=seconds)


def notes_on(thing: object) -> dict[str, Any]:
    """An object's own attributes: where the box keeps what moto's class has no place for."""
    return thing.__dict__


def world_of(backend: Any) -> World:
    """The world that belongs to a moto EC2 backend (one account, one region)."""
    return notes_on(backend).setdefault("sandbox_world", World())
