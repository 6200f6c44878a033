"""How much a role may do, read from its policy documents and said in words.

Source: IAM User Guide, “IAM JSON policy elements”; the calls through which a principal can gain more are those
that hand out a role, a policy or credentials.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, cast

ESCALATES = (
    "iam:PassRole",
    "iam:CreateAccessKey",
    "iam:CreateLoginProfile",
    "iam:UpdateLoginProfile",
    "iam:PutRolePolicy",
    "iam:PutUserPolicy",
    "iam:AttachRolePolicy",
    "iam:AttachUserPolicy",
    "iam:CreatePolicyVersion",
    "iam:SetDefaultPolicyVersion",
    "iam:UpdateAssumeRolePolicy",
    "sts:AssumeRole",
    "lambda:UpdateFunctionCode",
    "ssm:SendCommand",
    "ec2:RunInstances",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Breadth:
    """`everything`: allowed any action on any resource. `services` are those it may use in full.

    `escalates` are actions, on any resource, with which it can gain more than it has.
    """

    everything: bool
    services: tuple[str, ...]
    escalates: tuple[str, ...]

    @property
    def words(self) -> str:
        """In one sentence."""
        if self.everything:
            return "It may do everything in this account: it is an administrator."
        parts: list[str] = []
        if self.services:
            parts.append(f"it may do everything in {', '.join(self.services)}")
        if self.escalates:
            parts.append(f"it can gain more than it has by {', '.join(self.escalates[:4])}")
        said = ", and ".join(parts)
        return (
            f"{said[0].upper()}{said[1:]}." if said else "It has no service in full, and no way to gain more."
        )


def breadth(documents: Iterable[Mapping[str, Any]]) -> Breadth:
    """What these policies allow together on every resource.

    Denies and conditions are not weighed: they can only narrow it.
    """
    patterns = sorted({p for document in documents for s in _statements(document) for p in _allowed(s)})
    everything = any(p in ("*", "*:*") for p in patterns)
    services = sorted({p.partition(":")[0] for p in patterns if p.endswith(":*") and p != "*:*"})
    gains = [a for a in ESCALATES if any(fnmatchcase(a.lower(), p.lower()) for p in patterns)]
    return Breadth(everything=everything, services=tuple(services), escalates=tuple(gains))


def _statements(document: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found: object = document.get("Statement", [])
    listed = cast("list[object]", found) if isinstance(found, list) else [found]
    return [cast("Mapping[str, Any]", s) for s in listed if isinstance(s, dict)]


def _allowed(statement: Mapping[str, Any]) -> list[str]:
    """The action patterns that a statement allows on every resource; `NotAction` allows all but a few."""
    if statement.get("Effect") != "Allow" or "*" not in _listed(statement.get("Resource", [])):
        return []
    return ["*"] if "NotAction" in statement else _listed(statement.get("Action", []))


def _listed(value: object) -> list[str]:
    return [str(v) for v in cast("list[object]", value)] if isinstance(value, list) else [str(value)]
