"""Systems Manager: which hosts are managed, and which of them answer."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ssm.responses import SimpleSystemManagerResponse

from sandbox.aws.agent import online
from sandbox.aws.overlay.base import Override, ec2_of, refuse, world_for
from sandbox.aws.world import Agent, World


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


def managed(self: Any) -> dict[str, Agent]:
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
    rows = [_information(backend, world, agent) for agent in managed(self).values()]
    chosen = [row for row in rows if all(row[keys[name]] in wanted for name, wanted in filters.items())]
    return ActionResult({"InstanceInformationList": chosen})


OVERRIDES = (
    Override(
        owner=SimpleSystemManagerResponse,
        name="describe_instance_information",
        value=describe_instance_information,
    ),
)
