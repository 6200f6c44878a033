"""Systems Manager's inventory: the applications that were found on managed hosts."""

from typing import Any, Final

from moto.core.responses import ActionResult
from moto.ssm.responses import SimpleSystemManagerResponse

from sandbox.aws.overlay.base import Override, refuse, world_for
from sandbox.aws.overlay.ssm_nodes import managed

_NAME: Final = "AWS:Application.Name"


def get_inventory(self: Any) -> ActionResult:
    """GetInventory: the managed hosts whose inventory was collected and that match every filter.

    Source: Systems Manager API reference, GetInventory, InventoryFilter: InvalidFilter; an inventory is there
    only for hosts from which it was collected.
    """
    filters = list[dict[str, Any]](self._get_param("Filters") or [])
    for unknown in (f for f in filters if f["Key"] != _NAME or f.get("Type", "Equal") != "Equal"):
        refuse("InvalidFilter", f"The filter {unknown['Key']} {unknown.get('Type', '')} is not emulated.")
    hosts, known = world_for(self).applications, managed(self)
    found = [
        instance
        for instance, names in hosts.items()
        if instance in known and all(any(n in f["Values"] for n in names) for f in filters)
    ]
    entities: list[dict[str, Any]] = [{"Id": instance, "Data": {}} for instance in found]
    return ActionResult({"Entities": entities})


OVERRIDES = (
    Override(owner=SimpleSystemManagerResponse, name="get_inventory", value=get_inventory),
)  # fmt: skip
