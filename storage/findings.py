"""Findings by key, as last stored, each with the message it came in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from playbook.finding import Finding, FindingKey, FindingType, Indicator
from storage.sql import insert, one, row_of, rows
from storage.tables import findings
from storage.types import storable


@dataclass(frozen=True, slots=True)
class SqlFindings:
    """`playbook.ports.Findings` on a connection."""

    connection: AsyncConnection

    async def get(self, key: FindingKey) -> Finding | None:
        """The finding as last stored."""
        row = await one(self.connection, select(findings).where(_is(key)))
        return None if row is None else _finding(row)

    async def save(self, finding: Finding, raw: str, incident: str) -> None:
        """Store or replace; `raw` is the message as received."""
        row = _row(finding) | {"raw": raw, "incident": incident or None}
        statement = insert(self.connection, findings).values(row)
        await self.connection.execute(
            statement.on_conflict_do_update(index_elements=["account", "region", "id"], set_=row)
        )

    async def incident_of(self, key: FindingKey) -> str:
        """The incident's id, or an empty string."""
        return (await self.connection.scalar(select(findings.c.incident).where(_is(key)))) or ""

    async def of(self, incident: str) -> tuple[Finding, ...]:
        """An incident's findings: most severe first, then newest."""
        order = (findings.c.score.desc(), findings.c.updated.desc(), findings.c.id)
        found = await rows(
            self.connection, select(findings).where(findings.c.incident == incident).order_by(*order)
        )
        return tuple(_finding(row) for row in found)


def _is(key: FindingKey) -> ColumnElement[bool]:
    c = findings.c
    return and_(c.account == key.account, c.region == key.region, c.id == key.id)


def _row(finding: Finding) -> dict[str, Any]:
    row = row_of(finding)
    del row["key"]
    return row | {
        **row_of(finding.key),
        "type": finding.type.full,
        "instances": tuple(map(storable, finding.instances)),
        "indicators": [{k: storable(v) for k, v in row_of(i).items()} for i in finding.indicators],
    }


def _finding(row: RowMapping) -> Finding:
    kept = dict(row)
    del kept["incident"], kept["raw"]
    key = FindingKey(account=kept.pop("account"), region=kept.pop("region"), id=kept.pop("id"))
    kept["type"] = FindingType(full=kept["type"])
    kept["indicators"] = tuple(Indicator(**i) for i in kept["indicators"])
    return Finding(key=key, **kept)
