"""What the page on alerts shows is what the doors take: its detection, its signature, its rules of EventBridge."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from intake.routes import Reading
from intake.signature import check
from playbook.errors import BadInput

pytestmark = pytest.mark.slow


ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "alerts.md").read_text()
TEMPLATE = ROOT / "deploy" / "aws.yaml"
_NAMES = ("Ref", "Fn::GetAtt", "Condition")


def block(kind: str) -> str:
    found = re.search(rf"```{kind}\n(.*?)```", PAGE, re.DOTALL)
    assert found is not None
    return found[1]


class Template(yaml.SafeLoader):
    """CloudFormation's short forms as `{"Ref": …}` and `{"Fn::GetAtt": …}`."""


def _short(loader: Template, suffix: str, node: yaml.Node) -> Any:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        return {name: loader.construct_scalar(node)}
    assert isinstance(node, yaml.SequenceNode)
    return {name: loader.construct_sequence(node, deep=True)}


Template.add_multi_constructor("!", _short)  # pyright: ignore[reportUnknownMemberType]


def template() -> dict[str, Any]:
    return yaml.load(TEMPLATE.read_text(), Template)


def named(part: object) -> set[tuple[str, str]]:
    """Every Ref, GetAtt and condition within a part of the template."""
    if isinstance(part, list):
        return {n for one in cast("list[object]", part) for n in named(one)}
    if not isinstance(part, dict):
        return set()
    members = cast("dict[str, object]", part)
    found = {n for one in members.values() for n in named(one)}
    found |= {(k, v) for k, v in members.items() if k in _NAMES and isinstance(v, str)}
    chosen = members.get("Fn::If")
    return found | (
        {("Condition", str(cast("list[object]", chosen)[0]))} if isinstance(chosen, list) else set()
    )


def rules() -> dict[str, dict[str, Any]]:
    return {
        n: r["Properties"] for n, r in template()["Resources"].items() if r["Type"] == "AWS::Events::Rule"
    }


def test_the_detection_that_is_shown_is_taken() -> None:
    (found,) = Reading().detection(block("json"))
    assert found.instances == ("i-0123456789abcdef0",)
    assert found.techniques == ("T1496",)
    assert not found.archived


def test_the_recipe_signs_as_the_door_checks() -> None:
    recipe: dict[str, Any] = {}
    exec(block("python"), recipe)
    headers = recipe["signed"]("a secret", b"{}")
    check(headers, b"{}", secret="a secret", now=datetime.now(UTC))


def test_the_settings_that_are_shown_exist() -> None:
    example = (ROOT / "ec2ir.example.toml").read_text()
    for key in ("[alerts]", "topics", "cpu_alarms", "traffic_alarms", "[sigma]", "rules"):
        assert key.strip("[]") in PAGE
        assert key in example


def test_everything_that_the_template_names_is_in_it() -> None:
    made = template()
    there = {*made["Parameters"], *made["Resources"]}
    for kind, name in named(made["Resources"]) | named(made["Outputs"]) | named(made["Conditions"]):
        if kind == "Condition":
            assert name in made["Conditions"], name
        elif not name.startswith("AWS::"):
            assert name.partition(".")[0] in there, name


def test_every_parameter_that_the_page_sets_is_one() -> None:
    shown = re.search(r"--parameter-overrides (.+)", block("console"))
    assert shown is not None
    assert {pair.partition("=")[0] for pair in shown[1].split()} <= set(template()["Parameters"])


@pytest.mark.parametrize("name", sorted(rules()))
def test_what_a_rule_passes_on_has_a_parser(name: str) -> None:
    pattern = rules()[name]["EventPattern"]
    for source in pattern.get("source", ["aws.ec2"]):
        for kind in pattern["detail-type"]:
            with pytest.raises(BadInput) as refused:
                Reading().event(json.dumps({"source": source, "detail-type": kind, "detail": {}}))
            assert "The message is the event" not in refused.value.what


@pytest.mark.parametrize("name", sorted(rules()))
def test_the_queue_takes_what_a_rule_sends(name: str) -> None:
    policy = template()["Resources"]["RuleMaySend"]["Properties"]["PolicyDocument"]["Statement"][0]
    allowed = named(policy["Condition"]["ArnEquals"]["aws:SourceArn"])
    assert ("Fn::GetAtt", f"{name}.Arn") in allowed
