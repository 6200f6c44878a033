"""People of the tests, and a directory that a test can change or take away."""

from __future__ import annotations

from collections.abc import Mapping

from playbook.errors import Unreachable
from playbook.people import Door, Person, Role

ANA = Person(id="U0ANA", name="ana")
BO = Person(id="U0BO", name="bo")
CHAI = Person(id="U0CHAI", name="chai")
DEE = Person(id="U0DEE", name="dee")
"""Ana responds, Bo and Chai respond and approve, Dee has no role."""

BOTH = frozenset({Role.RESPONDER, Role.APPROVER})


class FakeDirectory:
    """Roles by person id; `asked` counts how often they were read, `down` makes reading fail."""

    def __init__(self, roles: Mapping[str, frozenset[Role]] | None = None) -> None:
        self.by_person = dict(
            roles if roles is not None else {ANA.id: frozenset({Role.RESPONDER}), BO.id: BOTH, CHAI.id: BOTH}
        )
        self.asked = 0
        self.down = False

    async def roles(self, person: Person, door: Door) -> frozenset[Role]:
        self.asked += 1
        if self.down:
            raise Unreachable("Slack did not say who is in the groups.", then="Approve at the terminal.")
        return self.by_person.get(person.id, frozenset())

    async def holders(self, role: Role) -> tuple[Person, ...]:
        people = (ANA, BO, CHAI, DEE)
        return tuple(p for p in people if role in self.by_person.get(p.id, frozenset()))
