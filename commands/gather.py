"""Gathering: checks made together on an instance, their answers stored as evidence and shown on the card."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from actions.check import Check, Of, When
from actions.checks.catalogue import CHECK_BY_NAME, CHECKS
from commands.brief import brief_of
from commands.desk import Desk, locked, part_of
from commands.escalate import review
from commands.indicators import learn
from commands.roles import require_any_role
from commands.telling import show, tell
from playbook.answer import Answer, Answered, Verdict
from playbook.errors import BadInput, Refused
from playbook.incident import InstanceFacts
from playbook.people import BOT, Door, Person
from playbook.plan import dump_json
from playbook.ports import Unit
from playbook.slot import Alarm, Slot
from playbook.target import Target
from playbook.text import many, plain, sentences, words
from playbook.timeline import Event


async def ask(unit: Unit, incident: str, facts: Sequence[InstanceFacts], at: datetime) -> None:
    """Have everything gathered that an opened incident asks for, soon and once for each instance."""
    for one in facts:
        if one.seen:
            subject = f"{incident}/{one.instance}/"
            await unit.slots.add(Slot(key=f"checks:{subject}", alarm=Alarm.CHECKS, subject=subject, due=at))


async def fire(desk: Desk, subject: str) -> None:
    """Make the checks that a slot's subject names; harmless to repeat. Settings may leave those of an opening out."""
    incident, instance, names = subject.split("/", 2)
    if not names and not desk.policy.investigate:
        return
    chosen = [CHECK_BY_NAME[n] for n in names.split(",") if n in CHECK_BY_NAME]
    chosen = chosen or [c for c in CHECKS if c.when is When.OPENED]
    await _gather(desk, incident, instance, chosen, aloud=f"checks:{instance}:{names}")


async def gather(
    desk: Desk, incident: str, names: Sequence[str], *, by: Person, door: Door, instance: str = ""
) -> Mapping[str, Answer]:
    """Make these checks now, on the named instance or the first; each one's answer.

    Raises BadInput for an unknown check or instance, NotAllowed without a role, Refused on a sample.
    """
    unknown = [n for n in names if n not in CHECK_BY_NAME]
    if unknown or not names:
        raise BadInput(
            f"There is no check “{plain(words(unknown), 60)}”.",
            then=f"There are: {', '.join(CHECK_BY_NAME)}.",
        )
    await require_any_role(desk, by, door)
    return await _gather(desk, incident, instance, [CHECK_BY_NAME[n] for n in names])


async def _gather(
    desk: Desk, incident: str, instance: str, checks: Sequence[Check], *, aloud: str = ""
) -> Mapping[str, Answer]:
    """`aloud` is the key of one line in the channel: each answer in a line of its own would bury what people decide."""
    async with desk.store.begin() as unit:
        found = await locked(unit, incident)
        facts = part_of(await unit.incidents.instances(incident), instance)
        if found.sample:
            raise Refused("A sample finding's instance does not exist.", means="Nothing was looked at.")
        brief = await brief_of(unit, facts.target(incident))
    answers = await desk.cloud.look(facts.target(incident), [c.name for c in checks], brief)
    now = desk.clock()
    async with desk.store.begin() as unit:
        await locked(unit, incident)
        for check in checks:
            await _keep(unit, facts.target(incident), check, answers[check.name], now)
        await review(unit, incident, now)
        if aloud:
            await _sum_up(unit, incident, facts, answers, now, aloud)
        await show(unit, incident, now)
    return answers


async def _sum_up(
    unit: Unit, incident: str, facts: InstanceFacts, answers: Mapping[str, Answer], now: datetime, aloud: str
) -> None:
    """One line for a whole round, with the rows that a person should see by name; the card has the answers."""
    verdicts = Counter(answer.verdict for answer in answers.values())
    rows = [CHECK_BY_NAME[n].row for n, a in answers.items() if a.verdict is Verdict.NOTABLE]
    gaps = [CHECK_BY_NAME[n].row for n, a in answers.items() if a.verdict is Verdict.GAP]
    notable = f"{many(len(rows), 'answer')} for you to see ({', '.join(rows)})" if rows else "nothing notable"
    missing = f"; {many(len(gaps), 'gap')} ({', '.join(gaps)})" if gaps else ""
    await tell(
        unit, incident=incident, at=now, actor=BOT.id, event=Event.CHECKED,
        words=f"Looked at {facts.name or facts.instance}: {notable}, {verdicts[Verdict.CLEAR]} clear{missing}."
        " The card's Checks show them",
        data={"instance": facts.instance, "notable": rows, "gaps": gaps}, aloud=aloud,
    )  # fmt: skip


async def _keep(unit: Unit, target: Target, check: Check, answer: Answer, now: datetime) -> None:
    incident = target.incident
    about = (
        target
        if check.of is Of.INSTANCE
        else Target(account=target.account, region=target.region, instance="", incident=incident)
    )
    await unit.ledger.add(incident, now, "checked", f"{about.instance}/{check.name}", dump_json(answer))
    await unit.answers.save(Answered(check=check.name, target=about, at=now, answer=answer))
    new = await learn(unit, incident, answer.indicators, f"{check.row} {check.title}", now)
    said = sentences((*answer.says, *(f"missing: {g}" for g in answer.gaps)))
    await tell(
        unit, incident=incident, at=now, actor=BOT.id, event=Event.CHECKED,
        words=f"{check.row} {check.title}: {answer.verdict.value}. {said}",
        data={"check": check.name, "row": check.row, "instance": about.instance,
              "verdict": answer.verdict.value, "indicators": len(new)},
    )  # fmt: skip
