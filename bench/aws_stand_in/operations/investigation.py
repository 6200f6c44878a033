"""What only checks read: routes, images, keys, the trail, a query on flow logs, sessions; one small answer each."""

import json
from datetime import timedelta

from bench.aws_stand_in import names
from bench.aws_stand_in.world import Answer, Params, World

LAUNCHER = f"arn:aws:iam::{names.ACCOUNT_ID}:user/deployer"
KEY = "AKIAB0B0000000000001"
REGIONS = (names.REGION, "eu-west-1")
_DOCUMENT = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}],
}


def route_tables(world: World, params: Params) -> Answer:
    """DescribeRouteTables: the main one, with a way out."""
    del world, params
    route = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-0b0b0000000000001", "State": "active"}
    return {
        "RouteTables": [
            {"VpcId": names.VPC_ID, "Associations": [{"Main": True}], "Routes": [route]}
        ]
    }  # fmt: skip


def network_acls(world: World, params: Params) -> Answer:
    """DescribeNetworkAcls: the default one, open."""
    del world, params
    rules = [
        {"RuleNumber": 100, "Protocol": "-1", "RuleAction": "allow", "Egress": out, "CidrBlock": "0.0.0.0/0"}
        for out in (False, True)
    ]
    return {"NetworkAcls": [{"VpcId": names.VPC_ID, "IsDefault": True, "Entries": rules}]}


def images(world: World, params: Params) -> Answer:
    """DescribeImages."""
    del world
    ids = params.get("ImageIds") or [names.IMAGE_ID]
    return {
        "Images": [
            {"ImageId": i, "OwnerId": names.ACCOUNT_ID, "Public": False, "State": "available"} for i in ids
        ]
    }


def regions(world: World, params: Params) -> Answer:
    """DescribeRegions: two are enabled."""
    del world, params
    return {"Regions": [{"RegionName": name, "OptInStatus": "opt-in-not-required"} for name in REGIONS]}


def key_pairs(world: World, params: Params) -> Answer:
    """DescribeKeyPairs."""
    del world
    return {
        "KeyPairs": [{"KeyName": name, "KeyFingerprint": "00:01"} for name in params.get("KeyNames") or ()]
    }


def lookup_events(world: World, params: Params) -> Answer:
    """LookupEvents: the launch of the instance, whatever is asked; the pace is the caller's to keep."""
    del params
    at = world.now() - timedelta(days=30)
    identity = {"type": "IAMUser", "arn": LAUNCHER, "userName": "deployer", "accessKeyId": KEY}
    record = {"userIdentity": identity, "sourceIPAddress": "203.0.113.90", "userAgent": "bench"}
    event = {
        "EventId": "1",
        "EventName": "RunInstances",
        "EventSource": "ec2.amazonaws.com",
        "EventTime": at,
        "Username": "deployer",
        "AccessKeyId": KEY,
        "ReadOnly": "false",
        "Resources": [{"ResourceType": "AWS::EC2::Instance", "ResourceName": names.INSTANCE_ID}],
        "CloudTrailEvent": json.dumps(record),
    }
    return {"Events": [event]}


def start_query(world: World, params: Params) -> Answer:
    """StartQuery."""
    del params
    return {"queryId": world.new_uuid()}


def query_results(world: World, params: Params) -> Answer:
    """GetQueryResults: complete, and nothing was found."""
    del world, params
    return {"results": [], "statistics": {"recordsMatched": 0.0, "recordsScanned": 0.0}, "status": "Complete"}


def sessions(world: World, params: Params) -> Answer:
    """DescribeSessions: none."""
    del world, params
    return {"Sessions": []}


def attached_policies(world: World, params: Params) -> Answer:
    """ListAttachedRolePolicies: one."""
    del world, params
    arn = f"arn:aws:iam::{names.ACCOUNT_ID}:policy/storefront"
    return {"AttachedPolicies": [{"PolicyName": "storefront", "PolicyArn": arn}], "IsTruncated": False}


def policy(world: World, params: Params) -> Answer:
    """GetPolicy."""
    del world
    return {"Policy": {"PolicyName": "storefront", "Arn": params["PolicyArn"], "DefaultVersionId": "v1"}}


def policy_version(world: World, params: Params) -> Answer:
    """GetPolicyVersion."""
    del world, params
    return {"PolicyVersion": {"VersionId": "v1", "IsDefaultVersion": True, "Document": json.dumps(_DOCUMENT)}}


def access_key_last_used(world: World, params: Params) -> Answer:
    """GetAccessKeyLastUsed."""
    del params
    used = {"LastUsedDate": world.now(), "ServiceName": "ec2", "Region": names.REGION}
    return {"UserName": "deployer", "AccessKeyLastUsed": used}


def access_keys(world: World, params: Params) -> Answer:
    """ListAccessKeys: one, active."""
    del params
    made = world.now() - timedelta(days=100)
    key = {"UserName": "deployer", "AccessKeyId": KEY, "Status": "Active", "CreateDate": made}
    return {"AccessKeyMetadata": [key], "IsTruncated": False}
