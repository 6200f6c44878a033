"""Answers of checks: the latest of each check on each instance."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from playbook.answer import Answer, Answered, Verdict
from playbook.target import Target
from storage.sql import Row, execute, inserting, matching, rows
from storage.tables import answers

_c = answers.c
_KEY = ("incident", "account", "region", "instance", "check")
_SAVE = inserting(
    answers,
    lambda insert: insert.on_conflict_do_update(
        index_elements=_KEY, set_={"at": insert.excluded.at, "answer": insert.excluded.answer}
    ),
)
_OF = select(answers).where(matching(_c.incident)).order_by(_c.account, _c.region, _c.instance, _c.check)

_VERDICT = _c.answer["verdict"].as_string()
_GAPS = (
    select(_c.incident, func.count().label("gaps"))
    .where(_c.incident.in_(bindparam("incidents", expanding=True)), Verdict.GAP.value == _VERDICT)
    .group_by(_c.incident)
)


@cache
def _answer() -> TypeAdapter[Answer]:
    return TypeAdapter(Answer)


@dataclass(frozen=True, slots=True)
class SqlAnswers:
    """`playbook.ports.Answers` on a connection."""

    connection: AsyncConnection

    async def save(self, answered: Answered) -> None:
        """Store it in place of the check's answer before."""
        target, at = answered.target, answered.at
        row: Row = {
            "incident": target.incident,
            "account": target.account,
            "region": target.region,
            "instance": target.instance,
            "check": answered.check,
            "at": at,
            "answer": _answer().dump_python(answered.answer, mode="json"),
        }
        await execute(self.connection, _SAVE, row)

    async def of(self, incident: str) -> tuple[Answered, ...]:
        """All of an incident, by instance and check."""
        return tuple(_answered(row) for row in await rows(self.connection, _OF, {"incident_": incident}))

    async def gaps(self, incidents: Collection[str]) -> Mapping[str, int]:
        """How many answers of each of these incidents could not be had; without those that have none."""
        found = await rows(self.connection, _GAPS, {"incidents": list(incidents)})
        return {row["incident"]: row["gaps"] for row in found}


def _answered(row: dict[str, Any]) -> Answered:
    target = Target(
        account=row["account"], region=row["region"], instance=row["instance"], incident=row["incident"]
    )
    answer = _answer().validate_python(row["answer"])
    return Answered(check=row["check"], target=target, at=row["at"], answer=answer)
