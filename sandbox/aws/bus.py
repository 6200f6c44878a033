"""What AWS services tell EventBridge: an event on the default bus, to the targets of the rules that match it."""

import copy
import json
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from moto.events.models import events_backends

from sandbox.aws.overlay.base import ec2_of
from sandbox.aws.world import world_of


def emit(
    account: str,
    region: str,
    *,
    source: str,
    kind: str,
    detail: Mapping[str, Any],
    resources: Sequence[str] = (),
) -> None:
    """Put one event of a service onto the account's default bus; `kind` is its detail-type.

    Source: EventBridge user guide, "AWS service event metadata".
    """
    now = world_of(ec2_of(account, region)).now()
    event = {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": kind,
        "source": source,
        "account": account,
        "time": now.timestamp(),
        "region": region,
        "resources": list(resources),
        "detail": json.loads(json.dumps(detail)),
    }
    buses: Any = events_backends[account][region]
    for rule in buses.describe_event_bus("default").rules.values():
        if rule.state == "ENABLED":
            rule.send_to_targets(copy.deepcopy(event))
