"""Schema, manifest, IAM policy and the generated page: what somebody needs before the first incident."""

from __future__ import annotations

import json

import pytest

from actions.catalogue import ACTIONS
from actions.checks.catalogue import CHECKS
from cli import docs
from cli.iam import policy
from storage.migrate import head
from tests.cli.conftest import Shell

pytestmark = pytest.mark.slow


def allowed(document: dict[str, list[dict[str, list[str]]]]) -> set[str]:
    return {name for statement in document["Statement"] for name in statement["Action"]}


def test_the_policy_allows_what_actions_and_checks_declare_and_what_looking_and_the_queue_need(
    shell: Shell,
) -> None:
    declared = {name for action in ACTIONS for name in action.permissions}
    declared |= {name for check in CHECKS for name in check.permissions}
    rest = allowed(shell("iam-policy").json) - declared
    assert declared <= allowed(shell("iam-policy").json)
    assert {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"} < rest
    assert all(
        name.split(":")[1].startswith(("Describe", "Get", "List")) for name in rest if "sqs:" not in name
    )


@pytest.mark.parametrize("action", ACTIONS, ids=lambda a: a.name)
def test_the_policy_of_one_action_is_what_it_declares(shell: Shell, action: docs.AnyAction) -> None:
    assert allowed(shell("iam-policy", "--action", action.name).json) == set(action.permissions)


def test_a_role_may_be_passed_to_instances_only() -> None:
    passing = [s for s in policy()["Statement"] if "iam:PassRole" in s["Action"]]
    assert passing
    assert all(
        s["Condition"] == {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}} for s in passing
    )


def test_a_policy_fits_what_iam_takes() -> None:
    assert len(json.dumps(policy(), separators=(",", ":"))) <= 6144  # characters of a managed policy
    names = [s["Sid"] for s in policy()["Statement"]]
    assert len(names) == len(set(names))
    assert all(name.isalnum() for name in names)


def test_there_is_no_policy_for_an_action_that_is_none(shell: Shell) -> None:
    said = shell("iam-policy", "--action", "nuke")
    assert (said.status, said.out) == (2, "")
    assert "There is no action “nuke”" in said.err


def test_the_manifest_is_for_socket_mode_or_for_an_address(shell: Shell) -> None:
    assert shell("manifest").json["settings"]["socket_mode_enabled"] is True
    over_http = shell("manifest", "--url", "https://ir.example.com").json
    assert over_http["settings"]["socket_mode_enabled"] is False
    assert over_http["settings"]["interactivity"]["request_url"] == "https://ir.example.com/slack/events"
    assert shell("manifest", "--url", "http://ir.example.com").status == 2


def test_the_schema_goes_up_and_down(shell: Shell) -> None:
    assert f"(newest: {head()})" in shell("migrate").out
    assert "at base" in shell("migrate", "--down", "base").out
    assert f"at {head()}" in shell("migrate").out


def test_a_revision_that_is_none(shell: Shell) -> None:
    said = shell("migrate", "--down", "nosuch")
    assert said.status == 2
    assert head() in said.err


def test_a_database_that_is_away(shell: Shell) -> None:
    shell.set(EC2IR_DATABASE_URL="postgresql://u:do-not-show@127.0.0.1:1/d")
    for words in (("migrate",), ("incidents",)):
        said = shell(*words)
        assert said.status == 1
        assert "The database d" in said.err
        assert "do-not-show" not in said.err


def test_the_page_about_the_actions_is_what_the_code_says() -> None:
    assert (docs.DOCS / "actions.md").read_text() == docs.page().rstrip() + "\n"


def test_a_leak_is_for_the_played_demo(shell: Shell) -> None:
    assert shell("demo", "--leak").status == 2


def test_the_policy_allows_to_assume_the_roles_of_the_accounts_in_the_settings(shell: Shell) -> None:
    role = "arn:aws:iam::222222222222:role/ec2ir-responder"
    assert "sts:AssumeRole" not in allowed(shell("iam-policy").json)
    shell.policy(f'[[accounts]]\nid = "222222222222"\nrole_arn = "{role}"\n')
    (statement,) = [s for s in shell("iam-policy").json["Statement"] if "sts:AssumeRole" in s["Action"]]
    assert statement["Resource"] == [role]
