"""What a responder does to an instance, call by call through boto3, against the stand-in."""

# A member that AWS may leave out must be there: a KeyError is the failure that these stories are for.
# The stubs of `client` are partly unknown: not every service has its own installed.
# pyright: reportTypedDictNotRequiredAccess=false, reportUnknownMemberType=false

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from bench.aws_stand_in import names
from bench.aws_stand_in.config import StandInConfig

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_cloudtrail import CloudTrailClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_ec2.type_defs import FilterTypeDef, IpPermissionTypeDef
    from mypy_boto3_elb import ElasticLoadBalancingClient
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_iam import IAMClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_ssm import SSMClient
    from mypy_boto3_sts import STSClient

I = names.INSTANCE_ID  # noqa: E741 - it stands in every call
ENIS = [names.interface_id(I, 1), names.interface_id(I, 2)]
VOLUMES = [names.volume_id(I, number) for number in (1, 2, 3)]
TARGET_GROUPS = [names.target_group_arn(1), names.target_group_arn(2)]
ANYWHERE: "IpPermissionTypeDef" = {
    "IpProtocol": "-1",
    "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
    "Ipv6Ranges": [{"CidrIpv6": "::/0"}],
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Clients:
    """One boto3 client for each service that containment uses."""

    ec2: "EC2Client"
    iam: "IAMClient"
    autoscaling: "AutoScalingClient"
    elbv2: "ElasticLoadBalancingv2Client"
    elb: "ElasticLoadBalancingClient"
    logs: "CloudWatchLogsClient"
    ssm: "SSMClient"
    s3: "S3Client"
    sqs: "SQSClient"
    sts: "STSClient"
    cloudtrail: "CloudTrailClient"


def clients(url: str) -> Clients:
    """Clients with made-up credentials and no retries, so that each failure shows."""
    session = boto3.Session(aws_access_key_id="any", aws_secret_access_key="any", region_name=names.REGION)
    once = Config(retries={"total_max_attempts": 1}, max_pool_connections=64)
    return Clients(
        ec2=session.client("ec2", endpoint_url=url, config=once),
        iam=session.client("iam", endpoint_url=url, config=once),
        autoscaling=session.client("autoscaling", endpoint_url=url, config=once),
        elbv2=session.client("elbv2", endpoint_url=url, config=once),
        elb=session.client("elb", endpoint_url=url, config=once),
        logs=session.client("logs", endpoint_url=url, config=once),
        ssm=session.client("ssm", endpoint_url=url, config=once),
        s3=session.client("s3", endpoint_url=url, config=once),
        sqs=session.client("sqs", endpoint_url=url, config=once),
        sts=session.client("sts", endpoint_url=url, config=once),
        cloudtrail=session.client("cloudtrail", endpoint_url=url, config=once),
    )


def by(name: str, *values: str) -> "list[FilterTypeDef]":
    return [{"Name": name, "Values": values}]


def refused(code: str, call: Callable[[], object]) -> None:
    """The call must be refused by AWS with this code, in words."""
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response.get("Error", {})
    assert error.get("Code") == code
    assert error.get("Message")


def look_around(aws: Clients) -> None:
    assert aws.sts.get_caller_identity()["Account"] == names.ACCOUNT_ID
    (reservation,) = aws.ec2.describe_instances(InstanceIds=[I])["Reservations"]
    instance = reservation["Instances"][0]
    assert [card["NetworkInterfaceId"] for card in instance["NetworkInterfaces"]] == ENIS
    assert [disk["Ebs"]["VolumeId"] for disk in instance["BlockDeviceMappings"]] == VOLUMES
    assert instance["LaunchTime"].utcoffset() is not None
    role_users = aws.ec2.describe_instances(Filters=by("iam-instance-profile.arn", names.PROFILE_ARN))
    assert [r["Instances"][0]["InstanceId"] for r in role_users["Reservations"]] == [I, names.sibling_id(1)]
    volumes = aws.ec2.describe_volumes(Filters=by("attachment.instance-id", I))["Volumes"]
    assert [volume["VolumeId"] for volume in volumes] == VOLUMES
    watched = by("resource-id", ENIS[0], names.VPC_ID)
    flow_logs = aws.ec2.describe_flow_logs(Filters=watched)["FlowLogs"]
    assert [one["LogGroupName"] for one in flow_logs] == [names.FLOW_LOG_GROUP]
    (kind,) = aws.ec2.describe_instance_types(InstanceTypes=[instance["InstanceType"]])["InstanceTypes"]
    assert "InstanceStorageInfo" not in kind
    refused("InvalidInstanceID.NotFound", lambda: aws.ec2.describe_instances(InstanceIds=["i-0"]))
    refused("DryRunOperation", lambda: aws.ec2.stop_instances(InstanceIds=[I], DryRun=True))
    refused("InvalidAction", aws.ec2.describe_vpn_gateways)


def investigate(aws: Clients) -> None:
    """What only checks read."""
    vpc = by("vpc-id", names.VPC_ID)
    (table,) = aws.ec2.describe_route_tables(Filters=vpc)["RouteTables"]
    assert table["Routes"][0]["GatewayId"].startswith("igw-")
    (acl,) = aws.ec2.describe_network_acls(Filters=vpc)["NetworkAcls"]
    assert {rule["Egress"] for rule in acl["Entries"]} == {True, False}
    (image,) = aws.ec2.describe_images(ImageIds=[names.IMAGE_ID])["Images"]
    assert image["OwnerId"] == names.ACCOUNT_ID
    (pair,) = aws.ec2.describe_key_pairs(KeyNames=["operations"])["KeyPairs"]
    assert pair["KeyName"] == "operations"
    assert names.REGION in [r["RegionName"] for r in aws.ec2.describe_regions()["Regions"]]

    (event,) = aws.cloudtrail.lookup_events(
        LookupAttributes=[{"AttributeKey": "ResourceName", "AttributeValue": I}]
    )["Events"]
    assert json.loads(event["CloudTrailEvent"])["userIdentity"]["userName"] == event["Username"]
    assert event["EventTime"].utcoffset() is not None
    query = aws.logs.start_query(
        logGroupName=names.FLOW_LOG_GROUP, startTime=0, endTime=1, queryString="fields @message"
    )["queryId"]
    assert aws.logs.get_query_results(queryId=query)["status"] == "Complete"
    assert aws.ssm.describe_sessions(State="History")["Sessions"] == []

    (attached,) = aws.iam.list_attached_role_policies(RoleName=names.ROLE_NAME)["AttachedPolicies"]
    arn = attached["PolicyArn"]
    version = aws.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = aws.iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    assert isinstance(document, dict)
    (key,) = aws.iam.list_access_keys(UserName="deployer")["AccessKeyMetadata"]
    assert key["Status"] == "Active"
    assert aws.iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])["UserName"] == "deployer"


