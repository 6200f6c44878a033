"""Systems Manager: which hosts are managed, and Run Command from sending to output or cancellation."""

import uuid
from datetime import datetime, timedelta
from typing import Any, Final

from moto.core.responses import ActionResult, EmptyResult
from moto.ssm.responses import SimpleSystemManagerResponse

from sandbox.aws.agent import online, settle
from sandbox.aws.overlay.base import Override, ec2_of, refuse, world_for
from sandbox.aws.world import Agent, Command, Invocation, World

DOCUMENTS: Final = {
    "AWS-RunShellScript": ("Linux", "aws:runShellScript"),
    "AWS-RunPowerShellScript": ("Windows", "aws:runPowerShellScript"),
}
OVER: Final = frozenset({"Success", "Failed", "Cancelled", "TimedOut"})


def _information(backend: Any, world: World, agent: Agent) -> dict[str, Any]:
    instance = backend.get_instance(agent.instance)
    up = online(backend, agent.instance)
    if up:
        agent.last_ping = world.now()
    windows = agent.platform == "Windows"
    return {
        "InstanceId": agent.instance,
        "PingStatus": "Online" if up else "ConnectionLost",
        "LastPingDateTime": agent.last_ping,
        "AgentVersion": "3.3.2299.0",
        "IsLatestVersion": True,
        "PlatformType": agent.platform,
        "PlatformName": "Microsoft Windows Server 2022" if windows else "Amazon Linux",
        "PlatformVersion": "10.0.20348" if windows else "2023",
        "ResourceType": "EC2Instance",
        "IPAddress": instance.private_ip,
        "ComputerName": instance.private_dns_name,
        "SourceId": agent.instance,
        "SourceType": "AWS::EC2::Instance",
    }


def _managed(self: Any) -> dict[str, Agent]:
    """Managed nodes; a terminated one is forgotten."""
    backend = ec2_of(self.current_account, self.region)
    agents = world_for(self).agents
    alive = {i.id for i in backend.all_instances() if i.state != "terminated"}
    return {instance: agent for instance, agent in agents.items() if instance in alive}


def describe_instance_information(self: Any) -> ActionResult:
    """DescribeInstanceInformation: managed nodes with `PingStatus`.

    Source: Systems Manager API reference, DescribeInstanceInformation, InstanceInformationStringFilter.
    """
    backend, world = ec2_of(self.current_account, self.region), world_for(self)
    filters = {f["Key"]: f["Values"] for f in self._get_param("Filters", [])}
    filters |= {f["key"]: f["valueSet"] for f in self._get_param("InstanceInformationFilterList", [])}
    keys = {"InstanceIds": "InstanceId", "PingStatus": "PingStatus", "PlatformTypes": "PlatformType"}
    for unknown in set[str](filters) - set(keys):
        refuse("InvalidFilterKey", f"The filter key {unknown} is not valid.")
    rows = [_information(backend, world, agent) for agent in _managed(self).values()]
    chosen = [row for row in rows if all(row[keys[name]] in wanted for name, wanted in filters.items())]
    return ActionResult({"InstanceInformationList": chosen})


