"""Who acts at a terminal: the AWS caller, mapped to a person and roles by the settings' `[[operators]]`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cli.settings import Operator
from playbook.errors import NotAllowed, Unreachable
from playbook.people import Door, Person, Role


@dataclass(frozen=True, slots=True)
class Operators:
    """`playbook.ports.Directory` for the terminal; in chat it knows nobody."""

    listed: Sequence[Operator]

    async def roles(self, person: Person, door: Door) -> frozenset[Role]:
        """What the settings say of the person. Raises Unreachable for people in chat."""
        if door is not Door.TERMINAL:
            raise Unreachable(
                "Roles in chat are read from Slack, which this process is not connected to.",
                then="Let ec2ir serve carry this on, or approve at a terminal.",
            )
        return frozenset(role for o in self.listed if o.person == person.id for role in o.roles)

    async def holders(self, role: Role) -> tuple[Person, ...]:
        """Every operator with the role."""
        return tuple(Person(id=o.person, name=o.name) for o in self.listed if role in o.roles)

    def person(self, arn: str) -> Person:
        """The person behind an AWS caller. Raises NotAllowed when the settings name nobody."""
        for operator in self.listed:
            if arn == operator.arn or arn.startswith(operator.arn.rstrip("/") + "/"):
                return Person(id=operator.person, name=operator.name)
        raise NotAllowed(
            f"{arn} is not among the operators.",
            means="Nothing was done.",
            then="Add it under [[operators]] in ec2ir.toml, with the person's Slack id and roles.",
        )
