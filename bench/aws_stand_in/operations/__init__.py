"""What the stand-in answers: one function for each operation, from boto3's parameters to boto3's answer."""

from collections.abc import Awaitable, Callable, Mapping

from bench.aws_stand_in.operations import (
    addresses,
    autoscaling,
    balancers,
    commands,
    groups,
    identity,
    instances,
    logs,
    objects,
    profiles,
    queue,
    snapshots,
    tags,
)
from bench.aws_stand_in.world import Answer, Params, World

Operation = Callable[[World, Params], Answer | Awaitable[Answer]]

OPERATIONS: Mapping[str, Mapping[str, Operation]] = {
    "ec2": {
        "DescribeInstances": instances.describe,
        "DescribeInstanceAttribute": instances.describe_attribute,
        "ModifyInstanceAttribute": instances.modify_attribute,
        "DescribeInstanceTypes": instances.describe_types,
        "StopInstances": instances.stop,
        "StartInstances": instances.start,
        "DescribeVolumes": instances.describe_volumes,
        "DescribeNetworkInterfaces": addresses.describe,
        "ModifyNetworkInterfaceAttribute": addresses.modify_attribute,
        "DescribeFlowLogs": addresses.describe_flow_logs,
        "DescribeSecurityGroups": groups.describe,
        "CreateSecurityGroup": groups.create,
        "AuthorizeSecurityGroupIngress": groups.authorize_ingress,
        "AuthorizeSecurityGroupEgress": groups.authorize_egress,
        "RevokeSecurityGroupIngress": groups.revoke_ingress,
        "RevokeSecurityGroupEgress": groups.revoke_egress,
        "CreateSnapshots": snapshots.create,
        "DescribeSnapshots": snapshots.describe,
        "LockSnapshot": snapshots.lock,
        "DescribeLockedSnapshots": snapshots.describe_locked,
        "CreateTags": tags.create,
        "DeleteTags": tags.delete,
        "DescribeTags": tags.describe,
        "DescribeIamInstanceProfileAssociations": profiles.describe,
        "AssociateIamInstanceProfile": profiles.associate,
        "DisassociateIamInstanceProfile": profiles.disassociate,
    },
    "iam": {
        "GetInstanceProfile": identity.get_instance_profile,
        "GetRole": identity.get_role,
        "ListRolePolicies": identity.list_role_policies,
        "GetRolePolicy": identity.get_role_policy,
        "PutRolePolicy": identity.put_role_policy,
        "DeleteRolePolicy": identity.delete_role_policy,
    },
    "sts": {"GetCallerIdentity": identity.get_caller_identity},
    "autoscaling": {
        "DescribeAutoScalingInstances": autoscaling.describe_instances,
        "DescribeAutoScalingGroups": autoscaling.describe_groups,
        "EnterStandby": autoscaling.enter_standby,
        "ExitStandby": autoscaling.exit_standby,
        "UpdateAutoScalingGroup": autoscaling.update_group,
    },
    "elbv2": {
        "DescribeTargetGroups": balancers.describe_target_groups,
        "DescribeTargetGroupAttributes": balancers.describe_target_group_attributes,
        "DescribeTargetHealth": balancers.describe_target_health,
        "DeregisterTargets": balancers.deregister_targets,
        "RegisterTargets": balancers.register_targets,
    },
    "elb": {
        "DescribeLoadBalancers": balancers.describe_classic,
        "DescribeLoadBalancerAttributes": balancers.describe_classic_attributes,
        "DeregisterInstancesFromLoadBalancer": balancers.deregister_classic,
        "RegisterInstancesWithLoadBalancer": balancers.register_classic,
    },
    "logs": {"FilterLogEvents": logs.filter_events},
    "ssm": {
        "DescribeInstanceInformation": commands.describe_instances,
        "SendCommand": commands.send,
        "ListCommands": commands.list_commands,
        "GetCommandInvocation": commands.get_invocation,
        "ListCommandInvocations": commands.list_invocations,
        "CancelCommand": commands.cancel,
    },
    "s3": {"HeadObject": objects.head, "PutObject": objects.put},
    "sqs": {
        "SendMessage": queue.send,
        "ReceiveMessage": queue.receive,
        "DeleteMessage": queue.delete,
        "ChangeMessageVisibility": queue.change_visibility,
    },
}
