"""Auto Scaling's instance refresh: started, watched, cancelled, one at a time for a group."""

import uuid
from datetime import timedelta
from math import ceil
from typing import Any, Final

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from sandbox.aws.overlay.autoscaling import find_group
from sandbox.aws.overlay.base import Override, ec2_of, refuse, world_for
from sandbox.aws.refreshing import UNDER_WAY, Refresh, progress, refreshes_of

_ELSEWHERE: Final = (
    "CheckpointPercentages",
    "CheckpointDelay",
    "SkipMatching",
    "AutoRollback",
    "AlarmSpecification",
    "BakeTime",
    "MaxHealthyPercentage",
)


def _group(self: Any) -> Any:
    """The group that the request names, its refresh where it is by now."""
    progress(ec2_of(self.current_account, self.region))
    return find_group(self.autoscaling_backend, self._get_param("AutoScalingGroupName"))


def _under_way(group: Any) -> Refresh | None:
    return next((each for each in refreshes_of(group) if each.status in UNDER_WAY), None)


def start_instance_refresh(self: Any) -> ActionResult:
    """StartInstanceRefresh: every member is replaced, so many at once as the minimum of healthy ones allows.

    Source: EC2 Auto Scaling API reference, StartInstanceRefresh: InstanceRefreshInProgress; RefreshPreferences for
    what counts where nothing is said: 90 percent healthy, the group's warm-up or grace period, Wait.
    """
    group, preferences = _group(self), dict[str, Any](self._get_param("Preferences") or {})
    if self._get_param("DesiredConfiguration") or self._get_param("Strategy", "Rolling") != "Rolling":
        raise NotImplementedError("an instance refresh to another configuration")
    if asked := next((name for name in _ELSEWHERE if preferences.get(name)), None):
        raise NotImplementedError(f"{asked} of an instance refresh")
    if _under_way(group):
        refuse(
            "InstanceRefreshInProgress",
            "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.",
        )
    healthy = int(preferences.setdefault("MinHealthyPercentage", 90))
    if not 0 <= healthy <= 100:
        refuse("ValidationError", "MinHealthyPercentage must be between 0 and 100.")
    members = [state.instance.id for state in group.instance_states]
    warmup = preferences.setdefault("InstanceWarmup", int(group.health_check_grace_period or 0))
    refresh = Refresh(
        id=str(uuid.uuid4()),
        started=world_for(self).now(),
        warmup=timedelta(seconds=int(warmup)),
        batch=max(1, group.desired_capacity - ceil(group.desired_capacity * healthy / 100)),
        standby=preferences.setdefault("StandbyInstances", "Wait"),
        protected=preferences.setdefault("ScaleInProtectedInstances", "Wait"),
        preferences=preferences,
        todo=members,
        total=len(members),
    )
    refreshes_of(group).insert(0, refresh)
    progress(ec2_of(self.current_account, self.region))
    return ActionResult({"InstanceRefreshId": refresh.id})


def _shown(group: Any, refresh: Refresh) -> dict[str, Any]:
    done = 100 if not refresh.total else 100 * (refresh.total - refresh.left) // refresh.total
    shown = {
        "InstanceRefreshId": refresh.id,
        "AutoScalingGroupName": group.name,
        "Status": refresh.status,
        "StatusReason": refresh.reason or None,
        "StartTime": refresh.started,
        "EndTime": refresh.ended,
        "PercentageComplete": done,
        "InstancesToUpdate": refresh.left,
        "Preferences": refresh.preferences,
        "Strategy": "Rolling",
    }
    return {name: value for name, value in shown.items() if value is not None}


def describe_instance_refreshes(self: Any) -> ActionResult:
    """DescribeInstanceRefreshes: the latest first, 50 a page unless told otherwise, at most 100.

    Source: EC2 Auto Scaling API reference, DescribeInstanceRefreshes: InvalidNextToken.
    """
    group, ids = _group(self), list[str](self._get_param("InstanceRefreshIds") or [])
    start, most = str(self._get_param("NextToken") or "0"), int(self._get_param("MaxRecords") or 50)
    if not start.isdigit():
        refuse("InvalidNextToken", "The NextToken value is not valid.")
    if not 1 <= most <= 100:
        refuse("ValidationError", "MaxRecords must be between 1 and 100.")
    found = [_shown(group, each) for each in refreshes_of(group) if not ids or each.id in ids]
    after = int(start) + most
    more = {"NextToken": str(after)} if after < len(found) else {}
    return ActionResult({"InstanceRefreshes": found[int(start) : after], **more})


def cancel_instance_refresh(self: Any) -> ActionResult:
    """CancelInstanceRefresh: what is being replaced comes up first, unless told not to wait; nothing is rolled back.

    Source: EC2 Auto Scaling API reference, CancelInstanceRefresh: ActiveInstanceRefreshNotFound.
    """
    refresh = _under_way(_group(self))
    if refresh is None:
        refuse("ActiveInstanceRefreshNotFound", "No in progress or pending Instance Refresh found.")
    refresh.status = "Cancelling"
    if self._get_param("WaitForTransitioningInstances") is False:
        refresh.until = None
    return ActionResult({"InstanceRefreshId": refresh.id})


OVERRIDES = (
    Override(owner=AutoScalingResponse, name="start_instance_refresh", value=start_instance_refresh),
    Override(
        owner=AutoScalingResponse, name="describe_instance_refreshes", value=describe_instance_refreshes
    ),
    Override(owner=AutoScalingResponse, name="cancel_instance_refresh", value=cancel_instance_refresh),
)
