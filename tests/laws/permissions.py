"""Which IAM actions a call needs. Source: Service Authorization Reference, one page a service."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tests.laws.wire import Sent

_PREFIX: Mapping[str, str] = {"elb": "elasticloadbalancing", "elbv2": "elasticloadbalancing"}

_RENAMED: Mapping[str, str] = {
    "s3:HeadObject": "s3:GetObject",
    "s3:GetObjectAttributes": "s3:GetObject",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
}
"""Calls that are not named as their permission."""

_PASSES_A_ROLE = frozenset({"ec2:AssociateIamInstanceProfile", "ec2:ReplaceIamInstanceProfileAssociation"})


_NEEDS_MORE: Mapping[str, str] = {"route53resolver:AssociateFirewallRuleGroup": "ec2:DescribeVpcs"}
"""What the service looks up with the caller's own rights."""


def permissions_for(call: Sent) -> Iterator[str]:
    """The IAM actions that must be allowed for the call."""
    named = f"{_PREFIX.get(call.service, call.service)}:{call.operation}"
    yield _RENAMED.get(named, named)
    if call.params.get("TagSpecifications"):
        yield "ec2:CreateTags"
    if call.service == "route53resolver" and call.params.get("Tags"):
        yield "route53resolver:TagResource"
    if named in _NEEDS_MORE:
        yield _NEEDS_MORE[named]
    if named in _PASSES_A_ROLE or (named == "ec2:RunInstances" and call.params.get("IamInstanceProfile")):
        yield "iam:PassRole"
    if named == "ec2:RunInstances" and call.params.get("IamInstanceProfile"):
        yield "iam:PassRole"
    if named == "guardduty:CreateDetector" and call.params.get("Tags"):
        yield "guardduty:TagResource"
