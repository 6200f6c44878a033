"""Settings: secrets and addresses from the environment or `.env`, policy from `ec2ir.toml`.

A wrong or missing setting raises BadSetting: one line that names it, the value (never a secret) and the mend.
"""

from __future__ import annotations

import difflib
import ipaddress
import os
import re
import tomllib
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from cli.clock_settings import AuditSection, LegalSection, RemindersSection, distinct
from cli.escalation_settings import EscalationSection, SmtpSection
from cli.section import Section
from cli.watch_settings import WatchSection
from playbook.environment import EnvironmentRule
from playbook.errors import BadInput
from playbook.legal import THAILAND
from playbook.people import Role
from playbook.policy import Forensics, Policy, Recovery
from playbook.target import account_id
from playbook.text import plain

CONFIG_VARIABLE = "EC2IR_CONFIG"
_IMAGE = re.compile(r"ami-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_PARAMETER = re.compile(r"ssm:[A-Za-z0-9_.\-/]{1,1011}(?::[A-Za-z0-9_.\-]+)?")
_PROFILE = re.compile(r"[\w+=,.@-]{1,128}", re.ASCII)
_SUBNET = re.compile(r"subnet-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_GROUP = re.compile(r"sg-(?:[0-9a-f]{8}|[0-9a-f]{17})")
_TYPE = re.compile(r"[a-z0-9-]{1,30}\.[a-z0-9-]{1,30}")
"""Forms that AWS gives to image ids, SSM parameter names (with version or label), instance profile
names, subnet and group ids, and instance types."""

_SECRET = re.compile("token|secret|external_id|password|url", re.IGNORECASE)
"""Names of settings whose values are never shown."""
_LEAST = 16
"""Characters of a secret that nobody guesses."""
_TOPIC = re.compile(r"arn:[a-z-]+:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_.-]{1,256}")


class BadSetting(BadInput):
    """A setting is missing or wrong; ec2ir did not start."""


def _cidr(value: str) -> str:
    if value:
        ipaddress.ip_network(value)
    return value


def _account(value: str) -> str:
    try:
        return account_id(value)
    except BadInput as problem:
        raise ValueError(problem.what) from problem


def _image(value: str) -> str:
    if value and not (_IMAGE.fullmatch(value) or _PARAMETER.fullmatch(value)):
        raise ValueError("write an image id such as ami-0123456789abcdef0, or ssm:/name/of/a/parameter")
    return value


def _probe(value: str) -> str:
    parts = urlsplit(value)
    if value and (parts.scheme not in ("http", "https") or not parts.hostname or parts.username is not None):
        raise ValueError("write an http or https address, without user name or password")
    return value


def _profile(value: str) -> str:
    if value and not _PROFILE.fullmatch(value):
        raise ValueError("write the name of an instance profile, without its path or ARN")
    return value


def _subnet(value: str) -> str:
    if value and not _SUBNET.fullmatch(value):
        raise ValueError("write a subnet id such as subnet-0123456789abcdef0")
    return value


def _group(value: str) -> str:
    if value and not _GROUP.fullmatch(value):
        raise ValueError("write a security group id such as sg-0123456789abcdef0")
    return value


def _type(value: str) -> str:
    if not _TYPE.fullmatch(value):
        raise ValueError("write an instance type such as m6i.large")
    return value


def _long(value: SecretStr) -> SecretStr:
    if 0 < len(value) < _LEAST:
        raise ValueError(f"choose {_LEAST} characters or more, such as 32 random ones")
    return value


def _topic(value: str) -> str:
    if not _TOPIC.fullmatch(value):
        raise ValueError("write the topic's ARN, such as arn:aws:sns:eu-west-1:111111111111:alarms")
    return value


class Roles(Section):
    """Slack user groups, by id or handle."""

    responders: str = ""
    approvers: str = ""


class EnvironmentTags(Section):
    """Which tag says what an instance is; anything else counts as production."""

    tag: str = "Environment"
    production: tuple[str, ...] = ("production", "prod")
    nonproduction: tuple[str, ...] = ("dev", "test", "staging")


class Isolation(Section):
    """`forensics_cidr` may reach an isolated instance; `untrack` passes interfaces through an open group first."""

    forensics_cidr: Annotated[str, AfterValidator(_cidr)] = ""
    untrack: bool = True


class RecoverySection(Section):
    """What replacements start from, and how their health is probed; `playbook.policy.Recovery` says it in full."""

    golden_image: Annotated[str, AfterValidator(_image)] = ""
    max_image_age_days: int = Field(default=90, ge=1)
    probe_url: Annotated[str, AfterValidator(_probe)] = ""
    instance_profile: Annotated[str, AfterValidator(_profile)] = ""

    @property
    def recovery(self) -> Recovery:
        """The same as the value that steps read."""
        return Recovery(**self.model_dump())


class ForensicsSection(Section):
    """What forensic instances are launched from and where; `playbook.policy.Forensics` says it in full."""

    subnet: Annotated[str, AfterValidator(_subnet)] = ""
    image: Annotated[str, AfterValidator(_image)] = ""
    instance_type: Annotated[str, AfterValidator(_type)] = "m6i.large"
    instance_profile: Annotated[str, AfterValidator(_profile)] = ""
    security_group: Annotated[str, AfterValidator(_group)] = ""

    @property
    def forensics(self) -> Forensics:
        """The same as the value that steps read."""
        return Forensics(**self.model_dump())


class InvestigationSection(Section):
    """Whether an opened incident's checks are made without anybody asking."""

    automatic: bool = True


class AlertsSection(Section):
    """`topics` are ARNs of SNS topics that may post alerts; the others name CloudWatch alarms that are T5 and T4."""

    topics: tuple[Annotated[str, AfterValidator(_topic)], ...] = ()
    cpu_alarms: tuple[str, ...] = ()
    traffic_alarms: tuple[str, ...] = ()


class SigmaSection(Section):
    """`rules` is a folder of Sigma rules of one's own, beside those that ec2ir ships."""

    rules: str = ""


class AccountEntry(Section):
    """An account to respond in, and the role to assume there."""

    id: Annotated[str, AfterValidator(_account)]
    role_arn: str = ""
    external_id: str = ""


class Operator(Section):
    """Somebody who may act from a terminal: an AWS caller (ARN, or the role's part of it) and who that is."""

    arn: str
    person: str
    name: str = ""
    roles: tuple[Role, ...] = ()


class PolicyFile(Section):
    """`ec2ir.toml`."""

    roles: Roles = Field(default_factory=Roles)
    environment: EnvironmentTags = Field(default_factory=EnvironmentTags)
    isolation: Isolation = Field(default_factory=Isolation)
    recovery: RecoverySection = Field(default_factory=RecoverySection)
    forensics: ForensicsSection = Field(default_factory=ForensicsSection)
    alerts: AlertsSection = Field(default_factory=AlertsSection)
    sigma: SigmaSection = Field(default_factory=SigmaSection)
    legal: Annotated[tuple[LegalSection, ...], AfterValidator(distinct)] = ()
    reminders: RemindersSection = Field(default_factory=RemindersSection)
    audit: AuditSection = Field(default_factory=AuditSection)
    investigation: InvestigationSection = Field(default_factory=InvestigationSection)
    watch: WatchSection = Field(default_factory=WatchSection)
    escalation: EscalationSection = Field(default_factory=EscalationSection)
    smtp: SmtpSection = Field(default_factory=SmtpSection)
    accounts: tuple[AccountEntry, ...] = ()
    operators: tuple[Operator, ...] = ()


class Settings(BaseSettings):
    """Everything that `ec2ir` is told from outside."""

    model_config = SettingsConfigDict(
        env_prefix="EC2IR_", env_file=".env", env_ignore_empty=True, extra="ignore", frozen=True
    )

    database_url: str = ""
    queue_url: str = ""
    slack_bot_token: SecretStr = SecretStr("")
    slack_app_token: SecretStr = SecretStr("")
    slack_signing_secret: SecretStr = SecretStr("")
    slack_api_url: str = "https://slack.com/api/"
    slack_channel: str = ""
    drill_slack_bot_token: SecretStr = SecretStr("")
    drill_slack_app_token: SecretStr = SecretStr("")
    alerts_secret: Annotated[SecretStr, AfterValidator(_long)] = SecretStr("")
    evidence_bucket: str = ""
    signing_key: str = ""
    smtp_password: SecretStr = SecretStr("")
    http_host: str = "127.0.0.1"
    http_port: int = Field(default=3000, ge=0, le=65535)
    policy_file: PolicyFile = Field(default_factory=PolicyFile, exclude=True)

    @property
    def database(self) -> str:
        """The database's URL; by default SQLite in the user's data directory."""
        return self.database_url or f"sqlite:///{_data_directory() / 'ec2ir.db'}"

    @property
    def policy(self) -> Policy:
        """The part of the settings that decides what steps do."""
        tags, isolation = self.policy_file.environment, self.policy_file.isolation
        return Policy(
            environment=EnvironmentRule(
                tag=tags.tag,
                production=frozenset(tags.production),
                nonproduction=frozenset(tags.nonproduction),
            ),
            forensics_cidr=isolation.forensics_cidr,
            untrack=isolation.untrack,
            evidence_bucket=self.evidence_bucket,
            recovery=self.policy_file.recovery.recovery,
            forensics=self.policy_file.forensics.forensics,
            legal=tuple(law.jurisdiction for law in self.policy_file.legal) or (THAILAND,),
            reminders=self.policy_file.reminders.every,
            watch=self.policy_file.watch.schedule,
            escalation=self.policy_file.escalation.escalating,
            investigate=self.policy_file.investigation.automatic,
            audit=self.policy_file.audit.audit(tuple(account.id for account in self.policy_file.accounts)),
        )


def load() -> Settings:
    """The settings of this process. Raises BadSetting."""
    _known()
    policy = _policy_file()
    try:
        return Settings(policy_file=policy)
    except ValidationError as error:
        raise _bad(error, prefix="EC2IR_") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadSetting(f".env can't be read: {error}.", then="Compare it with .env.example.") from error


def _known() -> None:
    """Raise BadSetting for a variable that is none: a misspelt one would be missing in silence."""
    known = {
        CONFIG_VARIABLE,
        *(f"EC2IR_{name.upper()}" for name in Settings.model_fields if name != "policy_file"),
    }
    for name in sorted(os.environ):
        if name.startswith("EC2IR_") and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            raise BadSetting(
                f"{name} is no setting.",
                then=f"Did you mean {near[0]}?" if near else "See .env.example for those that there are.",
            )


def require(settings: Settings, *names: str) -> None:
    """Raise BadSetting for the first of these settings that is empty."""
    for name in names:
        value = getattr(settings, name)
        text = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not text:
            raise BadSetting(
                f"EC2IR_{name.upper()} is not set.",
                then="Set it in the environment or in .env; see .env.example.",
            )


def _policy_file() -> PolicyFile:
    named = os.environ.get(CONFIG_VARIABLE)
    path = Path(named or "ec2ir.toml")
    if not path.exists():
        if named:
            raise BadSetting(f"{CONFIG_VARIABLE} names {path}, which is not there.", then="Mend the path.")
        return PolicyFile()
    try:
        return PolicyFile.model_validate(tomllib.loads(path.read_text()))
    except OSError as error:
        raise BadSetting(
            f"{path} can't be read: {error.strerror}.", then=f"Name a readable file in {CONFIG_VARIABLE}."
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSetting(
            f"{path} is not TOML: {error}", then="Compare it with ec2ir.example.toml."
        ) from error
    except ValidationError as error:
        raise _bad(error, prefix=f"{path}: ") from error


def _bad(error: ValidationError, *, prefix: str) -> BadSetting:
    first = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    name = prefix + (place.upper() if prefix.endswith("_") else place)
    shown = isinstance(first["input"], str | int | float) and not _SECRET.search(place)
    value = f" (it is {plain(str(first['input']), 80)!r})" if shown else ""
    return BadSetting(f"{name}{value}: {first['msg']}.", then="See ec2ir.example.toml and .env.example.")


def _data_directory() -> Path:
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "ec2ir"
