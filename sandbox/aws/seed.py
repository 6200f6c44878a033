"""The seeded account: a production web server, a dev machine that mines, a bystander, and what surrounds them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal

from sandbox.aws.environment import account_id
from sandbox.aws.network import Network, build_network
from sandbox.aws.world import Flow

Clients = Callable[[str], Any]
Variant = Literal["asg", "targets", "classic", "spot"]

IMAGE: Final = "ami-0123456789abcdef0"
ROLE, ROLE_PATH = "web-service", "/service/"
PROFILE, PROFILE_PATH = "web-instances", "/prod/"
LOG_GROUP: Final = "/vpc/flow-logs"
QUEUE: Final = "ec2ir-findings"
HOSTILE: Final = "<!channel> *approved* & `rm -rf /` https://198.51.100.7/x"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """The ids of everything that was seeded. `web` is the victim, `bystander` its sibling, `miner` the dev machine."""

    account: str
    region: str
    variant: Variant
    network: Network
    web: str
    web_interfaces: tuple[str, ...]
    web_volumes: tuple[str, ...]
    miner: str
    bystander: str
    role: str
    role_id: str
    profile: str
    profile_arn: str
    asg: str | None
    target_groups: tuple[str, ...]
    classic: str | None
    log_group: str
    queue: str
    queue_url: str
    bucket: str


def _tags(kind: str, **tags: str) -> dict[str, Any]:
    return {"ResourceType": kind, "Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}


def _role(iam: Any, role: str, role_path: str, profile: str, profile_path: str) -> tuple[str, str]:
    trust = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    made = iam.create_role(RoleName=role, Path=role_path, AssumeRolePolicyDocument=document)["Role"]
    managed = ["ssm:UpdateInstanceInformation", "ssmmessages:*", "ec2messages:*"]
    for name, actions in (("managed-by-ssm", managed), ("application", ["s3:GetObject", "sqs:SendMessage"])):
        statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=policy)
    arn = iam.create_instance_profile(InstanceProfileName=profile, Path=profile_path)["InstanceProfile"][
        "Arn"
    ]
    iam.add_role_to_instance_profile(InstanceProfileName=profile, RoleName=role)
    return made["RoleId"], arn


def _disks(*sizes: int) -> list[dict[str, Any]]:
    names = ("/dev/sda1", "/dev/sdf", "/dev/sdg")
    return [
        {
            "DeviceName": name,
            "Ebs": {"VolumeSize": size, "VolumeType": "gp3", "DeleteOnTermination": name == names[0]},
        }
        for name, size in zip(names, sizes, strict=False)
    ]


def _web_tags() -> dict[str, str]:
    return {"Name": "web-1", "Environment": "production", "owner": "payments", "note": HOSTILE}


def _launch(
    ec2: Any, net: Network, group: str, *, disks: list[dict[str, Any]], tags: dict[str, str], **more: Any
) -> str:
    answer = ec2.run_instances(
        ImageId=IMAGE,
        InstanceType="c5.large",
        MinCount=1,
        MaxCount=1,
        SubnetId=net.subnets[0],
        SecurityGroupIds=[group],
        BlockDeviceMappings=disks,
        TagSpecifications=[_tags("instance", **tags)],
        **more,
    )
    return answer["Instances"][0]["InstanceId"]


def _group_of_one(clients: Clients, net: Network, target_groups: tuple[str, ...]) -> str:
    ec2, autoscaling = clients("ec2"), clients("autoscaling")
    ec2.create_launch_template(
        LaunchTemplateName="web",
        LaunchTemplateData={
            "ImageId": IMAGE,
            "InstanceType": "c5.large",
            "SecurityGroupIds": [net.web_group],
            "IamInstanceProfile": {"Name": PROFILE},
            "BlockDeviceMappings": _disks(20, 100, 50),
            "TagSpecifications": [_tags("instance", **_web_tags())],
        },
    )
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="web",
        LaunchTemplate={"LaunchTemplateName": "web"},
        MinSize=1,
        MaxSize=2,
        DesiredCapacity=1,
        VPCZoneIdentifier=net.subnets[0],
        TargetGroupARNs=list(target_groups),
        HealthCheckType="ELB",
        HealthCheckGracePeriod=60,
    )
    members = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=["web"])["AutoScalingGroups"][0][
        "Instances"
    ]
    return members[0]["InstanceId"]


def _furnish(ec2: Any, net: Network, web: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the web server its second interface, addresses and volume tags; its interfaces and volumes."""
    instance = ec2.describe_instances(InstanceIds=[web])["Reservations"][0]["Instances"][0]
    first = instance["NetworkInterfaces"][0]["NetworkInterfaceId"]
    made = ec2.create_network_interface(
        SubnetId=net.subnets[0],
        Groups=[net.admin_group],
        Description="administration",
        PrivateIpAddress="10.0.1.21",
    )
    second = made["NetworkInterface"]["NetworkInterfaceId"]
    ec2.attach_network_interface(NetworkInterfaceId=second, InstanceId=web, DeviceIndex=1)
    ec2.assign_ipv6_addresses(NetworkInterfaceId=first, Ipv6AddressCount=1)
    address = ec2.allocate_address(Domain="vpc", Address="203.0.113.20")["AllocationId"]
    ec2.associate_address(AllocationId=address, NetworkInterfaceId=first)
    volumes = tuple(m["Ebs"]["VolumeId"] for m in instance["BlockDeviceMappings"])
    ec2.create_tags(Resources=list(volumes), Tags=[{"Key": "Backup", "Value": "daily"}])
    return (first, second), volumes


