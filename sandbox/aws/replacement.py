"""Auto Scaling's health checks: an unhealthy member is terminated and replaced, unless it is on standby."""

from typing import Any

from moto.autoscaling.models import autoscaling_backends

from sandbox.aws.overlay.autoscaling import lifecycle_state
from sandbox.aws.overlay.elbv2 import health_of


def _unhealthy(autoscaling: Any, group: Any, instance: Any) -> bool:
    if instance.state not in {"running", "pending"}:
        return True
    if group.health_check_type != "ELB":
        return False
    target_groups = [autoscaling.elbv2_backend.target_groups[arn] for arn in group.target_group_arns]
    targets = [(tg, t) for tg in target_groups for t in tg.targets.values() if t["Id"] == instance.id]
    return any(health_of(autoscaling.elbv2_backend, tg, t)[0] == "unhealthy" for tg, t in targets)


def replace_members(backend: Any, autoscaling: Any, group: Any, instances: list[Any]) -> None:
    """Terminate these members of a group, whatever their protection, and launch others in their place."""
    for instance in instances:
        instance.disable_api_termination = False
        backend.terminate_instances([instance.id])
    if instances:
        group.instance_states = [s for s in group.instance_states if s.instance not in instances]
        autoscaling.elbv2_backend.notify_terminate_instances([instance.id for instance in instances])
        group.set_desired_capacity(group.desired_capacity)


def replace_unhealthy(backend: Any) -> tuple[str, ...]:
    """Terminate and replace what fails its check; the ids. `backend` is moto's EC2 backend.

    Termination protection does not help; standby and a suspended ReplaceUnhealthy process do. Source: EC2
    Auto Scaling user guide, "Health checks for instances in an Auto Scaling group".
    """
    autoscaling: Any = autoscaling_backends[backend.account_id][backend.region_name]
    gone: list[str] = []
    for group in autoscaling.autoscaling_groups.values():
        if any(p["ProcessName"] == "ReplaceUnhealthy" for p in group.suspended_processes):
            continue
        members = [s.instance for s in group.instance_states if lifecycle_state(s) == "InService"]
        sick = [m for m in members if _unhealthy(autoscaling, group, m)]
        replace_members(backend, autoscaling, group, sick)
        gone += [instance.id for instance in sick]
    return tuple(gone)
