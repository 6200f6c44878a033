"""The seeded load balancers."""

from sandbox.aws.fleet import Clients
from sandbox.aws.network import Network


def make_target_groups(clients: Clients, net: Network, *, addresses: bool) -> tuple[str, ...]:
    """An application balancer with two target groups, the second of addresses if asked; their ARNs."""
    elbv2 = clients("elbv2")
    balancer = elbv2.create_load_balancer(
        Name="web", Subnets=list(net.subnets), SecurityGroups=[net.balancer_group], Type="application"
    )["LoadBalancers"][0]["LoadBalancerArn"]
    arns: list[str] = []
    for name, port in (("web", 443), ("api", 8080)):
        kind = "ip" if addresses and name == "api" else "instance"
        made = elbv2.create_target_group(
            Name=name, Protocol="HTTP", Port=port, VpcId=net.vpc, TargetType=kind
        )
        arns.append(made["TargetGroups"][0]["TargetGroupArn"])
        forward = [{"Type": "forward", "TargetGroupArn": arns[-1]}]
        elbv2.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=port, DefaultActions=forward)
    return tuple(arns)


def make_classic(clients: Clients, net: Network, *instances: str) -> str:
    """A classic balancer in front of these instances; its name."""
    elb = clients("elb")
    listener = {"Protocol": "HTTP", "LoadBalancerPort": 80, "InstanceProtocol": "HTTP", "InstancePort": 443}
    elb.create_load_balancer(LoadBalancerName="web-classic", Listeners=[listener], Subnets=list(net.subnets))
    listed = [{"InstanceId": instance} for instance in instances]
    elb.register_instances_with_load_balancer(LoadBalancerName="web-classic", Instances=listed)
    return "web-classic"
