"""The quarterly audit (H6): rows H1 and H2 of every account and region of the settings, told and kept as evidence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from actions.check import Of
from actions.checks.catalogue import CHECK_BY_NAME, CHECKS
from commands.desk import Desk
from playbook.answer import Answer, Answered, Verdict
from playbook.brief import Brief
from playbook.clock import elapsed
from playbook.outbox import Message, Post, Urgency
from playbook.plan import Json, dump_json
from playbook.ports import Unit
from playbook.quarter import next_quarter, quarter
from playbook.slot import Alarm, Slot, SlotState
from playbook.target import Target
from playbook.text import plain
from playbook.timeline import Event

ROW = "H6"
CHECKED = tuple(c.name for c in CHECKS if c.of is Of.ACCOUNT and ROW in (c.row, *c.also))
"""The checks of rows H1 and H2 on an account."""
LEDGER = "audit"
"""The name of the evidence chain that audits are kept in: they belong to no incident."""
LATE = timedelta(minutes=5)
"""An audit this long after its moment says so."""
_SIGNS = {Verdict.CLEAR: "clear", Verdict.NOTABLE: "LOOK AT THIS", Verdict.GAP: "could not be had"}
_LONGEST = 600
"""Characters that one check's answer takes in the announcement."""


def places(desk: Desk) -> tuple[tuple[str, str], ...]:
    """Every account with every region in which it is audited."""
    wanted = desk.policy.audit
    accounts, regions = wanted.accounts or (desk.account,), wanted.regions or (desk.region,)
    return tuple(dict.fromkeys((a, r) for a in accounts for r in regions if a and r))


async def arrange(desk: Desk) -> None:
    """Set the next quarter's timers; harmless to repeat, so every start of an engine does it."""
    now = desk.clock()
    async with desk.store.begin() as unit:
        for account, region in places(desk):
            await unit.slots.add(_slot(account, region, now))


def _slot(account: str, region: str, after: datetime) -> Slot:
    due = next_quarter(after)
    return Slot(
        key=f"audit:{account}:{region}:{quarter(due)}",
        alarm=Alarm.AUDIT,
        subject=f"{account}/{region}/{due:%Y-%m-%d}",
        due=due,
    )


async def fire(desk: Desk, slot: Slot) -> None:
    """Audit one account and region, tell the result, and set the next timer; of firings at once one takes effect.

    A place that has left the settings is not looked at any more.
    """
    account, region, _ = slot.subject.split("/")
    if (account, region) not in places(desk):
        return
    target = Target(account=account, region=region, instance="", incident="")
    answers = await desk.cloud.look(target, CHECKED, Brief())
    now = max(desk.clock(), slot.due)
    async with desk.store.begin() as unit:
        if not await unit.slots.move(slot.key, SlotState.QUEUED, SlotState.DONE, now):
            return
        await unit.slots.add(_slot(account, region, now))
        for name, answer in answers.items():
            await unit.ledger.add(LEDGER, now, "audited", f"{account}/{region}/{name}", dump_json(answer))
            await unit.answers.save(Answered(check=name, target=target, at=now, answer=answer))
        await _announce(unit, slot, _words(account, region, answers, due=slot.due, now=now), now)


async def _announce(unit: Unit, slot: Slot, words: str, now: datetime) -> None:
    body: Json = {"words": words, "event": Event.CHECKED.value}
    await unit.outbox.put(
        Message(key=slot.key, incident="", post=Post.ANNOUNCE, at=now, body=body, urgency=Urgency.WHENEVER)
    )


def _words(account: str, region: str, answers: Mapping[str, Answer], *, due: datetime, now: datetime) -> str:
    late = f", {elapsed(now - due)} late" if now - due > LATE else ""
    unseen = any(a.verdict is Verdict.GAP or a.gaps for a in answers.values())
    again = f" What is missing can be looked at by hand: ec2ir audit --account {account} --region {region}"
    said = " ".join(_answer(name, answer) for name, answer in answers.items())
    return (
        f"Audit of {quarter(due)} ({ROW}{late}), account {account}, {region}. {said}{again if unseen else ''}"
    )


def _answer(name: str, answer: Answer) -> str:
    check = CHECK_BY_NAME[name]
    said = "; ".join((*answer.says, *(f"missing: {gap}" for gap in answer.gaps)))
    verdict = _SIGNS.get(answer.verdict, answer.verdict.value)
    return f"{check.row} {check.title}: {verdict}. {plain(said, _LONGEST)}"
