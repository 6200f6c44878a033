"""The least-privilege IAM policy of ec2ir, made from what the actions declare."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from actions.action import AnyAction
from actions.catalogue import ACTIONS
from actions.checks.catalogue import CHECKS
from aws.instances import PERMISSIONS as FACTS
from playbook.plan import Json

_ALWAYS = frozenset({"sts:GetCallerIdentity"}) | FACTS
_QUEUE = frozenset({"sqs:ChangeMessageVisibility", "sqs:DeleteMessage", "sqs:ReceiveMessage"})


def policy(only: Iterable[AnyAction] | None = None, *, roles: Iterable[str] = ()) -> Json:
    """A policy document: everything that only reads, the queue, then a statement for what each action adds to it.

    `roles` are the ARNs of other accounts' roles that ec2ir assumes. With `only`, the statements of these actions
    and nothing else, with what they read.
    """
    if only is not None:
        return _document(s for action in only for s in _of(action, action.permissions))
    declared = frozenset[str]().union(*(a.permissions for a in ACTIONS), *(c.permissions for c in CHECKS))
    reads = frozenset(filter(_reads, declared)) | _ALWAYS
    checks = frozenset[str]().union(*(c.permissions for c in CHECKS)) - reads
    base = [_statement("Looking", reads), _statement("Findings", _QUEUE)]
    if checks:
        base.append(_statement("Asking", checks))
    if assumed := sorted(roles):
        base.append(_statement("Accounts", {"sts:AssumeRole"}) | {"Resource": assumed})
    return _document((*base, *_changes(reads | checks)))


def _changes(granted: frozenset[str]) -> Iterator[Json]:
    """A statement for each action, with what no statement before it grants: a managed policy holds 6,144 characters."""
    for action in ACTIONS:
        yield from _of(action, action.permissions - granted)
        granted |= action.permissions - {"iam:PassRole"}


def _reads(permission: str) -> bool:
    return permission.partition(":")[2].startswith(("Describe", "Get", "List", "Lookup"))


def _document(statements: Iterable[Json]) -> Json:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def _of(action: AnyAction, permissions: frozenset[str]) -> list[Json]:
    name = "".join(part.capitalize() for part in re.split(r"[^a-z]", action.name))
    # Passing a role is allowed to EC2 only: the undo of a revoke associates the recorded profile again.
    passes, rest = permissions & {"iam:PassRole"}, permissions - {"iam:PassRole"}
    plain = [_statement(name, rest)] if rest else []
    if not passes:
        return plain
    condition = {"StringEquals": {"iam:PassedToService": "ec2.amazonaws.com"}}
    return [*plain, _statement(f"{name}PassRole", passes) | {"Condition": condition}]


def _statement(sid: str, actions: Iterable[str]) -> Json:
    return {"Sid": sid, "Effect": "Allow", "Action": sorted(actions), "Resource": "*"}
