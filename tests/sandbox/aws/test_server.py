"""The box as a process of its own, over HTTP."""

import json
import time
from collections.abc import Generator
from threading import Event
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from sandbox.aws import findings
from sandbox.aws.box import AwsBox, connect, start, started
from sandbox.aws.checker import Expectation, check
from sandbox.aws.seed import Account, seed, usual_flows
from sandbox.aws.world import system_clock
from tests.sandbox.aws.conftest import Refusal

pytestmark = [pytest.mark.emulator, pytest.mark.process]


@pytest.fixture(scope="module")
def server() -> Generator[AwsBox]:
    with started() as made:
        yield made


@pytest.fixture(scope="module")
def seeded(server: AwsBox) -> Account:
    account = seed(server.client)
    server.controls.flows(*usual_flows(account))
    server.controls.tick()
    return account


def test_it_listens_on_this_machine_only_and_says_that_it_is_ready(server: AwsBox) -> None:
    assert str(server.endpoint_url).startswith("http://127.0.0.1:")
    with urlopen(f"{server.endpoint_url}/sandbox/health") as answer:
        assert json.load(answer) == {"ready": True}


def test_the_overlay_and_the_levers_work_over_http(server: AwsBox, seeded: Account) -> None:
    server.controls.delays(snapshot=60)
    ec2 = server.client("ec2")
    taken = ec2.create_snapshots(InstanceSpecification={"InstanceId": seeded.miner})["Snapshots"][0][
        "SnapshotId"
    ]
    assert ec2.describe_snapshots(SnapshotIds=[taken])["Snapshots"][0]["State"] == "pending"
    assert server.controls.advance(60) == 1
    assert ec2.describe_snapshots(SnapshotIds=[taken])["Snapshots"][0]["State"] == "completed"
    events = server.client("logs").filter_log_events(logGroupName=seeded.log_group)["events"]
    assert len(events) == 9


def test_a_finding_goes_into_the_queue_and_into_guardduty(server: AwsBox, seeded: Account) -> None:
    finding = findings.mining(server.client("ec2"), seeded.web, at=system_clock())
    server.controls.put_finding(seeded.queue, finding)
    guardduty = server.client("guardduty")
    (detector,) = guardduty.list_detectors()["DetectorIds"]
    assert finding["detail"]["id"] in guardduty.list_findings(DetectorId=detector)["FindingIds"]
    (message,) = server.client("sqs").receive_message(QueueUrl=seeded.queue_url)["Messages"]
    assert json.loads(message["Body"])["detail"]["id"] == finding["detail"]["id"]


def test_a_memory_capture_reaches_the_bucket(server: AwsBox, seeded: Account) -> None:
    s3, ssm = server.client("s3"), server.client("ssm")
    place = {"Bucket": seeded.bucket, "Key": "memory/image.lime"}
    url = s3.generate_presigned_url("put_object", Params=place, ExpiresIn=900)
    sent = ssm.send_command(
        InstanceIds=[seeded.web],
        DocumentName="AWS-RunShellScript",
        Parameters={"commands": ["./avml /tmp/image.lime", f"curl -sSf -T /tmp/image.lime '{url}'"]},
    )["Command"]["CommandId"]
    done = ssm.get_command_invocation(CommandId=sent, InstanceId=seeded.web)
    size = int(done["StandardOutputContent"].split()[1])
    assert s3.head_object(**place)["ContentLength"] == size
    facts = check(server.client, seeded, seeded.web, Expectation(memory=True))
    assert [fact.ok for fact in facts] == [True]


def test_what_is_not_emulated_is_refused_without_retries(
    server: AwsBox, seeded: Account, refusal: Refusal
) -> None:
    calls: list[Any] = [
        lambda: server.client("ec2").get_console_screenshot(InstanceId=seeded.web),
        lambda: server.client("guardduty").list_coverage(DetectorId="5ec2a1c0ffee"),
        lambda: server.client("health").describe_events(),
        lambda: server.client("pricing").get_products(ServiceCode="AmazonEC2"),
    ]
    assert [refusal(call) for call in calls] == ["InvalidAction"] * len(calls)


@pytest.mark.parametrize(
    ("name", "body", "status"), [("fly", {}, 404), ("advance", {}, 404), ("delays", {"x": 1}, 400)]
)
def test_a_wrong_lever_is_named(server: AwsBox, name: str, body: dict[str, int], status: int) -> None:
    request = Request(f"{server.endpoint_url}/sandbox/{name}", data=json.dumps(body).encode(), method="POST")
    request.add_header("Content-Type", "application/json")
    with pytest.raises(HTTPError) as refused:
        urlopen(request)
    with refused.value as answer:
        assert answer.code == status
        assert "error" in json.load(answer)


def test_it_ends_when_whoever_started_it_lets_go() -> None:
    box = start()
    assert box.process is not None
    assert box.process.stdin is not None
    box.process.stdin.close()
    assert box.process.wait(timeout=20) == 0
    assert box.process.stdout is not None
    box.process.stdout.close()


def test_it_ticks_by_itself_if_asked() -> None:
    with started(ticker=0.05) as box:
        account = seed(box.client)
        box.controls.delays(command=0.1)
        s3 = box.client("s3")
        url = s3.generate_presigned_url("put_object", Params={"Bucket": account.bucket, "Key": "image.lime"})
        box.client("ssm").send_command(
            InstanceIds=[account.web],
            DocumentName="AWS-RunShellScript",
            Parameters={"commands": [f"curl -sSf -T /tmp/image.lime '{url}'"]},
        )
        pause, deadline = Event(), time.monotonic() + 20
        while not s3.list_objects_v2(Bucket=account.bucket).get("Contents"):
            assert time.monotonic() < deadline, "nobody ran the command"
            pause.wait(0.05)


def test_another_handle_reaches_the_same_box(server: AwsBox, seeded: Account) -> None:
    other = connect(str(server.endpoint_url))
    found = other.client("ec2").describe_instances(InstanceIds=[seeded.web])
    assert found["Reservations"][0]["Instances"][0]["InstanceId"] == seeded.web
