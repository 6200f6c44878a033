"""Detections of an EDR (T3), in this shape of our own; products' own shapes are mapped to it (`intake.products`).

{"id": "d-4711",                     the detection's own id: the same id again is the same finding
 "product": "falcon",                optional
 "title": "Miner started",
 "description": "…",                 optional
 "severity": "high",                 informational, low, medium, high, critical, or a number from 0 to 10
 "at": "2026-03-01T12:00:00Z",       when the detection last changed
 "first_seen": "…", "count": 3,      optional
 "resolved": false,                  optional: closed there; opens nothing here
 "host": {"instance": "i-0abc…",     or "name": a host name that carries the id (EC2's resource names do)
          "account": "111111111111", "region": "eu-west-1"},   optional: else where ec2ir itself runs
 "process": {"path": "/tmp/x", "sha256": "…", "command": "…"},   optional
 "indicators": [{"kind": "ip", "value": "198.51.100.7", "about": "pool"}],   optional
 "techniques": ["T1496"]}            optional
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from intake.envelope import Body, refusal
from intake.products import as_ours
from intake.shapes import ACCOUNT, INSTANCE, REGION, SEVERITIES, TECHNIQUE, shaped
from intake.wire import Detail, Moment
from playbook.finding import Finding, FindingKey, FindingType, Indicator, Scope
from playbook.text import plain

SOURCE = "edr"
MOST = 50
"""How many indicators a detection keeps."""

_RESOURCE_NAME = re.compile(rf"({INSTANCE.pattern})(?:\.([a-z0-9-]+)\.compute\.internal|\.ec2\.internal)?")
"""EC2's resource-based host name: `i-….eu-west-1.compute.internal`, in us-east-1 `i-….ec2.internal`."""
_ZONE = re.compile(rf"({REGION.pattern})[a-z]?")
_THEN = "Let the EDR send the cloud instance id, as host.instance; see the shape in the docs."


def _score(value: object) -> object:
    return SEVERITIES.get(value.casefold(), value) if isinstance(value, str) else value


class Host(BaseModel):
    """Where it was detected."""

    instance: str = ""
    name: str = ""
    account: str = ""
    region: str = ""


class Process(BaseModel):
    """What was detected."""

    path: str = ""
    sha256: str = ""
    command: str = ""


class Seen(BaseModel):
    """An indicator."""

    kind: str
    value: str
    about: str = ""


class Detection(BaseModel):
    """The documented shape."""

    id: Annotated[str, Field(min_length=1, max_length=300)]
    product: str = ""
    title: Annotated[str, Field(min_length=1)]
    description: str = ""
    severity: Annotated[float, BeforeValidator(_score), Field(ge=0, le=10)]
    at: Moment
    first_seen: Detail[Moment] = None
    count: Annotated[int, Field(ge=1)] = 1
    resolved: bool = False
    host: Host
    process: Process = Process()
    indicators: tuple[Seen, ...] = ()
    techniques: tuple[str, ...] = ()


def parse(body: Body, *, account: str = "", region: str = "") -> tuple[Finding, ...]:
    """The detection as a finding; `account` and `region` are where ec2ir runs. Raises BadInput.

    A host that can't be told to be one instance is refused: ec2ir acts on instances, and never guesses one.
    """
    sent = shaped(Detection, as_ours(body), "a detection as ec2ir reads it", _THEN)
    instance, home = _where(sent.host)
    place = sent.host.account or account
    zone = _ZONE.fullmatch(sent.host.region)
    there = (zone[1] if zone else "") or home or region
    if not ACCOUNT.fullmatch(place) or not REGION.fullmatch(there):
        raise refusal(f"The detection “{plain(sent.title, 80)}” names no account and region", _THEN)
    product = plain(sent.product or "edr", 40)
    return (
        Finding(
            key=FindingKey(account=place, region=there, id=plain(f"edr/{product}/{sent.id}", 400)),
            source=SOURCE,
            type=FindingType(full=f"EDR:EC2/{plain(sent.title)}"),
            scope=Scope.INSTANCE,
            score=sent.severity,
            title=plain(f"{sent.title} ({product})", 300),
            description=plain(f"{sent.description} {sent.process.command}", 1500),
            instances=(instance,),
            count=sent.count,
            first_seen=sent.first_seen or sent.at,
            last_seen=sent.at,
            updated=sent.at,
            archived=sent.resolved,
            actor=True,
            indicators=tuple(dict.fromkeys(i for i in _indicators(sent) if i.value))[:MOST],
            techniques=tuple(dict.fromkeys(filter(TECHNIQUE.fullmatch, map(str.upper, sent.techniques)))),
        ),
    )


def _where(host: Host) -> tuple[str, str]:
    """The instance's id, and the region if the host's name tells it."""
    for told in (host.instance, host.name):
        if named := _RESOURCE_NAME.fullmatch(told.strip().casefold()):
            return named[1], named[2] or ("us-east-1" if told.casefold().endswith(".ec2.internal") else "")
    shown = plain(host.name or host.instance, 80) or "no name"
    raise refusal(
        f"The detection is on the host “{shown}”, which does not say which EC2 instance it is", _THEN
    )


def _indicators(sent: Detection) -> Iterator[Indicator]:
    about = plain(sent.title)
    yield Indicator(kind="process", value=plain(sent.process.path, 253), about=about)
    yield Indicator(
        kind="hash", value=plain(sent.process.sha256, 253), about=plain(sent.process.path or about)
    )
    for seen in sent.indicators:
        yield Indicator(kind=plain(seen.kind, 20), value=plain(seen.value, 253), about=plain(seen.about))