def isolate_cold(aws: Clients) -> None:
    vpc = by("vpc-id", names.VPC_ID)
    assert not aws.ec2.describe_security_groups(Filters=[*vpc, *by("group-name", "deny")])["SecurityGroups"]
    deny = aws.ec2.create_security_group(GroupName="deny", Description="nothing", VpcId=names.VPC_ID)[
        "GroupId"
    ]
    opened = aws.ec2.create_security_group(
        GroupName="open",
        Description="all <&>",
        VpcId=names.VPC_ID,
        TagSpecifications=[{"ResourceType": "security-group", "Tags": [{"Key": "run", "Value": "r1"}]}],
    )["GroupId"]
    refused(
        "InvalidGroup.Duplicate",
        lambda: aws.ec2.create_security_group(GroupName="deny", Description="x", VpcId=names.VPC_ID),
    )
    aws.ec2.revoke_security_group_egress(GroupId=deny, IpPermissions=[ANYWHERE])
    rules = aws.ec2.authorize_security_group_ingress(GroupId=opened, IpPermissions=[ANYWHERE])
    assert [rule.get("CidrIpv4", rule.get("CidrIpv6")) for rule in rules["SecurityGroupRules"]] == [
        "0.0.0.0/0",
        "::/0",
    ]
    refused(
        "InvalidPermission.Duplicate",
        lambda: aws.ec2.authorize_security_group_egress(GroupId=opened, IpPermissions=[ANYWHERE]),
    )
    ssh: IpPermissionTypeDef = {
        "IpProtocol": "tcp",
        "FromPort": 22,
        "ToPort": 22,
        "IpRanges": [{"CidrIp": "10.99.0.0/24"}],
    }
    aws.ec2.authorize_security_group_egress(GroupId=deny, IpPermissions=[ssh])
    aws.ec2.revoke_security_group_egress(GroupId=deny, IpPermissions=[ssh])
    extra = aws.ec2.authorize_security_group_ingress(GroupId=deny, IpPermissions=[ssh])["SecurityGroupRules"]
    aws.ec2.revoke_security_group_ingress(
        GroupId=deny, SecurityGroupRuleIds=[rule["SecurityGroupRuleId"] for rule in extra]
    )
    for eni in ENIS:
        aws.ec2.modify_network_interface_attribute(NetworkInterfaceId=eni, Groups=[opened])
        aws.ec2.modify_network_interface_attribute(NetworkInterfaceId=eni, Groups=[deny])
    cards = aws.ec2.describe_network_interfaces(Filters=by("attachment.instance-id", I))["NetworkInterfaces"]
    assert [[group["GroupId"] for group in card["Groups"]] for card in cards] == [[deny], [deny]]
    inside = aws.ec2.describe_network_interfaces(Filters=by("group-id", deny))["NetworkInterfaces"]
    assert [card["NetworkInterfaceId"] for card in inside] == ENIS
    made = aws.ec2.describe_security_groups(GroupIds=[deny, opened])["SecurityGroups"]
    assert [(len(group["IpPermissions"]), len(group["IpPermissionsEgress"])) for group in made] == [
        (0, 0),
        (1, 1),
    ]
    assert made[1]["Description"] == "all <&>"
    assert made[1]["Tags"] == [{"Key": "run", "Value": "r1"}]
    refused("InvalidInstanceID", lambda: aws.ec2.modify_instance_attribute(InstanceId=I, Groups=[deny]))


