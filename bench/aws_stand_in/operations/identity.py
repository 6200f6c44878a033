"""IAM's one role and profile, and STS."""

import json
from datetime import UTC, datetime
from urllib.parse import quote

from bench.aws_stand_in import names
from bench.aws_stand_in.errors import Refusal
from bench.aws_stand_in.world import Answer, Params, World

CREATED = datetime(2026, 1, 1, tzinfo=UTC)
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
ROLE: Answer = {
    "Path": "/service/",
    "RoleName": names.ROLE_NAME,
    "RoleId": names.ROLE_ID,
    "Arn": names.ROLE_ARN,
    "CreateDate": CREATED,
    "AssumeRolePolicyDocument": quote(json.dumps(TRUST)),
}


def absent(what: str, name: str) -> Refusal:
    """IAM's refusal of an unknown name."""
    return Refusal("NoSuchEntity", f"The {what} with name {name} cannot be found.", 404)


def get_instance_profile(world: World, params: Params) -> Answer:
    """GetInstanceProfile: the profile's name is not the role's."""
    del world
    if params["InstanceProfileName"] != names.PROFILE_NAME:
        raise absent("instance profile", params["InstanceProfileName"])
    profile = {
        "Path": "/web/",
        "InstanceProfileName": names.PROFILE_NAME,
        "InstanceProfileId": "AIPAB0B00000000000001",
        "Arn": names.PROFILE_ARN,
        "CreateDate": CREATED,
        "Roles": [ROLE],
    }
    return {"InstanceProfile": profile}


def role_named(params: Params) -> Answer:
    """The role that the call is about."""
    if params["RoleName"] != names.ROLE_NAME:
        raise absent("role", params["RoleName"])
    return ROLE


def get_role(world: World, params: Params) -> Answer:
    """GetRole."""
    del world
    return {"Role": role_named(params)}


def list_role_policies(world: World, params: Params) -> Answer:
    """ListRolePolicies."""
    role_named(params)
    return {"PolicyNames": sorted(world.role_policies), "IsTruncated": False}


def get_role_policy(world: World, params: Params) -> Answer:
    """GetRolePolicy: the document comes URL-encoded, as from IAM."""
    role_named(params)
    document = world.role_policies.get(params["PolicyName"])
    if document is None:
        raise absent("role policy", params["PolicyName"])
    answer = {"RoleName": names.ROLE_NAME, "PolicyName": params["PolicyName"]}
    return answer | {"PolicyDocument": quote(document)}


def put_role_policy(world: World, params: Params) -> Answer:
    """PutRolePolicy."""
    role_named(params)
    world.role_policies[params["PolicyName"]] = params["PolicyDocument"]
    return {}


def delete_role_policy(world: World, params: Params) -> Answer:
    """DeleteRolePolicy."""
    role_named(params)
    if world.role_policies.pop(params["PolicyName"], None) is None:
        raise absent("role policy", params["PolicyName"])
    return {}


def get_caller_identity(world: World, params: Params) -> Answer:
    """GetCallerIdentity: everybody is the responder."""
    del world, params
    arn = f"arn:aws:sts::{names.ACCOUNT_ID}:assumed-role/ec2ir-responder/bench"
    return {"UserId": "AROAB0B00000000000002:bench", "Account": names.ACCOUNT_ID, "Arn": arn}
