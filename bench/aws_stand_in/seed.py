"""The account as it is before the incident."""

from collections.abc import Iterator, Mapping

from bench.aws_stand_in import names
from bench.aws_stand_in.config import GroupSeed, StandInConfig
from bench.aws_stand_in.rules import rules_of
from bench.aws_stand_in.world import (
    Association,
    Instance,
    Interface,
    Member,
    Message,
    Registration,
    SecurityGroup,
    Volume,
    World,
)


def seeded(config: StandInConfig, ids: Iterator[int], kept: Mapping[str, SecurityGroup]) -> World:
    """A new account; `kept` are the security groups before the reset, used if the config keeps them."""
    world = World(config=config, ids=ids)
    world.groups[names.WEB_GROUP_ID] = SecurityGroup(
        id=names.WEB_GROUP_ID, name="storefront-web", description="public web"
    )
    world.groups[names.ADMIN_GROUP_ID] = SecurityGroup(
        id=names.ADMIN_GROUP_ID, name="storefront-admin", description="administration"
    )
    if config.keep_groups:
        world.groups |= {group.id: group for group in kept.values() if group.id not in world.groups}
    for seed in config.groups:
        add_group(world, seed)
    add_instance(world, names.INSTANCE_ID, host=1, volumes=config.volumes, interfaces=config.interfaces)
    for number in range(1, config.siblings + 1):
        add_instance(world, names.sibling_id(number), host=16 + number, volumes=1, interfaces=1)
    if config.environment is not None:
        world.tags[names.INSTANCE_ID]["Environment"] = config.environment
    if config.classic_balancer:
        world.classic.append(names.INSTANCE_ID)
    if config.in_auto_scaling_group:
        world.members = {instance: Member(instance_id=instance) for instance in world.instances}
        world.capacity.desired = len(world.members)
        world.capacity.maximum = len(world.members) + 2
    for body in config.messages:
        message = Message(id=world.new_uuid(), body=body)
        world.messages[message.id] = message
    return world


def add_group(world: World, seed: GroupSeed) -> None:
    """Add a security group as an earlier run would have left it."""
    group = SecurityGroup(id=world.new_id("sg"), name=seed.name, description=seed.description)
    group.ingress = {rule: world.new_id("sgr") for rule in rules_of(seed.ingress)}
    group.egress = {rule: world.new_id("sgr") for rule in rules_of(seed.egress)}
    world.groups[group.id] = group
    world.tags[group.id] = dict(seed.tags or {})


def add_instance(world: World, instance_id: str, *, host: int, volumes: int, interfaces: int) -> None:
    """Add a running web server with its disks, interfaces, profile and registrations."""
    world.instances[instance_id] = Instance(id=instance_id)
    world.tags[instance_id] = {"Name": f"storefront-{host}"}
    for number in range(1, volumes + 1):
        volume = names.volume_id(instance_id, number)
        device = "/dev/xvda" if number == 1 else f"/dev/sd{chr(ord('e') + number)}"
        world.volumes[volume] = Volume(id=volume, instance_id=instance_id, device=device)
    for number in range(1, interfaces + 1):
        interface = names.interface_id(instance_id, number)
        world.interfaces[interface] = Interface(
            id=interface,
            instance_id=instance_id,
            index=number - 1,
            ipv4=f"10.0.{number}.{host + 10}",
            ipv6=f"2001:db8::{number}:{host:x}" if world.config.dual_stack else None,
            groups=[names.WEB_GROUP_ID] if number == 1 else [names.ADMIN_GROUP_ID],
        )
    association = world.new_id("iip-assoc")
    world.associations[association] = Association(
        id=association, instance_id=instance_id, profile_arn=names.PROFILE_ARN, since=world.now()
    )
    for number in range(1, world.config.target_groups + 1):
        registration = Registration(arn=names.target_group_arn(number), instance_id=instance_id)
        world.registrations.append(registration)
