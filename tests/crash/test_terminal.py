"""Beside a running bot on SQLite: a second one is told so, and the terminal works."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path

import pytest

from storage import engine_lock
from storage.engines import sqlite_path
from tests.crash.judge import STEPS
from tests.crash.scene import CIDR, Scene, reaching

pytestmark = pytest.mark.process


async def ec2ir(scene: Scene, *arguments: str) -> tuple[int, str, str]:
    """Run the program as a person at a terminal would; its exit status and what it printed."""
    config = scene.folder / "ec2ir.toml"
    config.write_text(
        f'[roles]\nresponders = "ir-responders"\napprovers = "ir-approvers"\n'
        f'[isolation]\nforensics_cidr = "{CIDR}"\n'
        f'[[operators]]\narn = "{scene.settings.policy_file.operators[0].arn}"\nperson = "U0CHAI"\nname = "chai"\n'
        f'roles = ["responders", "approvers"]\n'
    )
    settings = scene.settings
    environment = os.environ | reaching(scene.box) | {
        "EC2IR_CONFIG": str(config),
        "EC2IR_DATABASE_URL": settings.database_url,
        "EC2IR_SLACK_BOT_TOKEN": settings.slack_bot_token.get_secret_value(),
        "EC2IR_SLACK_APP_TOKEN": settings.slack_app_token.get_secret_value(),
        "EC2IR_SLACK_API_URL": settings.slack_api_url,
        "EC2IR_HTTP_PORT": "0",
    }  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli", *arguments, env=environment, cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(60):
            said, complained = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, said.decode(), complained.decode()


async def test_a_second_bot_on_the_same_file_is_told_so(sqlite_scene: Scene) -> None:
    first = await sqlite_scene.run()

    status, _, complained = await ec2ir(sqlite_scene, "serve")

    assert status == 2
    assert f"Another process ({first.pid}) runs ec2ir on " in complained
    assert not first.dead


async def test_the_terminal_approves_and_the_running_bot_carries_it_out(sqlite_scene: Scene) -> None:
    scene = sqlite_scene
    bot = await scene.run()
    await scene.finding()
    await scene.plan_posted()

    status, listed, _ = await ec2ir(scene, "incidents", "--json")
    assert status == 0
    (incident,) = json.loads(listed)
    assert incident["id"] == (await scene.board()).incident.id

    (plan,) = (await scene.board()).pending
    status, said, complained = await ec2ir(scene, "approve", plan.id, "--hash", plan.hash[:4])
    assert status == 0, complained

    shown = await scene.ended()
    assert {r.action.name for s in shown.sections for r in s.rows if r.run} == STEPS
    assert shown.incident.contained is not None
    assert engine_lock.holder(Path(sqlite_path(scene.settings.database_url))) == bot.pid
    async with scene.store.begin() as unit:
        record = await unit.runs.get(plan.id)
    assert record is not None
    assert record.attempt == 1
    assert "Isolate the instance" in said
