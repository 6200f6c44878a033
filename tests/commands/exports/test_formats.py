"""Indicators for other tools: valid in each format, with the same ids every time, and harmless when opened."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta
from functools import cache
from typing import Any, cast

import pytest
import stix2
from hypothesis import given
from hypothesis import strategies as st

from commands.exports.known import Export
from commands.exports.misp import misp
from commands.exports.stix import AMBER, stix
from commands.exports.table import HEADINGS, table
from playbook.attack import TECHNIQUES, named
from playbook.finding import Indicator
from playbook.indicators import IndicatorKind, Known, normal
from tests.storage.values import NOON, WEB, incident

pytestmark = pytest.mark.slow


VALUES = {
    IndicatorKind.INSTANCE: WEB,
    IndicatorKind.PROCESS: "/tmp/.x/kdevtmpfsi -o 'pool' \\ --cpu",
    IndicatorKind.HASH: "ab" * 32,
    IndicatorKind.IP: "198.51.100.7",
    IndicatorKind.DOMAIN: "pool.evil.example",
    IndicatorKind.URL: "http://evil.example/x?a=1",
    IndicatorKind.PORT: "3333",
    IndicatorKind.IDENTITY: "arn:aws:iam::111111111111:user/eve",
    IndicatorKind.ACCESS_KEY: "AKIAIOSFODNN7EXAMPLE",
    IndicatorKind.SOURCE: "2001:db8::1",
    IndicatorKind.FILE: "/tmp/=cmd|'calc'!A1",
}


def known(kind: IndicatorKind, value: str, about: str = "seen") -> Known:
    indicator = Indicator(kind=kind.value, value=value, about=about)
    return Known(incident="I1", indicator=indicator, first=NOON, sources=("guardduty Backdoor:EC2/X",))


EVERYTHING = Export(
    incident=incident(),
    techniques=TECHNIQUES,
    known=tuple(known(kind, value) for kind, value in VALUES.items()),
    instances=(WEB,),
    at=NOON + timedelta(hours=2),
)


@cache
def written(export: Export) -> bytes:
    """The STIX bundle, written once for all who look at it."""
    return stix(export)


def objects(export: Export, kind: str) -> list[dict[str, Any]]:
    return [o for o in json.loads(written(export))["objects"] if o["type"] == kind]


def parsed(export: Export) -> Any:
    """The bundle as the library reads it: strictly, so that anything that is no STIX raises."""
    return cast("Any", stix2.parse(written(export).decode(), allow_custom=False))  # pyright: ignore[reportUnknownMemberType]


def test_there_is_a_value_of_every_kind() -> None:
    assert set(VALUES) == set(IndicatorKind)
    for kind, value in VALUES.items():
        assert normal(Indicator(kind=kind.value, value=value)) is not None


def test_the_bundle_is_strict_stix() -> None:
    bundle = parsed(EVERYTHING)
    assert bundle.type == "bundle"
    assert {o.type for o in bundle.objects} == {
        "marking-definition", "identity", "attack-pattern", "indicator", "relationship", "report",
    }  # fmt: skip


def test_every_reference_in_the_bundle_leads_somewhere() -> None:
    made = json.loads(written(EVERYTHING))["objects"]
    ids = {o["id"] for o in made}
    assert len(ids) == len(made)
    for one in made:
        for name in ("created_by_ref", "source_ref", "target_ref"):
            assert one.get(name, AMBER) in ids
    (report,) = objects(EVERYTHING, "report")
    assert set(report["object_refs"]) == ids - {report["id"], AMBER}


def test_everything_is_marked_amber() -> None:
    made = json.loads(written(EVERYTHING))["objects"]
    assert made[0]["definition"] == {"tlp": "amber"}
    assert all(o["object_marking_refs"] == [AMBER] for o in made[1:])


def test_the_techniques_are_attacks_own() -> None:
    found = {o["external_references"][0]["external_id"] for o in objects(EVERYTHING, "attack-pattern")}
    assert found == {"T1190", "T1496", "T1078.004"}


def test_the_compromised_instance_is_a_victim_and_no_sign_of_an_attacker() -> None:
    patterns = [o["pattern"] for o in objects(EVERYTHING, "indicator")]
    assert len(patterns) == len(IndicatorKind) - 1
    assert not any(WEB in p for p in patterns)
    assert any(WEB in o["name"] for o in objects(EVERYTHING, "identity"))


@pytest.mark.parametrize(
    ("kind", "pattern"),
    [
        (IndicatorKind.IP, "[ipv4-addr:value = '198.51.100.7']"),
        (IndicatorKind.SOURCE, "[ipv6-addr:value = '2001:db8::1']"),
        (IndicatorKind.HASH, f"[file:hashes.'SHA-256' = '{'ab' * 32}']"),
        (IndicatorKind.PORT, "[network-traffic:dst_port = 3333]"),
        (
            IndicatorKind.PROCESS,
            "[process:command_line = '/tmp/.x/kdevtmpfsi -o \\'pool\\' \\\\ --cpu']",
        ),
    ],
)
def test_patterns(kind: IndicatorKind, pattern: str) -> None:
    (made,) = objects(replace(EVERYTHING, known=(known(kind, VALUES[kind]),)), "indicator")
    assert made["pattern"] == pattern


def test_a_technique_that_only_the_source_names_is_exported_by_its_id() -> None:
    named_by_source = replace(EVERYTHING, techniques=(*TECHNIQUES, named("T9999")))
    parsed(named_by_source)
    pattern = next(o for o in objects(named_by_source, "attack-pattern") if o["name"] == "T9999")
    assert pattern["external_references"][0]["url"] == "https://attack.mitre.org/techniques/T9999/"
    assert "kill_chain_phases" not in pattern


@pytest.mark.parametrize("length", [32, 40, 64])
def test_hashes_of_every_length_are_valid(length: int) -> None:
    export = replace(EVERYTHING, known=(known(IndicatorKind.HASH, "a" * length),))
    assert len(objects(export, "indicator")) == 1
    assert json.loads(misp(export))["Event"]["Attribute"][0]["type"] in ("md5", "sha1", "sha256")


@pytest.mark.parametrize("write", [stix, misp, table])
def test_the_same_is_the_same_bytes(write: Any) -> None:
    assert write(EVERYTHING) == write(replace(EVERYTHING))


def test_what_is_exported_again_keeps_its_ids() -> None:
    later = replace(EVERYTHING, at=NOON + timedelta(days=2))
    assert [o["id"] for o in json.loads(written(later))["objects"]] == [
        o["id"] for o in json.loads(written(EVERYTHING))["objects"]
    ]
    uuids = [[a["uuid"] for a in json.loads(misp(e))["Event"]["Attribute"]] for e in (EVERYTHING, later)]
    assert uuids[0] == uuids[1]
    assert len(set(uuids[0])) == len(IndicatorKind)


@pytest.mark.slow
@given(st.text(min_size=1, max_size=80))
def test_any_text_of_an_attacker_makes_valid_files(text: str) -> None:
    kinds = (IndicatorKind.PROCESS, IndicatorKind.FILE, IndicatorKind.IDENTITY)
    found = [normal(Indicator(kind=kind.value, value=text, about=text)) for kind in kinds]
    kept = tuple(
        Known(incident="I1", indicator=i, first=NOON, sources=(text,)) for i in found if i is not None
    )
    export = replace(EVERYTHING, known=kept)
    parsed(export)
    values = [a["value"] for a in json.loads(misp(export))["Event"]["Attribute"]]
    assert len(values) == len(kept)
    rows = list(csv.reader(io.StringIO(table(export).decode())))
    assert len(rows) == len(kept) + 1
    assert not any(cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row)


def test_the_table_has_a_row_for_each() -> None:
    rows = list(csv.DictReader(io.StringIO(table(EVERYTHING).decode())))
    assert tuple(rows[0]) == HEADINGS
    assert [r["value"] for r in rows] == list(VALUES.values())
    assert {r["marking"] for r in rows} == {"TLP:AMBER"}


def test_misp_gets_types_that_it_has() -> None:
    event = json.loads(misp(EVERYTHING))["Event"]
    assert {a["type"] for a in event["Attribute"]} == {
        "target-machine", "text", "sha256", "ip-dst", "domain", "url", "port", "ip-src", "filename",
    }  # fmt: skip
    tags = [t["name"] for t in event["Tag"]]
    assert tags[0] == "tlp:amber"
    assert 'misp-galaxy:mitre-attack-pattern="Resource Hijacking - T1496"' in tags
    assert event["published"] is False
