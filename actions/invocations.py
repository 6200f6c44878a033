"""Commands on hosts through Systems Manager, as several actions look for them: by the comment that names the run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from aws.account import Account
from aws.errors import AwsRefused

if TYPE_CHECKING:
    from mypy_boto3_ssm.type_defs import CommandTypeDef, GetCommandInvocationResultTypeDef

RUNNING = frozenset({"Pending", "InProgress", "Delayed", "Cancelling"})
"""The states of a command that has not ended."""


async def commands_on(aws: Account, instance: str) -> list[CommandTypeDef]:
    """Every command that was sent to the instance, the newest first."""

    def listed() -> list[CommandTypeDef]:
        pages = aws.ssm.get_paginator("list_commands").paginate(InstanceId=instance)
        return [command for page in pages for command in page["Commands"]]

    return await aws.call(listed)


def newest(commands: Iterable[CommandTypeDef], comment: str, earlier: tuple[str, ...] = ()) -> str | None:
    """The id of the newest command whose comment begins like that."""
    ids = (c.get("CommandId", "") for c in commands if c.get("Comment", "").startswith(comment))
    return next((i for i in ids if i not in earlier), None)


async def invocation(aws: Account, command: str, instance: str) -> GetCommandInvocationResultTypeDef | None:
    """How the command fares there; None for a moment after it was sent."""
    try:
        return await aws.call(aws.ssm.get_command_invocation, CommandId=command, InstanceId=instance)
    except AwsRefused as refusal:
        if refusal.code != "InvocationDoesNotExist":
            raise
        return None


def ended(found: GetCommandInvocationResultTypeDef | None) -> bool:
    """Whether it has come to an end, good or bad."""
    return found is not None and found["Status"] not in RUNNING
