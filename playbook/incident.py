"""An incident: what is open, where it is talked about, and the instances in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from playbook.environment import Environment
from playbook.finding import Severity
from playbook.target import Target


class IncidentState(StrEnum):
    """An incident is open until a person closes it."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class InstanceFacts:
    """What AWS says about an instance when the incident opens; the card's middle lines.

    `groups` are security groups by network interface, `profile` is the instance profile's ARN. `ports` are those
    under which it is in each of `target_groups`; `classics` are the classic balancers that hold it.
    `exposed` lists ports or port ranges open to the world. `seen` is false when AWS could not be asked:
    `problem` then says why in words, and everything else is empty.
    """

    account: str
    region: str
    instance: str
    seen: bool = True
    problem: str = ""
    name: str = ""
    state: str = ""
    instance_type: str = ""
    image: str = ""
    vpc: str = ""
    environment: Environment = Environment.PRODUCTION
    owner: str = ""
    public_ips: tuple[str, ...] = ()
    private_ips: tuple[str, ...] = ()
    exposed: tuple[str, ...] = ()
    role: str = ""
    role_shared_by: int = 0
    autoscaling_group: str = ""
    target_groups: tuple[str, ...] = ()
    ports: Mapping[str, tuple[int, ...]] = field(default_factory=dict[str, tuple[int, ...]])
    classics: tuple[str, ...] = ()
    subnet: str = ""
    groups: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    profile: str = ""
    key_pair: str = ""
    launched: datetime | None = None
    tags: Mapping[str, str] = field(default_factory=dict[str, str])

    def target(self, incident: str) -> Target:
        """The same instance as something a step can act on."""
        return Target(account=self.account, region=self.region, instance=self.instance, incident=incident)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One incident as stored; `environment` is the strictest seen while it is open."""

    id: str
    state: IncidentState
    opened: datetime
    title: str
    severity: Severity
    environment: Environment
    sample: bool = False
    drill: bool = False
    """Whether it is an exercise: its AWS account is one in a box."""
    lead: str = ""
    channel: str = ""
    card_ts: str = ""
    contained: datetime | None = None
    closed: datetime | None = None
    closed_why: str = ""


_NOT_IN_CHANNEL_NAMES = re.compile(r"[^a-z0-9-]+")


def channel_name(incident: Incident, subject: str) -> str:
    """The private channel's name: lower case, at most 80 characters, unique by the incident's id; a drill says so."""
    slug = _NOT_IN_CHANNEL_NAMES.sub("-", subject.casefold()).strip("-")[:40]
    return "-".join(
        part
        for part in ("drill" if incident.drill else "inc", f"{incident.opened:%m%d}", slug, incident.id)
        if part
    )
