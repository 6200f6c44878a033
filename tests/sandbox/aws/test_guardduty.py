"""GuardDuty's detectors as its API reference describes them."""

from typing import Any

import pytest

from sandbox.aws.box import AwsBox
from tests.sandbox.aws.conftest import Refusal

pytestmark = pytest.mark.emulator


@pytest.fixture
def guardduty(box: AwsBox) -> Any:
    return box.client("guardduty")


def test_one_detector_an_account_and_region(guardduty: Any, refusal: Refusal) -> None:
    made = guardduty.create_detector(Enable=True, ClientToken="one")["DetectorId"]
    assert guardduty.list_detectors()["DetectorIds"] == [made]
    assert guardduty.create_detector(Enable=True, ClientToken="one")["DetectorId"] == made
    assert refusal(lambda: guardduty.create_detector(Enable=True, ClientToken="two")) == "BadRequestException"


def test_the_sources_follow_the_detector(guardduty: Any) -> None:
    made = guardduty.create_detector(Enable=True, Tags={"team": "security"})["DetectorId"]

    def seen() -> tuple[str, str]:
        found = guardduty.get_detector(DetectorId=made)
        assert found["Tags"] == {"team": "security"}
        return found["Status"], found["DataSources"]["FlowLogs"]["Status"]

    assert seen() == ("ENABLED", "ENABLED")
    guardduty.update_detector(DetectorId=made, Enable=False)
    assert seen() == ("DISABLED", "DISABLED")


def test_what_is_not_there_is_refused(guardduty: Any, refusal: Refusal) -> None:
    nobody = "0" * 32
    assert refusal(lambda: guardduty.get_detector(DetectorId=nobody)) == "BadRequestException"
    assert refusal(lambda: guardduty.update_detector(DetectorId=nobody, Enable=True)) == "BadRequestException"
    assert refusal(lambda: guardduty.delete_detector(DetectorId=nobody)) == "BadRequestException"
    made = guardduty.create_detector(Enable=True)["DetectorId"]
    guardduty.delete_detector(DetectorId=made)
    assert guardduty.list_detectors()["DetectorIds"] == []
