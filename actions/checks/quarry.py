"""What a hunt looks for, and what it found: values that are the same in every account and region."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from playbook.brief import Brief

if TYPE_CHECKING:
    from mypy_boto3_ec2.type_defs import InstanceTypeDef

MOST = 200
"""Indicators of one kind that a hunt asks for; the rest is said to be left out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarry:
    """The indicators of an incident, and what its instance was made of; empty where that is not known.

    `known` are instances that belong to the incident already. `profile` is an ARN; `launcher` a CloudTrail user name.
    """

    addresses: tuple[str, ...] = ()
    domains: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    image: str = ""
    key_pair: str = ""
    profile: str = ""
    launcher: str = ""
    known: frozenset[str] = frozenset()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to look for."""
        made_of = self.image or self.key_pair or self.profile or self.launcher
        return not (self.addresses or self.domains or self.keys or self.users or made_of)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What one source said: in words where something was found, which source it was, and what it could not say."""

    source: str
    sightings: tuple[str, ...] = ()
    instances: tuple[str, ...] = ()
    gaps: tuple[str, ...] = ()


def user_of(identity: str) -> str:
    """CloudTrail's user name of an identity: a user's name or a session's, the last part of its ARN."""
    return identity.rpartition("/")[2] or identity


def quarry(brief: Brief, instance: str, launcher: str) -> Quarry:
    """What to hunt for, from what the incident knows."""
    first = brief.first
    return Quarry(
        addresses=brief.values("ip", "source")[:MOST],
        domains=brief.values("domain")[:MOST],
        keys=brief.values("access_key")[:MOST],
        users=tuple(sorted({user_of(i) for i in brief.values("identity")}))[:MOST],
        image=first.image if first else "",
        key_pair=first.key_pair if first else "",
        profile=first.profile if first else "",
        launcher=launcher,
        known=frozenset({instance, *brief.others}),
    )


def alike(sought: Quarry, fleet: Iterable[InstanceTypeDef], launched: Iterable[str]) -> Found:
    """Instances that share image, key pair, profile or launcher with the incident's; the nearest kin first."""
    by_launcher = frozenset(launched)
    kin: list[tuple[int, str, str]] = []
    for one in fleet:
        name = one.get("InstanceId", "")
        shared = [
            word
            for word, same in (
                ("image", bool(sought.image) and one.get("ImageId") == sought.image),
                ("key pair", bool(sought.key_pair) and one.get("KeyName") == sought.key_pair),
                (
                    "role",
                    bool(sought.profile) and one.get("IamInstanceProfile", {}).get("Arn") == sought.profile,
                ),
                ("launcher", name in by_launcher),
            )
            if same
        ]
        if shared and name not in sought.known:
            state = one.get("State", {}).get("Name", "")
            kin.append((-len(shared), name, f"{name} ({state}) has the same {', '.join(shared)}"))
    kin.sort()
    return Found(
        source="instances",
        sightings=tuple(words for *_, words in kin),
        instances=tuple(name for _, name, _ in kin),
    )
