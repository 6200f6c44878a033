"""Who must agree before a plan is carried out: one table, and the judgement of one click."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum

from playbook.clock import elapsed
from playbook.environment import Environment
from playbook.errors import NotAllowed, Refused, TooLate
from playbook.people import Door, Person, Role
from playbook.text import plain

LIFETIME = timedelta(minutes=30)
"""How long a plan may wait for approval, and an approval for its run."""


class Risk(IntEnum):
    """How much a step can break; a composite plan has the highest of its steps."""

    HARMLESS = 0
    REVERSIBLE = 1
    DRASTIC = 2


class Decision(StrEnum):
    """What became of a proposal; only PENDING can change, and only once."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """How many people of which role, and whether the proposer may be one of them."""

    count: int
    role: Role
    proposer_counts: bool

    def words(self, proposer: Person | None) -> str:
        """As the plan message says it: `1 of the approvers, not @ana who proposed it`."""
        some = f"{self.count} of the {self.role.value}"
        barred = proposer is not None and not self.proposer_counts
        return f"{some}, not {proposer} who proposed it" if barred else some


_RESPONDER = Need(count=1, role=Role.RESPONDER, proposer_counts=True)
_APPROVER = Need(count=1, role=Role.APPROVER, proposer_counts=False)
_TWO = Need(count=2, role=Role.APPROVER, proposer_counts=False)
_TABLE: dict[tuple[Risk, Environment], Need] = {
    (Risk.HARMLESS, Environment.PRODUCTION): _RESPONDER,
    (Risk.HARMLESS, Environment.NONPRODUCTION): _RESPONDER,
    (Risk.REVERSIBLE, Environment.PRODUCTION): _APPROVER,
    (Risk.REVERSIBLE, Environment.NONPRODUCTION): _RESPONDER,
    (Risk.DRASTIC, Environment.PRODUCTION): _TWO,
    (Risk.DRASTIC, Environment.NONPRODUCTION): _APPROVER,
}


def need(risks: Iterable[Risk], environment: Environment) -> Need:
    """What a plan of steps with these risks needs in this environment."""
    return _TABLE[max(risks), environment]


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """One person's word for one hash. `override` is a break-glass reason, empty in ordinary approvals.

    `door` says whose word it is that the person holds the role: Slack's groups, or the settings' operators.
    """

    person: Person
    at: datetime
    override: str = ""
    door: Door = Door.CHAT


def enough(wanted: Need, given: Sequence[Approval]) -> bool:
    """Whether these approvals carry the plan; one break-glass approval is enough by itself."""
    return any(a.override for a in given) or len({a.person.id for a in given}) >= wanted.count


def check_override(reason: str) -> str:
    """A break-glass reason that says something. Raises Refused when it is too short to review later."""
    kept = plain(reason, 500)
    if len(kept) < 10:
        raise Refused(
            "Break-glass needs a written reason of at least ten characters.",
            means="Nothing was run.",
            then="Write why nobody else could approve; the whole group will read it.",
        )
    return kept


def judge(
    wanted: Need,
    *,
    proposer: Person | None,
    person: Person,
    roles: Collection[Role],
    others: Collection[str],
    override: bool = False,
) -> None:
    """Let `person` approve, or raise NotAllowed with the reason and who else could.

    `roles` are the person's roles read just now; `others` are the names of the people who hold the role.
    """
    ask = f"Ask {', '.join(sorted(others))}" if others else f"Add somebody to the {wanted.role.value}"
    if override and Role.APPROVER not in roles:
        raise NotAllowed(
            "Break-glass is for approvers, and you are not one.",
            means="This plan was not run.",
            then=f"{ask}.",
        )
    holds = wanted.role in roles or (wanted.role is Role.RESPONDER and Role.APPROVER in roles)
    if not holds:
        raise NotAllowed(
            f"You are not in the {wanted.role.value}.",
            means="This plan was not run.",
            then=f"{ask}, who can.",
        )
    if proposer is not None and proposer.id == person.id and not wanted.proposer_counts and not override:
        raise NotAllowed(
            "You proposed this plan, and in this environment somebody else must approve it.",
            means="This plan was not run.",
            then=f"{ask}; or an approver uses break-glass with a reason.",
        )


def check_pending(
    decision: Decision, expires: datetime, now: datetime, *, who: str = "", at: datetime | None = None
) -> None:
    """Raise TooLate unless the plan still waits for approval at `now`; `who` decided it `at` that moment."""
    if decision is Decision.PENDING and now < expires:
        return
    when = f"{elapsed(now - at)} ago" if at is not None else "already"
    happened = {
        Decision.APPROVED: f"{who or 'Somebody'} approved this plan {when}.",
        Decision.REJECTED: f"{who or 'Somebody'} rejected this plan {when}.",
        Decision.SUPERSEDED: "A newer plan took this one's place.",
    }.get(decision, f"This plan expired at {expires:%H:%M:%S} UTC.")
    raise TooLate(happened, means="Your click changed nothing.", then="The card shows what stands now.")
