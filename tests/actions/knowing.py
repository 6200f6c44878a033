"""A scene whose incident knows something."""

from __future__ import annotations

import dataclasses

from playbook.brief import Brief
from playbook.finding import Indicator
from playbook.incident import InstanceFacts
from tests.actions.scene import Scene


def knowing(scene: Scene, *indicators: tuple[str, str], settled: tuple[str, ...] = ()) -> Scene:
    """The scene with these indicators, as kind and value, and these rows settled."""
    brief = Brief(
        indicators=tuple(Indicator(kind=kind, value=value) for kind, value in indicators),
        settled=frozenset(settled),
    )
    return dataclasses.replace(scene, aws=scene.aws.knowing(brief))


def remembering(scene: Scene, **facts: object) -> Scene:
    """The scene whose incident saw the instance with these facts when it opened."""
    first = InstanceFacts(account=scene.seeded.account, region=scene.seeded.region, instance=scene.seeded.web)
    brief = dataclasses.replace(scene.aws.brief, first=dataclasses.replace(first, **facts))  # pyright: ignore[reportArgumentType]
    return dataclasses.replace(scene, aws=scene.aws.knowing(brief))
