"""The settings that decide what steps do, as values the pure code can read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from playbook.environment import EnvironmentRule
from playbook.legal import THAILAND, Jurisdiction
from playbook.watch import Schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What `ec2ir.toml` says about recovery.

    `golden_image` is the image that replacements start from: an id, or `ssm:` and the name of the parameter that
    holds one. It should not be older than `max_image_age_days`. `probe_url` is asked whether the application is
    well. `instance_profile` is the replacement's, by name; without it, the one that the instance first had.
    """

    golden_image: str = ""
    max_image_age_days: int = 90
    probe_url: str = ""
    instance_profile: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forensics:
    """What `ec2ir.toml` says about forensic instances.

    They are launched from `image` (an id, or `ssm:` and the parameter that holds one) into `subnet`, which has no
    way to the internet and reaches Systems Manager through VPC endpoints. `instance_profile` (a name) lets Systems
    Manager manage them. `security_group` replaces the one that ec2ir makes.
    """

    subnet: str = ""
    image: str = ""
    instance_type: str = "m6i.large"
    instance_profile: str = ""
    security_group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """How a target of escalations is told, by every way that is set.

    `group` (id or handle) and `person` (id) are mentioned in the incident's channel, and asked into it; `channel` is
    one more channel in Slack. `pager_key_env` names the environment variable that holds the pager's routing key.
    """

    group: str = ""
    person: str = ""
    channel: str = ""
    email: str = ""
    pager_url: str = ""
    pager_key_env: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalating:
    """What `ec2ir.toml` says about escalations.

    `ladder` are the times to wait for an acknowledgement before the next ping; after the last one `fallback`, one of
    `targets`, is pinged.
    """

    ladder: tuple[timedelta, ...] = (timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=20))
    fallback: str = ""
    targets: Mapping[str, Contact] = field(default_factory=dict[str, Contact])


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Where the quarterly audit looks: each of the accounts in each of the regions; empty: those of the bot itself."""

    accounts: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What `ec2ir.toml` says about what steps do.

    `forensics_cidr` may reach an isolated instance; `untrack` first passes each interface through a group open
    both ways, which cuts established connections; without `evidence_bucket` memory can't be captured.
    """

    environment: EnvironmentRule = field(default_factory=EnvironmentRule)
    forensics_cidr: str = ""
    untrack: bool = True
    evidence_bucket: str = ""
    recovery: Recovery = field(default_factory=Recovery)
    forensics: Forensics = field(default_factory=Forensics)
    watch: Schedule = field(default_factory=Schedule)
    legal: tuple[Jurisdiction, ...] = (THAILAND,)
    reminders: timedelta = timedelta(hours=8)
    """How often an incident that is contained and still open is reminded of its unfinished rows."""
    audit: Audit = field(default_factory=Audit)
    investigate: bool = True
    """Whether an opened incident's checks are made without anybody asking."""
    escalation: Escalating = field(default_factory=Escalating)