def snapshot(aws: Clients) -> None:
    made = aws.ec2.create_snapshots(
        InstanceSpecification={"InstanceId": I},
        Description="evidence",
        TagSpecifications=[{"ResourceType": "snapshot", "Tags": [{"Key": "ec2ir:run", "Value": "r1"}]}],
    )["Snapshots"]
    assert [(one["VolumeId"], one["State"]) for one in made] == [(volume, "pending") for volume in VOLUMES]
    found = aws.ec2.describe_snapshots(Filters=by("tag:ec2ir:run", "r1"))["Snapshots"]
    assert [one["State"] for one in found] == ["pending"] * 3
    ids = [one["SnapshotId"] for one in found]
    for one in ids:
        held = aws.ec2.lock_snapshot(SnapshotId=one, LockMode="governance", LockDuration=7)
        assert held["LockState"] == "governance"
    locked = aws.ec2.describe_locked_snapshots(SnapshotIds=ids)["Snapshots"]
    assert [(one["SnapshotId"], one["LockDuration"]) for one in locked] == [(one, 7) for one in ids]
    done = aws.ec2.describe_snapshots(SnapshotIds=ids)["Snapshots"]
    assert {one["State"] for one in done} == {"completed"}


def snapshot_by_waiting(aws: Clients) -> None:
    aws.ec2.create_snapshots(InstanceSpecification={"InstanceId": I, "ExcludeBootVolume": True})
    looks = [aws.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"] for _ in range(2)]
    assert [[one["State"] for one in look] for look in looks] == [["pending"] * 2, ["completed"] * 2]


def deregister(aws: Clients) -> None:
    groups = aws.elbv2.describe_target_groups()["TargetGroups"]
    assert [group["TargetGroupArn"] for group in groups] == TARGET_GROUPS
    (delay,) = aws.elbv2.describe_target_group_attributes(TargetGroupArn=TARGET_GROUPS[0])["Attributes"]
    assert delay == {"Key": "deregistration_delay.timeout_seconds", "Value": "300"}
    for arn in TARGET_GROUPS:
        aws.elbv2.deregister_targets(TargetGroupArn=arn, Targets=[{"Id": I, "Port": 80}])
    assert health(aws, TARGET_GROUPS[0]) == {I: "draining", names.sibling_id(1): "healthy"}
    aws.elbv2.register_targets(TargetGroupArn=TARGET_GROUPS[0], Targets=[{"Id": I, "Port": 80}])
    assert health(aws, TARGET_GROUPS[0])[I] == "healthy"
    assert health(aws, TARGET_GROUPS[1])[I] == "draining"
    name = names.CLASSIC_BALANCER
    attributes = aws.elb.describe_load_balancer_attributes(LoadBalancerName=name)["LoadBalancerAttributes"]
    assert attributes["ConnectionDraining"] == {"Enabled": True, "Timeout": 300}
    left = aws.elb.deregister_instances_from_load_balancer(
        LoadBalancerName=name, Instances=[{"InstanceId": I}]
    )
    assert left["Instances"] == []
    aws.elb.register_instances_with_load_balancer(LoadBalancerName=name, Instances=[{"InstanceId": I}])
    (classic,) = aws.elb.describe_load_balancers()["LoadBalancerDescriptions"]
    assert classic["Instances"] == [{"InstanceId": I}]
    assert aws.autoscaling.describe_auto_scaling_instances(InstanceIds=[I])["AutoScalingInstances"] == []


def health(aws: Clients, arn: str) -> dict[str, str]:
    """Target id to state."""
    found = aws.elbv2.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    return {one.get("Target", {})["Id"]: one.get("TargetHealth", {}).get("State", "") for one in found}


def drain_at_once(aws: Clients) -> None:
    aws.elbv2.deregister_targets(TargetGroupArn=TARGET_GROUPS[0], Targets=[{"Id": I}])
    assert health(aws, TARGET_GROUPS[0]) == {names.sibling_id(1): "healthy"}


def stand_by(aws: Clients) -> None:
    group = names.AUTO_SCALING_GROUP
    aws.autoscaling.enter_standby(
        AutoScalingGroupName=group, InstanceIds=[I], ShouldDecrementDesiredCapacity=False
    )
    (member,) = aws.autoscaling.describe_auto_scaling_instances(InstanceIds=[I])["AutoScalingInstances"]
    assert (member["AutoScalingGroupName"], member["LifecycleState"]) == (group, "Standby")
    assert health(aws, TARGET_GROUPS[0])[I] == "draining"
    assert aws.elb.describe_load_balancers()["LoadBalancerDescriptions"][0]["Instances"] == []
    aws.autoscaling.update_auto_scaling_group(AutoScalingGroupName=group, MaxSize=2)
    aws_group = aws.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[group])[
        "AutoScalingGroups"
    ][0]
    assert (aws_group["MaxSize"], aws_group["DesiredCapacity"]) == (2, 2)
    leave = lambda: aws.autoscaling.exit_standby(AutoScalingGroupName=group, InstanceIds=[I])  # noqa: E731
    refused("ValidationError", leave)
    aws.autoscaling.update_auto_scaling_group(AutoScalingGroupName=group, MaxSize=3)
    leave()
    assert health(aws, TARGET_GROUPS[0])[I] == "healthy"
    assert aws.elb.describe_load_balancers()["LoadBalancerDescriptions"][0]["Instances"] == [
        {"InstanceId": I}
    ]


