"""The alert doors as wired from the settings: rules, alarms, topics, and what is said about a rule that fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from cli.alerts import door_of, reading_of, rules_of, say_problems
from cli.settings import PolicyFile, Settings
from intake.receive import Outcome
from playbook.outbox import Post
from storage.store import SqlStore
from tests.commands.conftest import room_on
from tests.intake.builders import ACCOUNT, REGION
from tests.intake.payloads import alarm, api_event, detection, root_login

pytestmark = pytest.mark.slow


TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:alarms"


def settings(**sections: object) -> Settings:
    return Settings(policy_file=PolicyFile.model_validate(sections), alerts_secret=SecretStr("x" * 16))


def test_the_shipped_rules_are_in_force_without_any_setting() -> None:
    rules = rules_of(settings())
    assert rules.problems == ()
    assert len(rules.rules) >= 2


def test_rules_of_ones_own_come_beside_them(tmp_path: Path) -> None:
    (tmp_path / "broken.yml").write_text("title: [")
    rules = rules_of(settings(sigma={"rules": str(tmp_path)}))
    assert len(rules.problems) == 1
    reading = reading_of(settings(), rules, account=ACCOUNT, region=REGION)
    assert len(reading.event(api_event(root_login()))) == 1


async def test_a_rule_that_fails_is_said_once_to_people(memory_store: SqlStore, tmp_path: Path) -> None:
    (tmp_path / "broken.yml").write_text("title: [")
    room, rules = room_on(memory_store), rules_of(settings(sigma={"rules": str(tmp_path)}))
    for _ in range(2):
        await say_problems(room.desk, rules)

    (message,) = await room.told()
    assert message.post is Post.ANNOUNCE
    assert str(message.body["words"]).startswith("The Sigma rule broken.yml is not in force: ")


def test_the_settings_name_alarms() -> None:
    own = settings(alerts={"traffic_alarms": ["web cpu"]})
    reading = reading_of(own, rules_of(own), account=ACCOUNT, region=REGION)
    assert reading.event(alarm())[0].source == "flowlogs"


async def test_what_comes_through_the_door_reaches_the_desk_and_wakes_the_sender(
    memory_store: SqlStore,
) -> None:
    room, woken, own = room_on(memory_store), list[bool](), settings(alerts={"topics": [TOPIC]})
    reading = reading_of(own, rules_of(own), account=ACCOUNT, region=REGION)
    door = door_of(own, room.desk, reading, wrote=lambda: woken.append(True))

    body = json.dumps(detection()).encode()
    assert await door.take(body, "edr/1", reading.detection) is Outcome.STORED
    assert len(await room.open()) == 1
    assert woken == [True]
    assert (door.secret, door.topics.allowed) == ("x" * 16, frozenset({TOPIC}))


@pytest.mark.parametrize("topic", ["alarms", "arn:aws:sqs:eu-west-1:111111111111:alarms", f"{TOPIC}/*", ""])
def test_a_topic_is_named_by_its_arn(topic: str) -> None:
    with pytest.raises(ValidationError, match="the topic's ARN"):
        settings(alerts={"topics": [topic]})
