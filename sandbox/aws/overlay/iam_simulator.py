"""IAM's policy simulator: what the policies of a role, user or group decide about a request."""

from collections.abc import Sequence
from typing import Any, Final

from moto.core.responses import ActionResult
from moto.iam.responses import IamResponse

from sandbox.aws.overlay.base import Override, refuse
from sandbox.aws.policies import Outcome, Policy, Statement, decide, policies_of

_ELSEWHERE: Final = (
    "PermissionsBoundaryPolicyInputList",
    "PolicyExclusionList",
    "ResourcePolicy",
    "CallerArn",
    "ResourceHandlingOption",
)
_STRICT: Final = ("explicitDeny", "implicitDeny", "allowed")


def _principal_policies(self: Any, arn: str) -> list[Policy]:
    """Those of the principal, a user's groups among them. Source: IAM API reference: NoSuchEntity, InvalidInput."""
    kind, _, name = arn.rpartition(":")[2].partition("/")
    name, backend = name.rpartition("/")[2], self.backend
    match kind:
        case "role":
            principal = backend.get_role(name)
        case "user":
            principal = backend.get_user(name)
        case "group":
            principal = backend.get_group(name)
        case _:
            refuse("InvalidInput", f"Invalid Entity Arn: {arn} does not clearly define entity type and name.")
    if getattr(principal, "permissions_boundary_arn", None) or getattr(
        principal, "permissions_boundary", None
    ):
        raise NotImplementedError("the simulation of a permissions boundary")
    found = policies_of(principal, kind)
    groups: list[Any] = backend.get_groups_for_user(name) if kind == "user" else []
    return found + [policy for group in groups for policy in policies_of(group, "group")]


def _position(text: str, at: int) -> dict[str, int]:
    """Line and column, counted from one."""
    return {"Line": text.count("\n", 0, at) + 1, "Column": at - text.rfind("\n", 0, at)}


def _matched(statements: Sequence[Statement]) -> list[dict[str, Any]]:
    return [
        {
            "SourcePolicyId": each.policy.id,
            "SourcePolicyType": each.policy.kind,
            "StartPosition": _position(each.policy.text, each.start),
            "EndPosition": _position(each.policy.text, each.end),
        }
        for each in statements
    ]


def _result(action: str, outcomes: dict[str, Outcome], *, specific: bool) -> dict[str, Any]:
    """One action's result: the strictest decision, and one a resource where resources were named."""
    decision = next(d for d in _STRICT if any(o.decision == d for o in outcomes.values()))
    made_it = [s for o in outcomes.values() if o.decision == decision for s in o.statements]
    united = {(s.policy.id, s.start): s for s in made_it}
    missing = dict.fromkeys(key for o in outcomes.values() for key in o.missing)
    result: dict[str, Any] = {
        "EvalActionName": action,
        "EvalResourceName": "*",
        "EvalDecision": decision,
        "MatchedStatements": _matched(list(united.values())),
        "MissingContextValues": list(missing),
    }
    if specific:
        result["ResourceSpecificResults"] = [
            {
                "EvalResourceName": resource,
                "EvalResourceDecision": outcome.decision,
                "MatchedStatements": _matched(outcome.statements),
                "MissingContextValues": list(outcome.missing),
            }
            for resource, outcome in outcomes.items()
        ]
    return result


def simulate_principal_policy(self: Any) -> ActionResult:
    """SimulatePrincipalPolicy: each action on each resource, by the principal's policies and those given.

    Source: IAM API reference, SimulatePrincipalPolicy, EvaluationResult ("the deny statement is the only entry
    included in the result"; the top-level result unites the resources'): NoSuchEntity, InvalidInput.
    """
    for name in _ELSEWHERE:
        if self._get_param(name):
            raise NotImplementedError(f"{name} of SimulatePrincipalPolicy")
    policies = _principal_policies(self, str(self._get_param("PolicySourceArn") or ""))
    given = list[str](self._get_param("PolicyInputList") or [])
    policies += [
        Policy(id=f"PolicyInputList.{number}", kind="none", text=text) for number, text in enumerate(given, 1)
    ]
    actions, named = (
        list[str](self._get_param("ActionNames")),
        list[str](self._get_param("ResourceArns") or []),
    )
    if wrong := next((each for each in actions if ":" not in each), None):
        refuse("InvalidInput", f"Invalid action: {wrong}")
    entries = list[dict[str, Any]](self._get_param("ContextEntries") or [])
    context = {str(e["ContextKeyName"]).lower(): list[str](e.get("ContextKeyValues") or []) for e in entries}
    results = [
        _result(
            action,
            {resource: decide(policies, action, resource, context) for resource in named or ["*"]},
            specific=bool(named),
        )
        for action in actions
    ]
    start, most = int(self._get_param("Marker") or 0), int(self._get_param("MaxItems") or 100)
    more = {"Marker": str(start + most)} if start + most < len(results) else {}
    shown = {"EvaluationResults": results[start : start + most], "IsTruncated": bool(more), **more}
    return ActionResult(shown)


OVERRIDES = (Override(owner=IamResponse, name="simulate_principal_policy", value=simulate_principal_policy),)
