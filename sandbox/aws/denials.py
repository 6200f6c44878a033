"""Whether a role's inline policies deny a session an action: as much of IAM as session revocation needs."""

import json
from fnmatch import fnmatchcase
from typing import Any, cast


def _listed(one_or_many: Any) -> list[str]:
    return cast("list[str]", one_or_many) if isinstance(one_or_many, list) else [str(one_or_many)]


def _names(statement: dict[str, Any], action: str) -> bool:
    key = "NotAction" if "NotAction" in statement else "Action"
    hit = any(fnmatchcase(action.lower(), pattern.lower()) for pattern in _listed(statement[key]))
    return hit if key == "Action" else not hit


def _applies(statement: dict[str, Any], user_id: str) -> bool:
    """No condition, or one on `aws:userid` that this session meets; a cut-off by time spares new sessions."""
    conditions: dict[str, dict[str, Any]] = statement.get("Condition", {})
    for operator, tests in conditions.items():
        for key, wanted in tests.items():
            if key.lower() != "aws:userid" or operator not in {"StringEquals", "StringLike"}:
                return False
            if not any(fnmatchcase(user_id, pattern) for pattern in _listed(wanted)):
                return False
    return True


def denied(role: Any, instance: str, action: str) -> bool:
    """Whether moto's role denies this action to the session of this instance.

    Source: IAM user guide, "Policy evaluation logic" (an explicit deny wins) and, for the session's name on
    EC2, the table of `aws:userid` values: role id, a colon, the instance's id.
    """
    for text in role.policies.values():
        statements: Any = json.loads(str(text))["Statement"]
        found = cast("list[dict[str, Any]]", statements if isinstance(statements, list) else [statements])
        for statement in found:
            refuses = statement["Effect"] == "Deny" and _names(statement, action)
            if refuses and _applies(statement, f"{role.id}:{instance}"):
                return True
    return False
