"""Add an instance to an incident: from two on it is a major one (X2)."""

from __future__ import annotations

from commands.desk import Desk, locked, the_incident
from commands.escalate import review
from commands.gather import ask
from commands.indicators import learn
from commands.propose import propose_missing
from commands.roles import require_any_role
from commands.seen import saw
from commands.telling import tell
from playbook.errors import Refused, TooLate
from playbook.finding import Indicator
from playbook.incident import IncidentState, InstanceFacts
from playbook.people import Door, Person
from playbook.target import account_id, instance_id, region_name
from playbook.timeline import Event


async def join(
    desk: Desk,
    incident: str,
    instance: str,
    *,
    by: Person,
    door: Door,
    account: str = "",
    region: str = "",
) -> InstanceFacts:
    """Add the instance, in the account and region of the incident's first unless named, and plan what is recommended.

    Raises BadInput for ids that are none, NotAllowed without a role, Refused when the incident is closed or a
    sample, when AWS does not show the instance, or when an open incident holds it already.
    """
    wanted = instance_id(instance)
    await require_any_role(desk, by, door)
    async with desk.store.begin() as unit:
        found, known = await the_incident(unit, incident), await unit.incidents.instances(incident)
    if found.state is not IncidentState.OPEN or found.sample:
        raise Refused(
            "This incident is closed."
            if not found.sample
            else "A sample finding's incident takes in nothing.",
            means="The instance was not added.",
            then="Declare a new one: /ec2ir declare i-…",
        )
    home = next(iter(known), InstanceFacts(account=desk.account, region=desk.region, instance=""))
    where = (account_id(account or home.account), region_name(region or home.region))
    facts = await desk.cloud.facts(*where, wanted)
    if not facts.seen:
        raise Refused(
            f"{wanted} was not found in {where[0]} {where[1]}: {facts.problem}",
            means="The instance was not added.",
            then="Check id, account and region: /ec2ir join i-… [region] [account].",
        )
    try:
        await _add(desk, incident, facts, by)
    except TooLate as clash:
        raise Refused(
            f"{wanted} is part of an open incident already.", means="It was not added.", then=clash.what
        ) from clash
    await desk.executor.nudge()
    await propose_missing(desk, incident)
    return facts


async def _add(desk: Desk, incident: str, facts: InstanceFacts, by: Person) -> None:
    async with desk.store.begin() as unit:
        at, before = desk.clock(), await locked(unit, incident)
        if before.state is not IncidentState.OPEN:
            raise Refused("This incident is closed.", means="The instance was not added.")
        held = [i.instance for i in await unit.incidents.instances(incident)]
        if facts.instance in held:
            raise Refused(f"{facts.instance} is part of this incident already.", means="Nothing was changed.")
        await saw(unit, incident, [facts], before.severity, at)
        await ask(unit, incident, [facts], at)
        victim = Indicator(kind="instance", value=facts.instance)
        await learn(unit, incident, [victim], "joined by hand", at)
        await tell(
            unit, incident=incident, at=at, actor=by.id, event=Event.JOINED,
            words=f"{by} added {facts.instance}: {len(held) + 1} instances now",
            data={"instance": facts.instance}, aloud=f"joined:{facts.instance}",
        )  # fmt: skip
        await review(unit, incident, at)
