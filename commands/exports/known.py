"""What is exported, whatever the format: an incident's indicators, and the ids under which tools keep them."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from playbook.attack import Technique
from playbook.finding import Indicator
from playbook.incident import Incident
from playbook.indicators import Known

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "indicators.ec2ir.invalid")
"""Ids are made from what they stand for: the same thing exported again updates what a tool has of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """`at` is when it was asked for; `instances` are the compromised ones."""

    incident: Incident
    techniques: tuple[Technique, ...]
    known: tuple[Known, ...]
    instances: tuple[str, ...]
    at: datetime


def id_of(*parts: str) -> str:
    """The UUID (version 5) of what these parts name."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(parts)))


def id_of_known(incident: str, indicator: Indicator) -> str:
    """The UUID of an indicator of an incident."""
    return id_of(incident, indicator.kind, indicator.value)