def enter_standby_slowly(aws: Clients) -> None:
    aws.autoscaling.enter_standby(
        AutoScalingGroupName=names.AUTO_SCALING_GROUP,
        InstanceIds=[I],
        ShouldDecrementDesiredCapacity=True,
    )
    (member,) = aws.autoscaling.describe_auto_scaling_instances(InstanceIds=[I])["AutoScalingInstances"]
    assert member["LifecycleState"] == "EnteringStandby"


def revoke(aws: Clients) -> None:
    profile = aws.iam.get_instance_profile(InstanceProfileName=names.PROFILE_NAME)["InstanceProfile"]
    assert profile["Roles"][0]["RoleName"] == names.ROLE_NAME
    role = aws.iam.get_role(RoleName=names.ROLE_NAME)["Role"]
    assert (role["Arn"], role["RoleId"]) == (names.ROLE_ARN, names.ROLE_ID)
    policy = {"Statement": [{"Condition": {"StringEquals": {"aws:userid": f"{names.ROLE_ID}:{I}"}}}]}
    read = lambda: aws.iam.get_role_policy(RoleName=names.ROLE_NAME, PolicyName="deny")  # noqa: E731
    refused("NoSuchEntity", read)
    aws.iam.put_role_policy(RoleName=names.ROLE_NAME, PolicyName="deny", PolicyDocument=json.dumps(policy))
    assert read()["PolicyDocument"] == policy
    assert aws.iam.list_role_policies(RoleName=names.ROLE_NAME)["PolicyNames"] == ["deny"]
    aws.iam.delete_role_policy(RoleName=names.ROLE_NAME, PolicyName="deny")
    refused("NoSuchEntity", read)
    of_instance = by("instance-id", I)
    describe = aws.ec2.describe_iam_instance_profile_associations
    (association,) = describe(Filters=of_instance)["IamInstanceProfileAssociations"]
    again = lambda: aws.ec2.associate_iam_instance_profile(  # noqa: E731
        IamInstanceProfile={"Arn": names.PROFILE_ARN}, InstanceId=I
    )
    refused("IncorrectState", again)
    aws.ec2.disassociate_iam_instance_profile(AssociationId=association["AssociationId"])
    assert describe(Filters=of_instance)["IamInstanceProfileAssociations"] == []
    assert again()["IamInstanceProfileAssociation"]["State"] == "associating"


