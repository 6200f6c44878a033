"""Run Command as the Systems Manager API reference and user guide describe it."""

import hashlib
import json
from collections.abc import Callable
from typing import Any, Literal

import pytest
from botocore.config import Config

from sandbox.aws.box import AwsBox
from sandbox.aws.environment import WINDOWS_IMAGE
from sandbox.aws.host import memory_image
from sandbox.aws.seed import Account
from tests.sandbox.aws.conftest import Refusal

pytestmark = pytest.mark.emulator

Send = Callable[..., dict[str, Any]]


@pytest.fixture
def ssm(box: AwsBox) -> Any:
    return box.client("ssm")


@pytest.fixture
def send(ssm: Any) -> Send:
    def command(
        instance: str, *lines: str, document: str = "AWS-RunShellScript", **more: Any
    ) -> dict[str, Any]:
        return ssm.send_command(
            InstanceIds=[instance],
            DocumentName=document,
            Comment="run r-1",
            Parameters={"commands": list(lines or ("true",))},
            **more,
        )["Command"]

    return command


def outcome(ssm: Any, command: dict[str, Any], instance: str) -> dict[str, Any]:
    return ssm.get_command_invocation(CommandId=command["CommandId"], InstanceId=instance)


def pings(ssm: Any) -> dict[str, str]:
    rows = ssm.describe_instance_information()["InstanceInformationList"]
    return {row["InstanceId"]: row["PingStatus"] for row in rows}


def close(ec2: Any, account: Account, interface: str, *, https_out: bool = False) -> None:
    name = f"closed-{https_out}"
    found = ec2.describe_security_groups(Filters=[{"Name": "group-name", "Values": [name]}])["SecurityGroups"]
    if found:
        group = found[0]["GroupId"]
    else:
        made = ec2.create_security_group(GroupName=name, Description=name, VpcId=account.network.vpc)
        group = made["GroupId"]
        egress = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissionsEgress"]
        ec2.revoke_security_group_egress(GroupId=group, IpPermissions=egress)
        if https_out:
            rule = {
                "IpProtocol": "tcp",
                "FromPort": 443,
                "ToPort": 443,
                "IpRanges": [{"CidrIp": "10.0.1.0/24"}],
            }
            ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[rule])
    ec2.modify_network_interface_attribute(NetworkInterfaceId=interface, Groups=[group])


def test_running_hosts_with_the_permission_are_managed(ssm: Any, ec2: Any, account: Account) -> None:
    assert pings(ssm) == dict.fromkeys((account.web, account.miner, account.bystander), "Online")
    ec2.stop_instances(InstanceIds=[account.miner])
    assert pings(ssm)[account.miner] == "ConnectionLost"
    mine = [{"Key": "InstanceIds", "Values": [account.web]}]
    (row,) = ssm.describe_instance_information(Filters=mine)["InstanceInformationList"]
    assert (row["InstanceId"], row["PlatformType"]) == (account.web, "Linux")


def test_isolation_cuts_the_agent_off_unless_a_path_is_left(ssm: Any, ec2: Any, account: Account) -> None:
    for interface in account.web_interfaces:
        close(ec2, account, interface)
    assert pings(ssm)[account.web] == "ConnectionLost"
    close(ec2, account, account.web_interfaces[0], https_out=True)
    assert pings(ssm)[account.web] == "Online"


@pytest.mark.parametrize(
    ("denial", "ping"),
    [
        ({"Action": "*"}, "ConnectionLost"),
        ({"NotAction": ["ssm:*", "ssmmessages:*", "ec2messages:*"]}, "Online"),
    ],
)
def test_a_denied_session_is_cut_off_unless_ssm_is_excepted(
    box: AwsBox, ssm: Any, account: Account, denial: dict[str, Any], ping: str
) -> None:
    mine = {"StringEquals": {"aws:userid": f"{account.role_id}:{account.web}"}}
    statement = {"Effect": "Deny", "Resource": "*", "Condition": mine, **denial}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    box.client("iam").put_role_policy(RoleName=account.role, PolicyName="stop", PolicyDocument=policy)
    assert pings(ssm) == {account.web: ping, account.bystander: "Online", account.miner: "Online"}


