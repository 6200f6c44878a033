"""The part of `ec2ir.toml` that is about the watch after recovery: when it looks, and when it tries again."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from cli.section import Section
from playbook.watch import Schedule, Stage

_MONTH = 720


class StageSection(Section):
    """A look every `every` hours, until the watch is `until` hours old."""

    every: float = Field(ge=0.25, le=168)
    until: float = Field(gt=0, le=_MONTH)


class WatchSection(Section):
    """The stages in their order, the last one's end is the watch's; `playbook.watch.Schedule` says it in full."""

    stages: Annotated[tuple[StageSection, ...], Field(min_length=1, max_length=10)] = (
        StageSection(every=1, until=6),
        StageSection(every=4, until=24),
        StageSection(every=8, until=72),
    )
    again_minutes: Annotated[tuple[Annotated[int, Field(ge=1, le=1_440)], ...], Field(max_length=10)] = (
        5,
        15,
        30,
    )

    @model_validator(mode="after")
    def _rise(self) -> Self:
        ends = [stage.until for stage in self.stages]
        if ends != sorted(set(ends)):
            raise ValueError("each stage must end later than the one before it")
        return self

    @property
    def schedule(self) -> Schedule:
        """The same as the value that watches go by."""
        return Schedule(
            stages=tuple(
                Stage(every=timedelta(hours=s.every), until=timedelta(hours=s.until)) for s in self.stages
            ),
            again=tuple(timedelta(minutes=m) for m in self.again_minutes),
        )
