"""Deactivate access keys: those that gave the attacker away, and all active ones of the users behind the attack."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from actions.action import Action, Look
from actions.run import Run
from aws.account import Account
from aws.errors import AwsRefused
from playbook.approval import Risk
from playbook.brief import Brief
from playbook.clock import stamp
from playbook.errors import DoesNotApply, Drift
from playbook.finding import Indicator
from playbook.gathering import gather
from playbook.indicators import IndicatorKind
from playbook.plan import PASSING, Change, Shown
from playbook.proof import Proof, Rung
from playbook.rows import Phase
from playbook.target import Target
from playbook.text import plain, words

if TYPE_CHECKING:
    from mypy_boto3_iam.literals import StatusTypeType

_USER = re.compile(r"arn:aws[a-z-]*:iam::([0-9]{12}):user/(?:[!-.0-~]+/)*([\w+=,.@-]{1,64})")
_TEMPORARY = "ASIA"
_ABSENT = frozenset({"NoSuchEntity", "AccessDenied", "ValidationError"})
"""How IAM answers for the key of another account, or of nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """An active long-term access key and its user."""

    id: str
    user: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deactivation:
    """The plan. `asked_keys` and `asked_identities` are the indicators that it was made from.

    `used` says for each key of `keys` when it was used last, where and for what; `left` is what can't be
    deactivated, in words.
    """

    target: Target
    keys: tuple[Key, ...]
    asked_keys: tuple[str, ...]
    asked_identities: tuple[str, ...]
    left: tuple[str, ...]
    used: tuple[str, ...] = field(metadata=PASSING)

    def show(self) -> Shown:
        """The plan in words."""
        users = sorted({k.user for k in self.keys})
        return Shown(
            changes=tuple(
                Change(
                    subject=f"access key {k.id} of {plain(k.user, 64)}",
                    before=f"active, {plain(used, 200)}",
                    after="inactive",
                )
                for k, used in zip(self.keys, self.used, strict=True)
            ),
            calls=(f"{len(self.keys)} × UpdateAccessKey",),
            notes=("no key is deleted: it stays as evidence, and can be given back",),
            breaks=(f"everything that {words(users)} does with these keys, CI and scripts among it",),
            keeps=(
                "sessions that these keys opened (GetSessionToken, AssumeRole) live on until they expire",
                "console passwords of these users",
            ),
            warnings=self.left,
            undo="yes, exactly: the same keys are made active again",
        )


async def _user_of(aws: Account, key: str) -> str:
    """Whose key it is; nothing when IAM knows none of this account."""
    try:
        answer = await aws.call(aws.iam.get_access_key_last_used, AccessKeyId=key)
    except AwsRefused as refusal:
        if refusal.code in _ABSENT:
            return ""
        raise
    return answer.get("UserName", "")


async def _statuses(aws: Account, user: str) -> dict[str, str] | None:
    """The status of each of the user's keys, by key id; None when there is no such user."""

    def read() -> dict[str, str]:
        pages = aws.iam.get_paginator("list_access_keys").paginate(UserName=user)
        every = (k for page in pages for k in page["AccessKeyMetadata"])
        return {k.get("AccessKeyId", ""): k.get("Status", "") for k in every}

    try:
        return await aws.call(read)
    except AwsRefused as refusal:
        if refusal.code == "NoSuchEntity":
            return None
        raise


async def _used(aws: Account, key: str) -> str:
    answer = await aws.call(aws.iam.get_access_key_last_used, AccessKeyId=key)
    last = answer["AccessKeyLastUsed"]
    at = last.get("LastUsedDate")
    if at is None:
        return "never used, or before AWS recorded it"
    return f"last used {stamp(at)} for {last['ServiceName']} in {last['Region']}"


def _named(target: Target, identities: Iterable[str]) -> tuple[set[str], list[str]]:
    """The IAM users of this account among the identities, and what the others are, in words."""
    users: set[str] = set()
    left: list[str] = []
    for identity in identities:
        found = _USER.fullmatch(identity)
        if found and found.group(1) == target.account:
            users.add(found.group(2))
        else:
            left.append(
                f"{plain(identity, 150)} is no IAM user of this account: for a role use revoke-role,"
                " elsewhere ask that account's owner."
            )
    return users, left


