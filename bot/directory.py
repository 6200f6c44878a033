"""Who holds which role, as Slack's user groups say at this moment."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from slack_sdk.web.async_client import AsyncWebClient

from bot.api import SlackTrouble, call
from bot.people import People
from playbook.errors import Unreachable
from playbook.gathering import both, gather
from playbook.people import Door, Person, Role
from playbook.plan import Json
from playbook.ports import Directory

_KEPT = timedelta(seconds=30)
"""Slack answers 20 such questions a minute; a storm of incidents must leave some for approvals."""
_GROUP_ID = re.compile(r"S[A-Z0-9]{6,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleGroups:
    """Which Slack user group holds which role: an id, or a handle with or without its `@`."""

    responders: str
    approvers: str

    def of(self, role: Role) -> str:
        """The role's group as the settings write it."""
        return self.responders if role is Role.RESPONDER else self.approvers


@dataclass(slots=True, kw_only=True)
class SlackDirectory:
    """`playbook.ports.Directory` for chat; the terminal's roles are asked of `terminal`."""

    client: AsyncWebClient
    groups: RoleGroups
    people: People
    terminal: Directory
    _asking: dict[Role, asyncio.Task[tuple[str, ...]]] = field(
        default_factory=dict[Role, "asyncio.Task[tuple[str, ...]]"]
    )
    """Questions that Slack has not answered yet: runs that start at once ask them together."""
    _ids: dict[str, str] = field(default_factory=dict[str, str])
    _seen: dict[Role, tuple[datetime, tuple[str, ...]]] = field(
        default_factory=dict[Role, tuple[datetime, tuple[str, ...]]]
    )

    async def roles(self, person: Person, door: Door) -> frozenset[Role]:
        """The person's roles, read from Slack now. Raises Unreachable when Slack does not say."""
        if door is Door.TERMINAL:
            return await self.terminal.roles(person, door)
        try:
            (responders, approvers), profile = await both(
                both(self._members(Role.RESPONDER), self._members(Role.APPROVER)),
                self.people.fresh(person.id),
            )
        except SlackTrouble as trouble:
            raise _unsaid(_why(trouble)) from trouble
        if not profile.active:
            return frozenset()
        held = {Role.RESPONDER: responders, Role.APPROVER: approvers}
        return frozenset(role for role, members in held.items() if person.id in members)

    async def holders(self, role: Role) -> tuple[Person, ...]:
        """Everybody in the role's group whose account is active, as seen within half a minute.

        This names and invites people; it lets nobody do anything. Raises Unreachable when Slack does not say.
        """
        now = self.people.clock()
        at, members = self._seen.get(role, (now - _KEPT, ()))
        if now - at >= _KEPT:
            try:
                members = await self._members(role)
            except SlackTrouble as trouble:
                raise _unsaid(_why(trouble)) from trouble
            self._seen[role] = (now, members)
        profiles = await gather(*(self.people.known(user) for user in members))
        return tuple(p.person for p in profiles if p.active)

    async def _members(self, role: Role) -> tuple[str, ...]:
        asking = self._asking.get(role)
        if asking is None:
            asking = self._asking[role] = asyncio.ensure_future(self._ask(role))
            asking.add_done_callback(lambda _: self._asking.pop(role, None))
        return await asyncio.shield(asking)

    async def _ask(self, role: Role) -> tuple[str, ...]:
        group = await self._group_id(self.groups.of(role))
        answer = await call(self.client, "usergroups.users.list", usergroup=group)
        return tuple(str(user) for user in cast("list[object]", answer["users"]))

    async def _group_id(self, written: str) -> str:
        handle = written.removeprefix("@")
        if _GROUP_ID.fullmatch(handle):
            return handle
        if handle not in self._ids:
            answer = await call(self.client, "usergroups.list")
            listed = cast("list[Json]", answer["usergroups"])
            self._ids |= {str(group["handle"]): str(group["id"]) for group in listed}
        if handle not in self._ids:
            raise _unsaid(f"There is no user group @{handle[:40]} in Slack.")
        return self._ids[handle]


def _why(trouble: SlackTrouble) -> str:
    if trouble.code == "plan_upgrade_required":
        return "User groups need a paid Slack plan, which this workspace does not have."
    return trouble.what


def _unsaid(why: str) -> Unreachable:
    return Unreachable(
        f"Slack did not say who holds which role. {why}",
        means="Nobody's role can be checked, so this is refused in chat, and nothing was run by it.",
        then="Try again, or approve at the terminal: ec2ir approve.",
    )
