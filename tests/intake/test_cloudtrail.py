"""CloudTrail's events (T2): a match is a finding, everything else is nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from intake.cloudtrail import MOST_INSTANCES
from intake.routes import Reading
from intake.sigma import SHIPPED, load
from playbook.errors import BadInput
from playbook.finding import FindingKey, Indicator, Scope, Severity
from tests.intake.builders import ACCOUNT, DATABASE, REGION, WEB
from tests.intake.payloads import ATTACKER, api_call, api_event, launch, root_login, sent

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def reading() -> Reading:
    return Reading(rules=load(SHIPPED).rules)


@pytest.mark.row("T2")
def test_a_launch_as_for_mining_is_a_finding_on_what_was_launched(reading: Reading) -> None:
    (found,) = reading.event(api_event(launch(instances=(WEB, DATABASE))))

    assert found.key == FindingKey(
        account=ACCOUNT, region=REGION,
        id="5f0a9d0e-3c1b-4a52-9a8e-6a4a2f6b1c10/e755e09c-42f9-4c5c-9064-EXAMPLE228c7",
    )  # fmt: skip
    assert (found.source, found.scope, found.instances) == ("cloudtrail", Scope.INSTANCE, (WEB, DATABASE))
    assert found.type.full == "CloudTrail:EC2/AWS EC2 Instances Launched As For Mining"
    assert (found.severity, found.techniques) == (Severity.HIGH, ("T1496.001",))
    assert found.caller == ATTACKER
    assert found.first_seen == found.last_seen == found.updated == NOON
    assert found.indicators == (
        Indicator(kind="identity", value=ATTACKER, about="called RunInstances"),
        Indicator(kind="access_key", value="AKIAIOSFODNN7EXAMPLE", about="called RunInstances"),
        Indicator(kind="source", value="198.51.100.7", about="aws-cli/2.13.5 Python/3.11.4"),
    )


def test_a_root_login_concerns_the_account_and_is_one_finding_however_often(reading: Reading) -> None:
    first, second = (
        reading.event(api_event(root_login(at=f"2026-03-01T12:0{minute}:00Z")))[0] for minute in (0, 5)
    )

    assert (first.scope, first.instances) == (Scope.ACCOUNT, ())
    assert first.type.full == "CloudTrail:IAMUser/AWS Root Account Login"
    assert first.key == second.key
    assert first.updated < second.updated


def test_a_launch_that_met_a_limit_concerns_the_account(reading: Reading) -> None:
    refused = launch(instances=(), errorCode="Client.InstanceLimitExceeded")
    (found,) = reading.event(api_event(refused))
    assert found.scope is Scope.ACCOUNT
    assert "refused with Client.InstanceLimitExceeded" in found.description


def test_a_call_on_an_instance_names_it(reading: Reading) -> None:
    asked = {"instanceId": WEB, "userData": "<sensitiveDataRemoved>"}
    (found,) = reading.event(api_event(api_call("ModifyInstanceAttribute", requestParameters=asked)))
    assert found.instances == (WEB,)


def test_an_ordinary_call_is_nothing(reading: Reading) -> None:
    assert reading.event(api_event(launch("t3.micro"))) == ()


def test_hundreds_of_instances_are_counted_not_named(reading: Reading) -> None:
    many = tuple(f"i-{number:017x}" for number in range(300))
    (found,) = reading.event(api_event(launch(instances=many)))
    assert len(found.instances) == MOST_INSTANCES
    assert found.description.endswith(f"It names {300 - MOST_INSTANCES} more instances.")


def test_what_is_no_record_is_refused(reading: Reading) -> None:
    record = launch()
    del record["eventTime"]
    with pytest.raises(BadInput, match="eventTime"):
        reading.event(api_event(record))


def test_an_event_that_says_it_is_cloudtrails_must_come_from_aws(reading: Reading) -> None:
    with pytest.raises(BadInput, match=r"of my\.app"):
        reading.event(sent("my.app", "AWS API Call via CloudTrail", launch()))