def test_a_host_stays_managed_for_hours_after_its_profile_is_gone(
    ssm: Any, ec2: Any, account: Account
) -> None:
    mine = [{"Name": "instance-id", "Values": [account.web]}]
    found = ec2.describe_iam_instance_profile_associations(Filters=mine)["IamInstanceProfileAssociations"]
    ec2.disassociate_iam_instance_profile(AssociationId=found[0]["AssociationId"])
    assert pings(ssm)[account.web] == "Online"


def test_a_command_runs_and_its_output_is_read(ssm: Any, send: Send, account: Account) -> None:
    sent = send(account.web, "ps aux")
    assert (sent["Status"], sent["Comment"]) == ("Pending", "run r-1")
    done = outcome(ssm, sent, account.web)
    assert (done["Status"], done["ResponseCode"]) == ("Success", 0)
    assert "/usr/bin/amazon-ssm-agent" in done["StandardOutputContent"]


def test_commands_are_listed_by_instance_and_filter_with_their_comment(
    ssm: Any, send: Send, account: Account
) -> None:
    first, second = send(account.web), send(account.miner)
    listed = ssm.list_commands(InstanceId=account.web)["Commands"]
    assert [(c["CommandId"], c["Comment"]) for c in listed] == [(first["CommandId"], "run r-1")]
    assert {c["CommandId"] for c in ssm.list_commands()["Commands"]} == {
        first["CommandId"],
        second["CommandId"],
    }
    by_status = [{"key": "Status", "value": "Failed"}]
    assert ssm.list_commands(Filters=by_status)["Commands"] == []
    before = [{"key": "InvokedBefore", "value": "2020-01-01T00:00:00Z"}]
    assert ssm.list_commands(Filters=before)["Commands"] == []
    rows = ssm.list_command_invocations(CommandId=second["CommandId"], Details=True)["CommandInvocations"]
    assert [(r["InstanceId"], r["CommandPlugins"][0]["Name"]) for r in rows] == [
        (account.miner, "aws:runShellScript")
    ]


def test_what_cannot_run_is_refused(
    ssm: Any, ec2: Any, send: Send, account: Account, refusal: Refusal
) -> None:
    bare = ec2.run_instances(ImageId="ami-0123456789abcdef0", MinCount=1, MaxCount=1)["Instances"][0][
        "InstanceId"
    ]
    assert refusal(lambda: send(bare)) == "InvalidInstanceId"
    assert refusal(lambda: send(account.web, document="AWS-Nothing")) == "InvalidDocument"
    assert refusal(lambda: send(account.web, document="AWS-RunPowerShellScript")) == "UnsupportedPlatformType"
    unknown = refusal(lambda: ssm.get_command_invocation(CommandId="0" * 36, InstanceId=account.web))
    assert unknown == "InvocationDoesNotExist"
    assert refusal(lambda: ssm.list_commands(CommandId="0" * 36)) == "InvalidCommandId"
    assert refusal(lambda: ssm.cancel_command(CommandId="0" * 36)) == "InvalidCommandId"


def test_a_terminated_host_is_no_longer_managed(
    ec2: Any, send: Send, account: Account, refusal: Refusal
) -> None:
    ec2.terminate_instances(InstanceIds=[account.miner])
    assert refusal(lambda: send(account.miner)) == "InvalidInstanceId"


def test_a_running_command_can_be_cancelled(box: AwsBox, ssm: Any, send: Send, account: Account) -> None:
    box.controls.delays(command=60)
    sent = send(account.web)
    assert outcome(ssm, sent, account.web)["Status"] == "InProgress"
    ssm.cancel_command(CommandId=sent["CommandId"])
    box.controls.advance(120)
    assert outcome(ssm, sent, account.web)["Status"] == "Cancelled"
    assert ssm.list_commands(CommandId=sent["CommandId"])["Commands"][0]["Status"] == "Cancelled"