def _target_groups(clients: Clients, net: Network, variant: Variant) -> tuple[str, ...]:
    elbv2 = clients("elbv2")
    balancer = elbv2.create_load_balancer(
        Name="web", Subnets=list(net.subnets), SecurityGroups=[net.balancer_group], Type="application"
    )["LoadBalancers"][0]["LoadBalancerArn"]
    arns: list[str] = []
    for name, port in (("web", 443), ("api", 8080)):
        kind = "ip" if variant == "targets" and name == "api" else "instance"
        made = elbv2.create_target_group(
            Name=name, Protocol="HTTP", Port=port, VpcId=net.vpc, TargetType=kind
        )
        arns.append(made["TargetGroups"][0]["TargetGroupArn"])
        forward = [{"Type": "forward", "TargetGroupArn": arns[-1]}]
        elbv2.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=port, DefaultActions=forward)
    return tuple(arns)


def _classic(clients: Clients, net: Network, *instances: str) -> str:
    elb = clients("elb")
    listener = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstanceProtocol": "HTTP", "InstancePort": 443}
    elb.create_load_balancer(LoadBalancerName="web-classic", Listeners=[listener], Subnets=list(net.subnets))
    listed = [{"InstanceId": instance} for instance in instances]
    elb.register_instances_with_load_balancer(LoadBalancerName="web-classic", Instances=listed)
    return "web-classic"


