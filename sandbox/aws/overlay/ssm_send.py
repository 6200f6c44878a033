"""Run Command: what may be sent, and how a command is shown."""

import uuid
from datetime import timedelta
from typing import Any, Final

from moto.core.responses import ActionResult
from moto.ssm.responses import SimpleSystemManagerResponse

from sandbox.aws.agent import settle
from sandbox.aws.overlay.base import Override, ec2_of, refuse, world_for
from sandbox.aws.overlay.ssm_nodes import managed
from sandbox.aws.world import Command, Invocation

DOCUMENTS: Final = {
    "AWS-RunShellScript": ("Linux", "aws:runShellScript"),
    "AWS-RunPowerShellScript": ("Windows", "aws:runPowerShellScript"),
}
OVER: Final = frozenset({"Success", "Failed", "Cancelled", "TimedOut"})


def status_of(command: Command) -> str:
    """The status of the whole: that of the host that is furthest from success."""
    states = {i.status for i in command.invocations.values()}
    for status in ("Pending", "InProgress", "Cancelled", "TimedOut", "Failed"):
        if status in states:
            return status
    return "Success"


def details_of(status: str) -> str:
    """`StatusDetails`: says which kind of time-out it was."""
    return "DeliveryTimedOut" if status == "TimedOut" else status


def described(command: Command) -> dict[str, Any]:
    """A command as the API shows it. Source: Systems Manager API reference, Command."""
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
        "Status": status_of(command),
        "StatusDetails": details_of(status_of(command)),
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


def send_command(self: Any) -> ActionResult:
    """SendCommand: only to managed nodes; only documents that exist and suit the platform.

    Source: Systems Manager API reference, SendCommand: InvalidInstanceId, InvalidDocument,
    InvalidParameters, UnsupportedPlatformType, DuplicateInstanceId.
    """
    world, ids = world_for(self), list[str](self._get_param("InstanceIds", []))
    document, parameters = self._get_param("DocumentName"), self._get_param("Parameters", {})
    if document not in DOCUMENTS:
        refuse("InvalidDocument", f"Document with name {document} does not exist.")
    nodes = managed(self)
    if not ids or any(instance not in nodes for instance in ids):
        refuse("InvalidInstanceId", "Instances not in a valid state for account")
    if len(set(ids)) < len(ids):
        refuse("DuplicateInstanceId", "You cannot specify an instance ID in more than one association.")
    if not parameters.get("commands"):
        refuse("InvalidParameters", "Parameter commands is required.")
    if any(nodes[instance].platform != DOCUMENTS[document][0] for instance in ids):
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
    answer = described(command)
    settle(ec2_of(self.current_account, self.region))
    return ActionResult({"Command": answer})


OVERRIDES = (Override(owner=SimpleSystemManagerResponse, name="send_command", value=send_command),)
