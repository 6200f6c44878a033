"""The least-privilege IAM policy of ec2ir, made from what the actions declare."""

from __future__ import annotations

import re
from collections.abc import Iterable

from actions.action import AnyAction
from actions.catalogue import ACTIONS
from actions.checks.catalogue import CHECKS
from aws.instances import PERMISSIONS as FACTS
from playbook.plan import Json

_ALWAYS = frozenset({"sts:GetCallerIdentity"}) | FACTS
_QUEUE = frozenset({"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"})


def policy(only: Iterable[AnyAction] | None = None, *, roles: Iterable[str] = ()) -> Json:
    """A policy document: what looking and checking need, the queue, then a statement for each action.

    `roles` are the ARNs of other accounts' roles that ec2ir assumes. With `only`, the statements of these actions
    and nothing else.
    """
    chosen = ACTIONS if only is None else tuple(only)
    base = [] if only is not None else [_statement("Looking", _ALWAYS), _statement("Findings", _QUEUE)]
    assumed = sorted(roles) if only is None else []
    if assumed:
        base.append(_statement("Accounts", {"sts:AssumeRole"}) | {"Resource": assumed})
    looks = frozenset[str]().union(*(check.permissions for check in CHECKS)) - _ALWAYS
    if only is None and looks:
        base.append(_statement("Investigation", looks))
    return {"Version": "2012-10-17", "Statement": [*base, *(s for a in chosen for s in _of(a))]}


def _of(action: AnyAction) -> list[Json]:
    name = "".join(part.capitalize() for part in re.split(r"[^a-z]", action.name))
    # Passing a role is allowed to EC2 only: the undo of a revoke associates the recorded profile again.
    passes = action.permissions & {"iam:PassRole"}
    plain = _statement(name, action.permissions - passes)
    if not passes:
        return [plain]
    condition = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    return [plain, _statement(f"{name}PassRole", passes) | {"Condition": condition}]


def _statement(sid: str, actions: Iterable[str]) -> Json:
    return {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": "*"}
