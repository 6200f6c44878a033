"""The box as tests and the demo hold it: in this process, or as a server of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import boto3
from botocore.config import Config
from moto import mock_aws

from sandbox.aws.controls import Controls, here
from sandbox.aws.environment import REGION, account_id
from sandbox.aws.overlay.base import ec2_of
from sandbox.aws.overlay.install import install
from sandbox.aws.world import system_clock, world_of


@cache
def _session(region: str) -> boto3.Session:
    return boto3.Session(
        region_name=region,
        aws_access_key_id="AKIASANDBOXSANDBOX00",
        aws_secret_access_key="sandbox",  # noqa: S106 - the box takes any
    )


@cache
def _client(region: str, service: str, endpoint: str | None) -> Any:
    config = Config(retries={"mode": "standard", "total_max_attempts": 2}, max_pool_connections=50)
    session: Any = _session(region)
    return session.client(service, endpoint_url=endpoint, config=config)


@dataclass(frozen=True, slots=True, kw_only=True)
class AwsBox:
    """An AWS account in a box. `endpoint_url` is None in process: ordinary clients reach it unasked."""

    region: str
    controls: Controls
    endpoint_url: str | None = None
    process: "subprocess.Popen[str] | None" = None

    def session(self) -> boto3.Session:
        """A session with the box's credentials and region. Make clients of it with `endpoint_url`."""
        return _session(self.region)

    def client(self, service: str) -> Any:
        """A client of that service, made once per region and address. Make it before threads use it."""
        return _client(self.region, service, self.endpoint_url)

    def stop(self) -> None:
        """End the server, if the box is one. It also ends by itself when this process does."""
        if self.process is not None:
            self.process.terminate()
            try:
                self.process.communicate(timeout=10)
            except subprocess.TimeoutExpired:  # busy with days of flow logs; nobody needs its state any more
                self.process.kill()
                self.process.communicate()


@contextmanager
def emulated(*, region: str = REGION, clock: Callable[[], datetime] = system_clock) -> Generator[AwsBox]:
    """A fresh box in this process, for as long as the block lasts.

    Clients from any thread reach it, if they are made after this module was imported. `clock` gives the
    box's time (aware UTC); `controls.advance` adds to it.
    """
    install()
    with mock_aws():
        world_of(ec2_of(account_id(), region)).clock = clock
        yield AwsBox(region=region, controls=here(region))


def _post(address: str, region: str) -> Controls:
    def call(name: str, params: Any) -> dict[str, Any]:
        body = json.dumps(dict(params)).encode()
        url = f"{address}/sandbox/{name}?region={region}"
        request = Request(url, data=body, headers={"Content-Type": "application/json"}, method="POST")  # noqa: S310 - our own address
        with urlopen(request, timeout=30) as answer:  # noqa: S310 - our own address
            return json.load(answer)

    return Controls(call=call)


def connect(address: str, region: str = REGION) -> AwsBox:
    """A box that runs elsewhere on this machine, at `http://127.0.0.1:PORT`."""
    return AwsBox(region=region, controls=_post(address, region), endpoint_url=address)


def _environment() -> dict[str, str]:
    """This process's environment, in which the server finds this package wherever it is started from."""
    here_first = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    return {**os.environ, "PYTHONPATH": here_first.rstrip(os.pathsep)}


def start(*, region: str = REGION, port: int = 0, ticker: float = 0) -> AwsBox:
    """Start the box as a process of its own on 127.0.0.1; `ticker` seconds between its own ticks, 0 for none.

    Raises RuntimeError if it ends before it has said where it listens.
    """
    command = [sys.executable, "-m", "sandbox.aws.server", "--port", str(port), "--region", region]
    command += ["--ticker", str(ticker), "--until-eof"]
    process = subprocess.Popen(  # noqa: S603 - our own command
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_environment()
    )
    address = process.stdout.readline().strip() if process.stdout is not None else ""
    if not address:
        process.wait(timeout=10)
        raise RuntimeError(f"the AWS sandbox ended with status {process.returncode} before it was ready")
    return AwsBox(region=region, controls=_post(address, region), endpoint_url=address, process=process)


@contextmanager
def started(*, region: str = REGION, ticker: float = 0) -> Generator[AwsBox]:
    """A box as a process of its own, for as long as the block lasts."""
    box = start(region=region, ticker=ticker)
    try:
        yield box
    finally:
        box.stop()
