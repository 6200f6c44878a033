"""Start and stop a stand-in from a bench or a test, and ask it what it saw."""

import asyncio
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from bench.aws_stand_in.config import RESET, Reset, StandInConfig
from bench.aws_stand_in.journal import Call

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 30
STOP_SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """Requests at once since the last reset, at their peak and now; CPU seconds since the process started."""

    peak: int
    now: int
    answered: int
    cpu_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A running stand-in; `pid` is its process."""

    endpoint_url: str
    pid: int
    http: aiohttp.ClientSession

    async def reset(self, config: StandInConfig | None = None, *, rtt_ms: float | None = None) -> None:
        """Begin anew with an account as configured and an empty log; the round trip stays unless given.

        Raises:
            ValueError: the stand-in refuses the configuration.

        """
        body = RESET.dump_json(Reset(config=config or StandInConfig(), rtt_ms=rtt_ms))
        async with self.http.post(f"{self.endpoint_url}/control/reset", data=body) as response:
            if response.status != 200:
                raise ValueError(await response.text())

    async def log(self) -> tuple[Call, ...]:
        """The answered calls since the last reset, in order of arrival."""
        return tuple(Call(**call) for call in await self._get("log"))

    async def load(self) -> Load:
        """How many requests were in flight at once, and what CPU the stand-in has used."""
        return Load(**await self._get("connections"))

    async def _get(self, what: str) -> Any:
        async with self.http.get(f"{self.endpoint_url}/control/{what}") as response:
            response.raise_for_status()
            return await response.json()


@asynccontextmanager
async def stand_in(*, rtt_ms: float = 50, config: StandInConfig | None = None) -> AsyncGenerator[Box]:
    """A stand-in in its own process, which ends with the block or with the caller's process.

    Raises:
        RuntimeError: it did not start; its own words are on stderr.

    """
    command = (sys.executable, "-m", "bench.aws_stand_in", f"--rtt-ms={rtt_ms}", "--until-stdin-closes")
    process = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=PIPE, stdout=PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), START_SECONDS)
        if not line:
            raise RuntimeError(f"The AWS stand-in ended with status {await process.wait()} before it served.")
        async with aiohttp.ClientSession() as http:
            box = Box(endpoint_url=line.decode().strip(), pid=process.pid, http=http)
            await box.reset(config)
            yield box
    finally:
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
