"""The desk that every command works at: the ports, the clock and the settings, handed in by the wiring."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from playbook.clock import Clock
from playbook.errors import BadInput
from playbook.incident import Incident, InstanceFacts
from playbook.policy import Policy
from playbook.ports import Cloud, Directory, Executor, Store, Unit
from playbook.text import plain


def unsigned(_content: bytes) -> bytes:
    """The signature of a desk without a key."""
    return b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """`account` and `region` are where an instance is looked for when nobody says. `own_roles` are the names
    of the bot's own IAM roles: findings whose caller they are never start an incident. `drill` marks every
    incident opened here as an exercise.
    """

    store: Store
    cloud: Cloud
    directory: Directory
    executor: Executor
    clock: Clock
    new_id: Callable[[], str]
    policy: Policy = field(default_factory=Policy)
    account: str = ""
    region: str = ""
    own_roles: frozenset[str] = frozenset()
    drill: bool = False
    sign: Callable[[bytes], bytes] = unsigned
    """A detached signature over a file's bytes; empty where no key is configured."""


async def the_incident(unit: Unit, incident: str) -> Incident:
    """The incident of that id. Raises BadInput when there is none."""
    return _there(await unit.incidents.get(incident), incident)


async def locked(unit: Unit, incident: str) -> Incident:
    """The incident, locked: what every transaction that writes about it begins with. Raises as `the_incident`."""
    return _there(await unit.incidents.lock(incident), incident)


def part_of(instances: Sequence[InstanceFacts], instance: str) -> InstanceFacts:
    """The instance of that id among an incident's; the first where no id is said. Raises BadInput for a stranger."""
    found = next((i for i in instances if i.instance == instance or not instance), None)
    if found is None:
        raise BadInput(
            f"{plain(instance, 40) or 'An instance'} is not part of this incident.",
            then="/ec2ir status names its instances.",
        )
    return found


def _there(found: Incident | None, incident: str) -> Incident:
    if found is None:
        raise BadInput(
            f"There is no incident “{plain(incident, 40)}”.",
            then="ec2ir incidents, or /ec2ir status, lists them.",
        )
    return found