def tag(aws: Clients) -> None:
    hostile = "<!channel> & `x`"
    aws.ec2.create_tags(Resources=[I, *VOLUMES], Tags=[{"Key": "Status", "Value": hostile}])
    rows = aws.ec2.describe_tags(Filters=[*by("resource-id", I, VOLUMES[0]), *by("key", "Status")])["Tags"]
    assert [(row["ResourceId"], row["Value"]) for row in rows] == [(I, hostile), (VOLUMES[0], hostile)]
    aws.ec2.delete_tags(Resources=[I], Tags=[{"Key": "Status", "Value": "another"}])
    aws.ec2.delete_tags(Resources=[VOLUMES[0]], Tags=[{"Key": "Status", "Value": hostile}])
    rows = aws.ec2.describe_tags(Filters=[*by("resource-id", I, VOLUMES[0]), *by("key", "Status")])["Tags"]
    assert [row["ResourceId"] for row in rows] == [I]


def protect_and_stop(aws: Clients) -> None:
    change, read = aws.ec2.modify_instance_attribute, aws.ec2.describe_instance_attribute
    change(InstanceId=I, DisableApiTermination={"Value": True})
    change(InstanceId=I, InstanceInitiatedShutdownBehavior={"Value": "terminate"})
    change(InstanceId=I, DisableApiStop={"Value": True})
    for_good = [{"DeviceName": "/dev/xvda", "Ebs": {"DeleteOnTermination": False}}]
    change(InstanceId=I, BlockDeviceMappings=for_good)  # pyright: ignore[reportArgumentType] - as documented
    refused(
        "InvalidParameterCombination",
        lambda: change(InstanceId=I, DisableApiStop={"Value": True}, EbsOptimized={"Value": True}),
    )
    assert read(InstanceId=I, Attribute="disableApiTermination")["DisableApiTermination"] == {"Value": True}
    behaviour = read(InstanceId=I, Attribute="instanceInitiatedShutdownBehavior")
    assert behaviour["InstanceInitiatedShutdownBehavior"] == {"Value": "terminate"}
    disks = aws.ec2.describe_volumes(VolumeIds=VOLUMES)["Volumes"]
    assert [disk["Attachments"][0]["DeleteOnTermination"] for disk in disks] == [False, True, True]
    refused("OperationNotPermitted", lambda: aws.ec2.stop_instances(InstanceIds=[I]))
    change(InstanceId=I, DisableApiStop={"Value": False})
    assert read(InstanceId=I, Attribute="disableApiStop")["DisableApiStop"] == {"Value": False}
    (stopped,) = aws.ec2.stop_instances(InstanceIds=[I])["StoppingInstances"]
    assert stopped["CurrentState"] == {"Code": 80, "Name": "stopped"}
    (started,) = aws.ec2.start_instances(InstanceIds=[I])["StartingInstances"]
    assert started["PreviousState"]["Name"] == "stopped"


