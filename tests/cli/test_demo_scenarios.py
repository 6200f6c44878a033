"""Every scenario that the demo's page offers is a finding that the product's own door understands."""

from __future__ import annotations

import json
from collections.abc import Generator

import pytest

from cli.demo_guide import AWAY, START, hint
from cli.demo_scenarios import SCENARIOS, Alerts
from intake.guardduty import parse
from playbook.finding import Finding
from sandbox.aws.box import AwsBox, emulated
from sandbox.aws.seed import Account, seed
from sandbox.aws.world import system_clock

pytestmark = pytest.mark.emulator


@pytest.fixture(scope="module")
def box() -> Generator[AwsBox]:
    with emulated() as made:
        yield made


@pytest.fixture(scope="module")
def account(box: AwsBox) -> Account:
    return seed(box.client)


async def reported(box: AwsBox, account: Account, name: str, *, times: int = 1) -> Finding:
    """What the queue brings for a scenario, the last time."""
    alerts = Alerts(box=box, account=account, clock=system_clock)
    for _ in range(times):
        assert await alerts.send(name) == SCENARIOS[name].title
    body = ""
    for _ in range(times):
        body = box.client("sqs").receive_message(QueueUrl=account.queue_url)["Messages"][0]["Body"]
    return parse(json.loads(body)["detail"])


@pytest.mark.parametrize("name", SCENARIOS)
async def test_it_names_the_instances_that_its_words_name(box: AwsBox, account: Account, name: str) -> None:
    named = {"web-1": account.web, "web-2": account.bystander, "build-7": account.miner}
    about = SCENARIOS[name].about
    finding = await reported(box, account, name)
    expected = {instance for word, instance in named.items() if word in about} or {account.bystander}
    assert set(finding.instances) == expected
    assert finding.sample == (name == "sample")


async def test_the_same_scenario_again_is_the_same_finding_counted_once_more(
    box: AwsBox, account: Account
) -> None:
    first, second = [await reported(box, account, "probe", times=times) for times in (1, 2)]
    assert first.key == second.key
    assert (first.count, second.count) == (1, 2)
    assert not first.actor


def test_the_guide_begins_where_nothing_is_open() -> None:
    assert hint(None) is START
    assert (START.lever, START.choice) == ("incident", "miner-web")
    assert "starting again" in AWAY.words
