"""Run Command: listing, output and cancellation."""

from datetime import datetime
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ssm.responses import SimpleSystemManagerResponse

from sandbox.aws.agent import settle
from sandbox.aws.overlay.base import Override, ec2_of, refuse, world_for
from sandbox.aws.overlay.ssm_send import DOCUMENTS, OVER, described, details_of, status_of
from sandbox.aws.world import Command, Invocation


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
    return ActionResult(
        {"Commands": [described(c) for c in _chosen(self) if _passes(c, status_of(c), filters)]}
    )


def _plugin(command: Command, run: Invocation) -> dict[str, Any]:
    return {
        "Name": DOCUMENTS[command.document][1],
        "Status": run.status,
        "StatusDetails": details_of(run.status),
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
            "StatusDetails": details_of(run.status),
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
            "StatusDetails": details_of(run.status),
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


_METHODS = (list_commands, list_command_invocations, get_command_invocation, cancel_command)

OVERRIDES = tuple(
    Override(owner=SimpleSystemManagerResponse, name=method.__name__, value=method) for method in _METHODS
)
