"""A STIX 2.1 bundle of an incident's indicators, validated by the stix2 library before anybody gets it."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, cast

from commands.exports.known import Export, id_of, id_of_known
from playbook.attack import TLP, Technique
from playbook.indicators import IndicatorKind, Known
from playbook.plan import Json

AMBER = "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"
"""TLP:AMBER as STIX 2.1 itself defines it (section 7.2.1.4), and so as every consumer knows it. For TLP 2.0 there is
only an extension, which strict consumers refuse; AMBER allows the same sharing in both versions."""
_MARKING: Json = {
    "type": "marking-definition",
    "spec_version": "2.1",
    "id": AMBER,
    "created": "2017-01-20T00:00:00.000Z",
    "definition_type": "tlp",
    "name": TLP,
    "definition": {"tlp": "amber"},
}
_HASHES = {32: "MD5", 40: "'SHA-1'", 64: "'SHA-256'"}


def stix(export: Export) -> bytes:
    """The bundle as UTF-8 JSON. Raises stix2's errors where the library finds it is no STIX."""
    # Half a second and 27 MB that only an export has to pay, and no start of the bot.
    import stix2  # noqa: PLC0415

    incident = export.incident.id
    bundle = {
        "type": "bundle",
        "id": f"bundle--{id_of(incident, 'bundle')}",
        "objects": [_MARKING, *_objects(export)],
    }
    parsed = cast("Any", stix2.parse(bundle, allow_custom=False))  # pyright: ignore[reportUnknownMemberType]
    return f"{parsed.serialize(pretty=True, ensure_ascii=False)}\n".encode("utf-8", "replace")


def _objects(export: Export) -> Iterator[Json]:
    incident, opened = export.incident.id, export.incident.opened
    producer = _object("identity", opened, "producer", name="ec2ir", identity_class="system", by="")
    by = str(producer["id"])
    patterns = [_technique(t, opened, by) for t in export.techniques]
    victims = [
        _object("identity", opened, incident, i, by=by, name=f"AWS EC2 instance {i}", identity_class="system")
        for i in export.instances
    ]
    indicators = [made for k in export.known if (made := _indicator(k, export, by)) is not None]
    links = [
        *(_link("targets", p, v, opened, by) for p in patterns for v in victims),
        *(_link("indicates", i, p, export.incident.opened, by) for i in indicators for p in patterns),
    ]
    made = [*patterns, *victims, *indicators, *links]
    yield producer
    yield from made
    yield _object(
        "report", opened, incident, "report", by=by, modified=_moment(max(export.at, opened)),
        name=f"EC2 compromise, incident {incident}", report_types=["indicator"], published=_moment(export.at),
        object_refs=[producer["id"], *(o["id"] for o in made)],
    )  # fmt: skip


def _object(kind: str, created: datetime, *parts: str, by: str, **fields: Any) -> Json:
    own: Json = {
        "type": kind,
        "spec_version": "2.1",
        "id": f"{kind}--{id_of(kind, *parts)}",
        "created": _moment(created),
        "modified": _moment(created),
        "object_marking_refs": [AMBER],
    }
    return own | ({"created_by_ref": by} if by else {}) | fields


def _technique(technique: Technique, at: datetime, by: str) -> Json:
    reference = {"source_name": "mitre-attack", "external_id": technique.id, "url": technique.url}
    phase = {"kill_chain_name": "mitre-attack", "phase_name": technique.tactic}
    fields = {"kill_chain_phases": [phase]} if technique.tactic else {}
    return _object(
        "attack-pattern", at, technique.id, by=by, name=technique.name or technique.id,
        external_references=[reference], **fields,
    )  # fmt: skip


def _indicator(known: Known, export: Export, by: str) -> Json | None:
    """The object; None for the compromised instances themselves, which are victims and not signs of an attacker."""
    indicator, kind = known.indicator, IndicatorKind(known.indicator.kind)
    write = _PATTERNS.get(kind)
    if write is None:
        return None
    about = [indicator.about] if indicator.about else []
    return _object("indicator", known.first, by=by) | {
        "id": f"indicator--{id_of_known(export.incident.id, indicator)}",
        "name": f"{kind.value.replace('_', ' ')} {indicator.value}"[:250],
        "description": "; ".join((*about, *(f"seen in {s}" for s in known.sources))) or "no more is known",
        "indicator_types": ["malicious-activity"],
        "pattern": write(indicator.value),
        "pattern_type": "stix",
        "valid_from": _moment(known.first),
    }


def _link(kind: str, source: Json, target: Json, at: datetime, by: str) -> Json:
    return _object(
        "relationship", at, kind, str(source["id"]), str(target["id"]), by=by, relationship_type=kind,
        source_ref=source["id"], target_ref=target["id"],
    )  # fmt: skip


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"


def _quoted(text: str) -> str:
    """A string of STIX's pattern language."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _address(value: str) -> str:
    return f"[ipv{ipaddress.ip_address(value).version}-addr:value = {_quoted(value)}]"


def _file(value: str) -> str:
    folder, _, name = value.rpartition("/")
    if not name:
        return f"[directory:path = {_quoted(value)}]"
    where = f" AND file:parent_directory_ref.path = {_quoted(folder or '/')}" if "/" in value else ""
    return f"[file:name = {_quoted(name)}{where}]"


_PATTERNS: Mapping[IndicatorKind, Callable[[str], str]] = {
    IndicatorKind.IP: _address,
    IndicatorKind.SOURCE: _address,
    IndicatorKind.DOMAIN: lambda v: f"[domain-name:value = {_quoted(v)}]",
    IndicatorKind.URL: lambda v: f"[url:value = {_quoted(v)}]",
    IndicatorKind.PORT: lambda v: f"[network-traffic:dst_port = {int(v)}]",
    IndicatorKind.HASH: lambda v: f"[file:hashes.{_HASHES[len(v)]} = {_quoted(v)}]",
    IndicatorKind.PROCESS: lambda v: f"[process:command_line = {_quoted(v)}]",
    IndicatorKind.FILE: _file,
    IndicatorKind.IDENTITY: lambda v: f"[user-account:user_id = {_quoted(v)}]",
    IndicatorKind.ACCESS_KEY: lambda v: f"[user-account:account_login = {_quoted(v)}]",
}
