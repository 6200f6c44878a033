"""Detections of common EDR products, as the shape of `intake.edr`: where each product says what.

Falcon: an alert of the Alerts API (v2), as a Fusion workflow sends it. Defender: the alert resource of Defender for
Endpoint, with the machine's details if the flow adds them. SentinelOne: a threat of the management API (v2.1).
Wazuh: an alert of the integrator, whose agent carries the labels `aws.instance-id`, `aws.account` and `aws.region`
(Wazuh's own example of labels; without them a host name has to tell).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from intake.envelope import Body
from intake.shapes import SEVERITIES, at, items, text_at

Shape = dict[str, Any]


def as_ours(body: Body) -> Body:
    """`body` in our own shape; one that no product writes is taken to be in it already."""
    if "composite_id" in body and "device" in body:
        return _falcon(body)
    if "machineId" in body and "alertCreationTime" in body:
        return _defender(body)
    if "threatInfo" in body:
        return _sentinelone(body)
    if isinstance(body.get("rule"), Mapping) and isinstance(body.get("agent"), Mapping):
        return _wazuh(body)
    return body


def _falcon(body: Body) -> Shape:
    return {
        "id": text_at(body, "composite_id"),
        "product": "falcon",
        "title": text_at(body, "display_name", "name", "description"),
        "description": text_at(body, "description"),
        "severity": text_at(body, "severity_name") or _hundredth(at(body, "severity")),
        "at": text_at(body, "updated_timestamp", "timestamp", "created_timestamp"),
        "first_seen": text_at(body, "created_timestamp"),
        "resolved": text_at(body, "status") == "closed",
        "host": {
            "instance": text_at(body, "device.instance_id"),
            "name": text_at(body, "device.hostname"),
            "account": text_at(body, "device.service_provider_account_id"),
            "region": text_at(body, "device.zone_group"),
        },
        "process": {
            "path": text_at(body, "filepath", "filename"),
            "sha256": text_at(body, "sha256"),
            "command": text_at(body, "cmdline"),
        },
        "techniques": [text_at(body, "technique_id")],
    }


def _defender(body: Body) -> Shape:
    evidence = items(body, "evidence")
    first = next((e for e in evidence if text_at(e, "sha256")), None)
    return {
        "id": text_at(body, "id"),
        "product": "defender",
        "title": text_at(body, "title"),
        "description": text_at(body, "description"),
        "severity": text_at(body, "severity"),
        "at": text_at(body, "lastUpdateTime", "alertCreationTime"),
        "first_seen": text_at(body, "firstEventTime", "alertCreationTime"),
        "resolved": text_at(body, "status") == "Resolved",
        "host": {
            "instance": text_at(body, "vmMetadata.vmId", "machine.vmMetadata.vmId"),
            "name": text_at(body, "computerDnsName"),
        },
        "process": {
            "path": "/".join(p for p in (text_at(first, "filePath"), text_at(first, "fileName")) if p),
            "sha256": text_at(first, "sha256"),
            "command": text_at(first, "processCommandLine"),
        },
        "indicators": list(_evidence(evidence)),
        "techniques": [t for t in items(body, "mitreTechniques") if isinstance(t, str)],
    }


def _evidence(evidence: tuple[object, ...]) -> Iterator[Shape]:
    for one in evidence:
        for kind, name in (("ip", "ipAddress"), ("url", "url"), ("hash", "sha256"), ("domain", "domainName")):
            if value := text_at(one, name):
                yield {"kind": kind, "value": value, "about": text_at(one, "entityType")}


def _sentinelone(body: Body) -> Shape:
    cloud = at(body, "agentDetectionInfo.cloudProviders.AWS") or at(
        body, "agentRealtimeInfo.cloudProviders.AWS"
    )
    sure = text_at(body, "threatInfo.confidenceLevel")
    return {
        "id": text_at(body, "id", "threatInfo.threatId"),
        "product": "sentinelone",
        "title": text_at(body, "threatInfo.threatName", "threatInfo.classification"),
        "description": text_at(body, "threatInfo.classification"),
        "severity": {"malicious": "high", "suspicious": "medium"}.get(sure, sure),
        "at": text_at(body, "threatInfo.updatedAt", "threatInfo.createdAt"),
        "first_seen": text_at(body, "threatInfo.identifiedAt", "threatInfo.createdAt"),
        "resolved": text_at(body, "threatInfo.incidentStatus") == "resolved",
        "host": {
            "instance": text_at(cloud, "cloudInstanceId"),
            "name": text_at(body, "agentRealtimeInfo.agentComputerName"),
            "account": text_at(cloud, "cloudAccount"),
            "region": text_at(cloud, "cloudLocation"),
        },
        "process": {
            "path": text_at(body, "threatInfo.filePath"),
            "sha256": text_at(body, "threatInfo.sha256"),
            "command": text_at(body, "threatInfo.maliciousProcessArguments"),
        },
    }


def _wazuh(body: Body) -> Shape:
    labels = at(body, "agent.labels")
    level = at(body, "rule.level")
    return {
        "id": text_at(body, "id"),
        "product": "wazuh",
        "title": text_at(body, "rule.description"),
        "description": text_at(body, "full_log"),
        "severity": _wazuh_severity(level if isinstance(level, int) else 0),
        "at": text_at(body, "timestamp"),
        "host": {
            "instance": text_at(labels, "aws.instance-id"),
            "name": text_at(body, "agent.name"),
            "account": text_at(labels, "aws.account"),
            "region": text_at(labels, "aws.region"),
        },
        "process": {"path": text_at(body, "syscheck.path"), "sha256": text_at(body, "syscheck.sha256_after")},
        "techniques": [t for t in items(body, "rule.mitre.id") if isinstance(t, str)],
    }


def _hundredth(severity: object) -> object:
    """Falcon counts to 100, in steps of 20: up to 19 informational, 80 and more critical."""
    if isinstance(severity, int):
        word = ("informational", "low", "medium", "high", "critical")[min(max(severity, 0) // 20, 4)]
        return SEVERITIES[word]
    return severity


def _wazuh_severity(level: int) -> str:
    """Wazuh's levels: 0 to 6 low, 7 to 11 medium, 12 to 14 high, 15 and more critical."""
    return next(
        word for least, word in ((15, "critical"), (12, "high"), (7, "medium"), (-1, "low")) if level >= least
    )
