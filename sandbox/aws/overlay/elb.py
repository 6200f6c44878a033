"""Classic load balancers: an instance that does not exist can't be registered, nor registered twice."""

from collections.abc import Iterable
from typing import Any

from moto.elb.models import ELBBackend

from sandbox.aws.overlay.base import Override, ec2_of, refuse

_register = ELBBackend.register_instances


def register_instances(
    self: Any, load_balancer_name: str, instance_ids: Iterable[str], from_autoscaling: bool = False
) -> Any:
    """RegisterInstancesWithLoadBalancer: InvalidInstance for an unknown id; repeating it changes nothing.

    Source: Elastic Load Balancing API reference (2012-06-01), RegisterInstancesWithLoadBalancer.
    """
    ids = list(instance_ids)
    ec2 = ec2_of(self.account_id, self.region_name)
    for instance_id in ids:
        if ec2.get_instance_by_id(instance_id) is None:
            refuse("InvalidInstance", f"Could not find EC2 instance {instance_id}.")
    there = set[str](self.get_load_balancer(load_balancer_name).instance_ids)
    return _register(self, load_balancer_name, [i for i in ids if i not in there], from_autoscaling)


OVERRIDES = (Override(owner=ELBBackend, name="register_instances", value=register_instances),)
