"""Escalate: find what is due, tell it until somebody has it, and take their answers."""

from __future__ import annotations

from datetime import datetime

from commands.desk import Desk, locked
from commands.lateral import hand_over_lateral
from commands.pinging import answered, ask, go_to_fallback, hand, row_of
from commands.roles import require_any_role
from commands.telling import tell
from playbook.clock import elapsed
from playbook.errors import BadInput, Refused, TooLate
from playbook.escalation import RULES, Escalation, EscalationRule, EscalationState, escalation_id
from playbook.incident import Incident, IncidentState
from playbook.people import BOT, Door, Person
from playbook.ports import Unit
from playbook.situation import Situation, due, situation
from playbook.text import plain, words
from playbook.timeline import Event


async def review(unit: Unit, incident: str, now: datetime) -> None:
    """Open what is due by the facts as they are stored now, each rule and target once.

    Within a transaction that holds the incident's lock, or has just opened it.
    """
    found = await unit.incidents.get(incident)
    if found is None or found.state is not IncidentState.OPEN:
        return
    seen = await _situation(unit, found)
    for one in due(seen):
        await _open(unit, seen, incident, one.rule, one.why, by=BOT, now=now)


async def escalate(
    desk: Desk, incident: str, rule: str, *, by: Person, door: Door, why: str = ""
) -> tuple[Escalation, ...]:
    """Escalate by hand, by one of the playbook's rules X1 to X6.

    Raises BadInput for another rule, NotAllowed without a role, Refused on a closed incident or a sample, TooLate
    when the rule has fired already.
    """
    chosen = rule_named(rule)
    await require_any_role(desk, by, door)
    async with desk.store.begin() as unit:
        now, found = desk.clock(), await locked(unit, incident)
        if found.state is not IncidentState.OPEN or found.sample:
            raise Refused(
                "A sample calls nobody." if found.sample else "This incident is closed.",
                means="Nobody was told.",
                then="Declare a new one: /ec2ir declare i-…",
            )
        seen = await _situation(unit, found)
        opened = await _open(unit, seen, incident, chosen, plain(why, 400), by=by, now=now)
        if not opened:
            raise TooLate(
                f"{chosen.id} was escalated already.",
                means="It fires once, so nobody was told again.",
                then=f"The card shows who has it; /ec2ir ack {chosen.id} says that you do.",
            )
    await desk.executor.nudge()
    return opened


async def acknowledge(desk: Desk, escalation: str, *, by: Person) -> Escalation:
    """Somebody has it: no further ping. Whoever is reached may say so.

    Raises BadInput when there is no such escalation, TooLate when somebody was first.
    """
    async with desk.store.begin() as unit:
        now, before = desk.clock(), await _locked(unit, escalation)
        if not await unit.escalations.acknowledge(escalation, by, now):
            since = elapsed(now - (before.acknowledged or now))
            raise TooLate(
                f"{before.rule} ({before.target}) was acknowledged {since} ago.",
                means="Your answer changed nothing.",
                then="The card shows who has it.",
            )
        after = await _locked(unit, escalation)
        took = elapsed(now - before.opened)
        await _said(
            unit, before, by, now, f"{by} acknowledged {before.rule} ({before.target}) after {took}", "ack"
        )
        await answered(unit, desk.policy.escalation, after, now)
    return after


async def acknowledge_all(desk: Desk, incident: str, rule: str = "", *, by: Person) -> tuple[Escalation, ...]:
    """Everything of the incident (or of one rule) that nobody has yet. Raises Refused when there is nothing."""
    chosen = rule_named(rule).id if rule else ""
    async with desk.store.begin() as unit:
        every = await unit.escalations.of(incident)
    open_ = [e.id for e in every if e.state is not EscalationState.ACKNOWLEDGED and chosen in ("", e.rule)]
    if not open_:
        raise Refused(
            f"No escalation{f' by {chosen}' if chosen else ''} waits for an answer.",
            means="Nothing was acknowledged.",
        )
    return tuple([await acknowledge(desk, e, by=by) for e in open_])