def _around(clients: Clients, net: Network, region: str) -> tuple[str, str]:
    """Flow logs, the queue for findings, the evidence bucket; the queue's URL and the bucket's name."""
    clients("ec2").create_flow_logs(
        ResourceIds=[net.vpc],
        ResourceType="VPC",
        TrafficType="ALL",
        LogGroupName=LOG_GROUP,
        MaxAggregationInterval=60,
        DeliverLogsPermissionArn=f"arn:aws:iam::{account_id()}:role/flow-logs",
    )
    sqs = clients("sqs")
    dead = sqs.create_queue(QueueName=f"{QUEUE}-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    redrive = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 5})
    url = sqs.create_queue(QueueName=QUEUE, Attributes={"RedrivePolicy": redrive})["QueueUrl"]
    bucket, s3 = f"ec2ir-evidence-{account_id()}-{region}", clients("s3")
    place: dict[str, Any] = (
        {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
    )
    s3.create_bucket(Bucket=bucket, ObjectLockEnabledForBucket=True, **place)
    return url, bucket


def seed(clients: Clients, *, variant: Variant = "asg") -> Account:
    """Build the account. `clients` gives a boto3 client by service name.

    asg: the web server is in an Auto Scaling group behind two target groups. targets: no group, one
    instance-type and one ip-type target. classic: behind a classic load balancer. spot: a Spot instance alone.
    """
    ec2 = clients("ec2")
    region: str = ec2.meta.region_name
    net = build_network(ec2, region)
    role_id, profile_arn = _role(clients("iam"), ROLE, ROLE_PATH, PROFILE, PROFILE_PATH)
    _role(clients("iam"), "dev-box", "/", "dev-box", "/")
    balanced = variant in {"asg", "targets"}
    target_groups = _target_groups(clients, net, variant) if balanced else tuple[str, ...]()
    named = {"IamInstanceProfile": {"Name": PROFILE}}
    bystander_tags = {"Name": "web-2", "Environment": "production", "owner": "payments"}
    bystander = _launch(ec2, net, net.web_group, disks=_disks(20), tags=bystander_tags, **named)
    if variant == "asg":
        web = _group_of_one(clients, net, target_groups)
    else:
        spot = {"InstanceMarketOptions": {"MarketType": "spot"}} if variant == "spot" else {}
        web = _launch(ec2, net, net.web_group, disks=_disks(20, 100, 50), tags=_web_tags(), **named, **spot)
    interfaces, volumes = _furnish(ec2, net, web)
    if balanced:
        clients("elbv2").register_targets(TargetGroupArn=target_groups[0], Targets=[{"Id": bystander}])
    if variant == "targets":
        listed = ec2.describe_network_interfaces(NetworkInterfaceIds=[interfaces[1]])["NetworkInterfaces"]
        clients("elbv2").register_targets(TargetGroupArn=target_groups[0], Targets=[{"Id": web}])
        clients("elbv2").register_targets(
            TargetGroupArn=target_groups[1], Targets=[{"Id": listed[0]["PrivateIpAddress"]}]
        )
    dev_tags = {"Name": "build-7", "Environment": "dev", "owner": "platform"}
    dev_profile = {"IamInstanceProfile": {"Name": "dev-box"}}
    url, bucket = _around(clients, net, region)
    return Account(
        account=account_id(),
        region=region,
        variant=variant,
        network=net,
        web=web,
        web_interfaces=interfaces,
        web_volumes=volumes,
        miner=_launch(ec2, net, net.dev_group, disks=_disks(30), tags=dev_tags, **dev_profile),
        bystander=bystander,
        role=ROLE,
        role_id=role_id,
        profile=PROFILE,
        profile_arn=profile_arn,
        asg="web" if variant == "asg" else None,
        target_groups=target_groups,
        classic=_classic(clients, net, web, bystander) if variant == "classic" else None,
        log_group=LOG_GROUP,
        queue=QUEUE,
        queue_url=url,
        bucket=bucket,
    )


def usual_flows(account: Account) -> tuple[Flow, ...]:
    """What the seeded hosts say in every window; addresses are of the documentation ranges (RFC 5737, 3849)."""
    web, bystander, miner = account.web, account.bystander, account.miner
    return (
        Flow(name="web-visitors", instance=web, direction="in", peer="203.0.113.50", port=443),
        Flow(
            name="web-beacon",
            instance=web,
            direction="out",
            peer="192.0.2.44",
            port=8443,
            packets=4,
            size=380,
        ),
        Flow(
            name="web-mining", instance=web, direction="out", peer="198.51.100.7", port=3333, established=True
        ),
        Flow(name="web-beacon-v6", instance=web, direction="out", peer="2001:db8::66", port=443),
        Flow(name="web-administration", instance=web, direction="in", peer="10.0.2.9", port=22, device=1),
        Flow(
            name="dev-mining",
            instance=miner,
            direction="out",
            peer="198.51.100.7",
            port=3333,
            established=True,
        ),
        Flow(name="sibling-visitors", instance=bystander, direction="in", peer="203.0.113.50", port=443),
        Flow(name="sibling-updates", instance=bystander, direction="out", peer="203.0.113.80", port=443),
    )