async def plan(target: Target, aws: Account) -> Deactivation:
    """Find the active keys behind the indicators, and when each was used last."""
    asked = aws.brief.values(IndicatorKind.ACCESS_KEY)
    identities = aws.brief.values(IndicatorKind.IDENTITY)
    users, left = _named(target, identities)
    lasting = [k for k in asked if not k.startswith(_TEMPORARY)]
    left += [
        f"{k} is temporary and can't be deactivated: revoke-role ends the sessions of its role."
        for k in asked
        if k.startswith(_TEMPORARY)
    ]
    owners = dict(zip(lasting, await gather(*(_user_of(aws, k) for k in lasting)), strict=True))
    left += [f"{k} is no key of an IAM user of this account." for k, user in owners.items() if not user]
    everybody = sorted(users | {user for user in owners.values() if user})
    found = await gather(*(_statuses(aws, user) for user in everybody))
    left += [
        f"there is no IAM user {user}" for user, keys in zip(everybody, found, strict=True) if keys is None
    ]
    keys = tuple(
        Key(id=key, user=user)
        for user, statuses in zip(everybody, found, strict=True)
        for key, status in sorted((statuses or {}).items())
        if status == "Active" and (user in users or key in owners)
    )
    if not keys:
        why = words(left, joint=" ") or "No access key and no identity is among its indicators."
        raise DoesNotApply(
            f"No active access key of an IAM user is behind this incident. {why}",
            then="Add the key or the user's ARN as an indicator if you know of one.",
        )
    return Deactivation(
        target=target,
        keys=keys,
        asked_keys=asked,
        asked_identities=identities,
        left=tuple(left),
        used=tuple(await gather(*(_used(aws, k.id) for k in keys))),
    )


async def _now(plan: Deactivation, aws: Account) -> dict[str, str]:
    """The status of each planned key. Raises Drift when one was deleted."""
    users = sorted({k.user for k in plan.keys})
    found = await gather(*(_statuses(aws, user) for user in users))
    statuses = {key: status for keys in found for key, status in (keys or {}).items()}
    gone = [f"{k.id} of {k.user}" for k in plan.keys if k.id not in statuses]
    if gone:
        raise Drift(
            f"{words(gone)} was deleted since.",
            means="A deleted key is of no use to anybody, and can't be given back; the others were left.",
            then="Make a new plan for those that are left.",
        )
    return statuses


async def _set(plan: Deactivation, run: Run, status: StatusTypeType) -> None:
    now = await _now(plan, run.aws)

    async def put(key: Key) -> None:
        update = run.aws.iam.update_access_key
        await run.aws.call(update, UserName=key.user, AccessKeyId=key.id, Status=status)

    async def write(key: Key) -> None:
        await run.write(f"{status} {key.id}", lambda: put(key))

    await gather(*(write(k) for k in plan.keys if now[k.id] != status))


async def execute(plan: Deactivation, run: Run) -> None:
    """Make inactive what is active of the plan."""
    await _set(plan, run, "Inactive")


async def verify(plan: Deactivation, look: Look) -> Proof:
    """The status of each key now; a deleted one is dead as well."""
    users = sorted({k.user for k in plan.keys})
    found = await gather(*(_statuses(look.aws, user) for user in users))
    statuses = {key: status for keys in found for key, status in (keys or {}).items()}
    dead = sum(statuses.get(k.id) != "Active" for k in plan.keys)
    says = (f"{dead} of {len(plan.keys)} keys are inactive", "IAM may take minutes to apply it everywhere")
    if dead == len(plan.keys):
        return Proof(rung=Rung.PROVED, says=says)
    return Proof(rung=Rung.APPLIED if dead else Rung.ABSENT, says=says)


async def undo(plan: Deactivation, run: Run) -> None:
    """Make the same keys active again."""
    await _set(plan, run, "Active")


def _knew(plan: Deactivation) -> Brief:
    return Brief(
        indicators=(
            *(Indicator(kind=IndicatorKind.ACCESS_KEY, value=k) for k in plan.asked_keys),
            *(Indicator(kind=IndicatorKind.IDENTITY, value=i) for i in plan.asked_identities),
        )
    )


deactivate_keys = Action(
    name="deactivate-keys",
    title="Deactivate the attacker's access keys",
    row="E3",
    phase=Phase.ERADICATE,
    risk=Risk.DRASTIC,
    permissions=frozenset({"iam:GetAccessKeyLastUsed", "iam:ListAccessKeys", "iam:UpdateAccessKey"}),
    plan=plan,
    execute=execute,
    verify=verify,
    undo=undo,
    knew=_knew,
)
