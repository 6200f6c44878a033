"""Status checks: a machine that runs is not well yet, its checks take their time."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.instances import InstanceResponse

from sandbox.aws.overlay.base import Override, check_instance_ids
from sandbox.aws.overlay.ec2_states import arrival
from sandbox.aws.world import world_of

_CODES = {"pending": 0, "running": 16, "shutting-down": 32, "terminated": 48, "stopping": 64, "stopped": 80}


def _status(backend: Any, instance: Any) -> dict[str, Any]:
    world, since = world_of(backend), arrival(instance)
    if instance.state != "running":
        status, reached = "not-applicable", None
    elif since is not None and (world.now() - since).total_seconds() < world.delays.status:
        status, reached = "initializing", "initializing"
    else:
        status, reached = "ok", "passed"
    details = [{"Name": "reachability", "Status": reached}] if reached else []
    summary = {"Status": status, "Details": details}
    return {
        "InstanceId": instance.id,
        "AvailabilityZone": instance.placement.zone,
        "InstanceState": {"Name": instance.state, "Code": _CODES[instance.state]},
        "InstanceStatus": summary,
        "SystemStatus": summary,
    }


def describe_instance_status(self: Any) -> ActionResult:
    """DescribeInstanceStatus: running instances only unless all are asked for; `initializing`, then `ok`.

    Source: EC2 API reference, DescribeInstanceStatus, `IncludeAllInstances`; InstanceStatusSummary; EC2 user
    guide, "Status checks for Amazon EC2 instances".
    """
    ids = self._get_param("InstanceIds", [])
    check_instance_ids(ids)
    filters = [{"name": k, "values": v} for k, v in self._filters_from_querystring().items()]
    self.error_on_dryrun()
    every = self._get_bool_param("IncludeAllInstances", False)
    found = self.ec2_backend.describe_instance_status(ids, True, filters)
    listed = [i for i in found if every or i.state == "running"]
    return ActionResult({"InstanceStatuses": [_status(self.ec2_backend, i) for i in listed]})


OVERRIDES = (
    Override(owner=InstanceResponse, name="describe_instance_status", value=describe_instance_status),
)