def take_memory(aws: Clients) -> None:
    agents = aws.ssm.describe_instance_information(Filters=[{"Key": "InstanceIds", "Values": [I]}])
    assert [agent["PingStatus"] for agent in agents["InstanceInformationList"]] == ["Online"]
    sent = aws.ssm.send_command(
        InstanceIds=[I], DocumentName="AWS-RunShellScript", Comment="r1", Parameters={"commands": ["true"]}
    )["Command"]["CommandId"]
    listed = aws.ssm.list_commands(InstanceId=I)["Commands"]
    assert [(one["CommandId"], one["Comment"]) for one in listed] == [(sent, "r1")]
    assert listed[0]["RequestedDateTime"].utcoffset() is not None
    answer = aws.ssm.get_command_invocation(CommandId=sent, InstanceId=I)
    assert (answer["Status"], answer["StandardOutputContent"]) == ("Success", "sha256 ab")
    aws.ssm.cancel_command(CommandId=sent)
    (invocation,) = aws.ssm.list_command_invocations(CommandId=sent)["CommandInvocations"]
    assert invocation["Status"] == "Cancelled"
    place = {"Bucket": names.EVIDENCE_BUCKET, "Key": "case 1/memory.lime"}
    refused("404", lambda: aws.s3.head_object(Bucket=place["Bucket"], Key=place["Key"]))
    aws.s3.put_object(Bucket=place["Bucket"], Key=place["Key"], Body=b"memory", Metadata={"run": "r1"})
    head = aws.s3.head_object(Bucket=place["Bucket"], Key=place["Key"])
    assert (head["ContentLength"], head["Metadata"]) == (6, {"run": "r1"})


def prove_silence(aws: Clients) -> None:
    start = 1_790_000_000_000
    streams = [f"{eni}-all" for eni in ENIS]
    found = aws.logs.filter_log_events(
        logGroupName=names.FLOW_LOG_GROUP, logStreamNames=streams, startTime=start
    )["events"]
    assert [event.get("logStreamName") for event in found] == streams
    assert all(event.get("message", "").endswith("NODATA") for event in found)
    assert all(event.get("timestamp", 0) > start for event in found)
    refused("ResourceNotFoundException", lambda: aws.logs.filter_log_events(logGroupName="none"))


def take_findings(aws: Clients) -> None:
    take = lambda: aws.sqs.receive_message(QueueUrl=names.QUEUE_URL, MaxNumberOfMessages=10)  # noqa: E731
    aws.sqs.send_message(QueueUrl=names.QUEUE_URL, MessageBody="second")
    first, second = take()["Messages"]
    assert (first.get("Body"), second.get("Body")) == ("seeded", "second")
    assert "Messages" not in take()
    receipt = first.get("ReceiptHandle", "")
    aws.sqs.change_message_visibility(QueueUrl=names.QUEUE_URL, ReceiptHandle=receipt, VisibilityTimeout=0)
    (again,) = take()["Messages"]
    aws.sqs.delete_message(QueueUrl=names.QUEUE_URL, ReceiptHandle=again.get("ReceiptHandle", ""))
    aws.sqs.delete_message(QueueUrl=names.QUEUE_URL, ReceiptHandle=second.get("ReceiptHandle", ""))
    assert "Messages" not in take()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A story and the account that it needs."""

    tell: Callable[[Clients], None]
    config: StandInConfig = field(default_factory=StandInConfig)


SCENARIOS = (
    Scenario(tell=look_around),
    Scenario(tell=investigate),
    Scenario(tell=isolate_cold),
    Scenario(tell=snapshot),
    Scenario(
        tell=snapshot_by_waiting, config=StandInConfig(complete_on_lock=False, complete_after_describes=2)
    ),
    Scenario(tell=deregister, config=StandInConfig(classic_balancer=True, siblings=1)),
    Scenario(tell=drain_at_once, config=StandInConfig(drain_ms=0)),
    Scenario(tell=stand_by, config=StandInConfig(in_auto_scaling_group=True, classic_balancer=True)),
    Scenario(
        tell=enter_standby_slowly, config=StandInConfig(in_auto_scaling_group=True, standby_delay_ms=60_000)
    ),
    Scenario(tell=revoke),
    Scenario(tell=tag),
    Scenario(tell=protect_and_stop),
    Scenario(tell=take_memory, config=StandInConfig(command_output="sha256 ab")),
    Scenario(tell=prove_silence),
    Scenario(tell=take_findings, config=StandInConfig(messages=("seeded",))),
)
