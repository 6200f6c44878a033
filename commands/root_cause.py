"""State an incident's root cause, one part at a time."""

from __future__ import annotations

import json

from commands.desk import Desk, locked, the_incident
from commands.publish import publish
from commands.roles import require_any_role
from commands.telling import tell
from playbook.file import File, made
from playbook.incident import Incident
from playbook.people import Door, Person
from playbook.plan import Json, dump_json
from playbook.ports import Unit
from playbook.root_cause import RootCause, changed, default, stored, veris_json
from playbook.timeline import Event


async def cause_of(unit: Unit, incident: str) -> tuple[RootCause, bool]:
    """The root cause, and whether a person stated it; otherwise it is what the findings speak for."""
    body = await unit.root_causes.get(incident)
    if body is not None:
        return stored(body), True
    return default(f.type for f in await unit.findings.of(incident)), False


async def state(desk: Desk, incident: str, field: str, value: str, *, by: Person, door: Door) -> RootCause:
    """Say one part of it anew; the root cause as it is then. A closed incident's can still be stated.

    Raises BadInput for what is no part of it or no word of VERIS, NotAllowed without a role.
    """
    await require_any_role(desk, by, door)
    now = desk.clock()
    async with desk.store.begin() as unit:
        await locked(unit, incident)
        before, _ = await cause_of(unit, incident)
        after = changed(before, field, value)
        await unit.root_causes.save(incident, dump_json(after), by, now)
        name = field.strip().casefold().replace("-", "_")
        said = getattr(after, name)
        words = said if isinstance(said, str) else ", ".join(said) or "none"
        await tell(
            unit, incident=incident, at=now, actor=by.id, event=Event.ROOT_CAUSE,
            words=f"{by} states the root cause, {name.replace('_', ' ')}: {words}",
            data={"field": name, "said": words},
        )  # fmt: skip
    return after


async def as_veris(unit: Unit, incident: str) -> Json:
    """The incident in VERIS's JSON. Raises BadInput when there is none of that id."""
    found: Incident = await the_incident(unit, incident)
    cause, _ = await cause_of(unit, incident)
    contained = found.contained
    return veris_json(
        cause,
        incident=incident,
        opened=found.opened,
        instances=len(await unit.incidents.instances(incident)),
        alarmed=bool(await unit.findings.of(incident)),
        minutes_to_contain=round((contained - found.opened).total_seconds() / 60) if contained else None,
    )


async def export(desk: Desk, incident: str, *, by: Person, door: Door) -> File:
    """The incident in VERIS's JSON as a file: stored, sealed as evidence and posted in the channel.

    Raises BadInput when there is no incident of that id, NotAllowed without a role.
    """
    await require_any_role(desk, by, door)
    now = desk.clock()
    async with desk.store.begin() as unit:
        await locked(unit, incident)
        said = json.dumps(await as_veris(unit, incident), indent=2, ensure_ascii=False)
        content = f"{said}\n".encode("utf-8", "replace")
        file = made(
            id=desk.new_id(), incident=incident, name=f"ec2ir-{incident}-veris-{now:%Y%m%dT%H%M%SZ}.json",
            media="application/json", content=content, at=now, signature=desk.sign(content),
        )  # fmt: skip
        await publish(
            unit, file, kind="root cause", event=Event.ROOT_CAUSE, by=by,
            words=f"{by} exported the root cause as VERIS",
        )  # fmt: skip
    return file
