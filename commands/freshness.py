"""Whether the world is still what a plan was made from: asked at the click, before anybody's word is taken for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from actions.catalogue import BY_NAME
from commands.brief import brief_of
from commands.desk import Desk
from commands.propose import propose_in_place
from playbook.errors import WorldChanged
from playbook.plan import Shown
from playbook.proposal import Kind, Proposal
from playbook.text import plain, words

FRESH = timedelta(seconds=10)
"""A plan younger than this is taken as it is; every action compares again before it first writes."""


async def require_unchanged(desk: Desk, proposal: Proposal) -> None:
    """Plan the same steps again; where that makes another plan, propose it in place of this one.

    Raises WorldChanged with what changed, and Unreachable when AWS can't be asked. An undo is compared with its
    plan by the action itself.
    """
    if proposal.kind is Kind.UNDO or desk.clock() - proposal.made < FRESH:
        return
    async with desk.store.begin() as unit:
        brief = await brief_of(unit, proposal.target)
    steps, left_out = await desk.cloud.plan(proposal.target, proposal.actions, brief)
    now = {step.action: step for step in steps}
    gone = {left.action: left.why for left in left_out}
    changed: list[str] = []
    for step in proposal.steps:
        action, again = BY_NAME[step.action], now.get(step.action)
        if again is None:
            changed.append(f"{action.title}: {gone.get(step.action, 'nothing is left to do')}")
        elif again.fingerprint != step.fingerprint:
            found = differences(action.load(step.body).show(), action.load(again.body).show())
            changed.append(f"{action.title}: {words(list(found), joint='; ')}")
    if not changed:
        return
    what = plain(f"Since this plan was made, the account changed. {' '.join(changed)}.", 1000)
    await propose_in_place(desk, proposal, what)
    raise WorldChanged(
        what, means="Your click approved nothing.", then="A new plan is in the channel; look at it first."
    )


def differences(before: Shown, after: Shown) -> Iterator[str]:
    """How two plans of one action differ, a line a subject."""
    old = {change.subject: change for change in before.changes}
    new = {change.subject: change for change in after.changes}
    lines = [f"{subject} is gone" for subject in old if subject not in new]
    lines += [f"{subject} is new" for subject in new if subject not in old]
    lines += [
        f"{subject} was {old[subject].before}, is {new[subject].before}"
        for subject in old
        if subject in new and old[subject] != new[subject]
    ]
    yield from lines or ["something that it does not list"]
