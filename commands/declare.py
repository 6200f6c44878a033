"""Declare an incident by hand, on an instance that no finding named."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from commands.desk import Desk
from commands.escalate import review
from commands.indicators import learn
from commands.opening import open_incident
from commands.roles import require_any_role
from playbook.errors import Refused, TooLate
from playbook.finding import Indicator, Severity
from playbook.incident import Incident
from playbook.people import Door, Person
from playbook.target import account_id, instance_id, region_name
from playbook.text import plain, words


async def declare(
    desk: Desk,
    instance: str,
    *,
    by: Person,
    door: Door,
    account: str = "",
    region: str = "",
    why: str = "",
    also: Sequence[str] = (),
) -> Incident:
    """Open an incident, in the account and region of the settings unless named. `also` are further instances (X2).

    Raises BadInput for ids that are none, NotAllowed without a role, Refused when AWS does not show an
    instance or one is part of an open incident already.
    """
    wanted = list(dict.fromkeys(map(instance_id, (instance, *also))))
    where = (account_id(account or desk.account), region_name(region or desk.region))
    await require_any_role(desk, by, door)
    facts = await asyncio.gather(*(desk.cloud.facts(*where, one) for one in wanted))
    for missing in (one for one in facts if not one.seen):
        raise Refused(
            f"{missing.instance} was not found in {where[0]} {where[1]}: {missing.problem}",
            means="No incident was opened.",
            then="Check id, account and region: /ec2ir declare i-… [region] [account].",
        )
    others = f" and {len(facts) - 1} more" if len(facts) > 1 else ""
    subject = plain(why, 150) or f"Declared by hand: {facts[0].name or wanted[0]}{others}"
    try:
        async with desk.store.begin() as unit:
            at = desk.clock()
            opened = await open_incident(
                unit,
                incident=desk.new_id(),
                at=at,
                title=subject,
                severity=Severity.HIGH,
                instances=tuple(facts),
                sample=False,
                by=by,
                drill=desk.drill,
            )
            victims = [Indicator(kind="instance", value=one.instance) for one in facts]
            await learn(unit, opened.id, victims, "declared by hand", at)
            await review(unit, opened.id, at)
    except TooLate as clash:
        raise Refused(
            f"{words(wanted)} is part of an open incident already.",
            means="No second one was opened.",
            then=clash.what,
        ) from clash
    await desk.executor.nudge()
    return opened
