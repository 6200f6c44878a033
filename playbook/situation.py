"""Which escalations are due: pure rules (playbook X1 to X6) over what is stored of an incident."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from playbook.answer import Answered, Verdict
from playbook.environment import Environment
from playbook.escalation import RULES, EscalationRule
from playbook.finding import Finding
from playbook.incident import Incident, InstanceFacts
from playbook.plan import Json
from playbook.text import plain, words

SPIKE_USD = 1_000.0
"""Playbook, X5."""
_STOLEN = ("InstanceCredentialExfiltration", "MetadataDNSRebind", "CompromisedCredentials")
_EXFILTRATION = ("DNSDataExfiltration", "DropPoint", "DataExfiltration")
_SPREADING = ("SSHBruteForce", "RDPBruteForce", "WinRMBruteForce", "Portscan", "PortSweep")
"""Names of GuardDuty's finding types (GuardDuty User Guide, "Finding types"), without what follows them."""
_INSIDE = tuple(
    ipaddress.ip_network(block)
    for block in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
"""What a VPC's hosts have. Source: RFC 1918, RFC 6598, RFC 4193; `is_private` would take in documentation's ranges."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """What the rules look at; each text says what was seen, each tuple is empty where nothing was.

    `hosts` are the internal addresses and instances that the attacker turned to.
    """

    real: bool = True
    production: bool = False
    instances: tuple[str, ...] = ()
    stolen: tuple[str, ...] = ()
    imdsv1: tuple[str, ...] = ()
    exfiltration: tuple[str, ...] = ()
    spike_usd: float = 0.0
    spreading: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """One rule that applies, and what it was read from."""

    rule: EscalationRule
    why: str


def situation(
    incident: Incident,
    *,
    findings: Sequence[Finding],
    instances: Sequence[InstanceFacts],
    answers: Sequence[Answered],
) -> Situation:
    """Folded from stored state. Findings that are settled at their source speak for nothing any more."""
    live = [f for f in findings if not f.archived and not f.sample]
    hosts = tuple(dict.fromkeys(h for f in live for h in _attacked(f)))
    hunted = tuple(dict.fromkeys(_hunted(answers)))
    return Situation(
        real=not incident.sample,
        production=incident.environment is Environment.PRODUCTION,
        instances=tuple(i.instance for i in instances),
        stolen=tuple(_types(live, _STOLEN)),
        imdsv1=tuple(_says(answers, "h2")),
        exfiltration=(*_exfiltrating(live), *_outliers(answers)),
        spike_usd=max((_number(a.answer.evidence.get("spike_usd")) for a in answers), default=0.0),
        spreading=(*_spreading(live), *(f"the hunt saw the indicators on {h}" for h in hunted)),
        hosts=(*hosts, *(h for h in hunted if h not in hosts)),
    )


def due(seen: Situation) -> tuple[Due, ...]:
    """The rules that apply, in their order. A sample's incident calls nobody."""
    if not seen.real:
        return ()
    found = {
        "X1": f"{words(seen.instances)} is in production" if seen.production and seen.instances else "",
        "X2": f"{len(seen.instances)} instances: {words(seen.instances)}" if len(seen.instances) > 1 else "",
        "X3": "; ".join((*seen.stolen, *seen.imdsv1)) if seen.stolen else "",
        "X4": "; ".join(seen.exfiltration),
        "X5": f"EC2 costs {seen.spike_usd:,.2f} USD more than usual" if seen.spike_usd > SPIKE_USD else "",
        "X6": "; ".join(seen.spreading),
    }
    return tuple(Due(rule=RULES[rule], why=plain(why, 400)) for rule, why in found.items() if why)


def _types(findings: Sequence[Finding], names: Sequence[str]) -> Iterator[str]:
    for finding in findings:
        if any(finding.type.name.startswith(name) for name in names):
            yield f"finding {plain(finding.type.full, 100)}"


def _exfiltrating(findings: Sequence[Finding]) -> Iterator[str]:
    by_purpose = (f"finding {plain(f.type.full, 100)}" for f in findings if f.type.purpose == "Exfiltration")
    yield from dict.fromkeys((*by_purpose, *_types(findings, _EXFILTRATION)))


def _outliers(answers: Sequence[Answered]) -> Iterator[str]:
    """Peers to which the check of outbound traffic (A7) saw far more go than to all others."""
    for answered in answers:
        for peer in _list(answered.answer.evidence.get("peers")):
            if isinstance(peer, dict) and cast("Json", peer).get("outlies") is True:
                address, size = cast("Json", peer).get("address"), cast("Json", peer).get("bytes")
                yield f"{int(_number(size)):,} bytes went to {plain(str(address), 60)}"


def _spreading(findings: Sequence[Finding]) -> Iterator[str]:
    for finding in findings:
        hosts = tuple(_attacked(finding))
        if hosts:
            yield f"finding {plain(finding.type.full, 100)} against {words(hosts)}"


def _attacked(finding: Finding) -> Iterator[str]:
    """The internal addresses that the instance attacks, by a finding in which it is the one that attacks."""
    if finding.actor and any(finding.type.name.startswith(name) for name in _SPREADING):
        yield from (i.value for i in finding.indicators if i.kind == "ip" and _internal(i.value))


def _internal(address: str) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in block for block in _INSIDE if block.version == found.version)


def _hunted(answers: Sequence[Answered]) -> Iterator[str]:
    for answered in answers:
        if answered.check == "hunt":
            yield from (i.value for i in answered.answer.indicators if i.kind == "instance")


def _says(answers: Sequence[Answered], check: str) -> Iterator[str]:
    for answered in answers:
        if answered.check == check and answered.answer.verdict is Verdict.NOTABLE:
            yield from (line.rstrip(".") for line in answered.answer.says[:1])


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []
