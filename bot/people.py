"""Who a Slack user is: the name to show, and whether the account is still active."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from slack_sdk.web.async_client import AsyncWebClient

from bot.api import SlackTrouble, call
from playbook.clock import Clock
from playbook.people import Person
from playbook.plan import Json
from playbook.text import plain

_KEPT = timedelta(minutes=10)
_MOST = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A user as Slack last described them; one whom it does not know is not active."""

    person: Person
    active: bool


@dataclass(slots=True, kw_only=True)
class People:
    """Profiles by user id; names are kept for ten minutes."""

    client: AsyncWebClient
    clock: Clock
    _kept: dict[str, tuple[datetime, Profile]] = field(default_factory=dict[str, tuple[datetime, Profile]])

    async def profile(self, user: str) -> Profile:
        """The user's profile. Raises SlackTrouble when Slack does not say."""
        now = self.clock()
        kept = self._kept.get(user)
        if kept is not None and now - kept[0] < _KEPT:
            return kept[1]
        return await self.fresh(user)

    async def fresh(self, user: str) -> Profile:
        """The user's profile, asked for now. Raises SlackTrouble when Slack does not say."""
        found = await self._ask(user)
        if len(self._kept) >= _MOST:
            self._kept.clear()
        self._kept[user] = (self.clock(), found)
        return found

    async def person(self, user: str) -> Person:
        """The user with a name; with the id alone when Slack does not say."""
        return (await self.known(user)).person

    async def known(self, user: str) -> Profile:
        """The user's profile; one with the id alone when Slack does not say."""
        try:
            return await self.profile(user)
        except SlackTrouble:
            return Profile(person=Person(id=user), active=True)

    async def _ask(self, user: str) -> Profile:
        try:
            answer = await call(self.client, "users.info", user=user)
        except SlackTrouble as trouble:
            if trouble.code != "user_not_found":
                raise
            return Profile(person=Person(id=user), active=False)
        found = cast("Json", answer["user"])
        shown = cast("Json", found.get("profile") or {})
        name = str(shown.get("display_name") or found.get("real_name") or found.get("name") or "")
        return Profile(person=Person(id=user, name=plain(name, 60)), active=not found.get("deleted"))
