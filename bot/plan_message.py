"""The plan's message: what approving means, who must agree, and afterwards who decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from slack_sdk.models.blocks import Block

from actions.catalogue import BY_NAME
from bot import blocks
from bot.check import CHARACTERS
from bot.value import Value
from bot.words import mention, moment
from playbook.approval import Approval, Decision, Need, Risk
from playbook.people import Person, Role
from playbook.plan import Shown
from playbook.proposal import Kind, Proposal
from playbook.text import mrkdwn

_PARAGRAPHS = 35
"""Of plan text on one message: leaves room for its head and its ending."""
_CHARACTERS = CHARACTERS - 3_000
_NAMED = 2
"""A plan of more steps than this is called by their number; each is named where it is described."""


def shown(proposal: Proposal) -> tuple[tuple[str, Shown], ...]:
    """Each step's plan in words, by action, restored from what is stored."""
    return tuple((s.action, BY_NAME[s.action].load(s.body).show()) for s in proposal.steps)


def plan_message(
    proposal: Proposal, steps: Sequence[tuple[str, Shown]], need: Need, *, now: datetime
) -> tuple[list[Block], ...]:
    """The plan as one message, or as several where it is longer than one may be; the first has the buttons.

    `steps` are the plans in words, by action. Only the first message changes when somebody decides.
    """
    lines = [text for name, plan in steps for text in blocks.paragraphs(_step(name, plan, proposal))]
    left_out = (f"⚫ *{BY_NAME[e.action].title}* · left out: {mrkdwn(e.why, 300)}" for e in proposal.left_out)
    pages = _pages([*lines, *blocks.paragraphs(left_out)])
    rest = len(pages) - 1
    more = f"📎 The plan goes on in the thread, {rest} more parts. Approving approves all of it."
    first = [
        blocks.section(headline(proposal)),
        *(blocks.section(text) for text in pages[0]),
        *([blocks.section(more)] if rest else []),
        *_ending(proposal, need, now),
    ]
    return (first, *([blocks.section(text) for text in page] for page in pages[1:]))


def headline(proposal: Proposal) -> str:
    """`*Isolate the instance* on i-…: plan 7f3a`, when it was made and expires, and by whom."""
    titles = ", ".join(BY_NAME[name].title for name in proposal.actions)
    if len(proposal.actions) > _NAMED:
        titles = f"{len(proposal.actions)} steps"
    verb = "Undo: " if proposal.kind is Kind.UNDO else ""
    by = f"by {mention(proposal.proposer)}" if proposal.proposer else "as the playbook recommends"
    return (
        f"*{verb}{titles}* on `{proposal.target.instance}`: plan `{proposal.hash[:4]}`\n"
        f"made {moment(proposal.made)} {by}, expires {moment(proposal.expires, '{time}')}"
    )


def _pages(paragraphs: Sequence[str]) -> list[list[str]]:
    pages: list[list[str]] = [[]]
    for text in paragraphs:
        size = sum(map(len, pages[-1])) + len(text)
        if pages[-1] and (len(pages[-1]) >= _PARAGRAPHS or size > _CHARACTERS):
            pages.append([])
        pages[-1].append(text)
    return pages


def _step(name: str, plan: Shown, proposal: Proposal) -> Iterator[str]:
    if len(proposal.steps) > 1:
        yield f"*{BY_NAME[name].title}*"
    for change in plan.changes:
        before, after = mrkdwn(change.before, 500), mrkdwn(change.after, 500)
        pair = (after, before) if proposal.kind is Kind.UNDO else (before, after)
        yield f"• {mrkdwn(change.subject, 200)}:  {pair[0]}  →  {pair[1]}"
    yield from (f"   {mrkdwn(note, 500)}" for note in plan.notes)
    yield from (f"⚠️ {mrkdwn(warning, 500)}" for warning in plan.warnings)
    if proposal.kind is Kind.DO:
        yield from _listed("*Breaks*  ", plan.breaks)
        yield from _listed("*Keeps*  ", plan.keeps)
        yield f"*Undo*  {mrkdwn(plan.undo, 500)}"
        yield from _listed("*Calls*  ", plan.calls)


def _listed(name: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield name + " · ".join(mrkdwn(item, 500) for item in items)


def _ending(proposal: Proposal, need: Need, now: datetime) -> Iterator[Block]:
    glass = [a for a in proposal.approvals if a.override]
    if proposal.decision is not Decision.PENDING:
        yield blocks.section(_decided(proposal))
        yield from (
            blocks.section(f"🚨 Break-glass, to be reviewed: {mrkdwn(a.override, 500)}") for a in glass
        )
    elif proposal.sample:
        yield blocks.section("🧪 A sample finding: this plan can be looked at, never run.")
    elif proposal.expires <= now:
        yield blocks.section(f"⌛ Expired unapproved {moment(proposal.expires)}")
    else:
        yield from _buttons(proposal, need)


def _decided(proposal: Proposal) -> str:
    at = f" {moment(proposal.decided)}" if proposal.decided else ""
    match proposal.decision:
        case Decision.APPROVED:
            return "✅ Approved by " + ", ".join(_given(a) for a in proposal.approvals)
        case Decision.REJECTED:
            return f"✋ Rejected by {mrkdwn(proposal.decided_by, 60)}{at}"
        case Decision.EXPIRED:
            return f"⌛ Expired unapproved{at}"
        case _:
            return f"🔀 A newer plan took this one's place{at}"


def decision_words(proposal: Proposal) -> str:
    """What became of a decided plan, as plain words for its thread."""
    who = ", ".join(str(a.person) for a in proposal.approvals)
    words = {
        Decision.APPROVED: f"approved by {who}",
        Decision.REJECTED: f"rejected by {proposal.decided_by}",
        Decision.EXPIRED: "expired unapproved",
    }.get(proposal.decision, "replaced by a newer plan")
    return f"Plan {proposal.hash[:4]}: {words}"


def _given(approval: Approval) -> str:
    return f"{mention(approval.person)} {moment(approval.at)}"


def _buttons(proposal: Proposal, need: Need) -> Iterator[Block]:
    value = Value(
        incident=proposal.target.incident,
        instance=proposal.target.instance,
        proposal=proposal.id,
        hash=proposal.hash,
    ).pack()
    titles = ", ".join(BY_NAME[name].title for name in proposal.actions)
    risk = max(BY_NAME[name].risk for name in proposal.actions)
    question = blocks.sure(
        f"Approve plan {proposal.hash[:4]}?",
        f"{'Undo: ' if proposal.kind is Kind.UNDO else ''}{titles}, on {proposal.target.instance}, at once.",
        "Approve",
    )
    glass = blocks.button("Break-glass…", "break_glass", value, style="danger")
    yield blocks.row(
        [
            blocks.button(
                "Approve",
                "approve",
                value,
                style="primary",
                confirm=question if risk > Risk.HARMLESS else None,
            ),
            blocks.button("Reject…", "reject", value),
            *([glass] if need.role is Role.APPROVER else []),
        ]
    )
    proposer = proposal.proposer and Person(id=proposal.proposer.id, name=mention(proposal.proposer))
    so_far = f" · so far: {', '.join(_given(a) for a in proposal.approvals)}" if proposal.approvals else ""
    yield blocks.context(f"needs: {need.words(proposer)}{so_far}")
