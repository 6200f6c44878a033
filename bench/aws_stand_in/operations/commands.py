"""SSM: the agent on the instance, and the commands sent to it."""

from bench.aws_stand_in.errors import Refusal
from bench.aws_stand_in.filters import chosen
from bench.aws_stand_in.world import Answer, Command, Params, World


def describe_instances(world: World, params: Params) -> Answer:
    """DescribeInstanceInformation: every running instance is online, or none is."""
    wanted = set(world.instances)
    for entry in params.get("Filters") or ():
        if entry["Key"] == "InstanceIds":
            wanted &= set(entry["Values"])
    for entry in params.get("InstanceInformationFilterList") or ():
        if entry["key"] == "InstanceIds":
            wanted &= set(entry["valueSet"])
    online = world.config.ssm_online
    agents = [agent(world, instance) for instance in sorted(wanted)] if online else []
    return {"InstanceInformationList": agents}


def agent(world: World, instance_id: str) -> Answer:
    """An agent that is online."""
    return {
        "InstanceId": instance_id,
        "PingStatus": "Online",
        "LastPingDateTime": world.now(),
        "AgentVersion": "3.3.0.0",
        "PlatformType": "Linux",
        "PlatformName": "Amazon Linux",
        "PlatformVersion": "2023",
        "ResourceType": "EC2Instance",
    }


def send(world: World, params: Params) -> Answer:
    """SendCommand: it has succeeded by the next look."""
    instances: list[str] = params.get("InstanceIds") or []
    if not world.config.ssm_online or any(instance not in world.instances for instance in instances):
        raise Refusal("InvalidInstanceId", "Instances not in a valid state for account")
    command = Command(
        id=world.new_uuid(),
        document=params["DocumentName"],
        comment=params.get("Comment", ""),
        instance_ids=instances,
        requested=world.now(),
    )
    world.commands[command.id] = command
    return {"Command": shown(command) | {"Status": "Pending", "StatusDetails": "Pending"}}


def shown(command: Command) -> Answer:
    """A command as the list shows it."""
    return {
        "CommandId": command.id,
        "DocumentName": command.document,
        "Comment": command.comment,
        "InstanceIds": command.instance_ids,
        "RequestedDateTime": command.requested,
        "Status": command.status,
        "StatusDetails": command.status,
        "TargetCount": len(command.instance_ids),
    }


def named(world: World, params: Params) -> list[Command]:
    """The command that the call names, or all of them."""
    wanted = params.get("CommandId")
    found = chosen(world.commands, [wanted] if wanted else None, "InvalidCommandId")
    instance = params.get("InstanceId")
    return [command for command in found if instance is None or instance in command.instance_ids]


def list_commands(world: World, params: Params) -> Answer:
    """ListCommands, newest first."""
    return {"Commands": [shown(command) for command in reversed(named(world, params))]}


def list_invocations(world: World, params: Params) -> Answer:
    """ListCommandInvocations."""
    pairs = [(command, instance) for command in named(world, params) for instance in command.instance_ids]
    wanted = params.get("InstanceId")
    return {
        "CommandInvocations": [
            {
                "CommandId": command.id,
                "InstanceId": instance,
                "Comment": command.comment,
                "DocumentName": command.document,
                "RequestedDateTime": command.requested,
                "Status": command.status,
                "StatusDetails": command.status,
                "CommandPlugins": [],
            }
            for command, instance in pairs
            if wanted in (None, instance)
        ]
    }


def get_invocation(world: World, params: Params) -> Answer:
    """GetCommandInvocation."""
    found = named(world, params)
    if not found:
        raise Refusal("InvocationDoesNotExist", "")
    command = found[0]
    return {
        "CommandId": command.id,
        "InstanceId": params["InstanceId"],
        "Comment": command.comment,
        "DocumentName": command.document,
        "ResponseCode": 0 if command.status == "Success" else -1,
        "Status": command.status,
        "StatusDetails": command.status,
        "StandardOutputContent": world.config.command_output,
        "StandardErrorContent": "",
    }


def cancel(world: World, params: Params) -> Answer:
    """CancelCommand."""
    for command in named(world, params):
        command.status = "Cancelled"
    return {}
