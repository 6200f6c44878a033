"""CloudWatch alarms (T4, T5) in both ways in which they come."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from intake.routes import Reading
from playbook.errors import BadInput
from playbook.finding import FindingKey, Scope, Severity
from tests.intake.builders import ACCOUNT, REGION, WEB, notification
from tests.intake.payloads import ALARM_ARN, Json, alarm, alarm_by_sns, metric

READING = Reading()
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.row("T5")
@pytest.mark.parametrize(
    "text",
    [alarm(), json.dumps(alarm_by_sns()), notification(json.dumps(alarm_by_sns()))],
    ids=["EventBridge", "SNS raw", "SNS"],
)
def test_a_processor_that_never_rests(text: str) -> None:
    (found,) = READING.event(text)

    assert found.key == FindingKey(account=ACCOUNT, region=REGION, id=ALARM_ARN)
    assert (found.source, found.type.full) == ("cpu", "CPU:EC2/web cpu")
    assert (found.scope, found.instances, found.severity) == (Scope.INSTANCE, (WEB,), Severity.MEDIUM)
    assert (found.updated, found.archived) == (NOON, False)
    assert found.title == "web cpu is in ALARM"


@pytest.mark.parametrize(
    ("measured", "source"),
    [
        (metric(InstanceId=WEB), "cpu"),
        (metric(name="NetworkOut", InstanceId=WEB), "flowlogs"),
        (metric(name="NetworkPacketsOut", InstanceId=WEB), "flowlogs"),
        (metric("VPCFlowLogs", "RejectedConnections", Instance=WEB), "flowlogs"),
        (metric("Security", "flow-log bytes out", host=WEB), "flowlogs"),
    ],
)
def test_which_alarm_is_which_says_its_metric(measured: Json, source: str) -> None:
    (found,) = READING.event(alarm("ALARM", measured))
    assert found.source == source
    assert found.actor is (source == "flowlogs")


def test_an_anomaly_of_several_metrics_is_told_by_the_one_that_is_known() -> None:
    band: Json = {"id": "ad1", "expression": "ANOMALY_DETECTION_BAND(m1, 2)", "returnData": True}
    (found,) = READING.event(alarm("ALARM", band, metric(name="NetworkOut", InstanceId=WEB)))
    assert found.source == "flowlogs"


@pytest.mark.row("T4")
def test_metrics_of_an_alarm_by_sns() -> None:
    measured = {
        "Namespace": "AWS/EC2",
        "MetricName": "NetworkOut",
        "Dimensions": [{"name": "InstanceId", "value": WEB}],
    }
    trigger: Json = {
        "MetricName": None,
        "Namespace": None,
        "Dimensions": None,
        "Metrics": [{"MetricStat": {"Metric": measured}}],
    }
    (found,) = READING.event(json.dumps(alarm_by_sns(**trigger)))
    assert (found.source, found.instances) == ("flowlogs", (WEB,))


def test_the_settings_decide_first() -> None:
    own = Reading(alarms={"web cpu": "flowlogs", "custom": "cpu"})
    assert own.event(alarm())[0].source == "flowlogs"
    assert own.event(alarm("ALARM", metric("Agent", "busy", host=WEB), name="custom"))[0].source == "cpu"


def test_without_dimensions_its_name_or_description_may_name_the_instance() -> None:
    (found,) = READING.event(alarm("ALARM", metric(), name=f"{WEB} is busy"))
    assert found.instances == (WEB,)


def test_ok_again_is_the_same_finding_archived() -> None:
    (before,), (after,) = READING.event(alarm()), READING.event(alarm("OK", at="12:30:00.000"))
    assert before.key == after.key
    assert after.archived
    assert after.updated > before.updated
    assert after.settled == "back to normal, says its alarm"


def test_an_alarm_that_lacks_data_is_nothing() -> None:
    assert READING.event(alarm("INSUFFICIENT_DATA")) == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (alarm("ALARM", metric("AWS/RDS", "CPUUtilization", DBInstanceIdentifier="db")), "AWS/RDS CPUUtil"),
        (alarm("ALARM", {"id": "e1", "expression": "m1/m2"}), "watches no metric"),
        (alarm("ALARM", metric()), "does not say which instance"),
        (alarm("ALARM", metric(AutoScalingGroupName="web")), "does not say which instance"),
        (alarm("PURPLE"), "has the state “PURPLE”"),
        (alarm(arn="arn:aws:s3:::bucket"), "no ARN that names"),
        (json.dumps(alarm_by_sns() | {"AlarmArn": "web"}), "no ARN that names"),
        (json.dumps(alarm_by_sns() | {"StateChangeTime": "yesterday"}), "StateChangeTime"),
        (json.dumps(alarm_by_sns() | {"Trigger": "none"}), "watches no metric"),
    ],
)  # fmt: skip
def test_an_alarm_of_an_unknown_shape_is_refused_in_plain_words(text: str, why: str) -> None:
    with pytest.raises(BadInput, match=why) as refused:
        READING.event(text)
    assert "No incident was opened" in refused.value.means
    assert refused.value.then
