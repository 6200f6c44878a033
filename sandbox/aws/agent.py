"""The SSM agents of the box's hosts: which can reach the service, and what they have run so far."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import requests
from moto.s3.models import s3_backends

from sandbox.aws import forensic
from sandbox.aws.denials import denied
from sandbox.aws.host import Machine, Socket, run
from sandbox.aws.overlay.base import groups_of
from sandbox.aws.rules import allows, rules_of
from sandbox.aws.traffic import action, fields, flows_of
from sandbox.aws.world import Command, Host, Invocation, world_of

# A public address of the kind that the service's regional endpoint answers on (RFC 5737 documentation range).
ENDPOINT: Final = "203.0.113.10"


def online(backend: Any, instance_id: str) -> bool:
    """Whether the host runs, may open HTTPS to the service or an endpoint in its subnet, and is not denied.

    A host keeps its role's credentials for hours after the profile was disassociated. Source: Systems Manager
    user guide, "Complete SSM Agent prerequisites": outbound port 443, ssm:UpdateInstanceInformation.
    """
    instance, agent = backend.get_instance(instance_id), world_of(backend).agents[instance_id]
    if instance.state != "running" or denied(agent.role, instance_id, "ssm:UpdateInstanceInformation"):
        return False
    for eni in instance.nics.values():
        rules = [rule for group in groups_of(eni) for rule in rules_of(group.egress_rules)]
        inside = eni.subnet.cidr_block.split("/")[0]
        if any(allows(rules, protocol="tcp", port=443, peer=peer) for peer in (ENDPOINT, inside)):
            return True
    return False


def put(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """PUT as curl would; the HTTP status."""
    return requests.put(url, data=body, headers=dict(headers), timeout=30).status_code


def machine(backend: Any, instance_id: str) -> Machine:
    """The host as it is now; its connections are those that its network lets live."""
    world = world_of(backend)
    host = world.hosts.get(instance_id, Host())
    held = {name: process.pid for process in host.processes for name in process.connections}
    sockets = [
        _socket(
            fields(eni, flow, "ACCEPT"), action(world, eni, flow) == "ACCEPT", flow.protocol, held[flow.name]
        )
        for eni in backend.get_instance(instance_id).nics.values()
        for flow in flows_of(world, eni)
        if flow.name in held
    ]
    return Machine(instance=instance_id, host=host, sockets=tuple(sockets))


def _socket(flow: Mapping[str, str], lives: bool, protocol: str, pid: int) -> Socket:
    def end(which: str) -> str:
        address = flow[f"{which}addr"]
        return f"{f'[{address}]' if ':' in address else address}:{flow[f'{which}port']}"

    state = "ESTAB" if lives else "SYN-SENT"
    return Socket(protocol=protocol, state=state, local=end("src"), peer=end("dst"), pid=pid)


def _play(backend: Any, command: Command, invocation: Invocation) -> None:
    world = world_of(backend)
    invocation.started = world.now()
    script = "\n".join(command.parameters["commands"])
    if forensic.asks_for_it(script):
        output = forensic.run(backend, invocation.instance, script)
    else:
        output = run(machine(backend, invocation.instance), script, put)
    invocation.code, invocation.stdout, invocation.stderr = output.code, output.stdout, output.stderr
    invocation.status = "Success" if output.code == 0 else "Failed"
    invocation.ended = world.now()
    _keep(backend, command, invocation)


def _keep(backend: Any, command: Command, invocation: Invocation) -> None:
    """Put the whole output into the bucket that the command names, if the host's role lets it; else it is not kept.

    Source: Systems Manager user guide, "Configure instance permissions required for Systems Manager": the agent
    writes with the instance profile; "Understanding command statuses": the output in S3 is whole.
    """
    role = world_of(backend).agents[invocation.instance].role
    if not command.bucket or not any("s3:PutObject" in str(text) for text in role.policies.values()):
        return
    plugin = "awsrunShellScript/0.awsrunShellScript"
    key = f"{command.prefix}/{command.id}/{invocation.instance}/{plugin}/stdout".lstrip("/")
    s3_backends[backend.account_id]["aws"].put_object(command.bucket, key, invocation.stdout.encode())


def settle(backend: Any) -> None:
    """Bring every command up to now: delivered, run, or expired undelivered.

    A command for a host that is not connected waits until `TimeoutSeconds`. Source: Systems Manager user
    guide, "Understanding command statuses" and "Understanding command timeout values".
    """
    world = world_of(backend)
    for command in list(world.commands.values()):
        age = world.now() - command.requested
        for invocation in command.invocations.values():
            if invocation.status not in {"Pending", "InProgress"}:
                continue
            if invocation.status == "Pending" and not online(backend, invocation.instance):
                if age > timedelta(seconds=command.timeout):
                    invocation.status, invocation.ended = "TimedOut", world.now()
                continue
            invocation.status = "InProgress"
            if age >= timedelta(seconds=world.delays.command):
                _play(backend, command, invocation)
