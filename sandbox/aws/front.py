"""The balancer's own door: what a visitor of the seeded application gets, as the targets of the moment let it."""

from moto.elbv2.models import elbv2_backends

from sandbox.aws.environment import account_id
from sandbox.aws.overlay.dispatch import ONE_AT_A_TIME
from sandbox.aws.overlay.elbv2 import health_of


def visit(region: str, group: str) -> tuple[int, str]:
    """The status and words for a GET through the balancer of the target group of that name.

    Without a target in use it answers 503; when none is healthy it tries them all the same, and they time out: 504.
    Source: Elastic Load Balancing, "Troubleshoot your Application Load Balancers", HTTP 503 and HTTP 504; "Target
    group health", fail open. Raises KeyError for an unknown group.
    """
    with ONE_AT_A_TIME:
        backend = elbv2_backends[account_id()][region]
        found = next((g for g in backend.target_groups.values() if g.name == group), None)
        if found is None:
            raise KeyError(group)
        states = {health_of(backend, found, target)[0] for target in found.targets.values()}
    if not states - {"unused"}:
        return 503, "Service Unavailable"
    return (200, "the application answers") if states & {"healthy", "initial"} else (504, "Gateway Time-out")
