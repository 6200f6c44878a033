"""The seeded account: a production web server, a dev machine that mines, a bystander, and what surrounds them."""

import json
from dataclasses import dataclass
from typing import Any, Final, Literal

from sandbox.aws.balancers import make_classic, make_target_groups
from sandbox.aws.environment import LINUX_IMAGE, account_id
from sandbox.aws.fleet import (
    KEY_PAIR,
    PROFILE,
    PROFILE_PATH,
    PUBLIC_KEY,
    ROLE,
    ROLE_PATH,
    Clients,
    disks,
    furnish,
    launch,
    launch_in_group,
    make_role,
    web_tags,
)
from sandbox.aws.golden import make_golden
from sandbox.aws.network import Network, build_network
from sandbox.aws.world import Flow

Variant = Literal["asg", "targets", "classic", "spot"]

LOG_GROUP: Final = "/vpc/flow-logs"
QUEUE: Final = "ec2ir-findings"
LAB_PROFILE, LAB_IMAGE = "forensics", "/forensics/image"
"""What forensic instances are launched with: an instance profile, and the parameter that names their image."""


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
    golden: str


def evidence_bucket(region: str) -> str:
    """The name of the evidence bucket."""
    return f"ec2ir-evidence-{account_id()}-{region}"


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
    bucket, s3 = evidence_bucket(region), clients("s3")
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
    ec2.import_key_pair(KeyName=KEY_PAIR, PublicKeyMaterial=PUBLIC_KEY.encode())
    role_id, profile_arn = make_role(clients("iam"), ROLE, ROLE_PATH, PROFILE, PROFILE_PATH)
    make_role(clients("iam"), "dev-box", "/", "dev-box", "/")
    make_role(clients("iam"), LAB_PROFILE, "/", LAB_PROFILE, "/")
    keeps = {
        "Effect": "Allow",
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{evidence_bucket(region)}/*",
    }
    clients("iam").put_role_policy(
        RoleName=LAB_PROFILE,
        PolicyName="keep-output",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [keeps]}),
    )
    clients("ssm").put_parameter(Name=LAB_IMAGE, Type="String", Value=LINUX_IMAGE)
    balanced = variant in {"asg", "targets"}
    target_groups = (
        make_target_groups(clients, net, addresses=variant == "targets") if balanced else tuple[str, ...]()
    )
    named = {"IamInstanceProfile": {"Name": PROFILE}}
    bystander_tags = {"Name": "web-2", "Environment": "production", "owner": "payments"}
    bystander = launch(ec2, net, net.web_group, disks=disks(20), tags=bystander_tags, **named)
    if variant == "asg":
        web = launch_in_group(clients, net, target_groups)
    else:
        spot = {"InstanceMarketOptions": {"MarketType": "spot"}} if variant == "spot" else {}
        web = launch(ec2, net, net.web_group, disks=disks(20, 100, 50), tags=web_tags(), **named, **spot)
    interfaces, volumes = furnish(ec2, net, web)
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
    clients("guardduty").create_detector(Enable=True)
    return Account(
        account=account_id(),
        region=region,
        variant=variant,
        network=net,
        web=web,
        web_interfaces=interfaces,
        web_volumes=volumes,
        miner=launch(ec2, net, net.dev_group, disks=disks(30), tags=dev_tags, **dev_profile),
        bystander=bystander,
        role=ROLE,
        role_id=role_id,
        profile=PROFILE,
        profile_arn=profile_arn,
        asg="web" if variant == "asg" else None,
        target_groups=target_groups,
        classic=make_classic(clients, net, web, bystander) if variant == "classic" else None,
        log_group=LOG_GROUP,
        queue=QUEUE,
        queue_url=url,
        bucket=bucket,
        golden=make_golden(ec2, clients("ssm"), region),
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
        Flow(name="web-scan", instance=web, direction="in", peer="203.0.113.200", port=3389),
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
