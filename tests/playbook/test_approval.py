"""Who must agree: the whole table, and the judgement of one click."""

from datetime import UTC, datetime, timedelta

import pytest

from playbook.approval import (
    LIFETIME,
    Approval,
    Decision,
    Need,
    Risk,
    check_override,
    check_pending,
    enough,
    judge,
    need,
)
from playbook.environment import Environment
from playbook.errors import NotAllowed, Refused, TooLate
from playbook.people import Person, Role

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
ANA, BO, CHAI = (Person(id=f"U{n}", name=n) for n in ("ana", "bo", "chai"))
PRODUCTION, NONPRODUCTION = Environment.PRODUCTION, Environment.NONPRODUCTION
RESPONDER, APPROVER = frozenset({Role.RESPONDER}), frozenset({Role.APPROVER})
ONE_RESPONDER = Need(count=1, role=Role.RESPONDER, proposer_counts=True)
ONE_APPROVER = Need(count=1, role=Role.APPROVER, proposer_counts=False)
TWO_APPROVERS = Need(count=2, role=Role.APPROVER, proposer_counts=False)


@pytest.mark.parametrize(
    ("risk", "environment", "wanted"),
    [
        (Risk.HARMLESS, PRODUCTION, ONE_RESPONDER),
        (Risk.HARMLESS, NONPRODUCTION, ONE_RESPONDER),
        (Risk.REVERSIBLE, PRODUCTION, ONE_APPROVER),
        (Risk.REVERSIBLE, NONPRODUCTION, ONE_RESPONDER),
        (Risk.DRASTIC, PRODUCTION, TWO_APPROVERS),
        (Risk.DRASTIC, NONPRODUCTION, ONE_APPROVER),
    ],
)
def test_the_table(risk: Risk, environment: Environment, wanted: Need) -> None:
    assert need([risk], environment) == wanted
    assert need([Risk.HARMLESS, risk, Risk.HARMLESS], environment) == wanted


@pytest.mark.parametrize(
    ("wanted", "proposer", "person", "roles", "override", "refusal"),
    [
        (ONE_RESPONDER, ANA, ANA, RESPONDER, False, ""),
        (ONE_RESPONDER, ANA, BO, APPROVER, False, ""),
        (ONE_RESPONDER, ANA, BO, frozenset[Role](), False, "not in the responders"),
        (ONE_APPROVER, ANA, BO, APPROVER, False, ""),
        (ONE_APPROVER, ANA, BO, RESPONDER, False, "not in the approvers"),
        (ONE_APPROVER, ANA, ANA, APPROVER, False, "somebody else must approve"),
        (ONE_APPROVER, None, ANA, APPROVER, False, ""),
        (TWO_APPROVERS, ANA, ANA, APPROVER, False, "somebody else must approve"),
        (TWO_APPROVERS, ANA, BO, APPROVER, False, ""),
        (ONE_APPROVER, ANA, ANA, APPROVER, True, ""),
        (TWO_APPROVERS, ANA, BO, APPROVER, True, ""),
        (ONE_APPROVER, ANA, ANA, RESPONDER, True, "Break-glass is for approvers"),
        (ONE_RESPONDER, ANA, BO, RESPONDER, True, "Break-glass is for approvers"),
    ],
)
def test_one_click_is_judged(
    wanted: Need,
    proposer: Person | None,
    person: Person,
    roles: frozenset[Role],
    override: bool,
    refusal: str,
) -> None:
    def click() -> None:
        judge(
            wanted, proposer=proposer, person=person, roles=roles, others=["chai", "dee"], override=override
        )

    if not refusal:
        click()
        return
    with pytest.raises(NotAllowed, match=refusal) as refused:
        click()
    assert refused.value.means == "This plan was not run."
    assert "Ask chai, dee" in refused.value.then


def test_who_is_the_only_one_learns_that_somebody_must_be_added() -> None:
    with pytest.raises(NotAllowed, match="Add somebody to the approvers"):
        judge(ONE_APPROVER, proposer=ANA, person=ANA, roles=APPROVER, others=[])


def given(*people: Person, override: str = "") -> list[Approval]:
    return [Approval(person=p, at=NOON, override=override) for p in people]


def test_two_means_two_people() -> None:
    assert not enough(TWO_APPROVERS, given())
    assert not enough(TWO_APPROVERS, given(BO, BO))
    assert enough(TWO_APPROVERS, given(BO, CHAI))
    assert enough(ONE_APPROVER, given(BO))
    assert enough(TWO_APPROVERS, given(BO, override="nobody else answers"))


@pytest.mark.parametrize("reason", ["", "  asap   ", "x" * 9, "a" + " " * 40])
def test_a_reason_that_says_nothing_is_refused(reason: str) -> None:
    with pytest.raises(Refused, match="at least ten characters"):
        check_override(reason)


def test_a_reason_is_kept_on_one_line() -> None:
    assert check_override("  nobody\n answers at night ") == "nobody answers at night"


EXPIRES = NOON + LIFETIME


@pytest.mark.parametrize(
    ("decision", "now", "says"),
    [
        (Decision.PENDING, EXPIRES, "expired at 12:30:00 UTC"),
        (Decision.EXPIRED, NOON, "expired at 12:30:00 UTC"),
        (Decision.APPROVED, NOON, "bo approved this plan already"),
        (Decision.REJECTED, NOON, "bo rejected this plan"),
        (Decision.SUPERSEDED, NOON, "newer plan"),
    ],
)
def test_who_comes_too_late_is_told_why(decision: Decision, now: datetime, says: str) -> None:
    with pytest.raises(TooLate, match=says):
        check_pending(decision, EXPIRES, now, who="bo")


def test_a_pending_plan_can_be_clicked_until_it_expires() -> None:
    check_pending(Decision.PENDING, EXPIRES, EXPIRES - timedelta(microseconds=1))


def test_the_plan_says_whom_it_needs() -> None:
    assert ONE_APPROVER.words(ANA) == "1 of the approvers, not ana who proposed it"
    assert ONE_APPROVER.words(None) == "1 of the approvers"
    assert ONE_RESPONDER.words(ANA) == "1 of the responders"
