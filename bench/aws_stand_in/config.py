"""What a bench can ask the stand-in's account to be like."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter
from pydantic.dataclasses import dataclass as checked

IpPermission = Mapping[str, Any]
STRICT = ConfigDict(extra="forbid")


@checked(frozen=True, slots=True, kw_only=True, config=STRICT)
class GroupSeed:
    """A security group that exists from the start; `ingress` and `egress` in boto3's IpPermissions form."""

    name: str
    description: str = "made by an earlier run"
    ingress: tuple[IpPermission, ...] = ()
    egress: tuple[IpPermission, ...] = ()
    tags: Mapping[str, str] | None = None


@checked(frozen=True, slots=True, kw_only=True, config=STRICT)
class StandInConfig:
    """The account after a reset; times are milliseconds.

    `groups` are the extra security groups that exist already, and `keep_groups` carries over those that an
    earlier run created: either makes the deny and open groups warm.
    A snapshot is pending until its lock (`complete_on_lock`) or its n-th describe, whichever comes first; with
    neither it stays pending. A drained target is `draining` for `drain_ms`, then gone.
    `flow_record` is what FilterLogEvents reports for each stream asked for.
    """

    volumes: int = 3
    interfaces: int = 2
    target_groups: int = 2
    siblings: int = 1
    dual_stack: bool = True
    environment: str | None = "production"
    groups: tuple[GroupSeed, ...] = ()
    keep_groups: bool = False
    in_auto_scaling_group: bool = False
    standby_delay_ms: float = 0
    classic_balancer: bool = False
    drain_ms: float = 300_000
    complete_on_lock: bool = True
    complete_after_describes: int | None = None
    flow_logs: bool = True
    flow_record: Literal["none", "nodata", "accept"] = "nodata"
    ssm_online: bool = True
    command_output: str = ""
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """The body of `POST /control/reset`; without a round trip (milliseconds) the present one stays."""

    config: StandInConfig = field(default_factory=StandInConfig)
    rtt_ms: Annotated[float, Field(ge=0)] | None = None


RESET = TypeAdapter(Reset)
