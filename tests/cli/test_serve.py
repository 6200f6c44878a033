"""`ec2ir serve` as a process: alive and ready, or one line that says which setting is wrong."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from cli.demo_world import DemoClock, people
from sandbox.aws.box import AwsBox, started
from sandbox.aws.seed import seed
from sandbox.slack import serving
from tests.intake.payloads import detection

pytestmark = [pytest.mark.process, pytest.mark.emulator]
ROOT = Path(__file__).resolve().parents[2]
SECRET = "do-not-show-0123456789"
POLICY = '[roles]\nresponders = "ir-responders"\napprovers = "ir-approvers"\n'


@asynccontextmanager
async def world(folder: Path) -> AsyncGenerator[dict[str, str]]:
    """A Slack and an AWS, and the environment of somebody who set everything right."""
    (folder / "ec2ir.toml").write_text(POLICY)
    workspace = people(DemoClock())
    with started() as box:
        queue = await asyncio.to_thread(_queue, box)
        async with serving(workspace) as server:
            workspace.deliver_by(server.socket_mode)
            yield {
                "PATH": os.environ["PATH"], "XDG_DATA_HOME": str(folder), "EC2IR_CONFIG": str(folder / "ec2ir.toml"),
                "EC2IR_SLACK_BOT_TOKEN": workspace.app.bot_token, "EC2IR_SLACK_APP_TOKEN": workspace.app.app_token,
                "EC2IR_SLACK_API_URL": server.api_url, "EC2IR_QUEUE_URL": queue, "EC2IR_HTTP_PORT": "0",
                "AWS_ENDPOINT_URL": box.endpoint_url or "", "AWS_REGION": box.region,
                "AWS_ACCESS_KEY_ID": "AKIASANDBOXSANDBOX00", "AWS_SECRET_ACCESS_KEY": "sandbox",
                "AWS_EC2_METADATA_DISABLED": "true", "PYTHONPATH": str(ROOT), "EC2IR_ALERTS_SECRET": SECRET,
            }  # fmt: skip


def _queue(box: AwsBox) -> str:
    return seed(box.client).queue_url


async def serve(folder: Path, environment: dict[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli", "serve", cwd=folder, env=environment, stderr=asyncio.subprocess.PIPE
    )


async def test_it_is_alive_and_ready_and_a_wrong_setting_ends_the_start(tmp_path: Path) -> None:
    async with world(tmp_path) as right:
        bot = await serve(tmp_path, right)
        assert bot.stderr is not None
        async with asyncio.timeout(60):
            said = (await bot.stderr.readline()).decode()
        port = said.partition('"port": ')[2].partition(",")[0]
        async with aiohttp.ClientSession() as session:
            for path in ("healthz", "readyz"):
                async with session.get(f"http://127.0.0.1:{port}/{path}") as answer:
                    assert answer.status == 200, await answer.text()

            async with session.get(f"http://127.0.0.1:{port}/metrics") as answer:
                told = await answer.text()
            assert "ec2ir_incidents_open 0.0" in told
            assert "ec2ir_timers_late_seconds" in told
            assert 'ec2ir_aws_answers_total{outcome="ok"}' in told

            for secret, status in ((SECRET, 202), ("another one", 401)):
                sent = session.post(
                    f"http://127.0.0.1:{port}/alerts/edr",
                    json=detection(), headers={"Authorization": f"Bearer {secret}"},
                )  # fmt: skip
                async with sent as answer:
                    assert answer.status == status, await answer.text()

        for name, value, says in (
            (
                "EC2IR_SLACK_BOT_TOKEN",
                "xoxb-do-not-show",
                "EC2IR_SLACK_BOT_TOKEN is refused by Slack (invalid_auth)",
            ),
            ("EC2IR_SLACK_APP_TOKEN", "xapp-do-not-show", "EC2IR_SLACK_APP_TOKEN is refused by Slack"),
            (
                "EC2IR_HTTP_PORT",
                port,
                f"EC2IR_HTTP_HOST and EC2IR_HTTP_PORT (127.0.0.1:{port}) can't be used",
            ),
            ("XDG_DATA_HOME", str(tmp_path), "Another process"),
        ):
            own = {"XDG_DATA_HOME": str(tmp_path / name)}
            wrong = await serve(tmp_path, right | own | {name: value})
            async with asyncio.timeout(60):
                _, err = await wrong.communicate()
            assert (wrong.returncode, len(err.decode().strip().splitlines())) == (2, 1), err.decode()
            assert says in err.decode()
            assert "do-not-show" not in err.decode()

        bot.terminate()
        async with asyncio.timeout(30):
            assert await bot.wait() == 0