def send_command(self: Any) -> ActionResult:
    """SendCommand: only to managed nodes; only documents that exist and suit the platform.

    Source: Systems Manager API reference, SendCommand: InvalidInstanceId, InvalidDocument,
    InvalidParameters, UnsupportedPlatformType, DuplicateInstanceId.
    """
    world, ids = world_for(self), list[str](self._get_param("InstanceIds", []))
    document, parameters = self._get_param("DocumentName"), self._get_param("Parameters", {})
    if document not in DOCUMENTS:
        refuse("InvalidDocument", f"Document with name {document} does not exist.")
    managed = _managed(self)
    if not ids or any(instance not in managed for instance in ids):
        refuse("InvalidInstanceId", "Instances not in a valid state for account")
    if len(set(ids)) < len(ids):
        refuse("DuplicateInstanceId", "You cannot specify an instance ID in more than one association.")
    if not parameters.get("commands"):
        refuse("InvalidParameters", "Parameter commands is required.")
    if any(managed[instance].platform != DOCUMENTS[document][0] for instance in ids):
        refuse("UnsupportedPlatformType", f"{document} does not support the platform of the instance.")
    command = Command(
        id=str(uuid.uuid4()),
        document=document,
        comment=self._get_param("Comment", ""),
        parameters=parameters,
        requested=world.now(),
        timeout=self._get_int_param("TimeoutSeconds", 3_600),
        invocations={instance: Invocation(instance=instance) for instance in ids},
        bucket=self._get_param("OutputS3BucketName", ""),
        prefix=self._get_param("OutputS3KeyPrefix", ""),
    )
    world.commands[command.id] = command
    answer = _command(command)
    settle(ec2_of(self.current_account, self.region))
    return ActionResult({"Command": answer})


def _status(command: Command) -> str:
    states = {i.status for i in command.invocations.values()}
    for status in ("Pending", "InProgress", "Cancelled", "TimedOut", "Failed"):
        if status in states:
            return status
    return "Success"


def _details(status: str) -> str:
    return "DeliveryTimedOut" if status == "TimedOut" else status


def _command(command: Command) -> dict[str, Any]:
    states = [i.status for i in command.invocations.values()]
    return {
        "CommandId": command.id,
        "DocumentName": command.document,
        "DocumentVersion": "$DEFAULT",
        "Comment": command.comment,
        "ExpiresAfter": command.requested + timedelta(seconds=command.timeout),
        "Parameters": command.parameters,
        "InstanceIds": list(command.invocations),
        "Targets": [],
        "RequestedDateTime": command.requested,
        "Status": _status(command),
        "StatusDetails": _details(_status(command)),
        "OutputS3BucketName": command.bucket,
        "OutputS3KeyPrefix": command.prefix,
        "MaxConcurrency": "50",
        "MaxErrors": "0",
        "TargetCount": len(states),
        "CompletedCount": sum(s in OVER for s in states),
        "ErrorCount": states.count("Failed"),
        "DeliveryTimedOutCount": states.count("TimedOut"),
        "TimeoutSeconds": command.timeout,
    }


def _filters(self: Any) -> dict[str, str]:
    found = {f["key"]: f["value"] for f in self._get_param("Filters", [])}
    for unknown in set(found) - {"InvokedAfter", "InvokedBefore", "Status", "DocumentName", "ExecutionStage"}:
        refuse("InvalidFilterKey", f"The filter key {unknown} is not valid.")
    return found


def _passes(command: Command, status: str, filters: dict[str, str]) -> bool:
    stage = "Complete" if status in OVER else "Executing"
    same = {"Status": status, "DocumentName": command.document, "ExecutionStage": stage}
    exact = all(filters.get(name, value) == value for name, value in same.items())
    after, before = filters.get("InvokedAfter"), filters.get("InvokedBefore")
    late = after is None or command.requested >= datetime.fromisoformat(after)
    return exact and late and (before is None or command.requested <= datetime.fromisoformat(before))


def _chosen(self: Any) -> list[Command]:
    """The commands that the request names by id, newest first; an unknown id is refused."""
    settle(ec2_of(self.current_account, self.region))
    commands, wanted = world_for(self).commands, self._get_param("CommandId")
    if wanted and wanted not in commands:
        refuse("InvalidCommandId", "The specified command ID is not valid.")
    found = [commands[wanted]] if wanted else list(commands.values())
    instance = self._get_param("InstanceId")
    here = [c for c in found if instance is None or instance in c.invocations]
    return sorted(here, key=lambda c: c.requested, reverse=True)


def list_commands(self: Any) -> ActionResult:
    """ListCommands: by id, by instance, by filter; the comment is kept.

    Source: Systems Manager API reference, ListCommands, CommandFilter.
    """
    filters = _filters(self)
    return ActionResult({"Commands": [_command(c) for c in _chosen(self) if _passes(c, _status(c), filters)]})


