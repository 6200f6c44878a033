"""CloudTrail's look-ups, Insights and sessions as the API references describe them, over the seeded past."""

from __future__ import annotations

import time
from typing import Any

import pytest
from botocore.config import Config

from sandbox.aws.box import AwsBox
from sandbox.aws.past import STOLEN_KEY
from sandbox.aws.seed import Account
from tests.sandbox.aws.conftest import Refusal

pytestmark = pytest.mark.emulator


@pytest.fixture
def trail(box: AwsBox, account: Account) -> Any:
    box.controls.remember(account)
    return box.client("cloudtrail")


def by(key: str, value: str) -> dict[str, Any]:
    return {"LookupAttributes": [{"AttributeKey": key, "AttributeValue": value}]}


def test_what_is_really_called_is_found_by_its_resource_newest_first(
    trail: Any, ec2: Any, account: Account
) -> None:
    ec2.create_tags(Resources=[account.web], Tags=[{"Key": "a", "Value": "b"}])
    found = trail.lookup_events(**by("ResourceName", account.web))["Events"]
    assert [e["EventName"] for e in found][:2] == ["CreateTags", "ModifyInstanceMetadataOptions"]
    assert found[-1]["EventName"] == "RunInstances"
    assert (found[0]["Username"], found[0]["ReadOnly"]) == ("moto", "false")


def test_a_key_s_calls_are_found_and_the_box_s_own_building_is_forgotten(trail: Any) -> None:
    found = trail.lookup_events(**by("AccessKeyId", STOLEN_KEY))["Events"]
    assert {e["Username"] for e in found} == {"ci-builder"}
    assert trail.lookup_events(**by("EventName", "CreateVpc"))["Events"] == []


def test_pages_go_on_where_the_last_one_ended(trail: Any) -> None:
    first = trail.lookup_events(MaxResults=2)
    second = trail.lookup_events(MaxResults=2, NextToken=first["NextToken"])
    ids = [e["EventId"] for page in (first, second) for e in page["Events"]]
    assert len(ids) == len(set(ids)) == 4


def test_a_third_look_up_within_a_second_is_throttled(box: AwsBox, trail: Any, refusal: Refusal) -> None:
    once = Config(retries={"total_max_attempts": 1})
    session: Any = box.session()
    client = session.client("cloudtrail", config=once)
    for _ in range(2):
        client.lookup_events(MaxResults=1)
    assert refusal(lambda: client.lookup_events(MaxResults=1)) == "ThrottlingException"


def test_insights_evaluates_what_is_asked_of_the_flow_logs(
    box: AwsBox, trail: Any, account: Account, refusal: Refusal
) -> None:
    logs, now = box.client("logs"), int(time.time())
    period = {"logGroupName": account.log_group, "startTime": now - 7_200, "endTime": now + 60}
    text = 'filter @message like "198.51.100.7" | stats count(*) as n'
    asked = logs.start_query(queryString=text, **period)
    answer = logs.get_query_results(queryId=asked["queryId"])
    assert (answer["status"], answer["results"]) == ("Complete", [[{"field": "n", "value": "120"}]])
    assert refusal(lambda: logs.start_query(queryString="dedup a", **period)) == "MalformedQueryException"
    gone = {**period, "logGroupName": "none"}
    assert refusal(lambda: logs.start_query(queryString=text, **gone)) == "ResourceNotFoundException"


def test_sessions_are_kept_by_target(box: AwsBox, trail: Any, account: Account) -> None:
    ssm, mine = box.client("ssm"), [{"key": "Target", "value": account.web}]
    ended = ssm.describe_sessions(State="History", Filters=mine)["Sessions"]
    assert [s["Owner"].rpartition("/")[2] for s in ended] == ["ci-builder", "dee"]
    assert ssm.describe_sessions(State="Active", Filters=mine)["Sessions"] == []
