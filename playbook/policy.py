"""The settings that decide what steps do, as values the pure code can read."""

from __future__ import annotations

from dataclasses import dataclass, field

from playbook.environment import EnvironmentRule


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
