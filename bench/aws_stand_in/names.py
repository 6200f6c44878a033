"""Ids of the one account that the stand-in holds, so that a bench can name what it asks for."""

ACCOUNT_ID = "111111111111"
REGION = "us-east-1"
ZONE = "us-east-1a"
VPC_ID = "vpc-0b0b0000000000001"
SUBNET_ID = "subnet-0b0b0000000000001"
IMAGE_ID = "ami-0b0b0000000000001"
INSTANCE_ID = "i-0b0b0000000000001"
WEB_GROUP_ID = "sg-0b0b0000000000001"
ADMIN_GROUP_ID = "sg-0b0b0000000000002"
ROLE_NAME = "storefront-role"
ROLE_ID = "AROAB0B00000000000001"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT_ID}:role/service/{ROLE_NAME}"
PROFILE_NAME = "storefront-profile"
PROFILE_ARN = f"arn:aws:iam::{ACCOUNT_ID}:instance-profile/web/{PROFILE_NAME}"
AUTO_SCALING_GROUP = "storefront"
CLASSIC_BALANCER = "storefront-classic"
FLOW_LOG_GROUP = "/vpc/flow-logs"
EVIDENCE_BUCKET = "ec2ir-evidence"
QUEUE_URL = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT_ID}/findings"


def sibling_id(number: int) -> str:
    """The id of the `number`-th other instance (from 1) that has the same role."""
    return f"i-0b0b00000000000{number + 16:02x}"


def volume_id(instance_id: str, number: int) -> str:
    """The id of the instance's `number`-th EBS volume (from 1)."""
    return f"vol-0{number:02x}{instance_id[-14:]}"


def interface_id(instance_id: str, number: int) -> str:
    """The id of the instance's `number`-th network interface (from 1); 1 is the primary one."""
    return f"eni-0{number:02x}{instance_id[-14:]}"


def target_group_arn(number: int) -> str:
    """The ARN of the `number`-th target group (from 1)."""
    return f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT_ID}:targetgroup/storefront-{number}/{number:016x}"
