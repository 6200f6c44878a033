"""Findings by key, as last stored, each with the message it came in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from playbook.finding import Finding, FindingKey, FindingType, Indicator
from storage.sql import Row, execute, given, inserting, lock, matching, one, row_of, rows
from storage.tables import findings
from storage.types import storable

_KEY = (findings.c.account, findings.c.region, findings.c.id)
_GET = select(findings).where(matching(*_KEY))
_INCIDENT = select(findings.c.incident).where(matching(*_KEY))
_OF = (
    select(findings)
    .where(matching(findings.c.incident))
    .order_by(findings.c.score.desc(), findings.c.updated.desc(), findings.c.id)
)
_SINCE = (
    select(findings)
    .where(matching(findings.c.account), findings.c.updated > given(findings.c.updated))
    .order_by(findings.c.updated.desc(), findings.c.id)
    .limit(bindparam("most"))
)
_SAVE = inserting(
    findings,
    lambda insert: insert.on_conflict_do_update(
        index_elements=_KEY,
        set_={c.key: insert.excluded[c.key] for c in findings.c if not c.primary_key},
    ),
)


@dataclass(frozen=True, slots=True)
class SqlFindings:
    """`playbook.ports.Findings` on a connection."""

    connection: AsyncConnection

    async def lock(self, key: FindingKey) -> None:
        """Keep the finding, stored or not, from every other `lock` until the transaction ends."""
        await lock(self.connection, "finding", key.account, key.region, key.id)

    async def get(self, key: FindingKey) -> Finding | None:
        """The finding as last stored."""
        row = await one(self.connection, _GET, _at(key))
        return None if row is None else _finding(row)

    async def save(self, finding: Finding, raw: str, incident: str) -> None:
        """Store or replace; `raw` is the message as received."""
        await execute(self.connection, _SAVE, _row(finding) | {"raw": raw, "incident": incident or None})

    async def incident_of(self, key: FindingKey) -> str:
        """The incident's id, or an empty string."""
        return (await self.connection.scalar(_INCIDENT, _at(key))) or ""

    async def of(self, incident: str) -> tuple[Finding, ...]:
        """An incident's findings: most severe first, then newest."""
        return tuple(_finding(row) for row in await rows(self.connection, _OF, {"incident_": incident}))

    async def since(self, account: str, moment: datetime, most: int = 200) -> tuple[Finding, ...]:
        """Those of an account, of whichever incident, that their source updated after that moment; newest first."""
        wanted = {"account_": account, "updated_": moment, "most": most}
        return tuple(_finding(row) for row in await rows(self.connection, _SINCE, wanted))


def _at(key: FindingKey) -> Row:
    return {"account_": key.account, "region_": key.region, "id_": key.id}


def _row(finding: Finding) -> Row:
    row = row_of(finding)
    del row["key"]
    return row | {
        **row_of(finding.key),
        "type": finding.type.full,
        "instances": tuple(map(storable, finding.instances)),
        "indicators": [{k: storable(v) for k, v in row_of(i).items()} for i in finding.indicators],
    }


def _finding(row: Row) -> Finding:
    del row["incident"], row["raw"]
    key = FindingKey(account=row.pop("account"), region=row.pop("region"), id=row.pop("id"))
    row["type"] = FindingType(full=row["type"])
    row["indicators"] = tuple(Indicator(**i) for i in row["indicators"])
    return Finding(key=key, **row)
