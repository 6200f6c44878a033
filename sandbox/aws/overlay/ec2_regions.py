"""Regions: only those that the account may use are shown unless all are asked for."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.availability_zones_and_regions import AvailabilityZonesAndRegions

from sandbox.aws.overlay.base import Override, refuse

_describe = AvailabilityZonesAndRegions.describe_regions


def describe_regions(self: Any) -> ActionResult:
    """DescribeRegions: regions that the account did not opt in to are left out, and an unknown one is refused.

    Source: EC2 API reference, DescribeRegions, `AllRegions`: "whether to display all Regions, including Regions
    that are disabled for your account"; "Error codes for the EC2 API": InvalidParameterValue.
    """
    known = {region.name for region in self.ec2_backend.regions}
    for unknown in set(self._get_param("RegionNames", [])) - known:
        refuse("InvalidParameterValue", f"Invalid region provided: {unknown}")
    answer: Any = _describe(self)
    if self._get_bool_param("AllRegions"):
        return answer
    usable = [r for r in answer.result["Regions"] if r.opt_in_status != "not-opted-in"]
    return ActionResult({"Regions": usable})


OVERRIDES = (
    Override(owner=AvailabilityZonesAndRegions, name="describe_regions", value=describe_regions),
)  # fmt: skip
