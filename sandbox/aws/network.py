"""The seeded network: one dual-stack VPC, two subnets, and the security groups."""

from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """Ids of the VPC, its subnets and groups; `lab_subnet` is in a VPC of its own, without a way out."""

    vpc: str
    subnets: tuple[str, ...]
    web_group: str
    admin_group: str
    balancer_group: str
    dev_group: str
    lab_subnet: str


def _rule(
    port: int, *, v4: str | None = None, v6: str | None = None, group: str | None = None
) -> dict[str, Any]:
    return {
        "IpProtocol": "tcp",
        "FromPort": port,
        "ToPort": port,
        "IpRanges": [{"CidrIp": v4}] if v4 else [],
        "Ipv6Ranges": [{"CidrIpv6": v6}] if v6 else [],
        "UserIdGroupPairs": [{"GroupId": group}] if group else [],
    }


def _group(ec2: Any, vpc: str, name: str, *rules: dict[str, Any]) -> str:
    group = ec2.create_security_group(GroupName=name, Description=name, VpcId=vpc)["GroupId"]
    if rules:
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=list(rules))
    return group


def build_network(ec2: Any, region: str) -> Network:
    """Make the VPC 10.0.0.0/16 with an IPv6 block, the groups in it, and the isolated VPC 10.99.0.0/16."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    six = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]
    blocks = list(ip_network(six).subnets(new_prefix=64))[:2]
    subnets = [
        ec2.create_subnet(
            VpcId=vpc["VpcId"],
            CidrBlock=f"10.0.{number}.0/24",
            Ipv6CidrBlock=str(block),
            AvailabilityZone=f"{region}{letter}",
        )["Subnet"]["SubnetId"]
        for number, block, letter in zip((1, 2), blocks, "ab", strict=True)
    ]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc["VpcId"])
    lab = ec2.create_vpc(CidrBlock="10.99.0.0/16")["Vpc"]["VpcId"]
    place = {"VpcId": lab, "CidrBlock": "10.99.0.0/24", "AvailabilityZone": f"{region}a"}
    main = ec2.describe_route_tables(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["RouteTables"][0]
    for block in ({"DestinationCidrBlock": "0.0.0.0/0"}, {"DestinationIpv6CidrBlock": "::/0"}):
        ec2.create_route(RouteTableId=main["RouteTableId"], GatewayId=gateway, **block)
    balancer = _group(ec2, vpc["VpcId"], "web-balancer", _rule(443, v4="0.0.0.0/0", v6="::/0"))
    world = (_rule(22, v4="0.0.0.0/0"), _rule(443, v4="0.0.0.0/0", v6="::/0"))
    return Network(
        vpc=vpc["VpcId"],
        subnets=tuple(subnets),
        web_group=_group(ec2, vpc["VpcId"], "web", *world, _rule(8080, group=balancer)),
        admin_group=_group(
            ec2, vpc["VpcId"], "administration", _rule(22, v4="10.0.0.0/16"), _rule(8080, group=balancer)
        ),
        balancer_group=balancer,
        dev_group=_group(ec2, vpc["VpcId"], "dev", _rule(22, v4="10.0.0.0/16")),
        lab_subnet=ec2.create_subnet(**place)["Subnet"]["SubnetId"],
    )
