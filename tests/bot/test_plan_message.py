"""The plan's message as a pure function: complete however long, harmless, and true after the decision."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.check import checked
from bot.plan_message import plan_message
from playbook.approval import Approval, Decision, Need
from playbook.people import Person, Role
from playbook.plan import Change, Shown
from playbook.proposal import Kind, Proposal
from playbook.target import Target
from sandbox.slack.blockkit import check_blocks, elements_of
from tests.bot.boards import NOON, outside, proposal
from tests.bot.test_card import WHAT_SLACK_PARSES, texts

TARGET = Target(account="111111111111", region="eu-west-1", instance="i-0abc1234def567890", incident="x1")
NEED = Need(count=1, role=Role.APPROVER, proposer_counts=False)
BO = Person(id="U0000000002", name="bo")
several = st.lists(outside, max_size=6).map(tuple)
change_lists = st.lists(
    st.builds(Change, subject=outside, before=outside, after=outside), max_size=12
).map(tuple)  # fmt: skip
plans = st.builds(
    Shown, changes=change_lists, calls=several, undo=outside, notes=several, breaks=several, keeps=several,
    warnings=several,
)  # fmt: skip


def drawn(made: Proposal, plan: Shown | None = None, *, minutes: float = 1) -> str:
    shown = plan or Shown(
        changes=(Change(subject="eni-1", before="sg-web", after="deny"),), calls=(), undo="yes"
    )
    pages = plan_message(made, (("isolate", shown),), NEED, now=NOON + timedelta(minutes=minutes))
    return "\n".join(text for page in pages for text in texts(checked(page)))


def labels(made: Proposal, *, minutes: float = 1) -> list[str]:
    plan = Shown(changes=(), calls=(), undo="yes")
    (page,) = plan_message(made, (("isolate", plan),), NEED, now=NOON + timedelta(minutes=minutes))
    return [b["text"]["text"] for block in checked(page) for b in elements_of(block)]


@pytest.mark.slow
@given(plans, st.sampled_from(list(Kind)))
def test_any_plan_makes_messages_that_slack_takes(plan: Shown, kind: Kind) -> None:
    for page in plan_message(proposal(TARGET, kind=kind), (("isolate", plan),) * 3, NEED, now=NOON):
        made = checked(page)
        assert check_blocks(made, "message") == []
        assert not any(WHAT_SLACK_PARSES.search(text) for text in texts(made))


def test_a_long_plan_goes_on_in_the_thread_and_leaves_nothing_out() -> None:
    changes = tuple(Change(subject=f"vol-{n:04}", before="a" * 60, after="b" * 60) for n in range(400))
    plan = Shown(changes=changes, calls=(), undo="yes")
    pages = plan_message(proposal(TARGET), (("isolate", plan),), NEED, now=NOON)

    said = drawn(proposal(TARGET), plan)
    assert len(pages) > 2
    assert f"The plan goes on in the thread, {len(pages) - 1} more parts." in said
    assert all(f"vol-{n:04}" in said for n in range(400))


def test_a_waiting_plan_asks_and_says_whom_it_needs() -> None:
    made = proposal(TARGET, proposer=Person(id="U0000000001", name="ana"))
    assert labels(made) == ["Approve", "Reject…", "Break-glass…"]
    assert "needs: 1 of the approvers, not <@U0000000001> who proposed it" in drawn(made)


def test_an_approval_among_two_is_shown() -> None:
    made = proposal(TARGET, approvals=(Approval(person=BO, at=NOON),))
    assert "so far: <@U0000000002> <!date^" in drawn(made)


@pytest.mark.parametrize(
    ("decision", "words"),
    [
        (Decision.APPROVED, "✅ Approved by <@U0000000002>"),
        (Decision.REJECTED, "✋ Rejected by bo"),
        (Decision.EXPIRED, "⌛ Expired unapproved"),
        (Decision.SUPERSEDED, "A newer plan took this one's place"),
    ],
)
def test_a_decided_plan_says_who_and_has_no_buttons(decision: Decision, words: str) -> None:
    made = proposal(
        TARGET, decision=decision, decided_by="bo", decided=NOON, approvals=(Approval(person=BO, at=NOON),)
    )
    assert words in drawn(made)
    assert labels(made) == []


def test_a_plan_whose_time_is_over_has_no_buttons_even_before_it_is_marked() -> None:
    assert labels(proposal(TARGET), minutes=31) == []
    assert "Expired unapproved" in drawn(proposal(TARGET), minutes=31)


def test_a_sample_can_be_looked_at_only() -> None:
    assert labels(proposal(TARGET, sample=True)) == []


def test_an_undo_shows_the_way_back() -> None:
    assert "deny  →  sg-web" in drawn(replace(proposal(TARGET), kind=Kind.UNDO))
