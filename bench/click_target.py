"""The bot that *click* clicks at: the real app over signed HTTP, or an empty Bolt app, in a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import json
import sys
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from sqlalchemy import event

from actions.catalogue import BY_NAME
from actions.run import STATUS_TAG
from actions.tag import Tagged, Tagging
from bot.client import listening_client
from bot.directory import RoleGroups, SlackDirectory
from bot.front import Work
from bot.http import http_app, serving
from bot.listeners import build_app
from bot.people import People
from bot.value import Value
from cli.logs import configure
from cli.operators import Operators
from cli.wiring import Submitted, new_id
from commands.desk import Desk
from playbook.answer import Answer
from playbook.brief import Brief
from playbook.clock import system_clock
from playbook.environment import Environment
from playbook.finding import Severity
from playbook.incident import Incident, IncidentState, InstanceFacts
from playbook.plan import dump, fingerprint
from playbook.proposal import Kind, LeftOut, Proposal, ProposedStep
from playbook.target import Target
from storage.migrate import upgrade
from storage.store import SqlStore, open_store

CHANNEL = "C0BENCH"


class NoCloud:
    """Clicks on an approval never reach AWS."""

    async def facts(self, account: str, region: str, instance: str) -> InstanceFacts:
        """What is stored anyway."""
        return InstanceFacts(account=account, region=region, instance=instance)

    async def plan(
        self, target: Target, actions: Sequence[str], brief: Brief
    ) -> tuple[tuple[ProposedStep, ...], tuple[LeftOut, ...]]:
        """Nothing to do."""
        return (), ()

    async def look(self, target: Target, checks: Sequence[str], brief: Brief) -> Mapping[str, Answer]:
        """Nothing to see."""
        return {}


async def fill(store: SqlStore, incidents: int) -> Value:
    """Store so many closed incidents, and an open one with a plan; what its Approve button carries."""
    now = system_clock()
    async with store.begin() as unit:
        for number in range(incidents):
            old = _incident(f"old{number}")
            await unit.incidents.add(old, [_facts(number)])
    async with store.begin() as unit:
        await unit.incidents.add(_incident("bench"), [_facts(incidents)])
        await unit.incidents.set_channel("bench", CHANNEL)
        target = _facts(incidents).target("bench")
        plan = Tagging(target=target, resources=(Tagged(id=target.instance, status=None, incident=None),))
        step = ProposedStep(action=BY_NAME["tag"].name, body=dump(plan), fingerprint=fingerprint(plan))
        proposal = Proposal(
            id="plan", target=target, kind=Kind.DO, steps=(step,), proposer=None,
            environment=Environment.PRODUCTION, made=now, expires=now + timedelta(minutes=30),
        )  # fmt: skip
        await unit.proposals.add(proposal)
    return Value(incident="bench", proposal="plan", hash=proposal.hash, action=STATUS_TAG)


def _incident(name: str) -> Incident:
    return Incident(
        id=name, state=IncidentState.OPEN, opened=system_clock(), title="bench", severity=Severity.HIGH,
        environment=Environment.PRODUCTION,
    )  # fmt: skip


def _facts(number: int) -> InstanceFacts:
    return InstanceFacts(account="111111111111", region="eu-west-1", instance=f"i-{number:017x}")


async def main() -> None:
    """Serve until standard input closes; the first line on standard output says where, and what to click."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--slack", required=True)
    parser.add_argument("--incidents", type=int, default=0)
    parser.add_argument("--empty", action="store_true")
    options = parser.parse_args()
    configure()  # as the product does: on standard error, which nobody has to read
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.db'}"
        upgrade(url)
        store = open_store(url)
        value = await fill(store, options.incidents)
        client = listening_client("xoxb-bench", options.slack)
        people = People(client=client, clock=system_clock)
        directory = SlackDirectory(
            client=client, groups=RoleGroups(responders="S0RESPOND", approvers="S0APPROVE"), people=people,
            terminal=Operators(()),
        )  # fmt: skip
        desk = Desk(
            store=store,
            cloud=NoCloud(),
            directory=directory,
            executor=Submitted(),
            clock=system_clock,
            new_id=new_id,
        )
        work = Work()
        app = _empty() if options.empty else build_app(
            desk, client, signing_secret="bench", people=people, wrote=lambda: None, work=work
        )  # fmt: skip
        statements = _counted(store)
        server = http_app(app, ready={})

        async def count(_request: Any) -> Any:
            return web.json_response({"statements": len(statements)})

        server.router.add_get("/statements", count)
        async with serving(server, host="127.0.0.1", port=0) as port:
            sys.stdout.write(json.dumps({"port": port, "value": dataclasses.asdict(value)}) + "\n")
            sys.stdout.flush()
            await asyncio.to_thread(sys.stdin.read)
            await work.idle()
        await store.aclose()


def _counted(store: SqlStore) -> list[str]:
    statements: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, _p: Any, _context: Any, _many: Any) -> None:
        if statement.split(" ", 1)[0] in ("SELECT", "INSERT", "UPDATE", "DELETE"):
            statements.append(statement)

    event.listen(store.engine.sync_engine, "before_cursor_execute", note)
    return statements


def _empty() -> AsyncApp:
    async def authorize(**_: Any) -> Any:
        return AuthorizeResult(enterprise_id=None, team_id="T0BENCH", bot_token="xoxb-bench")

    app: Any = AsyncApp(signing_secret="bench", authorize=authorize)

    async def listener(ack: Any) -> None:
        await ack()

    app.action("approve")(listener)
    return app


if __name__ == "__main__":
    asyncio.run(main())
