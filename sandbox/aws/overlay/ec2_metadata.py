"""The instance metadata service: each option by itself, `pending` until it counts, and what counted when."""

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models.instances import MetadataOptions
from moto.ec2.responses.instances import InstanceResponse

from sandbox.aws.overlay.base import Override, check_instance_ids, refuse
from sandbox.aws.world import notes_on, world_of

OPTIONS = {
    "HttpTokens": ("http_tokens", {"optional", "required"}),
    "HttpEndpoint": ("http_endpoint", {"enabled", "disabled"}),
    "HttpProtocolIpv6": ("http_protocol_ipv6", {"enabled", "disabled"}),
    "InstanceMetadataTags": ("instance_metadata_tags", {"enabled", "disabled"}),
}
HOPS, MOST_HOPS = "HttpPutResponseHopLimit", 64


def state(self: Any) -> str:
    """DescribeInstances `MetadataOptions.State`: `pending` until the host works with the new options.

    Source: EC2 API reference, InstanceMetadataOptionsResponse.
    """
    world, until = notes_on(self).get("change", (None, None))
    return "pending" if world is not None and world.now() < until else "applied"


def keep_state(self: Any, name: str) -> None:
    """Moto writes the state once and for all; here it follows from the time."""


def _wanted(self: Any) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    for name, (attribute, allowed) in OPTIONS.items():
        value = self._get_param(name)
        if value is None:
            continue
        if value not in allowed:
            refuse("InvalidParameterValue", f"Value ({value}) for parameter {name} is invalid.")
        wanted[attribute] = value
    hops = self._get_int_param(HOPS)
    if hops is not None and not 1 <= hops <= MOST_HOPS:
        refuse("InvalidParameterValue", f"Value ({hops}) for parameter {HOPS} is invalid.")
    return wanted | ({"http_put_response_hop_limit": hops} if hops is not None else {})


def modify_instance_metadata_options(self: Any) -> ActionResult:
    """ModifyInstanceMetadataOptions: what is not named stays as it is, and the answer says `pending`.

    Source: EC2 API reference, ModifyInstanceMetadataOptions: "on a running or stopped instance"; "If this
    parameter is not specified, the existing state is maintained"; hop limits from 1 to 64.
    """
    instance_id = self._get_param("InstanceId")
    check_instance_ids([instance_id])
    instance, wanted = self.ec2_backend.get_instance(instance_id), _wanted(self)
    if instance.state not in {"running", "stopped"}:
        refuse("IncorrectInstanceState", f"The instance '{instance_id}' is not running or stopped.")
    self.error_on_dryrun()
    world, options = world_of(self.ec2_backend), instance.metadata_options
    history = notes_on(options).setdefault("tokens", [(None, options.http_tokens)])
    for attribute, value in wanted.items():
        setattr(options, attribute, value)
    history.append((world.now(), options.http_tokens))
    notes_on(options)["change"] = (world, world.after(world.delays.metadata))
    shown = {name: getattr(options, attribute) for name, (attribute, _) in OPTIONS.items()}
    said = {**shown, HOPS: options.http_put_response_hop_limit, "State": "pending"}
    return ActionResult({"InstanceId": instance_id, "InstanceMetadataOptions": said})


def history_of(instance: Any) -> list[tuple[Any, str]]:
    """What `HttpTokens` was from when on: aware UTC, None for the launch; oldest first."""
    options = instance.metadata_options
    return notes_on(options).get("tokens", [(None, options.http_tokens)])


OVERRIDES = (
    Override(owner=MetadataOptions, name="state", value=property(state, keep_state)),
    Override(
        owner=InstanceResponse,
        name="modify_instance_metadata_options",
        value=modify_instance_metadata_options,
    ),
)
