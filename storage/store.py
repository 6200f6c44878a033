"""The store: an engine for the database that a URL names, and units of work that are one transaction each."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from playbook.errors import StoreDown
from storage.answers import SqlAnswers
from storage.clicks import SqlClicks
from storage.engines import async_engine
from storage.escalations import SqlEscalations
from storage.executors import SqlExecutors
from storage.files import SqlFiles
from storage.findings import SqlFindings
from storage.incidents import SqlIncidents
from storage.indicators import SqlIndicators
from storage.ledger import SqlLedger
from storage.legal_clocks import SqlLegalClocks
from storage.letters import SqlLetters
from storage.outbox import SqlOutbox
from storage.proposals import SqlProposals
from storage.root_causes import SqlRootCauses
from storage.runs import SqlRuns
from storage.slots import SqlSlots
from storage.ticks import SqlTicks
from storage.timeline import SqlTimeline
from storage.watches import SqlWatches


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlUnit:
    """`playbook.ports.Unit`: every repository, on one connection within one transaction."""

    findings: SqlFindings
    incidents: SqlIncidents
    proposals: SqlProposals
    runs: SqlRuns
    executors: SqlExecutors
    timeline: SqlTimeline
    ledger: SqlLedger
    outbox: SqlOutbox
    slots: SqlSlots
    clicks: SqlClicks
    letters: SqlLetters
    answers: SqlAnswers
    ticks: SqlTicks
    indicators: SqlIndicators
    files: SqlFiles
    root_causes: SqlRootCauses
    escalations: SqlEscalations
    legal_clocks: SqlLegalClocks
    watches: SqlWatches


def unit_on(connection: AsyncConnection) -> SqlUnit:
    """The repositories on that connection; the transaction is the caller's."""
    return SqlUnit(
        findings=SqlFindings(connection),
        incidents=SqlIncidents(connection),
        proposals=SqlProposals(connection),
        runs=SqlRuns(connection),
        executors=SqlExecutors(connection),
        timeline=SqlTimeline(connection),
        ledger=SqlLedger(connection),
        outbox=SqlOutbox(connection),
        slots=SqlSlots(connection),
        clicks=SqlClicks(connection),
        letters=SqlLetters(connection),
        answers=SqlAnswers(connection),
        ticks=SqlTicks(connection),
        indicators=SqlIndicators(connection),
        files=SqlFiles(connection),
        root_causes=SqlRootCauses(connection),
        escalations=SqlEscalations(connection),
        legal_clocks=SqlLegalClocks(connection),
        watches=SqlWatches(connection),
    )


@dataclass(frozen=True, slots=True)
class SqlStore:
    """`playbook.ports.Store` on SQLite or Postgres. To be closed with `aclose`."""

    engine: AsyncEngine

    @asynccontextmanager
    async def begin(self) -> AsyncGenerator[SqlUnit]:
        """One transaction: committed when the block ends, rolled back when it raises.

        Raises StoreDown when the database does not answer.
        """
        try:
            async with self.engine.begin() as connection:
                yield unit_on(connection)
        except (OperationalError, InterfaceError, NoConnection) as error:
            raise StoreDown(
                f"The database did not answer: {str(error.__cause__ or error).splitlines()[0][:200]}",
                means="This change may not have been stored.",
                then="It is safe to try again.",
            ) from error

    async def aclose(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


def open_store(url: str) -> SqlStore:
    """The store at `sqlite:///path` or `postgresql://…`, whose schema must be there (see `storage.migrate`).

    Raises BadInput when the URL is of another kind.
    """
    return SqlStore(async_engine(url))
