"""A finding: one alert about one or more instances, parsed at the door and never changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Severity(StrEnum):
    """GuardDuty's bands: critical 9 to 10, high 7 to 8.9, medium 4 to 6.9, low 1 to 3.9."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"

    @property
    def rank(self) -> int:
        """0 for the most severe."""
        return list(Severity).index(self)


_BANDS = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM))


def severity_of(score: float) -> Severity:
    """The band of a GuardDuty score between 1.0 and 10.0."""
    return next((band for least, band in _BANDS if score >= least), Severity.LOW)


_SETTLED = {
    "guardduty": "archived in GuardDuty",
    "securityhub": "archived in Security Hub",
    "cpu": "back to normal, says its alarm",
    "flowlogs": "back to normal, says its alarm",
}


class Scope(StrEnum):
    """What the finding is about. ACCOUNT opens an incident that has no instance yet; OTHER is only shown."""

    INSTANCE = "instance"
    ACCOUNT = "account"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingType:
    """A GuardDuty type such as `Backdoor:EC2/C&CActivity.B!DNS`, in its parts.

    Other sources are named alike: `CloudTrail:EC2/…`, `EDR:EC2/…`, `CPU:EC2/…`, `FlowLogs:EC2/…`, `SecurityHub:EC2/…`.
    """

    full: str

    @property
    def purpose(self) -> str:
        """What the attacker is after: `Backdoor`."""
        return self.full.partition(":")[0]

    @property
    def resource(self) -> str:
        """What is attacked: `EC2`, `Runtime`, `IAMUser`."""
        return self.full.partition(":")[2].partition("/")[0]

    @property
    def name(self) -> str:
        """The threat itself: `C&CActivity.B!DNS`."""
        return self.full.partition("/")[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingKey:
    """What makes two messages the same finding."""

    account: str
    region: str
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """Something that gives the attacker away; kind is one of `playbook.indicators.IndicatorKind`."""

    kind: str
    value: str
    about: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding as its source last described it."""

    key: FindingKey
    source: str
    """The alert's parser: guardduty, cloudtrail, edr, flowlogs, cpu or securityhub."""
    type: FindingType
    scope: Scope
    score: float
    title: str
    description: str
    instances: tuple[str, ...]
    count: int
    first_seen: datetime
    last_seen: datetime
    updated: datetime
    archived: bool = False
    sample: bool = False
    actor: bool = False
    """Whether the instance is the one that attacks, rather than the one attacked."""
    caller: str = ""
    """The principal that made the reported API call, where there is one: an ARN or a user name."""
    indicators: tuple[Indicator, ...] = ()
    techniques: tuple[str, ...] = ()
    """Ids of ATT&CK techniques that the source itself names, such as `T1496`."""

    @property
    def severity(self) -> Severity:
        """The band of the finding's own score."""
        return severity_of(self.score)

    @property
    def settled(self) -> str:
        """What `archived` means at the finding's source, in words that follow “it is”."""
        return _SETTLED.get(self.source, "closed at its source")
