"""IAM's policy simulator as its API reference describes it."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox.aws.box import AwsBox

pytestmark = pytest.mark.emulator

NINE = "2026-11-24T09:00:00Z"


@pytest.fixture
def iam(box: AwsBox) -> Any:
    return box.client("iam")


@pytest.fixture
def role(iam: Any) -> str:
    """The ARN of a role that may read one bucket and start what is tagged, but never log in."""
    arn = iam.create_role(RoleName="worker", Path="/service/", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    put(
        iam,
        "reading",
        {"Effect": "Allow", "Action": ["s3:Get*", "s3:ListBucket"], "Resource": "arn:aws:s3:::logs*"},
    )
    managed = document({"Effect": "Deny", "NotAction": ["s3:*", "ec2:*"], "Resource": "*"})
    policy = iam.create_policy(PolicyName="only-storage", PolicyDocument=managed)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="worker", PolicyArn=policy)
    return arn


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=1)


def put(iam: Any, name: str, *statements: dict[str, Any]) -> None:
    iam.put_role_policy(RoleName="worker", PolicyName=name, PolicyDocument=document(*statements))


def simulated(
    iam: Any, arn: str, action: str, resource: str = "", context: dict[str, tuple[str, str]] | None = None
) -> dict[str, Any]:
    """One action's result; `context` are types and values of context keys."""
    entries = [
        {"ContextKeyName": key, "ContextKeyType": kind, "ContextKeyValues": [value]}
        for key, (kind, value) in (context or {}).items()
    ]
    named = {"ResourceArns": [resource]} if resource else {}
    answer = iam.simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=[action], ContextEntries=entries, **named
    )
    (result,) = answer["EvaluationResults"]
    return result


def test_an_allow_is_needed_and_a_deny_wins(iam: Any, role: str) -> None:
    allowed = simulated(iam, role, "s3:getobject", "arn:aws:s3:::logs/a")
    assert allowed["EvalDecision"] == "allowed"
    (by,) = allowed["MatchedStatements"]
    assert (by["SourcePolicyId"], by["SourcePolicyType"]) == ("reading", "role")
    assert (by["StartPosition"], by["EndPosition"]["Line"]) == ({"Line": 4, "Column": 3}, 11)
    assert simulated(iam, role, "s3:PutObject", "arn:aws:s3:::logs/a")["EvalDecision"] == "implicitDeny"
    assert simulated(iam, role, "s3:GetObject", "arn:aws:s3:::LOGS/a")["EvalDecision"] == "implicitDeny"
    assert simulated(iam, role, "s3:GetObject")["EvalDecision"] == "implicitDeny"
    denied = simulated(iam, role, "ssm:StartSession")
    assert denied["EvalDecision"] == "explicitDeny"
    assert [m["SourcePolicyType"] for m in denied["MatchedStatements"]] == ["user-managed"]


def test_each_resource_has_its_own_decision_and_the_strictest_is_on_top(iam: Any, role: str) -> None:
    inside, outside = "arn:aws:s3:::logs/a", "arn:aws:s3:::payroll/a"
    (result,) = iam.simulate_principal_policy(
        PolicySourceArn=role, ActionNames=["s3:GetObject"], ResourceArns=[inside, outside]
    )["EvaluationResults"]
    assert result["EvalDecision"] == "implicitDeny"
    each = {r["EvalResourceName"]: r["EvalResourceDecision"] for r in result["ResourceSpecificResults"]}
    assert each == {inside: "allowed", outside: "implicitDeny"}


@pytest.mark.parametrize(
    ("operator", "key", "wanted", "kind", "inside", "outside"),
    [
        ("StringEquals", "aws:userid", "AROA:i-1", "string", "AROA:i-1", "AROA:i-12"),
        ("StringLike", "aws:userid", "AROA:*", "string", "AROA:i-1", "AIDA:i-1"),
        ("StringNotEquals", "aws:userid", "AROA:i-1", "string", "AROA:i-2", "AROA:i-1"),
        ("DateLessThan", "aws:TokenIssueTime", NINE, "date", "2026-11-24T08:59:59Z", NINE),
        ("DateLessThanEquals", "aws:TokenIssueTime", NINE, "date", NINE, "2026-11-24T09:00:01Z"),
        ("Bool", "aws:SecureTransport", "false", "boolean", "false", "true"),
        ("NumericGreaterThan", "s3:max-keys", "10", "numeric", "11", "10"),
        ("IpAddress", "aws:SourceIp", "192.0.2.0/24", "ip", "192.0.2.9", "198.51.100.1"),
        ("ArnLike", "aws:PrincipalArn", "arn:*:role/*", "string", "arn:aws:iam::1:role/x", "arn:aws:iam::1:user/x"),
    ],
)  # fmt: skip
def test_a_deny_reaches_those_who_meet_its_condition(
    iam: Any, role: str, operator: str, key: str, wanted: str, kind: str, inside: str, outside: str
) -> None:
    put(iam, "allow", {"Effect": "Allow", "Action": "*", "Resource": "*"})
    put(
        iam,
        "deny",
        {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {operator: {key: wanted}}},
    )

    def decision(value: str) -> str:
        return simulated(iam, role, "s3:GetObject", context={key.upper(): (kind, value)})["EvalDecision"]

    assert (decision(inside), decision(outside)) == ("explicitDeny", "allowed")


def test_a_key_that_nobody_gave_is_named(iam: Any, role: str) -> None:
    put(iam, "allow", {"Effect": "Allow", "Action": "*", "Resource": "*"})
    old = {"DateLessThan": {"aws:TokenIssueTime": "2026-11-24T09:00:00Z"}}
    put(iam, "deny", {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": old})
    result = simulated(iam, role, "s3:GetObject")
    assert (result["EvalDecision"], result["MissingContextValues"]) == ("allowed", ["aws:tokenissuetime"])


def test_a_users_groups_count_and_so_do_policies_that_are_only_tried(iam: Any) -> None:
    arn = iam.create_user(UserName="ana")["User"]["Arn"]
    iam.create_group(GroupName="readers")
    iam.add_user_to_group(GroupName="readers", UserName="ana")
    reading = document({"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"})
    iam.put_group_policy(GroupName="readers", PolicyName="reading", PolicyDocument=reading)
    assert simulated(iam, arn, "s3:GetObject")["MatchedStatements"][0]["SourcePolicyType"] == "group"
    tried = document({"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"})
    (result,) = iam.simulate_principal_policy(
        PolicySourceArn=arn, ActionNames=["s3:GetObject"], PolicyInputList=[tried]
    )["EvaluationResults"]
    assert result["EvalDecision"] == "explicitDeny"
    assert result["MatchedStatements"][0]["SourcePolicyId"] == "PolicyInputList.1"


def test_who_is_not_there_is_refused_and_what_is_not_emulated_says_so(iam: Any, role: str) -> None:
    def refused(**named: Any) -> str:
        with pytest.raises(ClientError) as refusal:
            iam.simulate_principal_policy(
                **{"PolicySourceArn": role, "ActionNames": ["s3:GetObject"], **named}
            )
        return str(refusal.value.response.get("Error", {}).get("Code"))

    nobody = role.replace("/worker", "/nobody")
    assert refused(PolicySourceArn=nobody) == "NoSuchEntity"
    assert refused(PolicySourceArn="arn:aws:s3:::a-bucket-of-mine") == "InvalidInput"
    assert refused(ActionNames=["GetObject"]) == "InvalidInput"
    assert refused(ResourcePolicy=document()) == "InvalidAction"