def test_a_finished_command_stays_finished_when_cancelled(ssm: Any, send: Send, account: Account) -> None:
    sent = send(account.web)
    ssm.cancel_command(CommandId=sent["CommandId"])
    assert outcome(ssm, sent, account.web)["Status"] == "Success"


def test_a_command_to_a_host_that_is_cut_off_is_never_delivered(
    box: AwsBox, ssm: Any, ec2: Any, send: Send, account: Account
) -> None:
    for interface in account.web_interfaces:
        close(ec2, account, interface)
    sent = send(account.web, TimeoutSeconds=60)
    assert outcome(ssm, sent, account.web)["Status"] == "Pending"
    box.controls.advance(61)
    done = outcome(ssm, sent, account.web)
    assert (done["Status"], done["StatusDetails"], done["ResponseCode"]) == (
        "TimedOut",
        "DeliveryTimedOut",
        -1,
    )


@pytest.mark.parametrize("style", ["virtual", "path"])
def test_a_memory_capture_is_put_to_its_presigned_url(
    box: AwsBox, ssm: Any, send: Send, account: Account, style: Literal["virtual", "path"]
) -> None:
    session: Any = box.session()
    s3 = session.client("s3", config=Config(signature_version="s3v4", s3={"addressing_style": style}))
    place = {"Bucket": account.bucket, "Key": "memory/image.lime"}
    tool = s3.generate_presigned_url("get_object", Params={"Bucket": account.bucket, "Key": "tools/avml"})
    url = s3.generate_presigned_url("put_object", Params=place, ExpiresIn=900)
    sent = send(
        account.web,
        f"curl -sSf -o /tmp/avml '{tool}'",
        "/tmp/avml /tmp/image.lime",
        "sha256sum /tmp/image.lime",
        f"curl -sSf --upload-file /tmp/image.lime '{url}'",
    )
    done = outcome(ssm, sent, account.web)
    digest, size = done["StandardOutputContent"].split()
    stored = s3.get_object(**place)["Body"].read()
    assert stored == memory_image(account.web)
    assert (digest, int(size)) == (hashlib.sha256(stored).hexdigest(), len(stored))


def test_a_windows_host_takes_powershell(
    box: AwsBox, ssm: Any, ec2: Any, send: Send, account: Account
) -> None:
    made = ec2.run_instances(
        ImageId=WINDOWS_IMAGE, MinCount=1, MaxCount=1, IamInstanceProfile={"Name": account.profile}
    )
    host = made["Instances"][0]["InstanceId"]
    place = {"Bucket": account.bucket, "Key": "memory/image.raw"}
    url = box.client("s3").generate_presigned_url("put_object", Params=place)
    upload = f"Invoke-WebRequest -Uri '{url}' -Method Put -InFile C:\\image.raw"
    sent = send(host, ".\\winpmem.exe C:\\image.raw", upload, document="AWS-RunPowerShellScript")
    assert outcome(ssm, sent, host)["Status"] == "Success"
    assert box.client("s3").head_object(**place)["ContentLength"] == len(memory_image(host))


def test_an_upload_that_fails_fails_the_command(box: AwsBox, ssm: Any, send: Send, account: Account) -> None:
    nowhere = {"Bucket": "no-such-bucket-here", "Key": "image.lime"}
    url = box.client("s3").generate_presigned_url("put_object", Params=nowhere)
    sent = send(account.web, f"curl -sSf -T /tmp/image.lime '{url}'")
    done = outcome(ssm, sent, account.web)
    assert (done["Status"], done["ResponseCode"]) == ("Failed", 22)
    assert "404" in done["StandardErrorContent"]
