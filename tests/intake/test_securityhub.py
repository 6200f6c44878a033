"""Security Hub's findings: attacks on instances, GuardDuty's under their own key, weaknesses not at all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from intake.guardduty import parse
from intake.routes import Reading
from playbook.errors import BadInput
from playbook.finding import FindingKey, Indicator, Scope, Severity
from tests.intake.builders import ACCOUNT, DATABASE, REGION, WEB, finding
from tests.intake.payloads import GUARDDUTY_ID, Json, asff, guardduty_asff, imported, sent

READ = Reading().event


def test_a_finding_of_a_partner() -> None:
    (found,) = READ(imported(asff()))

    assert found.key == FindingKey(
        account=ACCOUNT, region=REGION, id=f"{REGION}/{ACCOUNT}/98aebb2207407c87f51e89943f12b1ef"
    )
    assert (found.source, found.type.full) == (
        "securityhub",
        "SecurityHub:EC2/TTPs/Command and Control/Beacon",
    )
    assert (found.scope, found.instances) == (Scope.INSTANCE, (WEB,))
    assert (found.score, found.severity) == (7.0, Severity.HIGH)
    assert found.first_seen == datetime(2026, 3, 1, 11, tzinfo=UTC)
    assert found.updated == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert {(i.kind, i.value) for i in found.indicators} == {("ip", "198.51.100.7"), ("domain", "c2.example")}
    assert Indicator(kind="domain", value="c2.example", about="feed") in found.indicators


def test_guarddutys_finding_has_the_key_that_it_has_when_it_comes_from_guardduty() -> None:
    direct = parse(finding("CryptoCurrency:EC2/BitcoinTool.B!DNS") | {"id": GUARDDUTY_ID})
    (found,) = READ(imported(guardduty_asff()))

    assert found.key == direct.key
    assert (found.source, found.type) == (direct.source, direct.type)
    assert found.instances == direct.instances
    assert (found.count, found.actor) == (74, True)


def test_several_findings_in_one_event() -> None:
    other = asff(Id="second", Resources=[{"Type": "AwsEc2Instance", "Id": DATABASE}])
    assert [f.instances for f in READ(imported(asff(), guardduty_asff(), other))] == [
        (WEB,),
        (WEB,),
        (DATABASE,),
    ]


@pytest.mark.parametrize(
    "body",
    [
        asff(Compliance={"Status": "FAILED"}),
        asff(Types=["Software and Configuration Checks/Vulnerabilities/CVE"]),
        asff(Types=[]),
    ],
    ids=["control", "CVE", "no type"],
)
def test_a_weakness_is_passed_over(body: Json) -> None:
    assert READ(imported(body)) == ()


@pytest.mark.parametrize(
    ("severity", "score"),
    [
        ({"Label": "CRITICAL", "Normalized": 90}, 9.0),
        ({"Label": "HIGH"}, 8.0),
        ({"Label": "MEDIUM", "Normalized": 40}, 4.0),
        ({"Label": "INFORMATIONAL", "Normalized": 0}, 1.0),
        ({"Label": "LOW", "Normalized": 1000}, 2.0),
        ({}, 5.0),
        (None, 5.0),
    ],
)
def test_severities(severity: Json | None, score: float) -> None:
    assert READ(imported(asff(Severity=severity)))[0].score == score


@pytest.mark.parametrize(
    "members",
    [
        {"RecordState": "ARCHIVED"},
        {"Workflow": {"Status": "RESOLVED"}},
        {"Workflow": {"Status": "SUPPRESSED"}},
    ],
)
def test_what_is_over_there_is_archived(members: Json) -> None:
    (found,) = READ(imported(asff(**members)))
    assert found.archived
    assert found.settled == "archived in Security Hub"


def test_a_finding_about_something_else_is_shown_only() -> None:
    (found,) = READ(imported(asff(Resources=[{"Type": "AwsS3Bucket", "Id": "arn:aws:s3:::b"}])))
    assert (found.scope, found.instances) == (Scope.OTHER, ())


def test_an_instance_of_another_account_is_not_taken_for_one_of_this() -> None:
    elsewhere = {"Type": "AwsEc2Instance", "Id": f"arn:aws:ec2:{REGION}:222222222222:instance/{WEB}"}
    (found,) = READ(imported(asff(Resources=[elsewhere])))
    assert found.instances == ()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (imported(), "holds no findings"),
        (sent("aws.securityhub", "Security Hub Findings - Imported", {"findings": [7]}), "holds no findings"),
        (imported(asff(AwsAccountId="me")), "names no account"),
        (imported(asff(UpdatedAt="soon")), "UpdatedAt"),
        (imported(asff(Resources=[{"Type": "AwsEc2Instance", "Id": "web-1"}])), "does not say which"),
        (sent("aws.securityhub", "Findings Imported V2", {"findings": []}), "Findings Imported V2"),
    ],
)
def test_what_can_not_be_read_is_refused(text: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        READ(text)
