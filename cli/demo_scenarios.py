"""The incidents that the demo's page offers: findings about the seeded instances, as GuardDuty writes them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sandbox.aws.box import AwsBox
from sandbox.aws.findings import (
    again,
    attack_sequence,
    command_and_control,
    mining,
    port_probe,
    sample,
    stolen_credentials,
)
from sandbox.aws.seed import Account
from sandbox.slack.models import JSON

Make = Callable[[Any, Account, datetime], JSON]
"""A finding, from an EC2 client, the seeded account and the moment."""
TOKENLESS = 42.0
"""Calls a minute without a token on the machine whose credentials were stolen through IMDSv1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """A scenario by what people read of it."""

    title: str
    about: str
    make: Make


SCENARIOS: Mapping[str, Offered] = {
    "miner-web": Offered(
        title="Miner on a production web server",
        about="web-1, behind two target groups: the incident that the demo opens with",
        make=lambda ec2, account, at: mining(ec2, account.web, at=at),
    ),
    "miner-dev": Offered(
        title="Miner on a dev machine",
        about="build-7: nobody needs it running, so it is to be stopped",
        make=lambda ec2, account, at: mining(ec2, account.miner, at=at),
    ),
    "control": Offered(
        title="C2 on a production web server in an ASG",
        about="web-1 calls its controller; joins its open incident",
        make=lambda ec2, account, at: command_and_control(ec2, account.web, at=at),
    ),
    "credentials": Offered(
        title="Credential theft through IMDSv1",
        about="the role of web-2 is used from outside AWS",
        make=lambda ec2, account, at: stolen_credentials(ec2, account.bystander, at=at),
    ),
    "sequence": Offered(
        title="Attack sequence over three instances",
        about="web-1, web-2 and build-7 in one finding: a major incident",
        make=lambda ec2, account, at: attack_sequence(
            ec2, account.web, account.bystander, account.miner, at=at
        ),
    ),
    "probe": Offered(
        title="A noisy port probe",
        about="web-2 is only the target: a person must look first",
        make=lambda ec2, account, at: port_probe(ec2, account.bystander, at=at),
    ),
    "sample": Offered(
        title="A sample finding",
        about="its plans can be looked at, never run",
        make=lambda ec2, account, at: sample(mining(ec2, account.bystander, at=at)),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerts:
    """GuardDuty in the box: each time that a scenario comes again, its finding counts one more."""

    box: AwsBox
    account: Account
    clock: Callable[[], datetime]
    sent: dict[str, int] = field(default_factory=dict[str, int])

    async def send(self, name: str) -> str:
        """Put the scenario's finding into the queue; its title. Raises KeyError for an unknown one."""
        offered = SCENARIOS[name]
        self.sent[name] = self.sent.get(name, 0) + 1
        await asyncio.to_thread(self._put, name, offered)
        return offered.title

    def _put(self, name: str, offered: Offered) -> None:
        moment, controls = self.clock(), self.box.controls
        if name == "credentials":
            controls.tokenless(self.account.bystander, TOKENLESS)
        finding = offered.make(self.box.client("ec2"), self.account, moment)
        if self.sent[name] > 1:
            finding = again(finding, at=moment, count=self.sent[name])
        controls.put_finding(self.account.queue, finding)
