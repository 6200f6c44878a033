"""The settings that decide what steps do, as values the pure code can read."""

from __future__ import annotations

from dataclasses import dataclass, field

from playbook.environment import EnvironmentRule


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What `ec2ir.toml` says about containment.

    `forensics_cidr` may reach an isolated instance; `untrack` first passes each interface through a group open
    both ways, which cuts established connections; without `evidence_bucket` memory can't be captured.
    """

    environment: EnvironmentRule = field(default_factory=EnvironmentRule)
    forensics_cidr: str = ""
    untrack: bool = True
    evidence_bucket: str = ""
