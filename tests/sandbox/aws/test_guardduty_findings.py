"""GuardDuty's findings as its API reference describes them: those of the queue, and samples."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.aws import findings
from sandbox.aws.box import AwsBox
from sandbox.aws.seed import Account
from tests.sandbox.aws.conftest import Refusal

pytestmark = pytest.mark.emulator

AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
MINER = "CryptoCurrency:EC2/BitcoinTool.B"


@pytest.fixture
def guardduty(box: AwsBox) -> Any:
    return box.client("guardduty")


@pytest.fixture
def detector(guardduty: Any, account: Account) -> str:
    (found,) = guardduty.list_detectors()["DetectorIds"]
    return found


@pytest.fixture
def reported(box: AwsBox, account: Account) -> dict[str, dict[str, Any]]:
    """The findings that reached the queue, by a short name."""
    ec2 = box.client("ec2")
    made = {
        "mining": findings.mining(ec2, account.miner, at=AT),
        "probe": findings.port_probe(ec2, account.web, at=AT + timedelta(hours=1)),
        "sequence": findings.attack_sequence(ec2, account.web, account.miner, at=AT + timedelta(hours=2)),
    }
    for each in made.values():
        box.controls.put_finding(account.queue, each)
    return {name: each["detail"] for name, each in made.items()}


def listed(guardduty: Any, detector: str, **criterion: dict[str, Any]) -> set[str]:
    named = {name.replace("__", "."): condition for name, condition in criterion.items()}
    answer = guardduty.list_findings(DetectorId=detector, FindingCriteria={"Criterion": named})
    return set(answer["FindingIds"])


def test_what_the_bus_delivered_is_listed_and_read(
    guardduty: Any, detector: str, reported: dict[str, dict[str, Any]]
) -> None:
    assert listed(guardduty, detector) == {f["id"] for f in reported.values()}
    wanted = reported["mining"]
    (read,) = guardduty.get_findings(DetectorId=detector, FindingIds=[wanted["id"]])["Findings"]
    assert (read["Type"], read["Arn"], read["Severity"]) == (MINER, wanted["arn"], 8)
    assert (
        read["Resource"]["InstanceDetails"]["InstanceId"]
        == (wanted["resource"]["instanceDetails"]["instanceId"])
    )
    assert read["Service"]["DetectorId"] == detector


def test_criteria_take_equality_bounds_dates_and_patterns(
    guardduty: Any, detector: str, account: Account, reported: dict[str, dict[str, Any]]
) -> None:
    def names(**criterion: dict[str, Any]) -> set[str]:
        found = listed(guardduty, detector, **criterion)
        return {name for name, finding in reported.items() if finding["id"] in found}

    def since(hours: float) -> int:
        return int((AT + timedelta(hours=hours)).timestamp() * 1000)

    assert names(type={"Eq": [MINER]}) == {"mining"}
    assert names(type={"NotEquals": [MINER]}) == {"probe", "sequence"}
    assert names(severity={"Gte": 8}) == {"mining", "sequence"}
    assert names(severity={"GreaterThan": 2, "LessThan": 9}) == {"mining"}
    assert names(severity={"Equals": ["2"]}) == {"probe"}
    assert names(updatedAt={"GreaterThanOrEqual": since(1)}) == {"probe", "sequence"}
    assert names(updatedAt={"LessThan": since(0.5)}) == {"mining"}
    assert names(type={"Matches": ["*:EC2/*"]}) == {"mining", "probe", "sequence"}
    assert names(type={"NotMatches": ["Recon:*", "Attack*"]}) == {"mining"}
    assert names(resource__instanceDetails__instanceId={"Eq": [account.web]}) == {"probe"}
    group = "resource__instanceDetails__networkInterfaces__securityGroups__groupId"
    assert names(**{group: {"Eq": [account.network.admin_group]}}) == {"probe"}
    assert names(severity={"Gte": 8}, type={"Eq": [MINER]}) == {"mining"}


def test_archived_findings_are_listed_unless_they_are_excluded(
    guardduty: Any, detector: str, reported: dict[str, dict[str, Any]]
) -> None:
    mining = reported["mining"]["id"]
    guardduty.archive_findings(DetectorId=detector, FindingIds=[mining])
    assert listed(guardduty, detector, service__archived={"Eq": ["true"]}) == {mining}
    assert mining not in listed(guardduty, detector, service__archived={"Eq": ["false"]})
    assert mining in listed(guardduty, detector)
    guardduty.unarchive_findings(DetectorId=detector, FindingIds=[mining])
    assert listed(guardduty, detector, service__archived={"Eq": ["true"]}) == set()


def test_findings_are_sorted_and_paged(
    guardduty: Any, detector: str, reported: dict[str, dict[str, Any]]
) -> None:
    sort = {"AttributeName": "severity", "OrderBy": "DESC"}
    first = guardduty.list_findings(DetectorId=detector, SortCriteria=sort, MaxResults=2)
    assert first["FindingIds"] == [reported["sequence"]["id"], reported["mining"]["id"]]
    rest = guardduty.list_findings(DetectorId=detector, SortCriteria=sort, NextToken=first["NextToken"])
    assert rest["FindingIds"][-1] == reported["probe"]["id"]
    assert rest["NextToken"] == ""


def test_the_same_finding_again_is_one_finding(
    box: AwsBox, guardduty: Any, detector: str, account: Account, reported: dict[str, dict[str, Any]]
) -> None:
    first = findings.mining(box.client("ec2"), account.miner, at=AT)
    box.controls.put_finding(account.queue, findings.again(first, at=AT + timedelta(hours=5), count=7))
    assert len(listed(guardduty, detector)) == len(reported)
    (read,) = guardduty.get_findings(DetectorId=detector, FindingIds=[first["detail"]["id"]])["Findings"]
    assert read["Service"]["Count"] == 7


def test_samples_are_marked_and_told_to_event_bridge(
    box: AwsBox, guardduty: Any, detector: str, account: Account
) -> None:
    sqs, events = box.client("sqs"), box.client("events")
    queue = sqs.create_queue(QueueName="samples")["QueueUrl"]
    arn = f"arn:aws:sqs:{account.region}:{account.account}:samples"
    events.put_rule(Name="findings", EventPattern=json.dumps({"source": ["aws.guardduty"]}))
    events.put_targets(Rule="findings", Targets=[{"Id": "queue", "Arn": arn}])
    guardduty.create_sample_findings(DetectorId=detector, FindingTypes=[MINER])
    (sample,) = listed(guardduty, detector)
    (read,) = guardduty.get_findings(DetectorId=detector, FindingIds=[sample])["Findings"]
    assert read["Title"].startswith("[SAMPLE]")
    (message,) = sqs.receive_message(QueueUrl=queue)["Messages"]
    told = json.loads(message["Body"])
    assert (told["detail-type"], told["detail"]["id"]) == ("GuardDuty Finding", sample)
    assert told["detail"]["service"]["additionalInfo"]["sample"] is True
    guardduty.create_sample_findings(DetectorId=detector)
    assert len(listed(guardduty, detector)) > 1


def test_findings_of_no_detector_and_senseless_requests_are_refused(
    guardduty: Any, detector: str, refusal: Refusal
) -> None:
    nobody = "0" * 32
    for call in (
        lambda: guardduty.list_findings(DetectorId=nobody),
        lambda: guardduty.get_findings(DetectorId=nobody, FindingIds=["a"]),
        lambda: guardduty.archive_findings(DetectorId=nobody, FindingIds=["a"]),
        lambda: guardduty.create_sample_findings(DetectorId=nobody),
        lambda: guardduty.list_findings(DetectorId=detector, MaxResults=51),
        lambda: guardduty.list_findings(DetectorId=detector, NextToken="next"),
        lambda: guardduty.get_findings(DetectorId=detector, FindingIds=["a"] * 51),
        lambda: guardduty.create_sample_findings(DetectorId=detector, FindingTypes=["nonsense"]),
    ):
        assert refusal(call) == "BadRequestException"
    unsupported = ["Impact:S3/MaliciousIPCaller"]
    sample = refusal(lambda: guardduty.create_sample_findings(DetectorId=detector, FindingTypes=unsupported))
    assert sample == "InvalidAction"
