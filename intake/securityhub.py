"""Security Hub: findings of the ASFF (schema 2018-10-08), as its event “Security Hub Findings - Imported” carries them.

GuardDuty's findings come through Security Hub too, with the same id: they are read as GuardDuty's own, under the same
key, so that whichever copy comes second changes nothing. Controls and known weaknesses are no sign of an intruder:
they are passed over, and the log says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import structlog
from pydantic import BaseModel, Field

from intake.envelope import Event, refusal
from intake.shapes import ACCOUNT, INSTANCE, NAMED, SEVERITIES, TECHNIQUE, items, members, shaped, text_at
from intake.wire import Detail, Moment, Token
from playbook.finding import Finding, FindingKey, FindingType, Indicator, Scope
from playbook.text import plain

log: structlog.stdlib.BoundLogger = structlog.get_logger("ec2ir.intake")

SOURCE = "securityhub"
GUARDDUTY = "guardduty"

_SIGNS = ("TTPs", "Effects", "Unusual Behaviors", "Sensitive Data Identifications")
"""Namespaces of ASFF types that tell of an attack; “Software and Configuration Checks” tell of a weakness."""
_OVER = frozenset({"RESOLVED", "SUPPRESSED"})
_KINDS = {"IPV4_ADDRESS": "ip", "IPV6_ADDRESS": "ip", "DOMAIN": "domain", "URL": "url", "PROCESS": "process"}
_GUARDDUTY_ID = re.compile(
    r"arn:[a-z-]+:guardduty:([a-z0-9-]+):([0-9]{12}):detector/[^/]+/finding/([0-9a-zA-Z]+)"
)
_COUNT = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_LOOK = "Look at the finding in Security Hub's console."


class Severity(BaseModel):
    """`Severity`: `Normalized` runs from 0 to 100."""

    label: Detail[str] = Field(default=None, validation_alias="Label")
    normalized: Detail[float] = Field(default=None, validation_alias="Normalized")


class Asff(BaseModel):
    """What is read of a finding."""

    id: Token = Field(validation_alias="Id")
    account: Token = Field(validation_alias="AwsAccountId")
    region: Detail[Token] = Field(default=None, validation_alias="Region")
    product_arn: str = Field(default="", validation_alias="ProductArn")
    types: Detail[tuple[str, ...]] = Field(default=None, validation_alias="Types")
    title: str = Field(default="", validation_alias="Title")
    description: str = Field(default="", validation_alias="Description")
    created: Moment = Field(validation_alias="CreatedAt")
    updated: Moment = Field(validation_alias="UpdatedAt")
    first_seen: Detail[Moment] = Field(default=None, validation_alias="FirstObservedAt")
    last_seen: Detail[Moment] = Field(default=None, validation_alias="LastObservedAt")
    severity: Detail[Severity] = Field(default=None, validation_alias="Severity")
    record_state: str = Field(default="ACTIVE", validation_alias="RecordState")
    sample: Detail[bool] = Field(default=None, validation_alias="Sample")


def parse(event: Event) -> tuple[Finding, ...]:
    """The event's findings that tell of an attack. Raises BadInput when one can't be read: then none is taken."""
    sent = items(event.body, "findings")
    if not sent or not all(isinstance(one, Mapping) for one in sent):
        raise refusal("The event of Security Hub holds no findings")
    read = [_finding(members(one), event) for one in sent]
    return tuple(one for one in read if one is not None)


def _finding(body: Mapping[str, object], event: Event) -> Finding | None:
    sent = shaped(Asff, body, "a finding as Security Hub writes it", _LOOK)
    if not ACCOUNT.fullmatch(sent.account):
        raise refusal(f"The finding {plain(sent.id, 80)} names no account", _LOOK)
    own = _GUARDDUTY_ID.search(sent.id) if _is_guardduty(sent, body) else None
    types = tuple(sent.types or _texts(body, "FindingProviderFields.Types"))
    if own is None and (text_at(body, "Compliance.Status") or not any(t.startswith(_SIGNS) for t in types)):
        log.info("finding passed over: it tells of a weakness, not of an attack", finding=plain(sent.id))
        return None
    region = own[1] if own else sent.region or event.region
    instances = tuple(dict.fromkeys(_instances(body, sent.account, region)))
    full = _type(types, own=own is not None, instances=bool(instances))
    return Finding(
        key=FindingKey(
            account=own[2] if own else sent.account, region=region, id=own[3] if own else plain(sent.id, 400)
        ),
        source=GUARDDUTY if own else SOURCE,
        type=FindingType(full=full),
        scope=Scope.INSTANCE if instances else Scope.OTHER,
        score=_score(sent, body),
        title=plain(sent.title or full, 300),
        description=plain(sent.description, 1500),
        instances=instances,
        count=_count(body),
        first_seen=sent.first_seen or sent.created,
        last_seen=sent.last_seen or sent.updated,
        updated=sent.updated,
        archived=sent.record_state == "ARCHIVED" or text_at(body, "Workflow.Status") in _OVER,
        sample=sent.sample is True,
        actor=members(body.get("ProductFields")).get("aws/guardduty/service/resourceRole") == "ACTOR",
        indicators=tuple(dict.fromkeys(_indicators(body)))[:50],
        techniques=tuple(dict.fromkeys(t for one in types for t in TECHNIQUE.findall(one))),
    )


def _is_guardduty(sent: Asff, body: Mapping[str, object]) -> bool:
    named = members(body.get("ProductFields"))
    return (
        named.get("aws/securityhub/ProductName") == "GuardDuty"
        or body.get("ProductName") == "GuardDuty"
        or sent.product_arn.endswith("product/aws/guardduty")
    )


def _type(types: tuple[str, ...], *, own: bool, instances: bool) -> str:
    """ASFF's `namespace/category/classifier`, or GuardDuty's own type, whose “/” Security Hub writes as “-”."""
    first = plain(types[0]) if types else ""
    if own:
        return first.rpartition("/")[2].replace("-", "/", 1)
    return f"SecurityHub:{'EC2' if instances else 'Other'}/{first or 'without a type'}"


def _instances(body: Mapping[str, object], account: str, region: str) -> Iterator[str]:
    """The instances that it names in its own account and region."""
    for resource in items(body, "Resources"):
        if text_at(resource, "Type") != "AwsEc2Instance":
            continue
        named = NAMED.fullmatch(text_at(resource, "Id"))
        if named is None or not INSTANCE.fullmatch(named[3]):
            raise refusal("The finding is about an EC2 instance and does not say which", _LOOK)
        if (named[1] or region, named[2] or account) == (region, account):
            yield named[3]


def _score(sent: Asff, body: Mapping[str, object]) -> float:
    severity = sent.severity or Severity()
    if severity.normalized is not None and 0 < severity.normalized <= 100:
        return severity.normalized / 10
    word = severity.label or text_at(body, "FindingProviderFields.Severity.Label")
    return SEVERITIES.get(word.casefold(), 5.0)


def _count(body: Mapping[str, object]) -> int:
    said = members(body.get("ProductFields")).get("aws/guardduty/service/count")
    return int(said) if isinstance(said, str) and _COUNT.fullmatch(said) else 1


def _indicators(body: Mapping[str, object]) -> Iterator[Indicator]:
    for path, kind in (
        ("Network.DestinationIpV4", "ip"),
        ("Network.DestinationIpV6", "ip"),
        ("Network.SourceIpV4", "ip"),
        ("Network.DestinationDomain", "domain"),
        ("Process.Path", "process"),
        ("Action.NetworkConnectionAction.RemoteIpDetails.IpAddressV4", "ip"),
        ("Action.DnsRequestAction.Domain", "domain"),
    ):
        if value := text_at(body, path):
            yield Indicator(kind=kind, value=plain(value, 253), about=path)
    for known in items(body, "ThreatIntelIndicators"):
        kind = _KINDS.get(
            text_at(known, "Type"), "hash" if text_at(known, "Type").startswith("HASH_") else ""
        )
        if kind and (value := text_at(known, "Value")):
            yield Indicator(kind=kind, value=plain(value, 253), about=plain(text_at(known, "Source")))


def _texts(body: Mapping[str, object], path: str) -> tuple[str, ...]:
    return tuple(one for one in items(body, path) if isinstance(one, str))
