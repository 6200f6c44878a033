"""Declare an incident by hand, on an instance that no finding named."""

from __future__ import annotations

from commands.desk import Desk
from commands.indicators import learn
from commands.opening import open_incident
from commands.roles import require_any_role
from playbook.errors import Refused, TooLate
from playbook.finding import Indicator, Severity
from playbook.incident import Incident
from playbook.people import Door, Person
from playbook.target import account_id, instance_id, region_name
from playbook.text import plain


async def declare(
    desk: Desk,
    instance: str,
    *,
    by: Person,
    door: Door,
    account: str = "",
    region: str = "",
    why: str = "",
) -> Incident:
    """Open an incident, in the account and region of the settings unless named.

    Raises BadInput for ids that are none, NotAllowed without a role, Refused when AWS does not show the
    instance or it is part of an open incident already.
    """
    wanted = instance_id(instance)
    where = (account_id(account or desk.account), region_name(region or desk.region))
    await require_any_role(desk, by, door)
    facts = await desk.cloud.facts(*where, wanted)
    if not facts.seen:
        raise Refused(
            f"{wanted} was not found in {where[0]} {where[1]}: {facts.problem}",
            means="No incident was opened.",
            then="Check id, account and region: /ec2ir declare i-… [region] [account].",
        )
    subject = plain(why, 150) or f"Declared by hand: {facts.name or wanted}"
    try:
        async with desk.store.begin() as unit:
            at = desk.clock()
            opened = await open_incident(
                unit,
                incident=desk.new_id(),
                at=at,
                title=subject,
                severity=Severity.HIGH,
                instances=(facts,),
                sample=False,
                by=by,
            )
            victim = Indicator(kind="instance", value=facts.instance)
            await learn(unit, opened.id, [victim], "declared by hand", at)
    except TooLate as clash:
        raise Refused(
            f"{wanted} is part of an open incident already.",
            means="No second one was opened.",
            then=clash.what,
        ) from clash
    await desk.executor.nudge()
    return opened
