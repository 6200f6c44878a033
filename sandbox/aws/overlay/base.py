"""What the overlay's files share: one override, the backends, a refusal as AWS words it."""

import re
from dataclasses import dataclass
from typing import Any, Final, NoReturn

from moto.core.exceptions import ServiceException
from moto.ec2.models import ec2_backends

from sandbox.aws.world import World, notes_on, world_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One attribute of a moto class or module that the overlay adds or replaces."""

    owner: object
    name: str
    value: object


class Refusal(ServiceException):
    """An AWS error answer. It lives outside moto's packages, which moto takes for names of services."""


INSTANCE_ID: Final = re.compile(r"i-(?:[0-9a-f]{8}|[0-9a-f]{17})")


def refuse(code: str, message: str) -> NoReturn:
    """Answer with an AWS error of that code (HTTP 400)."""
    raise Refusal(code, message)


def ec2_of(account: str, region: str) -> Any:
    """Moto's EC2 backend for an account and region."""
    return ec2_backends[account][region]


def world_for(response: Any) -> World:
    """The world that a request is about."""
    return world_of(ec2_of(response.current_account, response.region))


def check_instance_ids(ids: list[str]) -> None:
    """Refuse an instance id of the wrong form. Source: EC2 API reference, "Error codes for the EC2 API"."""
    for instance_id in ids:
        if not INSTANCE_ID.fullmatch(instance_id):
            refuse("InvalidInstanceID.Malformed", f'Invalid id: "{instance_id}"')


def groups_of(eni: Any) -> list[Any]:
    """The security groups that an interface really holds."""
    return notes_on(eni)["_group_set"]
