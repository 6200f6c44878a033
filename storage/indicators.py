"""Indicators of incidents: each value once, with everywhere it was seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from playbook.finding import Indicator
from playbook.indicators import Known
from storage.sql import changed, execute, inserting_new, matching, one, rows
from storage.tables import indicators

_c = indicators.c
_ADD = inserting_new(indicators)
_SAME = matching(_c.incident, _c.kind, _c.value)
_GET = select(indicators).where(_SAME)
_SEEN = update(indicators).where(_SAME)
_FORGET = delete(indicators).where(_SAME)
_OF = select(indicators).where(matching(_c.incident)).order_by(_c.seq)


@dataclass(frozen=True, slots=True)
class SqlIndicators:
    """`playbook.ports.Indicators` on a connection."""

    connection: AsyncConnection

    async def add(self, incident: str, indicator: Indicator, source: str, at: datetime) -> bool:
        """Store a normalised indicator, or the further source of a known one; whether the value was new."""
        row = {
            "incident": incident,
            "kind": indicator.kind,
            "value": indicator.value,
            "about": indicator.about,
            "first": at,
            "sources": (source,),
        }
        if await changed(self.connection, _ADD, row):
            return True
        known = await one(self.connection, _GET, _key(incident, indicator))
        if known is not None and source not in known["sources"]:
            seen = {"sources": (*known["sources"], source), "about": known["about"] or indicator.about}
            await execute(self.connection, _SEEN, _key(incident, indicator) | seen)
        return False

    async def forget(self, incident: str, indicator: Indicator) -> bool:
        """Take it off the list; whether it was there."""
        return await changed(self.connection, _FORGET, _key(incident, indicator)) == 1

    async def of(self, incident: str) -> tuple[Known, ...]:
        """All of an incident, in the order in which they came."""
        return tuple(_known(row) for row in await rows(self.connection, _OF, {"incident_": incident}))


def _key(incident: str, indicator: Indicator) -> dict[str, Any]:
    return {"incident_": incident, "kind_": indicator.kind, "value_": indicator.value}


def _known(row: dict[str, Any]) -> Known:
    indicator = Indicator(kind=row["kind"], value=row["value"], about=row["about"])
    return Known(incident=row["incident"], indicator=indicator, first=row["first"], sources=row["sources"])
