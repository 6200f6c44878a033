"""Puts the overlay onto moto's classes; doing it again changes nothing."""

from sandbox.aws.overlay import (
    autoscaling,
    dispatch,
    ec2_filters,
    ec2_instances,
    ec2_interfaces,
    ec2_security_groups,
    ec2_snapshot_locks,
    ec2_snapshots,
    ec2_states,
    ec2_tags,
    ec2_volumes,
    elb,
    elbv2,
    flow_logs,
    iam_profiles,
    ssm_commands,
    ssm_nodes,
    ssm_send,
)
from sandbox.aws.overlay.base import Override

OVERRIDES: tuple[Override, ...] = (
    *dispatch.OVERRIDES,
    *ec2_filters.OVERRIDES,
    *ec2_security_groups.OVERRIDES,
    *ec2_interfaces.OVERRIDES,
    *ec2_instances.OVERRIDES,
    *ec2_states.OVERRIDES,
    *ec2_volumes.OVERRIDES,
    *ec2_tags.OVERRIDES,
    *ec2_snapshots.OVERRIDES,
    *ec2_snapshot_locks.OVERRIDES,
    *iam_profiles.OVERRIDES,
    *autoscaling.OVERRIDES,
    *elb.OVERRIDES,
    *elbv2.OVERRIDES,
    *flow_logs.OVERRIDES,
    *ssm_nodes.OVERRIDES,
    *ssm_send.OVERRIDES,
    *ssm_commands.OVERRIDES,
)


def install() -> None:
    """Put the overlay onto moto's classes."""
    for override in OVERRIDES:
        setattr(override.owner, override.name, override.value)
