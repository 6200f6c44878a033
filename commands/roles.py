"""Roles, read fresh: of the person who clicks, and of the people to ask instead."""

from __future__ import annotations

from commands.desk import Desk
from playbook.errors import NotAllowed, Unreachable
from playbook.people import Door, Person, Role


async def require_any_role(desk: Desk, person: Person, door: Door) -> frozenset[Role]:
    """The person's roles. Raises NotAllowed when there are none, Unreachable when nobody can say."""
    roles = await desk.directory.roles(person, door)
    if not roles:
        others = await names_of(desk, Role.RESPONDER)
        raise NotAllowed(
            "You are neither a responder nor an approver.",
            means="Nothing was done.",
            then=f"Ask {', '.join(others)}." if others else "Ask whoever keeps the user groups to add you.",
        )
    return roles


async def names_of(desk: Desk, role: Role, *, besides: Person | None = None) -> tuple[str, ...]:
    """Who holds the role, by name, without one person."""
    holders = await holders_of(desk, role)
    return tuple(sorted(str(h) for h in holders if besides is None or h.id != besides.id))


async def holders_of(desk: Desk, role: Role) -> tuple[Person, ...]:
    """Who holds the role; nobody when that can't be read. It is said to people, and decides nothing.

    So a terminal can refuse, or let an approver break the glass, while Slack is down.
    """
    try:
        return await desk.directory.holders(role)
    except Unreachable:
        return ()
