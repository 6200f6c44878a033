"""Instance profiles: what an instance carries is what was last associated, and it makes the host manageable."""

from typing import Any

from moto.core.exceptions import ServiceException
from moto.ec2.models.iam_instance_profile import IamInstanceProfileAssociationBackend as Backend
from moto.ec2.utils import filter_iam_instance_profiles
from moto.iam.models import IAMBackend

from sandbox.aws.overlay.base import Override, check_instance_ids, refuse
from sandbox.aws.world import Agent, world_of

_associate = Backend.associate_iam_instance_profile
_replace = Backend.replace_iam_instance_profile_association
_describe = Backend.describe_iam_instance_profile_associations
_put_role_policy = IAMBackend.put_role_policy


def _may_register(role: Any) -> bool:
    managed = (v.document for p in role.managed_policies.values() for v in p.versions if v.is_default)
    return any("ssm:UpdateInstanceInformation" in str(text) for text in (*role.policies.values(), *managed))


def _profile(backend: Any, name: str | None, arn: str | None) -> Any:
    try:
        return filter_iam_instance_profiles(backend.account_id, backend.partition, arn, name)
    except ServiceException:
        which, value = ("arn", arn) if arn else ("name", name)
        refuse(
            "InvalidParameterValue",
            f"Value ({value}) for parameter iamInstanceProfile.{which} is invalid. Invalid IAM Instance Profile",
        )


def _register_agent(backend: Any, instance: Any, profile: Any) -> None:
    """The agent on the host registers itself once its role lets it.

    Source: Systems Manager user guide, "Configure instance permissions required for Systems Manager".
    """
    role = next((role for role in profile.roles if _may_register(role)), None)
    if role is not None:
        world = world_of(backend)
        now = world.now()
        platform = "Windows" if instance.platform == "windows" else "Linux"
        agent = Agent(instance=instance.id, platform=platform, registered=now, last_ping=now, role=role)
        world.agents[instance.id] = agent


def associate_iam_instance_profile(
    self: Any,
    instance_id: str,
    iam_instance_profile_name: str | None = None,
    iam_instance_profile_arn: str | None = None,
) -> Any:
    """AssociateIamInstanceProfile: an unknown profile is an InvalidParameterValue; `Id` is the profile's own.

    Source: EC2 API reference, AssociateIamInstanceProfile, IamInstanceProfile.
    """
    check_instance_ids([instance_id])
    profile = _profile(self, iam_instance_profile_name, iam_instance_profile_arn)
    association = _associate(self, instance_id, iam_instance_profile_name, iam_instance_profile_arn)
    _carry(self, association.instance, profile)
    return association


def replace_iam_instance_profile_association(
    self: Any,
    association_id: str,
    iam_instance_profile_name: str | None = None,
    iam_instance_profile_arn: str | None = None,
) -> Any:
    """ReplaceIamInstanceProfileAssociation: the instance then shows the new profile; moto keeps the old one.

    Source: EC2 API reference, ReplaceIamInstanceProfileAssociation.
    """
    profile = _profile(self, iam_instance_profile_name, iam_instance_profile_arn)
    association = _replace(self, association_id, iam_instance_profile_name, iam_instance_profile_arn)
    _carry(self, association.instance, profile)
    return association


def _carry(backend: Any, instance: Any, profile: Any) -> None:
    instance.iam_instance_profile = {"Arn": profile.arn, "Id": profile.id}
    _register_agent(backend, instance, profile)


def attach_at_launch(backend: Any, instance: Any, profile: dict[str, Any]) -> None:
    """Give a new instance the profile that its launch named, if it has none yet."""
    if profile and instance.id not in backend.iam_instance_profile_associations:
        backend.associate_iam_instance_profile(instance.id, profile.get("Name"), profile.get("Arn"))


def describe_iam_instance_profile_associations(
    self: Any, association_ids: list[str], *rest: Any, **named: Any
) -> Any:
    """DescribeIamInstanceProfileAssociations: an unknown association id is refused.

    Source: EC2 API reference, "Error codes for the EC2 API": InvalidAssociationID.NotFound.
    """
    known = {a.association_id for a in self.iam_instance_profile_associations.values()}
    for unknown in set[str](association_ids or []) - known:
        refuse("InvalidAssociationID.NotFound", f"An invalid association-id of '{unknown}' was given")
    return _describe(self, association_ids, *rest, **named)


def put_role_policy(self: Any, role_name: str, policy_name: str, policy_json: str) -> None:
    """PutRolePolicy: a service-linked role can't be changed. Source: IAM API reference: UnmodifiableEntity."""
    if self.get_role(role_name).path.startswith("/aws-service-role/"):
        refuse("UnmodifiableEntity", f"Cannot perform the operation on the protected role '{role_name}'")
    _put_role_policy(self, role_name, policy_name, policy_json)


OVERRIDES = (
    Override(owner=Backend, name="associate_iam_instance_profile", value=associate_iam_instance_profile),
    Override(
        owner=Backend,
        name="replace_iam_instance_profile_association",
        value=replace_iam_instance_profile_association,
    ),
    Override(
        owner=Backend,
        name="describe_iam_instance_profile_associations",
        value=describe_iam_instance_profile_associations,
    ),
    Override(owner=IAMBackend, name="put_role_policy", value=put_role_policy),
)
