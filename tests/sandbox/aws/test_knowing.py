"""What the box tells of regions, costs, CPU, inventories and vulnerabilities, and how it refuses."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.aws.conftest import Refusal

if TYPE_CHECKING:
    from sandbox.aws.box import AwsBox
    from sandbox.aws.seed import Account

pytestmark = pytest.mark.emulator


def world(account: Account) -> Any:
    from sandbox.aws.overlay.base import ec2_of
    from sandbox.aws.world import world_of

    return world_of(ec2_of(account.account, account.region))


def test_regions_that_nobody_opted_in_to_are_shown_only_when_asked_for(ec2: Any, refusal: Refusal) -> None:
    usable = {r["RegionName"] for r in ec2.describe_regions()["Regions"]}
    every = {r["RegionName"] for r in ec2.describe_regions(AllRegions=True)["Regions"]}
    assert usable < every
    assert refusal(lambda: ec2.describe_regions(RegionNames=["eu-nowhere-1"])) == "InvalidParameterValue"


def test_a_day_costs_what_ran_on_it_and_today_has_no_figure_yet(box: AwsBox, account: Account) -> None:
    from sandbox.aws.overlay.base import ec2_of
    from sandbox.aws.overlay.cost_explorer import hourly

    miner: Any = ec2_of(account.account, account.region).get_instance(account.miner)
    today = world(account).now().date()
    begun = world(account).now().replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=2)
    miner.launch_time = begun

    def costs(**filters: Any) -> list[float]:
        found = box.client("ce").get_cost_and_usage(
            TimePeriod={"Start": f"{today - timedelta(days=3)}", "End": f"{today + timedelta(days=1)}"},
            Granularity="DAILY", Metrics=["UnblendedCost"], **filters,
        )["ResultsByTime"]  # fmt: skip
        return [float(day["Total"]["UnblendedCost"]["Amount"]) for day in found]

    rate = hourly(miner.instance_type)
    assert costs() == pytest.approx([0.0, 12 * rate, 24 * rate])
    other: Any = {"Dimensions": {"Key": "LINKED_ACCOUNT", "Values": ["999999999999"]}}
    assert costs(Filter=other) == [0.0, 0.0, 0.0]


def test_costs_of_no_days_are_refused(box: AwsBox, account: Account, refusal: Refusal) -> None:
    ask = box.client("ce").get_cost_and_usage
    period = {"Start": "2026-03-02", "End": "2026-03-02"}
    code = refusal(lambda: ask(TimePeriod=period, Granularity="DAILY", Metrics=["UnblendedCost"]))
    assert code == "ValidationException"


def test_cpu_follows_from_the_processes_of_a_running_host(box: AwsBox, account: Account) -> None:
    box.controls.remember(account)
    end = world(account).now()

    def cpu(instance: str) -> list[float]:
        metric = {
            "Namespace": "AWS/EC2",
            "MetricName": "CPUUtilization",
            "Dimensions": [{"Name": "InstanceId", "Value": instance}],
        }
        query = {"Id": "m0", "MetricStat": {"Metric": metric, "Period": 300, "Stat": "Average"}}
        return box.client("cloudwatch").get_metric_data(
            MetricDataQueries=[query], StartTime=end - timedelta(minutes=10), EndTime=end
        )["MetricDataResults"][0]["Values"]

    assert cpu(account.web) == [100.0, 100.0]
    assert max(cpu(account.bystander)) < 5
    box.client("ec2").stop_instances(InstanceIds=[account.web])
    assert cpu(account.web) == []
    assert cpu("i-00000000000000000") == []


def test_an_inventory_is_of_managed_hosts_and_of_the_package_that_was_asked_for(
    box: AwsBox, account: Account, refusal: Refusal
) -> None:
    world(account).applications.update({account.web: ("nginx",), "i-00000000000000000": ("nginx",)})
    ssm = box.client("ssm")

    def having(name: str) -> list[str]:
        wanted = [{"Key": "AWS:Application.Name", "Values": [name], "Type": "Equal"}]
        return [e["Id"] for e in ssm.get_inventory(Filters=wanted)["Entities"]]

    assert having("nginx") == [account.web]
    assert having("apache") == []
    assert (
        refusal(lambda: ssm.get_inventory(Filters=[{"Key": "Custom:x", "Values": ["y"]}])) == "InvalidFilter"
    )


def test_inspector_tells_nothing_while_it_is_off_and_keeps_to_the_filter(
    box: AwsBox, account: Account
) -> None:
    from sandbox.aws.world import Vulnerability

    now = world(account).now()
    world(account).vulnerabilities[:] = [
        Vulnerability(instance=i, id="CVE-2024-3094", package="xz", severity="HIGH", seen=now)
        for i in (account.web, account.miner)
    ]
    inspector = box.client("inspector2")

    def about(instance: str) -> list[str]:
        wanted = {"resourceId": [{"comparison": "EQUALS", "value": instance}]}
        return [f["resources"][0]["id"] for f in inspector.list_findings(filterCriteria=wanted)["findings"]]

    assert about(account.web) == []
    inspector.enable(accountIds=[account.account], resourceTypes=["EC2"])
    assert about(account.web) == [account.web]
    assert about(account.bystander) == []
