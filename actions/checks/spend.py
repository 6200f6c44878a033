"""M4: GPU and compute instances that run anywhere, and what the last days cost against the two weeks before.

Cost Explorer is renewed at least once a day (Cost Management User Guide, “Analyzing your costs with Cost Explorer”), so
it lags: what began today is seen only among the running instances.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from actions.check import Check, When
from actions.checks.regions import FLEETS, fleets
from actions.scene import Scene
from playbook.answer import Answer, Verdict, answer
from playbook.errors import Ec2irError
from playbook.rows import Phase
from playbook.text import many, words

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

ACCELERATED = re.compile(r"(p|g|gr|trn|inf|dl|vt|f)\d")
COMPUTE = re.compile(r"(c|hpc)\d")
"""Families by the first letters of an instance type (EC2 User Guide, “instance type naming conventions”)."""
LAST, BEFORE = 3, 14
"""Whole days that are looked at, and days before them that they are compared with."""
LIMIT = 1_000.0
"""USD from which a spike goes to Finance and the cloud team: playbook, X5."""


def families(
    fleet: Mapping[str, Sequence[InstanceTypeDef]],
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Running instances with accelerators, and those of compute families, by region: `i-… (p3.2xlarge)`."""
    accelerated: dict[str, list[str]] = {}
    compute: dict[str, list[str]] = {}
    for region, instances in fleet.items():
        for one in instances:
            kind = one.get("InstanceType", "")
            into = accelerated if ACCELERATED.match(kind) else compute if COMPUTE.match(kind) else None
            if into is not None and one.get("State", {}).get("Name") in ("pending", "running"):
                into.setdefault(region, []).append(f"{one.get('InstanceId', '')} ({kind})")
    return accelerated, compute


def spike(daily: Sequence[float]) -> tuple[float, float, float]:
    """USD of the last days, what as many days cost before on average, and by how much it rose (never below 0)."""
    last, before = sum(daily[-LAST:]), daily[:-LAST]
    usual = sum(before) / len(before) * LAST if before else 0.0
    return last, usual, max(0.0, last - usual)


async def _daily(scene: Scene) -> list[float]:
    """USD of EC2 compute of each whole day in UTC, oldest first."""
    today: date = scene.now.date()
    answer = await scene.aws.call(
        scene.aws.costs.get_cost_and_usage,
        TimePeriod={"Start": f"{today - timedelta(days=LAST + BEFORE)}", "End": f"{today}"},
        Granularity="DAILY",
        Metrics=["UnblendedCost"],
        Filter={
            "And": [
                {"Dimensions": {"Key": "SERVICE", "Values": ["Amazon Elastic Compute Cloud - Compute"]}},
                {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": [scene.target.account]}},
            ]
        },
    )
    totals = [day.get("Total", {}).get("UnblendedCost", {}) for day in answer["ResultsByTime"]]
    return [float(t.get("Amount", "0") or "0") for t in totals]


async def look(scene: Scene) -> Answer:
    """Running families first: they say what is costing money now."""
    fleet = await fleets(scene)
    accelerated, compute = families(fleet.answers)
    gaps = [*fleet.gaps]
    money, grown = "", 0.0
    try:
        daily = await _daily(scene)
    except Ec2irError as trouble:
        gaps.append(f"Cost Explorer could not be asked. {trouble}")
        daily = []
    if daily:
        last, usual, grown = spike(daily)
        money = (
            f"EC2 cost {last:,.2f} USD in the last {LAST} whole days; {LAST} days cost {usual:,.2f} USD on average in "
            f"the {len(daily) - LAST} days before. Cost Explorer lags by about a day."
        )
    elif len(gaps) == len(fleet.gaps):
        gaps.append("Cost Explorer has no figures for these days yet.")
    over = f"That is {grown:,.2f} USD more than usual, over the {LIMIT:,.0f} USD at which Finance is told."
    evidence = {
        "accelerated": {r: found[:50] for r, found in accelerated.items()},
        "compute": {r: found[:50] for r, found in compute.items()},
        "daily_usd": daily,
        "spike_usd": round(grown, 2) if daily else None,
        "regions": sorted(fleet.answers),
    }
    notable = bool(accelerated) or grown > LIMIT
    return answer(
        Verdict.NOTABLE if notable else Verdict.CLEAR if fleet.answers else Verdict.GAP,
        *(f"Accelerated instances run in {r}: {words(found)}." for r, found in sorted(accelerated.items())),
        *(
            (f"No accelerated instance runs in {many(len(fleet.answers), 'region')}.",)
            if not accelerated
            else ()
        ),
        *(f"Compute-optimised ones run in {r}: {words(found)}." for r, found in sorted(compute.items())),
        money,
        over if grown > LIMIT else "",
        evidence=evidence,
        gaps=tuple(gaps),
    )


spend = Check(
    name="spend",
    title="Unexpected GPU or compute cost",
    row="M4",
    phase=Phase.MINING,
    permissions=FLEETS | {"ce:GetCostAndUsage"},
    look=look,
    when=When.ASKED,
)
