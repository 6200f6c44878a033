"""The part of `ec2ir.toml` that is about people: whom escalations call, and the mail server that carries some."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from cli.section import Section
from playbook.escalation import RULES
from playbook.policy import Contact, Escalating

KNOWN = frozenset(target for rule in RULES.values() for target in rule.targets)
"""Targets that the playbook's rules name; a fallback may have any other name."""
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MAIL = re.compile(r"[^\s@<>,;\"]{1,64}@[A-Za-z0-9.-]{1,190}", re.ASCII)
_PERSON = re.compile(r"[UW][A-Z0-9]{4,20}")
_VARIABLE = re.compile(r"(?!EC2IR_)[A-Z][A-Z0-9_]{0,99}")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def _mail(value: str) -> str:
    if value and not _MAIL.fullmatch(value):
        raise ValueError("write one mail address, such as soc@example.com")
    return value


def _person(value: str) -> str:
    if value and not _PERSON.fullmatch(value):
        raise ValueError("write the id of a person in Slack, such as U0123ABCD")
    return value


def _pager(value: str) -> str:
    parts = urlsplit(value)
    safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
    if value and (not safe or not parts.hostname or parts.username is not None):
        raise ValueError(
            "write an https address without user name or password, such as PagerDuty's Events API v2"
        )
    return value


def _variable(value: str) -> str:
    if value and not _VARIABLE.fullmatch(value):
        raise ValueError("write the name of a variable that holds the routing key, such as PAGER_KEY_SOC")
    return value


class TargetSection(Section):
    """Whom to call, by every way that is set; `playbook.policy.Contact` says it in full."""

    group: str = ""
    person: Annotated[str, AfterValidator(_person)] = ""
    channel: str = ""
    email: Annotated[str, AfterValidator(_mail)] = ""
    pager_url: Annotated[str, AfterValidator(_pager)] = ""
    pager_key_env: Annotated[str, AfterValidator(_variable)] = ""

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if bool(self.pager_url) != bool(self.pager_key_env):
            raise ValueError("a pager needs both pager_url and pager_key_env")
        if not any((self.group, self.person, self.channel, self.email, self.pager_url)):
            raise ValueError("set at least one of group, person, channel, email, pager_url")
        return self

    @property
    def contact(self) -> Contact:
        """The same as the value that commands read."""
        return Contact(**self.model_dump())


class EscalationSection(Section):
    """Whom escalations call, and how often; `playbook.policy.Escalating` says it in full."""

    ladder_minutes: Annotated[
        tuple[Annotated[int, Field(ge=1, le=1_440)], ...], Field(min_length=1, max_length=10)
    ] = (
        5,
        10,
        20,
    )
    fallback: str = ""
    targets: dict[str, TargetSection] = Field(default_factory=dict[str, TargetSection])

    @model_validator(mode="after")
    def _names(self) -> Self:
        if self.fallback and self.fallback not in self.targets:
            raise ValueError(f"fallback is {self.fallback[:40]!r}, and there is no such target")
        for name in self.targets:
            if name not in KNOWN and name != self.fallback:
                known = ", ".join(sorted(KNOWN))
                raise ValueError(f"no rule calls the target {name[:40]!r}; rules call {known}")
            if not _NAME.fullmatch(name):
                raise ValueError(f"the target {name[:40]!r} needs a name of lower-case letters, digits and _")
        return self

    @property
    def escalating(self) -> Escalating:
        """The same as the value that commands read."""
        return Escalating(
            ladder=tuple(timedelta(minutes=m) for m in self.ladder_minutes),
            fallback=self.fallback,
            targets={name: target.contact for name, target in self.targets.items()},
        )


class SmtpSection(Section):
    """The mail server; the password of `user` is EC2IR_SMTP_PASSWORD. Without `starttls` mail is sent in the clear."""

    host: str = ""
    port: int = Field(default=587, ge=1, le=65_535)
    sender: Annotated[str, AfterValidator(_mail)] = Field(default="", alias="from")
    starttls: bool = True
    user: str = ""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if self.host and not self.sender:
            raise ValueError("a mail server needs from, the address that mail comes from")
        if self.user and not self.starttls:
            raise ValueError(
                "a password would be sent in the clear: set starttls = true, or leave user empty"
            )
        return self
