"""Cost Explorer: what the account's instances cost day by day, as they ran; the day that is not over has no figure."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from moto.ce.responses import CostExplorerResponse
from moto.ec2.models import ec2_backends

from sandbox.aws.overlay.base import Override, refuse
from sandbox.aws.world import world_of

COMPUTE: Final = "Amazon Elastic Compute Cloud - Compute"
PER_VCPU: Final = 0.05
"""USD an hour and vCPU: what common types cost on demand, rounded."""
PER_ACCELERATOR: Final = 3.0
"""USD an hour for each accelerator of the p, g, trn and inf families, rounded."""
_ACCELERATED: Final = re.compile(r"(?:p|g|gr|trn|inf|dl)\d")
_SIZE: Final = re.compile(r"\.(?:(\d*)xlarge|(metal)|(\w+))$")


def hourly(kind: str) -> float:
    """USD an hour of an instance type, by its size: an xlarge has four vCPUs."""
    match = _SIZE.search(kind)
    times = (int(match[1] or "1") if match[1] is not None else 24 if match[2] else 0.5) if match else 0.5
    return times * 4 * PER_VCPU + (times / 2 * PER_ACCELERATOR if _ACCELERATED.match(kind) else 0.0)


def _spans(account: str) -> Iterator[tuple[str, datetime, datetime]]:
    """Type, start and end of every instance of every region. Moto forgets when one stopped, so it runs until now."""
    for backend in ec2_backends[account].values():
        now = world_of(backend).now()
        for instance in backend.all_instances():
            if instance.state in ("pending", "running"):
                launched = instance.launch_time
                yield instance.instance_type, launched.replace(tzinfo=launched.tzinfo or UTC), now


def spent(account: str, day: date) -> float:
    """USD of that day, midnight to midnight in UTC."""
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
    end = begin + timedelta(days=1)
    return sum(
        hourly(kind) * max(timedelta(), min(until, end) - max(since, begin)) / timedelta(hours=1)
        for kind, since, until in _spans(account)
    )


def _days(body: dict[str, Any]) -> tuple[date, date]:
    period = body.get("TimePeriod", {})
    try:
        start, end = date.fromisoformat(str(period.get("Start"))), date.fromisoformat(str(period.get("End")))
    except ValueError:
        refuse("ValidationException", "Start time or end time is invalid.")
    if start >= end:
        refuse("ValidationException", "Start date (and hour) should be before end date (and hour)")
    return start, end


def _counts(wanted: dict[str, Any], account: str) -> bool:
    """Whether EC2 compute of this account passes the filter. Source: Cost Explorer API reference, Expression."""
    if "And" in wanted:
        return all(_counts(part, account) for part in wanted["And"])
    if "Or" in wanted:
        return any(_counts(part, account) for part in wanted["Or"])
    if "Not" in wanted:
        return not _counts(wanted["Not"], account)
    dimension = wanted.get("Dimensions", {})
    mine = {"SERVICE": COMPUTE, "LINKED_ACCOUNT": account}.get(dimension.get("Key", ""))
    return not dimension or mine in dimension.get("Values", [])


def get_cost_and_usage(self: Any) -> str:
    """GetCostAndUsage: whole days in UTC, the end left out; a day that is not over is not there yet.

    Source: Cost Explorer API reference, GetCostAndUsage: `TimePeriod` "End is exclusive"; Cost Management user
    guide: data is refreshed at least once every 24 hours. Only DAILY is emulated.
    """
    body = dict[str, Any](json.loads(self.body))
    start, end = _days(body)
    if body.get("Granularity") != "DAILY":
        refuse("ValidationException", "The AWS sandbox emulates daily costs only.")
    if not body.get("Metrics"):
        refuse("ValidationException", "Metrics can not be null or empty.")
    account = str(self.current_account)
    today = max(world_of(backend).now() for backend in ec2_backends[account].values()).date()
    counted = _counts(body.get("Filter") or {}, account)
    rows: list[dict[str, Any]] = [
        {
            "TimePeriod": {"Start": f"{day}", "End": f"{day + timedelta(days=1)}"},
            "Total": {
                metric: {"Amount": f"{spent(account, day) if counted else 0.0:.10f}", "Unit": "USD"}
                for metric in body["Metrics"]
            },
            "Groups": [],
            "Estimated": True,
        }
        for day in (start + timedelta(days=n) for n in range((end - start).days))
        if day < today
    ]
    return json.dumps({"ResultsByTime": rows, "DimensionValueAttributes": []})


OVERRIDES = (Override(owner=CostExplorerResponse, name="get_cost_and_usage", value=get_cost_and_usage),)
