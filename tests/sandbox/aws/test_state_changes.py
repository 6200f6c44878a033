"""EC2's state-change events as its user guide describes them, at the SQS target of a rule that matches them."""

import json
from typing import Any

import pytest

from sandbox.aws.box import AwsBox
from sandbox.aws.environment import LINUX_IMAGE
from sandbox.aws.seed import Account
from tests.sandbox.aws.conftest import Refusal

pytestmark = pytest.mark.emulator

CHANGES: dict[str, Any] = {
    "source": ["aws.ec2"],
    "detail-type": ["EC2 Instance State-change Notification"],
}


class Watch:
    """A queue behind a rule."""

    def __init__(self, box: AwsBox, account: Account, pattern: dict[str, Any]) -> None:
        self._sqs, events = box.client("sqs"), box.client("events")
        self._url = self._sqs.create_queue(QueueName="changes")["QueueUrl"]
        self.arn = f"arn:aws:sqs:{account.region}:{account.account}:changes"
        events.put_rule(Name="changes", EventPattern=json.dumps(pattern))
        events.put_targets(Rule="changes", Targets=[{"Id": "queue", "Arn": self.arn}])

    def events(self) -> list[dict[str, Any]]:
        """What came since the last look, oldest first."""
        found: list[dict[str, Any]] = []
        while messages := self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for message in messages:
                found.append(json.loads(message["Body"]))
                self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return found

    def states(self) -> list[tuple[str, str]]:
        return [(each["detail"]["instance-id"], each["detail"]["state"]) for each in self.events()]


@pytest.fixture
def watch(box: AwsBox, account: Account) -> Watch:
    return Watch(box, account, CHANGES)


def test_each_change_is_told_with_the_state_on_the_way(ec2: Any, account: Account, watch: Watch) -> None:
    miner = account.miner
    ec2.stop_instances(InstanceIds=[miner])
    ec2.start_instances(InstanceIds=[miner])
    ec2.terminate_instances(InstanceIds=[miner])
    states = ["stopping", "stopped", "pending", "running", "shutting-down", "terminated"]
    assert watch.states() == [(miner, state) for state in states]
    ec2.terminate_instances(InstanceIds=[miner])
    assert watch.states() == []


def test_the_arrival_is_told_when_the_transition_is_over(
    box: AwsBox, ec2: Any, account: Account, watch: Watch
) -> None:
    box.controls.delays(instance=30)
    ec2.stop_instances(InstanceIds=[account.miner])
    assert watch.states() == [(account.miner, "stopping")]
    box.controls.advance(29)
    assert watch.states() == []
    box.controls.advance(1)
    assert watch.states() == [(account.miner, "stopped")]


def test_an_event_says_whose_it_is(ec2: Any, account: Account, watch: Watch) -> None:
    launched = ec2.run_instances(
        ImageId=LINUX_IMAGE, MinCount=1, MaxCount=1, SubnetId=account.network.subnets[0]
    )["Instances"][0]["InstanceId"]
    first, second = watch.events()
    assert {first["detail"]["state"], second["detail"]["state"]} == {"pending", "running"}
    assert first["resources"] == [f"arn:aws:ec2:{account.region}:{account.account}:instance/{launched}"]
    assert (first["account"], first["region"]) == (account.account, account.region)
    assert (first["version"], first["time"][-1]) == ("0", "Z")
    assert first["id"] != second["id"]


def test_a_rule_gets_what_it_matches_and_nothing_while_it_is_off(
    box: AwsBox, ec2: Any, account: Account
) -> None:
    watch = Watch(box, account, {**CHANGES, "detail": {"state": ["terminated"]}})
    events = box.client("events")
    ec2.terminate_instances(InstanceIds=[account.miner])
    assert watch.states() == [(account.miner, "terminated")]
    events.disable_rule(Name="changes")
    ec2.modify_instance_attribute(InstanceId=account.web, DisableApiTermination={"Value": False})
    ec2.terminate_instances(InstanceIds=[account.web])
    assert watch.states() == []


def test_a_target_that_would_change_the_event_is_refused(box: AwsBox, watch: Watch, refusal: Refusal) -> None:
    target = {"Id": "other", "Arn": watch.arn, "InputPath": "$.detail"}
    put = box.client("events").put_targets
    assert refusal(lambda: put(Rule="changes", Targets=[target])) == "InvalidAction"
