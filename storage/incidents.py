"""Incidents and their instances; an index sees to it that one open incident holds an instance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Select, bindparam, case, insert, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from playbook.environment import Environment
from playbook.errors import TooLate
from playbook.finding import Severity
from playbook.incident import Incident, IncidentState, InstanceFacts
from playbook.people import Person
from storage.sql import Row, changed, execute, given, inserting_new, matching, one, row_of, rows
from storage.tables import incidents, instances

_i, _n = incidents.c, instances.c
_OPEN = _i.state == IncidentState.OPEN
_PLACE = (_n.account, _n.region, _n.instance)
_BY_RANK = select(incidents).order_by(_i.rank, _i.opened, _i.id).limit(bindparam("most"))
_WORSE = _i.rank > given(_i.rank)

_ADD = insert(incidents)
_GET = select(incidents).where(matching(_i.id))
# Not from rows that only refer to it.
_LOCK = _GET.with_for_update(key_share=True)
_HOLDER = select(_n.incident).where(matching(*_PLACE), _n.held == literal_column("1"))
_OPEN_ON = select(incidents).where(_i.id == _HOLDER.scalar_subquery())
_IN_CHANNEL = select(incidents).where(matching(_i.channel))
_LISTED = _BY_RANK.where(_OPEN)
_SET = update(incidents).where(matching(_i.id))
_TIGHTEN = _SET.values(
    severity=case((_WORSE, given(_i.severity)), else_=_i.severity),
    rank=case((_WORSE, given(_i.rank)), else_=_i.rank),
)
_TAKE_LEAD = _SET.where(_i.lead == "")
_CONTAIN = _SET.where(_i.contained.is_(None))
_CLOSE = _SET.where(_OPEN)
_REOPEN = _SET.where(_i.state == IncidentState.CLOSED)

_HOLD = inserting_new(instances)
_INSTANCES = select(_n.facts).where(matching(_n.incident)).order_by(_n.seq)
_FIRST = select(_n.first).where(matching(_n.incident)).order_by(_n.seq)
_LEARN = update(instances).where(matching(_n.incident, *_PLACE))
# Locked, so that nobody closes the incident before the instance is its own.
_STATE = select(_i.state).where(matching(_i.id)).with_for_update()
_HOLDING = update(instances).where(matching(_n.incident))


@cache
def _facts() -> TypeAdapter[InstanceFacts]:
    return TypeAdapter(InstanceFacts)


@dataclass(frozen=True, slots=True)
class SqlIncidents:
    """`playbook.ports.Incidents` on a connection."""

    connection: AsyncConnection

    async def add(self, incident: Incident, instances: Sequence[InstanceFacts]) -> None:
        """Open it. Raises TooLate, with nothing stored, when an open incident holds one of the instances."""
        async with self.connection.begin_nested():
            await execute(self.connection, _ADD, row_of(incident) | {"rank": incident.severity.rank})
            for facts in instances:
                await self._hold(incident.id, facts, held=incident.state is IncidentState.OPEN)

    async def get(self, incident: str) -> Incident | None:
        """The incident of that id."""
        return await self._one(_GET, {"id_": incident})

    async def lock(self, incident: str) -> Incident | None:
        """The incident of that id, kept from every other `lock` until the transaction ends."""
        return await self._one(_LOCK, {"id_": incident})

    async def open_on(self, account: str, region: str, instance: str) -> Incident | None:
        """The open incident that holds the instance."""
        return await self._one(_OPEN_ON, {"account_": account, "region_": region, "instance_": instance})

    async def in_channel(self, channel: str) -> Incident | None:
        """The incident that is talked about in that Slack channel; none is in the channel without a name."""
        return await self._one(_IN_CHANNEL, {"channel_": channel}) if channel else None

    async def listed(self, *, closed: bool = False, most: int = 100) -> tuple[Incident, ...]:
        """Open ones (also closed ones if asked), most severe and oldest first."""
        found = await rows(self.connection, _BY_RANK if closed else _LISTED, {"most": most})
        return tuple(_incident(row) for row in found)

    async def instances(self, incident: str) -> tuple[InstanceFacts, ...]:
        """Its instances with what is known of them, in the order in which they came."""
        found = await self.connection.scalars(_INSTANCES, {"incident_": incident})
        return tuple(_facts().validate_python(facts) for facts in found)

    async def at_first(self, incident: str) -> tuple[InstanceFacts, ...]:
        """Its instances as they were when they joined it, in that order."""
        found = await self.connection.scalars(_FIRST, {"incident_": incident})
        return tuple(_facts().validate_python(facts) for facts in found)

    async def learn(self, incident: str, facts: InstanceFacts) -> None:
        """Add an instance or replace what is known of it. Raises TooLate as `add` does."""
        learnt = {"incident_": incident, "facts": _dump(facts)}
        if await changed(self.connection, _LEARN, _at(facts) | learnt):
            return
        state = await self.connection.scalar(_STATE, {"id_": incident})
        await self._hold(incident, facts, held=state is IncidentState.OPEN)

    async def tighten(self, incident: str, environment: Environment, severity: Severity) -> None:
        """Raise environment and severity; neither is ever lowered."""
        tighter: Row = {"id_": incident, "severity_": severity, "rank_": severity.rank}
        if environment is Environment.PRODUCTION:
            tighter["environment"] = environment
        await execute(self.connection, _TIGHTEN, tighter)

    async def set_channel(self, incident: str, channel: str) -> None:
        """Remember the Slack channel."""
        await execute(self.connection, _SET, {"id_": incident, "channel": channel})

    async def set_card(self, incident: str, ts: str) -> None:
        """Remember the card's message."""
        await execute(self.connection, _SET, {"id_": incident, "card_ts": ts})

    async def take_lead(self, incident: str, person: Person) -> bool:
        """Make `person` the lead, by id, if there is none; whether that happened."""
        return await changed(self.connection, _TAKE_LEAD, {"id_": incident, "lead": person.id}) == 1

    async def mark_contained(self, incident: str, at: datetime) -> bool:
        """Set the moment of containment if it is not set; whether that happened."""
        return await changed(self.connection, _CONTAIN, {"id_": incident, "contained": at}) == 1

    async def unmark_contained(self, incident: str) -> None:
        """An undo made the instance reachable again."""
        await execute(self.connection, _SET, {"id_": incident, "contained": None})

    async def close(self, incident: str, at: datetime, why: str) -> bool:
        """Close it if it is open, and let its instances go; whether that happened."""
        end = {"state": IncidentState.CLOSED, "closed": at, "closed_why": why}
        if not await changed(self.connection, _CLOSE, {"id_": incident, **end}):
            return False
        await execute(self.connection, _HOLDING, {"incident_": incident, "held": 0})
        return True

    async def reopen(self, incident: str) -> bool:
        """Open it again if it is closed, with its instances; whether that happened. Raises TooLate as `add` does."""
        for facts in await self.instances(incident):
            holder = await self.open_on(facts.account, facts.region, facts.instance)
            if holder is not None and holder.id != incident:
                raise _held(facts, holder)
        again = {"state": IncidentState.OPEN, "closed": None, "closed_why": ""}
        if not await changed(self.connection, _REOPEN, {"id_": incident, **again}):
            return False
        await execute(self.connection, _HOLDING, {"incident_": incident, "held": 1})
        return True

    async def _one(self, wanted: Select[Any], given: Row) -> Incident | None:
        row = await one(self.connection, wanted, given)
        return None if row is None else _incident(row)

    async def _hold(self, incident: str, facts: InstanceFacts, *, held: bool) -> None:
        row = {
            "incident": incident,
            "account": facts.account,
            "region": facts.region,
            "instance": facts.instance,
            "held": int(held),
            "facts": _dump(facts),
            "first": _dump(facts),
        }
        if await changed(self.connection, _HOLD, row):
            return
        holder = await self.open_on(facts.account, facts.region, facts.instance)
        if holder is not None and holder.id != incident:
            raise _held(facts, holder)


def _held(facts: InstanceFacts, holder: Incident) -> TooLate:
    return TooLate(
        f"{facts.instance} belongs to incident {holder.id} already, open since {holder.opened:%H:%M:%S} UTC.",
        means="No second incident holds it.",
        then=f"Go on in incident {holder.id}.",
    )


def _at(facts: InstanceFacts) -> Row:
    return {"account_": facts.account, "region_": facts.region, "instance_": facts.instance}


def _incident(row: Row) -> Incident:
    del row["rank"]
    return Incident(**row)


def _dump(facts: InstanceFacts) -> Any:
    return _facts().dump_python(facts, mode="json")
