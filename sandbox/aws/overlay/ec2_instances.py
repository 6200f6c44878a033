"""Instances: protection set at launch, attributes one at a time, stop and start that take a moment."""

from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.ec2.models.instances import Instance, InstanceBackend, InstanceState
from moto.ec2.responses.instances import InstanceResponse

from sandbox.aws.environment import WINDOWS_IMAGE
from sandbox.aws.overlay.base import Override, check_instance_ids, refuse
from sandbox.aws.overlay.ec2_interfaces import set_groups
from sandbox.aws.overlay.iam_profiles import attach_at_launch
from sandbox.aws.world import notes_on, world_of

_describe = InstanceResponse.describe_instances
_run = InstanceResponse.run_instances
_run_backend = InstanceBackend.run_instances
_modify = InstanceResponse.modify_instance_attribute
_describe_attribute = InstanceResponse.describe_instance_attribute
_start, _stop = Instance.start, Instance.stop

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
    for instance in answer.result.instances:
        instance.disable_api_termination = protect
        attach_at_launch(
            self.ec2_backend,
            instance,
            self._get_param("IamInstanceProfile", {}) if instance.iam_instance_profile is None else {},
        )
    return answer


def _forget_replaced_disks(backend: Any, instance: Any) -> None:
    """Moto attaches a default root disk, then the template's own under the same name; AWS makes one."""
    mapped = {device.volume_id for device in instance.block_device_mapping.values()}
    attached = [v for v in backend.volumes.values() if v.attachment and v.attachment.instance is instance]
    for volume in attached:
        if volume.id not in mapped:
            del backend.volumes[volume.id]


def run_backend(self: Any, *args: Any, **kwargs: Any) -> Any:
    """RunInstances, and what an Auto Scaling group launches: the template's profile and protection hold.

    Source: EC2 API reference, RequestLaunchTemplateData; RunInstances, `DeleteOnTermination` of the primary
    interface is true unless said otherwise.
    """
    template: dict[str, Any] = {}
    if kwargs.get("launch_template"):
        template = InstanceBackend.__dict__["_get_template_from_args"](self, kwargs["launch_template"]).data
    if template.get("BlockDeviceMappings"):
        # Moto would add a root volume of its own beside the template's.
        kwargs.setdefault("block_device_mappings", template["BlockDeviceMappings"])
    reservation: Any = _run_backend(self, *args, **kwargs)
    for instance in reservation.instances:
        if instance.image_id == WINDOWS_IMAGE:
            instance.platform = "windows"
        if not kwargs.get("nics"):
            instance.nics[0].delete_on_termination = True
        _forget_replaced_disks(self, instance)
        instance.disable_api_termination = bool(template.get("DisableApiTermination", False))
        attach_at_launch(self, instance, template.get("IamInstanceProfile", {}))
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


def instance_state(self: Any) -> InstanceState:
    """DescribeInstances: the state on the way (`pending`, `stopping`) until the transition is over.

    Source: EC2 user guide, "Amazon EC2 instance state changes".
    """
    until, passing = notes_on(self).get("transition", (None, None))
    over = until is None or world_of(self.ec2_backend).now() >= until
    return self._state if over else passing


def state_name(self: Any) -> str:
    """The name of the state of the moment."""
    return instance_state(self).name


def state_code(self: Any) -> int:
    """The code of the state of the moment."""
    return instance_state(self).code


def _now(instance: Any) -> InstanceState:
    """A copy: moto changes its state object in place."""
    state = instance_state(instance)
    return InstanceState(state.name, state.code)


def _pass_through(instance: Any, name: str, code: int) -> None:
    world = world_of(instance.ec2_backend)
    notes_on(instance)["transition"] = (world.after(world.delays.instance), InstanceState(name, code))


def start(self: Any) -> InstanceState:
    """StartInstances: only a stopped instance starts; it is `pending` for a while.

    Source: EC2 API reference, StartInstances, "Error codes for the EC2 API": IncorrectInstanceState.
    """
    before = _now(self)
    if before.name not in {"stopped", "running", "pending"}:
        refuse(
            "IncorrectInstanceState",
            f"The instance '{self.id}' is not in a state from which it can be started.",
        )
    if before.name == "stopped":
        _start(self)
        _pass_through(self, "pending", 0)
    return before


def stop(self: Any) -> InstanceState:
    """StopInstances: `stopping` for a while; a terminated instance can't be stopped.

    Source: EC2 API reference, StopInstances, "Error codes for the EC2 API": IncorrectInstanceState.
    """
    before = _now(self)
    if before.name in {"terminated", "shutting-down"}:
        refuse(
            "IncorrectInstanceState",
            f"The instance '{self.id}' is not in a state from which it can be stopped.",
        )
    if before.name in {"running", "pending"}:
        _stop(self)
        _pass_through(self, "stopping", 64)
    return before


OVERRIDES = (
    Override(owner=InstanceResponse, name="describe_instances", value=describe_instances),
    Override(owner=InstanceResponse, name="describe_instance_attribute", value=describe_instance_attribute),
    Override(owner=InstanceResponse, name="run_instances", value=run_instances),
    Override(owner=InstanceResponse, name="modify_instance_attribute", value=modify_instance_attribute),
    Override(owner=InstanceBackend, name="run_instances", value=run_backend),
    Override(owner=Instance, name="instance_state", value=property(instance_state)),
    Override(owner=Instance, name="state", value=property(state_name)),
    Override(owner=Instance, name="state_code", value=property(state_code)),
    Override(owner=Instance, name="start", value=start),
    Override(owner=Instance, name="stop", value=stop),
)
