"""Sigma rules: ours are well made and find what they are for; those that do not parse say so and hinder nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sigma.collection import SigmaCollection
from sigma.rule import SigmaRule
from sigma.validation import SigmaValidator
from sigma.validators.core import validators

from intake.matching import Rules, matches
from intake.sigma import SHIPPED, load
from tests.intake.payloads import api_call, launch, root_login

pytestmark = pytest.mark.slow


MINING = "AWS EC2 Instances Launched As For Mining"
ROOT = "AWS Root Account Login"
ONLINE = {"attacktag", "d3_fendtag"}
"""Checks that fetch MITRE's data from the internet; `test_our_tags_name…` stands in for the first."""
OWN = """
title: Own
id: 11111111-2222-4333-8444-555555555555
logsource: {{product: aws, service: cloudtrail}}
detection:
  it:
    {field}
  condition: {condition}
level: low
"""


@pytest.fixture(scope="module")
def shipped() -> Rules:
    return load(SHIPPED)


def found(rules: Rules, record: dict[str, Any]) -> list[str]:
    return [rule.title for rule in matches(rules.rules, record)]


def own(folder: Path, field: str, condition: str = "it") -> Rules:
    (folder / "own.yml").write_text(OWN.format(field=field, condition=condition))
    return load(folder)


def test_our_rules_pass_every_check_that_pysigma_has() -> None:
    rules = SigmaCollection.load_ruleset([SHIPPED])
    offline = {check for name, check in validators.items() if name not in ONLINE}
    issues = SigmaValidator(offline).validate_rules(r for r in rules.rules if isinstance(r, SigmaRule))
    assert list(issues) == []
    assert {path.name for path in SHIPPED.iterdir()} >= {"cloud_aws_ec2_mining.yml", "cloud_root_login.yml"}


def test_all_that_we_ship_is_in_force(shipped: Rules) -> None:
    assert shipped.problems == ()
    assert len(shipped.rules) == len(list(SHIPPED.glob("*.yml")))
    assert {r.title: r.techniques for r in shipped.rules}[MINING] == ("T1496.001",)


def test_our_tags_name_techniques_that_exist() -> None:
    # Compute Hijacking, Valid Accounts: Cloud Accounts, Cloud Administration Command (attack.mitre.org, v15).
    known = {"t1496.001", "t1078.004", "t1651"}
    tags = {tag.name for rule in SigmaCollection.load_ruleset([SHIPPED]).rules for tag in rule.tags}
    assert {tag for tag in tags if tag.startswith("t1")} == known


@pytest.mark.row("S1")
@pytest.mark.parametrize(
    "record",
    [
        launch("p3.2xlarge"),
        launch("g4dn.xlarge"),
        launch("c5.24xlarge"),
        launch("t3.micro", most=10),
        launch("t3.micro", instances=(), errorCode="Client.InstanceLimitExceeded"),
        launch("P3.2xlarge".lower(), eventName="RUNINSTANCES"),
    ],
    ids=["GPU", "graphics", "largest", "many", "limit", "any case"],
)
def test_s1_a_launch_as_for_mining(shipped: Rules, record: dict[str, Any]) -> None:
    assert found(shipped, record) == [MINING]


@pytest.mark.parametrize(
    "record",
    [
        launch("t3.micro"),
        launch("m5.large", most=9),
        launch("p3.2xlarge", sourceIPAddress="autoscaling.amazonaws.com"),
        launch("p3.2xlarge", eventName="DescribeInstances"),
        launch("t3.micro", errorCode="Client.UnauthorizedOperation"),
    ],
    ids=["small", "few", "by a service of AWS", "another call", "another error"],
)
def test_an_ordinary_launch_is_none(shipped: Rules, record: dict[str, Any]) -> None:
    assert found(shipped, record) == []


@pytest.mark.row("S2")
def test_s2_the_root_user_signs_in(shipped: Rules) -> None:
    assert found(shipped, root_login()) == [ROOT]
    assert found(shipped, root_login(outcome="Failure")) == []
    person = root_login() | {"userIdentity": {"type": "IAMUser", "userName": "ana"}}
    assert found(shipped, person) == []


