"""Instances: what holds from the launch on, and attributes, one at a time."""

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.models.instances import InstanceBackend
from moto.ec2.responses.instances import InstanceResponse

from sandbox.aws.environment import WINDOWS_IMAGE
from sandbox.aws.overlay.base import Override, check_instance_ids, refuse
from sandbox.aws.overlay.ec2_interfaces import set_groups
from sandbox.aws.overlay.iam_profiles import attach_at_launch
from sandbox.aws.state_changes import tell

_describe = InstanceResponse.describe_instances
_run = InstanceResponse.run_instances
_run_backend = InstanceBackend.run_instances
_modify = InstanceResponse.modify_instance_attribute
_describe_attribute = InstanceResponse.describe_instance_attribute

FLAGS = {
    "DisableApiTermination": "disable_api_termination",
    "DisableApiStop": "disable_api_stop",
    "InstanceInitiatedShutdownBehavior": "instance_initiated_shutdown_behavior",
}
ATTRIBUTES = (
    *FLAGS,
    "SourceDestCheck",
    "EbsOptimized",
    "InstanceType",
    "Kernel",
    "Ramdisk",
    "UserData",
    "EnaSupport",
)


def describe_instances(self: Any) -> ActionResult:
    """DescribeInstances: an id of the wrong form is malformed, not unknown."""
    check_instance_ids(self._get_param("InstanceIds", []))
    return _describe(self)


def run_instances(self: Any) -> ActionResult:
    """RunInstances: `DisableApiTermination` counts from the launch, except on Spot.

    Source: EC2 API reference, RunInstances; EC2 user guide, "Change instance termination protection".
    """
    protect = bool(self._get_param("DisableApiTermination"))
    if protect and self._get_param("InstanceMarketOptions.MarketType") == "spot":
        refuse("UnsupportedOperation", "You can't enable termination protection for Spot Instances.")
    answer: Any = _run(self)
    named = self._get_param("IamInstanceProfile", {})
    for instance in answer.result.instances:
        instance.disable_api_termination = protect or instance.disable_api_termination
        attach_at_launch(self.ec2_backend, instance, named)
    return answer


def run_backend(self: Any, *args: Any, **kwargs: Any) -> Any:
    """RunInstances, and what an Auto Scaling group launches: the template's profile and protection hold.

    Source: EC2 API reference, RequestLaunchTemplateData; RunInstances, `DeleteOnTermination` of the primary
    interface is true unless said otherwise.
    """
    template: dict[str, Any] = {}
    if kwargs.get("launch_template"):
        template = self._get_template_from_args(kwargs["launch_template"]).data
    if template.get("BlockDeviceMappings"):
        # Moto would add a root volume of its own beside the template's.
        kwargs.setdefault("block_device_mappings", template["BlockDeviceMappings"])
    reservation: Any = _run_backend(self, *args, **kwargs)
    for instance in reservation.instances:
        if instance.image_id == WINDOWS_IMAGE:
            instance.platform = "windows"
        if not kwargs.get("nics"):
            instance.nics[0].delete_on_termination = True
        instance.disable_api_termination = bool(template.get("DisableApiTermination", False))
        attach_at_launch(self, instance, template.get("IamInstanceProfile", {}))
        tell(instance, "pending", "running")
    return reservation


def _set_flag(instance: Any, name: str, value: Any) -> None:
    if name == "DisableApiTermination" and value and instance.lifecycle == "spot":
        refuse("UnsupportedOperation", "You can't enable termination protection for Spot Instances.")
    if name == "InstanceInitiatedShutdownBehavior" and value not in {"stop", "terminate"}:
        refuse(
            "InvalidParameterValue",
            f"Value ({value}) for parameter instanceInitiatedShutdownBehavior is invalid.",
        )
    setattr(instance, FLAGS[name], value)


def _set_devices(instance: Any, mappings: list[dict[str, Any]]) -> None:
    for mapping in mappings:
        device = instance.block_device_mapping.get(mapping.get("DeviceName"))
        if device is None:
            refuse(
                "InvalidInstanceAttributeValue",
                f"No device is currently mapped at {mapping.get('DeviceName')}",
            )
        keep = mapping.get("Ebs", {}).get("DeleteOnTermination")
        if keep is not None:
            device.delete_on_termination = keep


def modify_instance_attribute(self: Any) -> ActionResult:
    """ModifyInstanceAttribute: one attribute a call; `Groups` only on an instance with one interface.

    Source: EC2 API reference, ModifyInstanceAttribute: "You can specify only one attribute at a time";
    for several interfaces it refers to ModifyNetworkInterfaceAttribute.
    """
    instance_id = self._get_param("InstanceId")
    check_instance_ids([instance_id])
    instance = self.ec2_backend.get_instance(instance_id)
    named = {name: self._get_param(f"{name}.Value") for name in ATTRIBUTES}
    named = {name: value for name, value in named.items() if value is not None}
    groups, devices = self._get_param("Groups", []), self._get_param("BlockDeviceMappings", [])
    if len(named) + bool(groups) + bool(devices) > 1:
        refuse("InvalidParameterCombination", "Fields for multiple attribute types specified.")
    flag = next((name for name in named if name in FLAGS), None)
    if flag is None and not groups and not devices:
        return _modify(self)
    self.error_on_dryrun()
    if flag:
        _set_flag(instance, flag, named[flag])
    elif devices:
        _set_devices(instance, devices)
    elif len(instance.nics) > 1:
        refuse(
            "InvalidInstanceID",
            f"There are multiple interfaces attached to instance '{instance_id}'. "
            "Please specify an interface ID for the operation instead.",
        )
    else:
        set_groups(self.ec2_backend, instance.nics[0], groups)
    return EmptyResult()


def describe_instance_attribute(self: Any) -> ActionResult:
    """DescribeInstanceAttribute: an id of the wrong form is malformed, not unknown."""
    check_instance_ids([self._get_param("InstanceId")])
    return _describe_attribute(self)


OVERRIDES = (
    Override(owner=InstanceResponse, name="describe_instances", value=describe_instances),
    Override(owner=InstanceResponse, name="describe_instance_attribute", value=describe_instance_attribute),
    Override(owner=InstanceResponse, name="run_instances", value=run_instances),
    Override(owner=InstanceResponse, name="modify_instance_attribute", value=modify_instance_attribute),
    Override(owner=InstanceBackend, name="run_instances", value=run_backend),
)
