"""Incidents and their instances; an index sees to it that one open incident holds an instance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import ColumnElement, RowMapping, Update, and_, case, literal, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from playbook.environment import Environment
from playbook.errors import TooLate
from playbook.finding import Severity
from playbook.incident import Incident, IncidentState, InstanceFacts
from playbook.people import Person
from storage.sql import changed, insert, insert_new, one, row_of, rows
from storage.tables import incidents, instances

_HELD = instances.c.held == literal(1, literal_execute=True)


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
            row = row_of(incident) | {"rank": incident.severity.rank}
            await self.connection.execute(insert(self.connection, incidents).values(row))
            for facts in instances:
                await self._hold(incident.id, facts, held=incident.state is IncidentState.OPEN)

    async def get(self, incident: str) -> Incident | None:
        """The incident of that id."""
        return await self._one(incidents.c.id == incident)

    async def lock(self, incident: str) -> Incident | None:
        """The incident of that id, kept from every other `lock` until the transaction ends."""
        # Not from rows that only refer to it.
        wanted = select(incidents).where(incidents.c.id == incident).with_for_update(key_share=True)
        row = await one(self.connection, wanted)
        return None if row is None else _incident(row)

    async def open_on(self, account: str, region: str, instance: str) -> Incident | None:
        """The open incident that holds the instance."""
        holder = select(instances.c.incident).where(_is(account, region, instance), _HELD)
        return await self._one(incidents.c.id == holder.scalar_subquery())

    async def in_channel(self, channel: str) -> Incident | None:
        """The incident that is talked about in that Slack channel; none is in the channel without a name."""
        return await self._one(incidents.c.channel == channel) if channel else None

    async def listed(self, *, closed: bool = False, most: int = 100) -> tuple[Incident, ...]:
        """Open ones (also closed ones if asked), most severe and oldest first."""
        wanted = (
            select(incidents) if closed else select(incidents).where(incidents.c.state == IncidentState.OPEN)
        )
        order = (incidents.c.rank, incidents.c.opened, incidents.c.id)
        found = await rows(self.connection, wanted.order_by(*order).limit(most))
        return tuple(_incident(row) for row in found)

    async def instances(self, incident: str) -> tuple[InstanceFacts, ...]:
        """Its instances with what is known of them, in the order in which they came."""
        wanted = select(instances.c.facts).where(instances.c.incident == incident).order_by(instances.c.seq)
        return tuple(_facts().validate_python(facts) for facts in await self.connection.scalars(wanted))

    async def learn(self, incident: str, facts: InstanceFacts) -> None:
        """Add an instance or replace what is known of it. Raises TooLate as `add` does."""
        mine = and_(instances.c.incident == incident, _is(facts.account, facts.region, facts.instance))
        if await changed(self.connection, update(instances).where(mine).values(facts=_dump(facts))):
            return
        # Locked, so that nobody closes the incident before the instance is its own.
        wanted = select(incidents.c.state).where(incidents.c.id == incident).with_for_update()
        state = await self.connection.scalar(wanted)
        await self._hold(incident, facts, held=state is IncidentState.OPEN)

    async def tighten(self, incident: str, environment: Environment, severity: Severity) -> None:
        """Raise environment and severity; neither is ever lowered."""
        worse = incidents.c.rank > severity.rank
        values: dict[str, Any] = {
            "severity": case((worse, severity), else_=incidents.c.severity),
            "rank": case((worse, severity.rank), else_=incidents.c.rank),
        }
        if environment is Environment.PRODUCTION:
            values["environment"] = environment
        await self.connection.execute(_at(incident).values(values))

    async def set_channel(self, incident: str, channel: str) -> None:
        """Remember the Slack channel."""
        await self.connection.execute(_at(incident).values(channel=channel))

    async def set_card(self, incident: str, ts: str) -> None:
        """Remember the card's message."""
        await self.connection.execute(_at(incident).values(card_ts=ts))

    async def take_lead(self, incident: str, person: Person) -> bool:
        """Make `person` the lead, by id, if there is none; whether that happened."""
        statement = _at(incident).where(incidents.c.lead == "").values(lead=person.id)
        return await changed(self.connection, statement) == 1

    async def mark_contained(self, incident: str, at: datetime) -> bool:
        """Set the moment of containment if it is not set; whether that happened."""
        statement = _at(incident).where(incidents.c.contained.is_(None)).values(contained=at)
        return await changed(self.connection, statement) == 1

    async def unmark_contained(self, incident: str) -> None:
        """An undo made the instance reachable again."""
        await self.connection.execute(_at(incident).values(contained=None))

    async def close(self, incident: str, at: datetime, why: str) -> bool:
        """Close it if it is open, and let its instances go; whether that happened."""
        statement = (
            _at(incident)
            .where(incidents.c.state == IncidentState.OPEN)
            .values(state=IncidentState.CLOSED, closed=at, closed_why=why)
        )
        if not await changed(self.connection, statement):
            return False
        await self.connection.execute(
            update(instances).where(instances.c.incident == incident).values(held=0)
        )
        return True

    async def _one(self, which: ColumnElement[bool]) -> Incident | None:
        row = await one(self.connection, select(incidents).where(which))
        return None if row is None else _incident(row)

    async def _hold(self, incident: str, facts: InstanceFacts, *, held: bool) -> None:
        row = {
            "incident": incident,
            "account": facts.account,
            "region": facts.region,
            "instance": facts.instance,
            "held": int(held),
            "facts": _dump(facts),
        }
        if await insert_new(self.connection, instances, row):
            return
        holder = await self.open_on(facts.account, facts.region, facts.instance)
        if holder is not None and holder.id != incident:
            raise TooLate(
                f"{facts.instance} belongs to incident {holder.id} already, open since {holder.opened:%H:%M:%S} UTC.",
                means="No second incident holds it.",
                then=f"Go on in incident {holder.id}.",
            )


def _at(incident: str) -> Update:
    return update(incidents).where(incidents.c.id == incident)


def _is(account: str, region: str, instance: str) -> ColumnElement[bool]:
    c = instances.c
    return and_(c.account == account, c.region == region, c.instance == instance)


def _incident(row: RowMapping) -> Incident:
    kept = dict(row)
    del kept["rank"]
    return Incident(**kept)


def _dump(facts: InstanceFacts) -> Any:
    return _facts().dump_python(facts, mode="json")