async def hand_over(desk: Desk, escalation: str, to: Person, *, by: Person) -> None:
    """Ping that person now, and from now on. Raises as `acknowledge`, and TooLate after the ladder's end."""
    async with desk.store.begin() as unit:
        now, before = desk.clock(), await _locked(unit, escalation)
        if not await unit.escalations.hand_over(escalation, to):
            raise TooLate(
                f"{before.rule} waits for nobody any more.",
                means="It was handed to nobody.",
                then="The card shows who has it.",
            )
        words_ = f"{by} handed {before.rule} ({before.target}) over to {to}"
        await _said(unit, before, by, now, words_, f"to:{to.id}:{before.rung}")
        errand = hand(before, max(before.rung - 1, 0), to)
        await unit.outbox.put(row_of(errand, before.incident, now))
        await answered(unit, desk.policy.escalation, await _locked(unit, escalation), now)


async def decline(desk: Desk, escalation: str, *, by: Person) -> None:
    """“Not me”: said aloud; where one person alone was asked, the fallback is pinged at once.

    Raises BadInput when there is no such escalation, TooLate when somebody has it.
    """
    policy = desk.policy.escalation
    async with desk.store.begin() as unit:
        now, before = desk.clock(), await _locked(unit, escalation)
        if before.state is EscalationState.ACKNOWLEDGED:
            raise TooLate(f"Somebody has {before.rule} already.", means="Your click changed nothing.")
        contact = policy.targets.get(before.target)
        handed = before.handed_to == by.id
        alone = contact is not None and contact.person == by.id and not contact.group
        then = "Others are still asked."
        if handed or alone:
            errand = hand(before, max(before.rung - 1, 0), by)
            then = await go_to_fallback(unit, policy, before, errand, now)
        if handed:  # from now on the target is asked again, and not who said no
            await unit.escalations.hand_over(before.id, Person(id=""))
        words_ = f"{by} says “not me” to {before.rule} ({before.target}). {then}"
        await _said(unit, before, by, now, words_, f"declined:{by.id}:{before.rung}")


def rule_named(rule: str) -> EscalationRule:
    """The rule of that id. Raises BadInput for another."""
    found = RULES.get(rule.upper())
    if found is None:
        raise BadInput(
            f"There is no escalation “{plain(rule, 20)}”.",
            then="; ".join(f"{r.id} {r.happened.lower()}" for r in RULES.values()),
        )
    return found


async def _situation(unit: Unit, incident: Incident) -> Situation:
    return situation(
        incident,
        findings=await unit.findings.of(incident.id),
        instances=await unit.incidents.instances(incident.id),
        answers=await unit.answers.of(incident.id),
    )


async def _open(
    unit: Unit, seen: Situation, incident: str, rule: EscalationRule, why: str, *, by: Person, now: datetime
) -> tuple[Escalation, ...]:
    """The escalations that are new, each with its first timer, which is due at once."""
    wanted = [
        Escalation(
            id=escalation_id(incident, rule.id, target), incident=incident, rule=rule.id, target=target,
            why=why, opened=now,
        )
        for target in rule.targets
    ]  # fmt: skip
    new = tuple([e for e in wanted if await unit.escalations.add(e)])
    for escalation in new:
        await ask(unit, escalation.id, 0, now)
    if new:
        hand_ = "" if by == BOT else f"{by} escalates by hand. "
        because = f": {why}" if why else ""
        await tell(
            unit, incident=incident, at=now, actor=by.id, event=Event.ESCALATED,
            words=f"{hand_}{rule.id} {rule.happened.lower()}{because}. To {words([e.target for e in new])}",
            data={"rule": rule.id, "targets": [e.target for e in new]},
        )  # fmt: skip
    if new and rule.id == "X6":
        await hand_over_lateral(unit, incident, seen, why, by=by, now=now)
    return new


async def _locked(unit: Unit, escalation: str) -> Escalation:
    found = await unit.escalations.get(escalation)
    if found is None:
        raise BadInput(f"There is no escalation “{plain(escalation, 60)}”.", then="The card shows them.")
    await locked(unit, found.incident)
    return (await unit.escalations.get(escalation)) or found


async def _said(unit: Unit, of: Escalation, by: Person, now: datetime, words_: str, key: str) -> None:
    await tell(
        unit, incident=of.incident, at=now, actor=by.id, event=Event.ESCALATED, words=words_,
        data={"escalation": of.id, "rule": of.rule}, aloud=f"{key}:{of.id}",
    )  # fmt: skip
