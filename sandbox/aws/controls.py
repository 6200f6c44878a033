"""The levers of the box, the same in process and over HTTP: time, delays, traffic, faults, findings."""

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import timedelta
from typing import Any

from moto.sqs.models import sqs_backends

from sandbox.aws.agent import settle
from sandbox.aws.environment import REGION, account_id
from sandbox.aws.overlay.base import ec2_of
from sandbox.aws.overlay.dispatch import ONE_AT_A_TIME
from sandbox.aws.past import names, remember
from sandbox.aws.refreshing import progress
from sandbox.aws.replacement import replace_unhealthy
from sandbox.aws.seed import Account
from sandbox.aws.state_changes import tell_arrivals
from sandbox.aws.trail import Event
from sandbox.aws.windows import tick
from sandbox.aws.world import Delays, Flow, World, world_of

Call = Callable[[str, Mapping[str, Any]], dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Controls:
    """The levers, as calls. `call` runs one by name: here, or in the server."""

    call: Call

    def advance(self, seconds: float) -> int:
        """Move the box's clock on; the number of flow-log windows that ended on the way."""
        return int(self.call("advance", {"seconds": seconds})["windows"])

    def tick(self) -> int:
        """Do what is due by now: flow-log windows, deliveries, commands; the number of windows."""
        return int(self.call("tick", {})["windows"])

    def delays(self, **seconds: float) -> None:
        """Set delays by name (see `Delays`), in seconds. Raises ValueError for an unknown one."""
        self.call("delays", seconds)

    def flows(self, *flows: Flow) -> None:
        """Add conversations, or replace those of the same name."""
        self.call("flows", {"flows": [asdict(flow) for flow in flows]})

    def remember(self, account: Account) -> None:
        """Give the seeded account its past (see `sandbox.aws.past`); set its flows first."""
        self.call("remember", names(account))

    def leak(self, flow: str, *, on: bool = True) -> None:
        """Let this flow go on through any group, as a tracked connection through an NLB does."""
        self.call("leak", {"flow": flow, "on": on})

    def skip_data(self, interface: str, *, on: bool = True) -> None:
        """Make the flow log of this interface say SKIPDATA."""
        self.call("skip-data", {"interface": interface, "on": on})

    def fail_snapshots(self, volume: str, *, on: bool = True) -> None:
        """Make snapshots of this volume end in `error`."""
        self.call("fail-snapshots", {"volume": volume, "on": on})

    def health_checks(self, *, on: bool = True) -> None:
        """Let Auto Scaling terminate and replace unhealthy members at each tick; off at first."""
        self.call("health-checks", {"on": on})

    def tokenless(self, instance: str, calls: float) -> None:
        """Let programs on this instance call its metadata service that many times a minute without a token."""
        self.call("tokenless", {"instance": instance, "calls": calls})

    def put_finding(self, queue: str, finding: Mapping[str, Any]) -> None:
        """Put a finding into the queue of that name, as EventBridge would."""
        self.call("put-finding", {"queue": queue, "finding": dict(finding)})

    def trail(self) -> tuple[Event, ...]:
        """Every call that was answered, oldest first; a box in this process keeps none and raises KeyError."""
        return tuple(Event(**event) for event in self.call("trail", {})["events"])


def _switch(names: set[str], name: str, on: object) -> dict[str, Any]:
    if on:
        names.add(name)
    else:
        names.discard(name)
    return {"on": bool(on)}


def _delays(world: World, wanted: Mapping[str, Any]) -> dict[str, Any]:
    known = {field.name for field in fields(Delays)}
    if unknown := set(wanted) - known:
        raise ValueError(
            f"no such delay: {', '.join(sorted(unknown))}; there are: {', '.join(sorted(known))}"
        )
    for name, seconds in wanted.items():
        setattr(world.delays, name, float(seconds))
    return asdict(world.delays)


def _tick(backend: Any) -> dict[str, Any]:
    settle(backend)
    replaced = replace_unhealthy(backend) if world_of(backend).health_checks else ()
    progress(backend)
    tell_arrivals(backend)
    return {"windows": tick(backend), "replaced": list(replaced)}


def _report(world: World, event: Mapping[str, Any]) -> None:
    """Let GuardDuty list what it reports; a finding that comes again is the same one, as it is now."""
    if event.get("detail-type") == "GuardDuty Finding":
        detail = copy.deepcopy(dict(event["detail"]))
        world.findings[str(detail["id"])] = detail


def _fault(world: World, name: str, params: Mapping[str, Any]) -> dict[str, Any]:
    on = params.get("on", True)
    match name:
        case "leak":
            return _switch(world.leaking, params["flow"], on)
        case "skip-data":
            return _switch(world.skipping, params["interface"], on)
        case "fail-snapshots":
            return _switch(world.failing_volumes, params["volume"], on)
        case "health-checks":
            world.health_checks = bool(on)
            return {"on": world.health_checks}
        case _:
            raise KeyError(name)


def run(region: str, name: str, params: Mapping[str, Any]) -> dict[str, Any]:
    """Pull one lever of the world in that region. Raises KeyError for an unknown one."""
    backend = ec2_of(account_id(), region)
    world = world_of(backend)
    with ONE_AT_A_TIME:
        match name:
            case "tick":
                return _tick(backend)
            case "advance":
                tick(backend)
                world.ahead += timedelta(seconds=float(params["seconds"]))
                return _tick(backend)
            case "delays" | "snapshot-delay":
                return _delays(world, {"snapshot": params["seconds"]} if name == "snapshot-delay" else params)
            case "flows":
                world.flows.update({flow["name"]: Flow(**flow) for flow in params["flows"]})
                return {"flows": len(world.flows)}
            case "remember":
                remember(backend, params)
                return {"events": len(world.history)}
            case "tokenless":
                world.tokenless[params["instance"]] = float(params["calls"])
                return {"calls": world.tokenless[params["instance"]]}
            case "put-finding":
                _report(world, params["finding"])
                queues = sqs_backends[account_id()][region]
                message = queues.send_message(params["queue"], json.dumps(params["finding"]))
                return {"message": message.id}
            case _:
                return _fault(world, name, params)


def here(region: str = REGION) -> Controls:
    """The levers of the world in this process."""
    return Controls(call=lambda name, params: run(region, name, params))