def test_user_data_that_changes(shipped: Rules) -> None:
    changed = {"instanceId": "i-0aaaaaaaaaaaaaaa1", "userData": "<sensitiveDataRemoved>"}
    assert len(found(shipped, api_call("ModifyInstanceAttribute", requestParameters=changed))) == 1
    del changed["userData"]
    assert found(shipped, api_call("ModifyInstanceAttribute", requestParameters=changed)) == []


@pytest.mark.parametrize(
    ("field", "value", "holds"),
    [
        ("a.b: Yes-Sir", "yes-sir", True),
        ("a.b|contains: '%'", "50 percent", False),
        ("a.b|contains: '%'", "50%", True),
        ("a.b|cased: Word", "word", False),
        ("a.b|cased: Word", "Word", True),
        ("a.b|re: '^[0-9]+$'", "123", True),
        ("a.b|re: '^[0-9]+$'", "12x", False),
        ("a.b|gt: 5", 6, True),
        ("a.b|gt: 5", 5, False),
        ("a.b: true", True, True),
        ("a.b: true", False, False),
        ("a.b|exists: true", "", True),
        ("a.b|cidr: 198.51.100.0/24", "198.51.100.7", True),
        ("a.b|cidr: 198.51.100.0/24", "203.0.113.7", False),
        ("a.b: two", ["one", "two"], True),
        ("a.b: it's", "it's", True),
        ("a.b: x", "\ud800", False),
    ],
)
def test_fields_compare_as_sigma_wants(tmp_path: Path, field: str, value: object, holds: bool) -> None:
    rules = own(tmp_path, field)
    assert rules.problems == ()
    assert bool(found(rules, {"a": {"b": value}})) is holds


def test_lists_are_combined_with_each_other(tmp_path: Path) -> None:
    rules = own(tmp_path, "a.x: 1\n    b: two")
    assert found(rules, {"a": [{"x": 0}, {"x": 1}], "b": ["one", "two"]}) == ["Own"]
    assert found(rules, {"a": [{"x": 0}, {"x": 1}], "b": ["one"]}) == []


def test_lists_without_end_are_looked_at_within_bounds(tmp_path: Path) -> None:
    rules = own(tmp_path, "a: 1\n    b: 1\n    c: 1")
    assert found(rules, {"a": list(range(9000)), "b": list(range(9000)), "c": 1}) == []


def test_a_word_anywhere(tmp_path: Path) -> None:
    (tmp_path / "own.yml").write_text(
        OWN.format(field="- xmrig", condition="it").replace("  it:\n    - xmrig", "  it:\n    - xmrig")
    )
    rules = load(tmp_path)
    assert rules.problems == ()
    assert found(rules, {"a": [{"b": "curl XMRig"}]}) == ["Own"]
    assert found(rules, {"a": "nothing"}) == []


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("title: [", ""),
        ("", "no rule in it"),
        ("just words", ""),
        ("title: A rule without anything", ""),
        (OWN.format(field="a: b", condition="it").replace("aws", "windows"), "not about product aws"),
        (OWN.format(field="a: b", condition="missing"), ""),
        (OWN.format(field="a|nonsense: b", condition="it"), ""),
        (OWN.format(field="a|re: '('", condition="it"), ""),
        (OWN.format(field="'a\"b': c", condition="it"), "no event can have"),
        (OWN.format(field="'a) ; DROP TABLE events; --': c", condition="it").replace("id: 1", "id: x"), ""),
    ],
)
def test_a_rule_that_does_not_parse_is_named_and_the_others_work(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "broken.yml").write_text(text)
    rules = load(SHIPPED, tmp_path)

    (problem,) = rules.problems
    assert problem.startswith("The Sigma rule broken.yml is not in force: ")
    assert why in problem
    assert found(rules, root_login()) == [ROOT]


def test_a_folder_that_is_not_there_is_a_problem_and_no_more(tmp_path: Path) -> None:
    rules = load(SHIPPED, tmp_path / "nowhere")
    assert len(rules.problems) == 1
    assert found(rules, root_login()) == [ROOT]


def test_an_id_counts_once(tmp_path: Path) -> None:
    for name in ("a.yml", "b.yml"):
        (tmp_path / name).write_text(OWN.format(field="a: b", condition="it"))
    rules = load(tmp_path)
    assert len(rules.rules) == len(rules.problems) == 1
