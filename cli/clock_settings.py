"""The part of `ec2ir.toml` that is about deadlines: laws, reminders, the quarterly audit."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from cli.section import Section
from playbook.errors import BadInput
from playbook.legal import Jurisdiction
from playbook.policy import Audit
from playbook.target import region_name

_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,29}")
_RESERVED = frozenset({"all"})
_SLACK_ID = re.compile(r"[USW][A-Z0-9]{4,20}")


def _name(value: str) -> str:
    if not _NAME.fullmatch(value) or value in _RESERVED:
        raise ValueError("write a short name of lower-case letters, digits and dashes, such as th-pdpa")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as problem:
        raise ValueError("write a zone of the IANA database, such as Asia/Singapore") from problem
    return value


def _id(value: str) -> str:
    if not _SLACK_ID.fullmatch(value):
        raise ValueError("write the id of a person or a user group in Slack, such as U0123ABCD or S0123ABCD")
    return value


def _region(value: str) -> str:
    try:
        return region_name(value)
    except BadInput as problem:
        raise ValueError(problem.what) from problem


class LegalSection(Section):
    """A law with a deadline; `playbook.legal.Jurisdiction` says it in full."""

    name: Annotated[str, AfterValidator(_name)]
    title: Annotated[str, Field(min_length=1, max_length=80)]
    authority: Annotated[str, Field(min_length=1, max_length=120)]
    hours: int = Field(default=0, ge=0, le=8_760)
    days: int = Field(default=0, ge=0, le=365)
    zone: Annotated[str, AfterValidator(_zone)] = "UTC"
    note: Annotated[str, Field(max_length=300)] = ""
    ping: tuple[Annotated[str, AfterValidator(_id)], ...] = ()

    @model_validator(mode="after")
    def _one_limit(self) -> Self:
        if bool(self.hours) == bool(self.days):
            raise ValueError("a law gives either hours or days: write one of the two")
        return self

    @property
    def jurisdiction(self) -> Jurisdiction:
        """The same as the value that clocks start from."""
        return Jurisdiction(**self.model_dump())


class RemindersSection(Section):
    """`hours` between two reminders of the unfinished rows of a contained incident."""

    hours: int = Field(default=8, ge=1, le=168)

    @property
    def every(self) -> timedelta:
        """The same as a span."""
        return timedelta(hours=self.hours)


class AuditSection(Section):
    """`regions` in which every account is audited each quarter; none: the one of the ambient configuration."""

    regions: tuple[Annotated[str, AfterValidator(_region)], ...] = ()

    def audit(self, accounts: tuple[str, ...]) -> Audit:
        """The same as a value, with the accounts of the settings."""
        return Audit(accounts=accounts, regions=self.regions)


def distinct(laws: tuple[LegalSection, ...]) -> tuple[LegalSection, ...]:
    """The laws, each name once. Raises ValueError for a name that two have: a clock goes by it."""
    names = [law.name for law in laws]
    twice = next((name for name in names if names.count(name) > 1), "")
    if twice:
        raise ValueError(f"two laws are called {twice}")
    return laws
