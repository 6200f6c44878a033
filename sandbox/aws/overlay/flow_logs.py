"""Flow logs: created together with their log group; their records come from the box's traffic."""

from typing import Any

from moto.ec2.models.flow_logs import FlowLogsBackend
from moto.logs.models import logs_backends

from sandbox.aws.overlay.base import Override

_create = FlowLogsBackend.create_flow_logs


def create_flow_logs(self: Any, *args: Any, **named: Any) -> Any:
    """CreateFlowLogs to CloudWatch Logs: a log group that does not exist is created.

    Source: EC2 API reference, CreateFlowLogs, `LogGroupName`: "the name of a new or existing log group".
    """
    group = named.get("log_group_name")
    logs = logs_backends[self.account_id][self.region_name]
    if group and group not in logs.groups:
        logs.create_log_group(group, {})
    return _create(self, *args, **named)


OVERRIDES = (Override(owner=FlowLogsBackend, name="create_flow_logs", value=create_flow_logs),)
