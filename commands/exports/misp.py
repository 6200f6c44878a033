"""A MISP event of an incident's indicators, as MISP imports it (MISP core format)."""

from __future__ import annotations

import json
from collections.abc import Mapping

from commands.exports.known import Export, id_of, id_of_known
from playbook.finding import Severity
from playbook.incident import IncidentState
from playbook.indicators import IndicatorKind, Known
from playbook.plan import Json
from playbook.text import plain

_THREAT = {Severity.CRITICAL: "1", Severity.HIGH: "1", Severity.MEDIUM: "2", Severity.LOW: "3"}
"""MISP's threat levels: 1 high, 2 medium, 3 low."""
_ONGOING, _COMPLETED = "1", "2"
_ORGANISATION_ONLY = "0"
"""MISP's distribution that fits TLP:AMBER without knowing anybody's communities."""
_HASHES = {32: "md5", 40: "sha1", 64: "sha256"}
_TYPES: Mapping[IndicatorKind, tuple[str, str, bool]] = {
    IndicatorKind.IP: ("ip-dst", "Network activity", True),
    IndicatorKind.SOURCE: ("ip-src", "Network activity", True),
    IndicatorKind.DOMAIN: ("domain", "Network activity", True),
    IndicatorKind.URL: ("url", "Network activity", True),
    IndicatorKind.PORT: ("port", "Network activity", False),
    IndicatorKind.FILE: ("filename", "Artifacts dropped", True),
    IndicatorKind.PROCESS: ("text", "Other", False),
    IndicatorKind.IDENTITY: ("text", "Other", False),
    IndicatorKind.ACCESS_KEY: ("text", "Other", False),
    IndicatorKind.INSTANCE: ("target-machine", "Targeting data", False),
}
"""Type and category of an attribute, and whether detection systems are to use it."""


def misp(export: Export) -> bytes:
    """The event as UTF-8 JSON."""
    incident = export.incident
    closed = incident.state is IncidentState.CLOSED
    event: Json = {
        "uuid": id_of(incident.id, "event"),
        "info": plain(f"EC2 compromise, incident {incident.id}: {incident.title}", 250),
        "date": f"{incident.opened:%Y-%m-%d}",
        "timestamp": str(int(export.at.timestamp())),
        "threat_level_id": _THREAT[incident.severity],
        "analysis": _COMPLETED if closed else _ONGOING,
        "distribution": _ORGANISATION_ONLY,
        "published": False,
        "Orgc": {"name": "ec2ir", "uuid": id_of("producer")},
        "Tag": [{"name": "tlp:amber"}, *(_galaxy(t.name, t.id) for t in export.techniques if t.name)],
        "Attribute": [_attribute(incident.id, known) for known in export.known],
    }
    return (json.dumps({"Event": event}, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def _galaxy(name: str, technique: str) -> Json:
    return {"name": f'misp-galaxy:mitre-attack-pattern="{name} - {technique}"'}


def _attribute(incident: str, known: Known) -> Json:
    indicator, kind = known.indicator, IndicatorKind(known.indicator.kind)
    type_, category, detects = (
        (_HASHES[len(indicator.value)], "Artifacts dropped", True)
        if kind is IndicatorKind.HASH
        else _TYPES[kind]
    )
    about = [indicator.about] if indicator.about else []
    return {
        "uuid": id_of_known(incident, indicator),
        "type": type_,
        "category": category,
        "value": indicator.value,
        "to_ids": detects,
        "comment": "; ".join(
            (kind.value.replace("_", " "), *about, *(f"seen in {s}" for s in known.sources))
        ),
        "timestamp": str(int(known.first.timestamp())),
        "distribution": "5",
    }