def _plugin(command: Command, run: Invocation) -> dict[str, Any]:
    return {
        "Name": DOCUMENTS[command.document][1],
        "Status": run.status,
        "StatusDetails": _details(run.status),
        "ResponseCode": run.code,
        "ResponseStartDateTime": run.started,
        "ResponseFinishDateTime": run.ended,
        "Output": (run.stdout + run.stderr)[:2_500],
    }


def list_command_invocations(self: Any) -> ActionResult:
    """ListCommandInvocations: one row per host, with plugin output if `Details` is set.

    Source: Systems Manager API reference, ListCommandInvocations, CommandInvocation, CommandPlugin.
    """
    filters, wanted = _filters(self), self._get_param("InstanceId")
    rows = [
        {
            "CommandId": command.id,
            "InstanceId": run.instance,
            "Comment": command.comment,
            "DocumentName": command.document,
            "DocumentVersion": "$DEFAULT",
            "RequestedDateTime": command.requested,
            "Status": run.status,
            "StatusDetails": _details(run.status),
            "CommandPlugins": [_plugin(command, run)] if self._get_param("Details", False) else [],
        }
        for command in _chosen(self)
        for run in command.invocations.values()
        if (wanted is None or run.instance == wanted) and _passes(command, run.status, filters)
    ]
    return ActionResult({"CommandInvocations": rows})


def _stamp(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z" if moment else ""


def get_command_invocation(self: Any) -> ActionResult:
    """GetCommandInvocation: what the host printed, cut to 24,000 and 8,000 characters.

    Source: Systems Manager API reference, GetCommandInvocation: InvocationDoesNotExist.
    """
    settle(ec2_of(self.current_account, self.region))
    command = world_for(self).commands.get(self._get_param("CommandId"))
    run = command.invocations.get(self._get_param("InstanceId")) if command else None
    if command is None or run is None:
        refuse("InvocationDoesNotExist", "")
    lasted = (run.ended - run.started).total_seconds() if run.started and run.ended else 0
    return ActionResult(
        {
            "CommandId": command.id,
            "InstanceId": run.instance,
            "Comment": command.comment,
            "DocumentName": command.document,
            "DocumentVersion": "$DEFAULT",
            "PluginName": DOCUMENTS[command.document][1],
            "ResponseCode": run.code,
            "ExecutionStartDateTime": _stamp(run.started),
            "ExecutionElapsedTime": f"PT{lasted:.3f}S" if run.ended else "",
            "ExecutionEndDateTime": _stamp(run.ended),
            "Status": run.status,
            "StatusDetails": _details(run.status),
            "StandardOutputContent": run.stdout[:24_000],
            "StandardOutputUrl": "",
            "StandardErrorContent": run.stderr[:8_000],
            "StandardErrorUrl": "",
        }
    )


def cancel_command(self: Any) -> ActionResult:
    """CancelCommand: what has not finished is cancelled; what has stays as it is.

    Source: Systems Manager API reference, CancelCommand: InvalidCommandId.
    """
    settle(ec2_of(self.current_account, self.region))
    world = world_for(self)
    command = world.commands.get(self._get_param("CommandId"))
    if command is None:
        refuse("InvalidCommandId", "The specified command ID is not valid.")
    ids = self._get_param("InstanceIds", []) or list(command.invocations)
    for run in (command.invocations[i] for i in ids if i in command.invocations):
        if run.status not in OVER:
            run.status, run.ended = "Cancelled", world.now()
    return EmptyResult()


_METHODS = (
    describe_instance_information,
    send_command,
    list_commands,
    list_command_invocations,
    get_command_invocation,
    cancel_command,
)

OVERRIDES = tuple(
    Override(owner=SimpleSystemManagerResponse, name=method.__name__, value=method) for method in _METHODS
)
