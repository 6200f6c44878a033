"""EC2's instance profile associations."""

from bench.aws_stand_in import names
from bench.aws_stand_in.errors import Refusal
from bench.aws_stand_in.filters import Facts, chosen, select
from bench.aws_stand_in.operations.instances import known, profile_of
from bench.aws_stand_in.world import Answer, Association, Params, World

NOT_FOUND = "InvalidAssociationID.NotFound"


def shown(association: Association, state: str) -> Answer:
    """An association in the state."""
    return {
        "AssociationId": association.id,
        "InstanceId": association.instance_id,
        "IamInstanceProfile": {"Arn": association.profile_arn, "Id": "AIPAB0B00000000000001"},
        "State": state,
        "Timestamp": association.since,
    }


def describe(world: World, params: Params) -> Answer:
    """DescribeIamInstanceProfileAssociations."""

    def facts(association: Association) -> Facts:
        return {"instance-id": (association.instance_id,), "state": ("associated",)}

    found = select(chosen(world.associations, params.get("AssociationIds"), NOT_FOUND), params, facts)
    return {"IamInstanceProfileAssociations": [shown(association, "associated") for association in found]}


def associate(world: World, params: Params) -> Answer:
    """AssociateIamInstanceProfile; an instance has at most one."""
    instance = known(world, params["InstanceId"])
    profile = params["IamInstanceProfile"]
    if profile.get("Arn", names.PROFILE_ARN) != names.PROFILE_ARN or (
        profile.get("Name", names.PROFILE_NAME) != names.PROFILE_NAME
    ):
        raise Refusal("InvalidParameterValue", "Invalid IAM Instance Profile")
    if profile_of(world, instance.id):
        raise Refusal("IncorrectState", f"There is an existing association for instance {instance.id}")
    association = Association(
        id=world.new_id("iip-assoc"),
        instance_id=instance.id,
        profile_arn=names.PROFILE_ARN,
        since=world.now(),
    )
    world.associations[association.id] = association
    return {"IamInstanceProfileAssociation": shown(association, "associating")}


def disassociate(world: World, params: Params) -> Answer:
    """DisassociateIamInstanceProfile; it is gone at once."""
    association = chosen(world.associations, [params["AssociationId"]], NOT_FOUND)[0]
    del world.associations[association.id]
    return {"IamInstanceProfileAssociation": shown(association, "disassociating")}
